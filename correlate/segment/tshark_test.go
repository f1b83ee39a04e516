package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bothends/capture"
)

// Wireshark reads every link type, which gopacket does not: what it says of
// the hand-made frames is what Decode says.
func TestDecodeEqualsTshark(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	var (
		names   []string
		packets []*capture.Packet
	)
	everyFrame(func(name string, p *capture.Packet) {
		names, packets = append(names, name), append(packets, p)
		if size := len(p.Data); size > 60 { // and as a capture with a snapshot length keeps it
			cut := *p
			cut.Data = p.Data[:size-3]
			names, packets = append(names, name+", cut"), append(packets, &cut)
		}
	})
	// A BIG TCP packet of 66000 bytes of payload, of which the capture kept 5.
	big := packet(capture.LinkRaw, "60012345 0000 00 40"+ipv6Addresses+"06 00 c2 04 000101ec"+tcpHello)
	big.OrigLen += 66000 - 5
	names, packets = append(names, "BIG TCP"), append(packets, big)

	file := filepath.Join(t.TempDir(), "frames.pcapng")
	if err := os.WriteFile(file, pcapng(packets), 0o600); err != nil {
		t.Fatal(err)
	}

	args := []string{"-n", "-r", file, "-T", "fields", "-E", "separator=|",
		// Each frame alone, and numbers as they are on the wire.
		"-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE",
		"-d", "udp.port==8472,vxlan", // Linux's first port for it
		"-o", "tcp.desegment_tcp_streams:FALSE", "-o", "tcp.relative_sequence_numbers:FALSE"}
	for _, f := range tsharkFields {
		args = append(args, "-e", f.name)
	}
	output, err := exec.Command("tshark", args...).Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(packets) {
		t.Fatalf("tshark read %d of %d frames", len(lines), len(packets))
	}
	for i, line := range lines {
		var s Segment
		if got := Decode(packets[i], &s); got != TCP {
			t.Errorf("%s: got %q, want TCP", names[i], got)
			continue
		}
		if s.Options.Has&BadOptions != 0 || tsharkDiffers[names[i]]+tsharkDiffers[strings.TrimSuffix(names[i], ", cut")] != "" {
			continue
		}
		values := strings.Split(line, "|")
		for j, f := range tsharkFields {
			sackCut := strings.HasPrefix(f.name, "tcp.options.sack") && s.Cut && len(s.Payload) == 0
			if s.Wrapping != 0 { // of the outer layers nothing is asked
				values[j] = values[j][strings.LastIndexByte(values[j], ',')+1:]
				if other := map[bool]string{true: "ip.", false: "ipv6."}[s.IPv6]; strings.HasPrefix(f.name, other) {
					continue
				}
			}
			if want := f.of(&s); values[j] != want && !sackCut {
				t.Errorf("%s: %s: tshark %q, decoded %q", names[i], f.name, values[j], want)
			}
		}
	}
}

// tsharkDiffers names the frames that Wireshark 4.0 reads otherwise, and why.
var tsharkDiffers = map[string]string{
	"NULL with IPv6 of Linux":                  "does not know Linux's family number; gopacket does",
	"IPv6 length 0 without jumbo option":       "takes the length as it stands",
	"IPv6 length 0 with jumbo option":          "refuses a jumbo length below 65536",
	"IPv6 mobility, HIP and shim6 headers":     "takes them for the end of the chain",
	"IPv4 length beyond the frame":             "believes the frame",
	"IPv6 length beyond the frame":             "believes the frame",
	"options: MSS of a wrong length is absent": "shows the value",
	"options: SACK of half a block is absent":  "shows the value",
	"options: the last of two counts":          "shows both",
	"Ethernet with three tags of three kinds":  "does not know the second type of old tags",
	"NFLOG, cut":                                 "shows nothing of an attribute that is not whole",
	"pppd, sent":                                 unknownToTshark,
	"Cisco HDLC with a direction":                unknownToTshark,
	"a Broadcom switch's tag":                    unknownToTshark,
	"a Broadcom switch's tag in front":           unknownToTshark,
	"a Marvell switch's tag":                     unknownToTshark,
	"a Marvell switch's tag with its type":       unknownToTshark,
	"MPLS alone":                                 unknownToTshark,
	"MPLS with Ethernet":                         "takes a MAC address that begins with a zero for a control word",
	"L2TP version 3 over UDP":                    "has to be told the size of the cookie",
	"L2TP version 3 over IP, with a cookie":      "has to be told the size of the cookie",
	"options: the last of two SACK lists counts": "shows both",
}

const unknownToTshark = "does not know the link type"

// tsharkFields are Wireshark's names and how a Segment would be written there.
// A field that is absent is empty.
var tsharkFields = []struct {
	name string
	of   func(*Segment) string
}{
	{"ip.src", func(s *Segment) string { return only(!s.IPv6, "%v", ip(s.Src)) }},
	{"ip.dst", func(s *Segment) string { return only(!s.IPv6, "%v", ip(s.Dst)) }},
	{"ip.ttl", func(s *Segment) string { return only(!s.IPv6, "%d", s.TTL) }},
	{"ip.dsfield", func(s *Segment) string { return only(!s.IPv6, "0x%02x", s.TOS) }},
	{"ip.id", func(s *Segment) string { return only(!s.IPv6, "0x%04x", s.IPID) }},
	{"ip.flags.df", func(s *Segment) string { return only(!s.IPv6, "%d", bit(s.DF)) }},
	{"ip.flags.mf", func(s *Segment) string { return only(!s.IPv6, "%d", bit(s.Fragment)) }},
	{"ipv6.src", func(s *Segment) string { return only(s.IPv6, "%v", ip(s.Src)) }},
	{"ipv6.dst", func(s *Segment) string { return only(s.IPv6, "%v", ip(s.Dst)) }},
	{"ipv6.hlim", func(s *Segment) string { return only(s.IPv6, "%d", s.TTL) }},
	{"ipv6.tclass", func(s *Segment) string { return only(s.IPv6, "0x%08x", s.TOS) }},
	{"tcp.srcport", func(s *Segment) string { return fmt.Sprint(s.Src.Port) }},
	{"tcp.dstport", func(s *Segment) string { return fmt.Sprint(s.Dst.Port) }},
	{"tcp.seq_raw", func(s *Segment) string { return fmt.Sprint(s.Seq) }},
	{"tcp.ack_raw", func(s *Segment) string { return fmt.Sprint(s.Ack) }},
	{"tcp.flags", func(s *Segment) string { return fmt.Sprintf("0x%04x", uint8(s.Flags)) }},
	{"tcp.window_size_value", func(s *Segment) string { return fmt.Sprint(s.Window) }},
	{"tcp.len", func(s *Segment) string { return only(!s.Fragment, "%d", s.PayloadLen) }},
	{"tcp.payload", func(s *Segment) string { return fmt.Sprintf("%x", s.Payload) }},
	{"tcp.options.mss_val", func(s *Segment) string { return only(s.Options.Has&MSS != 0, "%d", s.Options.MSS) }},
	{"tcp.options.wscale.shift", func(s *Segment) string {
		return only(s.Options.Has&WindowScale != 0, "%d", s.Options.WindowScale)
	}},
	{"tcp.options.timestamp.tsval", func(s *Segment) string { return only(s.Options.Has&Timestamps != 0, "%d", s.Options.TSVal) }},
	{"tcp.options.timestamp.tsecr", func(s *Segment) string { return only(s.Options.Has&Timestamps != 0, "%d", s.Options.TSEcr) }},
	{"tcp.options.sack_le", func(s *Segment) string { return edges(s, 0) }},
	{"tcp.options.sack_re", func(s *Segment) string { return edges(s, 1) }},
}

func only(present bool, format string, value any) string {
	if !present {
		return ""
	}
	return fmt.Sprintf(format, value)
}

func ip(e Endpoint) netip.Addr { return e.AddrPort().Addr() }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// edges are the left or right edges of the SACK blocks. Of an option that the
// capture cut, Wireshark shows the edges that are there and Decode nothing.
func edges(s *Segment, side int) string {
	var values []string
	for _, block := range s.Options.SACK[:s.Options.SACKCount] {
		values = append(values, fmt.Sprint(block[side]))
	}
	return strings.Join(values, ",")
}

// pcapng writes packets as a pcapng file: one interface for each link type.
func pcapng(packets []*capture.Packet) []byte {
	var file bytes.Buffer
	block := func(kind uint32, body []byte) {
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
		size := uint32(12 + len(body))
		binary.Write(&file, binary.LittleEndian, []uint32{kind, size})
		file.Write(body)
		binary.Write(&file, binary.LittleEndian, size)
	}
	block(0x0a0d0d0a, unhex("4d3c2b1a 0100 0000 ffffffffffffffff"))
	interfaces := map[capture.LinkType]uint32{}
	for _, p := range packets {
		if _, ok := interfaces[p.LinkType]; !ok {
			interfaces[p.LinkType] = uint32(len(interfaces))
			block(1, binary.LittleEndian.AppendUint64(nil, uint64(p.LinkType)))
		}
		body := binary.LittleEndian.AppendUint32(nil, interfaces[p.LinkType])
		body = binary.LittleEndian.AppendUint64(body, 0)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(p.Data)))
		body = binary.LittleEndian.AppendUint32(body, uint32(p.OrigLen))
		block(6, append(body, p.Data...))
	}
	return file.Bytes()
}
