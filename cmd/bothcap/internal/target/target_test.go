package target

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

var (
	peer4, us4, router4 = net.IP{192, 0, 2, 1}, net.IP{198, 51, 100, 2}, net.IP{203, 0, 113, 9}
	other4              = net.IP{192, 0, 2, 99}
	peer6, us6          = net.ParseIP("2001:db8::1"), net.ParseIP("2001:db8:ffff::2")
	router6, other6     = net.ParseIP("2001:db8:9::9"), net.ParseIP("2001:db8::99")
	peer                = testimony.Peer{Name: "mail.example.org", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}
)

// frame puts layers together, on an Ethernet header with the given VLAN tags.
func frame(vlans int, parts ...gopacket.SerializableLayer) []byte {
	etherType := layers.EthernetTypeIPv4
	if _, six := parts[0].(*layers.IPv6); six {
		etherType = layers.EthernetTypeIPv6
	}
	var all []gopacket.SerializableLayer
	first := &layers.Ethernet{SrcMAC: make([]byte, 6), DstMAC: make([]byte, 6), EthernetType: etherType}
	all = append(all, first)
	if vlans > 0 {
		first.EthernetType = layers.EthernetTypeDot1Q
	}
	for n := range vlans {
		tag := &layers.Dot1Q{VLANIdentifier: uint16(n + 5), Type: etherType}
		if n < vlans-1 {
			tag.Type = layers.EthernetTypeDot1Q
		}
		all = append(all, tag)
	}
	return serialize(append(all, parts...)...)
}

func serialize(parts ...gopacket.SerializableLayer) []byte {
	out := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(out, gopacket.SerializeOptions{FixLengths: true}, parts...); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func ip4(src, dst net.IP, protocol layers.IPProtocol, fragmentOffset uint16) *layers.IPv4 {
	return &layers.IPv4{Version: 4, IHL: 5, TTL: 64, SrcIP: src, DstIP: dst, Protocol: protocol, FragOffset: fragmentOffset}
}

func ip6(src, dst net.IP, next layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 64, SrcIP: src, DstIP: dst, NextHeader: next}
}

func tcp(src, dst layers.TCPPort) *layers.TCP {
	return &layers.TCP{SrcPort: src, DstPort: dst, DataOffset: 5, RST: true}
}

func icmp4(kind uint8, quoted []byte) []gopacket.SerializableLayer {
	return []gopacket.SerializableLayer{ip4(router4, us4, layers.IPProtocolICMPv4, 0),
		&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(kind, 0)}, gopacket.Payload(quoted)}
}

func icmp6(kind uint8, quoted []byte) []gopacket.SerializableLayer {
	return []gopacket.SerializableLayer{ip6(router6, us6, layers.IPProtocolICMPv6),
		&layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(kind, 0)}, gopacket.Payload(append(make([]byte, 4), quoted...))}
}

// inFragment is an IPv6 fragment header (RFC 8200 section 4.5), then a payload.
func inFragment(next byte, offset byte, payload []byte) gopacket.Payload {
	return append(gopacket.Payload{next, 0, 0, offset << 3, 0, 0, 0, 1}, payload...)
}

func TestFilterAdmitsTheSessionAndNothingElse(t *testing.T) {
	data := gopacket.Payload("some bytes of a fragment")
	quoted4 := func(src, dst net.IP, port layers.TCPPort) []byte {
		return serialize(ip4(src, dst, layers.IPProtocolTCP, 0), tcp(40000, port))
	}
	quoted6 := func(src, dst net.IP, port layers.TCPPort) []byte {
		return serialize(ip6(src, dst, layers.IPProtocolTCP), tcp(40000, port))
	}
	const byPeer, byPort, byBoth = 1, 2, 4
	for _, test := range []struct {
		name     string
		parts    []gopacket.SerializableLayer
		admitted int
	}{
		{"a segment to the peer", []gopacket.SerializableLayer{ip4(us4, peer4, 6, 0), tcp(40000, 587)}, byPeer | byPort | byBoth},
		{"a segment from the peer", []gopacket.SerializableLayer{ip4(peer4, us4, 6, 0), tcp(587, 40000)}, byPeer | byPort | byBoth},
		{"a segment to another port", []gopacket.SerializableLayer{ip4(us4, peer4, 6, 0), tcp(40000, 22)}, byPeer},
		{"a segment to another host", []gopacket.SerializableLayer{ip4(us4, other4, 6, 0), tcp(40000, 587)}, byPort},
		{"a later fragment from the peer", []gopacket.SerializableLayer{ip4(peer4, us4, 6, 100), data}, byPeer | byPort | byBoth},
		{"a later fragment of UDP", []gopacket.SerializableLayer{ip4(peer4, us4, 17, 100), data}, 0},
		{"a datagram of UDP to the port", []gopacket.SerializableLayer{ip4(us4, peer4, 17, 0), &layers.UDP{SrcPort: 1, DstPort: 587}}, 0},
		{"unreachable, quoting what we sent", icmp4(3, quoted4(us4, peer4, 587)), byPeer | byPort | byBoth},
		{"time exceeded, quoting what the peer sent", icmp4(11, quoted4(peer4, us4, 587)), byPeer | byPort | byBoth},
		{"unreachable, quoting another port", icmp4(3, quoted4(us4, peer4, 22)), byPeer},
		{"unreachable, quoting another host", icmp4(3, quoted4(us4, other4, 587)), byPort},
		{"an echo that happens to hold the same bytes", icmp4(8, quoted4(us4, peer4, 587)), 0},
		{"an IPv6 segment to the peer", []gopacket.SerializableLayer{ip6(us6, peer6, 6), tcp(40000, 587)}, byPeer | byPort | byBoth},
		{"an IPv6 segment from the peer", []gopacket.SerializableLayer{ip6(peer6, us6, 6), tcp(587, 40000)}, byPeer | byPort | byBoth},
		{"an IPv6 segment to another port", []gopacket.SerializableLayer{ip6(us6, peer6, 6), tcp(40000, 22)}, byPeer},
		{"an IPv6 segment to another host", []gopacket.SerializableLayer{ip6(us6, other6, 6), tcp(40000, 587)}, byPort},
		{"a later IPv6 fragment from the peer", []gopacket.SerializableLayer{ip6(peer6, us6, 44), inFragment(6, 9, data)}, byPeer | byPort | byBoth},
		{"an IPv6 segment behind destination options", []gopacket.SerializableLayer{ip6(peer6, us6, 60), gopacket.Payload{6, 0, 1, 4, 0, 0, 0, 0}, tcp(587, 40000)}, byPeer | byPort | byBoth},
		{"an IPv6 fragment of UDP", []gopacket.SerializableLayer{ip6(peer6, us6, 44), inFragment(17, 9, data)}, 0},
		{"packet too big, quoting what we sent", icmp6(2, quoted6(us6, peer6, 587)), byPeer | byPort | byBoth},
		{"IPv6 unreachable, quoting what the peer sent", icmp6(1, quoted6(peer6, us6, 587)), byPeer | byPort | byBoth},
		{"IPv6 unreachable, quoting another port", icmp6(1, quoted6(us6, peer6, 22)), byPeer},
		{"IPv6 unreachable, quoting another host", icmp6(1, quoted6(us6, other6, 587)), byPort},
		{"a neighbour solicitation", icmp6(135, quoted6(us6, peer6, 587)), 0},
	} {
		targets := map[int]Target{
			byPeer: {Peers: []testimony.Peer{peer}},
			byPort: {Ports: []uint16{25, 587}},
			byBoth: {Peers: []testimony.Peer{peer}, Ports: []uint16{25, 587}},
		}
		for vlans := range 3 {
			t.Run(test.name+" with "+[]string{"no", "one", "two"}[vlans]+" VLAN tags", func(t *testing.T) {
				file := write(t, capture.LinkEthernet, frame(vlans, test.parts...))
				for bit, target := range targets {
					if want := test.admitted&bit != 0; passes(t, file, target.Filter(capture.LinkEthernet)) != want {
						t.Errorf("admitted %v, want %v, by %+v", !want, want, target)
					}
				}
			})
		}
		t.Run(test.name+" without Ethernet", func(t *testing.T) {
			file := write(t, capture.LinkRaw, serialize(test.parts...))
			for bit, target := range targets {
				if want := test.admitted&bit != 0; passes(t, file, target.Filter(capture.LinkRaw)) != want {
					t.Errorf("admitted %v, want %v, by %+v", !want, want, target)
				}
			}
		})
	}
}

func write(t *testing.T, link capture.LinkType, frame []byte) string {
	t.Helper()
	var out bytes.Buffer
	w, err := pcapng.NewWriter(&out, capture.Section{})
	if err == nil {
		_, err = w.AddInterface(capture.Interface{LinkType: link, SnapLen: 65535})
	}
	if err == nil {
		err = w.WritePacket(&capture.Packet{TimeNS: 1e18, OrigLen: len(frame), Data: frame})
	}
	if err == nil {
		err = w.Flush()
	}
	file := filepath.Join(t.TempDir(), "one.pcapng")
	if err == nil {
		err = os.WriteFile(file, out.Bytes(), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// passes lets tcpdump apply the filter, which has libpcap's own compiler.
func passes(t *testing.T, file, filter string) bool {
	t.Helper()
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("tcpdump", "-n", "-t", "-r", file, filter)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("tcpdump %q: %v: %s", filter, err, &stderr)
	}
	return stdout.Len() > 0
}

func TestNoTargetIsNoFilter(t *testing.T) {
	if f := (Target{}).Filter(capture.LinkEthernet); f != "" {
		t.Errorf("got %q", f)
	}
	if f := (Target{Expression: "tcp"}).Filter(capture.LinkEthernet); f != "tcp" {
		t.Errorf("got %q, want the user's own words", f)
	}
}

// The kernel takes programs of at most 4096 instructions (BPF_MAXINSNS).
func TestTheFilterOfAHostWithManyAddressesFitsTheKernel(t *testing.T) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		t.Skip("tcpdump is not installed")
	}
	many := testimony.Peer{Name: "many"}
	for n := range 8 {
		many.Addresses = append(many.Addresses, netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}),
			netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 15: byte(n)}))
	}
	target := Target{Peers: []testimony.Peer{many}, Ports: []uint16{25, 465, 587}}
	out, err := exec.Command("tcpdump", "-y", "EN10MB", "-ddd", target.Filter(capture.LinkEthernet)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if n := strings.Count(string(out), "\n"); n > 4096 {
		t.Errorf("%d instructions", n)
	}
}

func TestAnAddressIsItsOwnName(t *testing.T) {
	for text, want := range map[string]string{"192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1",
		"[2001:db8::1]": "2001:db8::1", "::ffff:192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::1"} {
		got, err := Resolve(context.Background(), text)
		if err != nil || len(got.Addresses) != 1 || got.Addresses[0].String() != want {
			t.Errorf("%q became %v, %v", text, got.Addresses, err)
		}
	}
}

func TestTheRouteToThisHostIsTheLoopback(t *testing.T) {
	name, err := Interface(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	i, err := net.InterfaceByName(name)
	if err != nil || i.Flags&net.FlagLoopback == 0 {
		t.Errorf("127.0.0.1 is reached by %q (%v)", name, err)
	}
}

func TestAConnectionConcernsWhoIsRecorded(t *testing.T) {
	peer := testimony.Peer{Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.2")}}
	for _, test := range []struct {
		target        Target
		local, remote string
		want          bool
	}{
		{Target{Peers: []testimony.Peer{peer}, Ports: []uint16{587}}, "192.0.2.1:587", "198.51.100.2:40000", true},
		{Target{Peers: []testimony.Peer{peer}, Ports: []uint16{587}}, "198.51.100.2:40000", "192.0.2.1:587", true},
		{Target{Peers: []testimony.Peer{peer}, Ports: []uint16{587}}, "192.0.2.1:588", "198.51.100.2:40000", false},
		{Target{Peers: []testimony.Peer{peer}, Ports: []uint16{587}}, "192.0.2.1:587", "198.51.100.3:40000", false},
		{Target{Peers: []testimony.Peer{peer}, Ports: []uint16{587}}, "0.0.0.0:587", "0.0.0.0:0", true}, // a listener's: any of its connections
		{Target{Peers: []testimony.Peer{peer}}, "192.0.2.1:1", "198.51.100.2:2", true},
		{Target{Ports: []uint16{587}}, "192.0.2.1:1", "198.51.100.3:587", true},
		{Target{}, "192.0.2.1:1", "198.51.100.3:2", true},
		{Target{Expression: "tcp port 25"}, "192.0.2.1:1", "198.51.100.3:2", true},
	} {
		if got := test.target.Concerns(netip.MustParseAddrPort(test.local), netip.MustParseAddrPort(test.remote)); got != test.want {
			t.Errorf("%+v: %s and %s: %v, want %v", test.target, test.local, test.remote, got, test.want)
		}
	}
}
