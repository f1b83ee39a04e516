package survey

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"hash/maphash"
	"io"
	"strings"
	"testing"

	"bothends/capture"
)

// frames is a capture in memory.
type frames struct {
	list       []capture.Packet
	at         int
	interfaces []capture.Interface
}

func (f *frames) Next(p *capture.Packet) error {
	if f.at == len(f.list) {
		return io.EOF
	}
	*p = f.list[f.at]
	f.at++
	p.Frame, p.OrigLen = int64(f.at), len(p.Data)
	return nil
}

// opens reads a capture in memory from its beginning, each time.
func opens(f *frames) func() *frames {
	return func() *frames { return &frames{list: f.list, interfaces: f.interfaces} }
}

// Interfaces are those given, or as many as the frames name: a recorder describes
// them all before its first packet.
func (f *frames) Interfaces() []capture.Interface {
	if f.interfaces != nil {
		return f.interfaces
	}
	n := 0
	for _, p := range f.list {
		n = max(n, p.Interface+1)
	}
	return make([]capture.Interface, n)
}
func (f *frames) End() capture.End { return capture.End{} }

func unhex(text string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		panic(err)
	}
	return b
}

// ipv4ACK is an acknowledgment from 192.0.2.1:50000 to 198.51.100.2:587.
func ipv4ACK(ttl uint8, ipid uint16) []byte {
	b := unhex("45 00 0028 0000 4000 40 06 0000 c0000201 c6336402" + "c350 024b 01020304 a1a2a3a4 50 10 2000 0000 0000")
	b[8] = ttl
	binary.BigEndian.PutUint16(b[4:], ipid)
	return b
}

// A cooked header v2 for IPv4 (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html):
// protocol, reserved, interface index, ARPHRD_ETHER, packet type, address.
func sll2(device byte, packet []byte) []byte {
	return append(unhex("0800 0000 000000"+hex.EncodeToString([]byte{device})+" 0001 00 06 02005e0000010000"), packet...)
}

// A cooked header v1 for IPv4: packet type, ARPHRD_ETHER, address, protocol.
func sll(packet []byte) []byte {
	return append(unhex("0000 0001 0006 02005e0000010000 0800"), packet...)
}

func TestSecondRecordingsOfOnePacketAreLeftOut(t *testing.T) {
	const micro, milli = int64(1e3), int64(1e6)
	raw := func(at int64, file, device int, packet []byte) capture.Packet {
		return capture.Packet{TimeNS: 1e18 + at, File: file, Interface: device, LinkType: capture.LinkRaw, Data: packet}
	}
	cooked2 := func(at int64, device byte, packet []byte) capture.Packet {
		return capture.Packet{TimeNS: 1e18 + at, LinkType: capture.LinkLinuxSLL2, Data: sll2(device, packet)}
	}
	cooked := func(at int64, packet []byte) capture.Packet {
		return capture.Packet{TimeNS: 1e18 + at, LinkType: capture.LinkLinuxSLL, Data: sll(packet)}
	}
	for name, c := range map[string]struct {
		packets []capture.Packet
		kept    int
	}{
		"an Ethernet capture of two like acknowledgments keeps both": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 7)), raw(micro, 0, 0, ipv4ACK(64, 7))}, 2},
		"the very first packet, on a bridge and its port": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 7)), raw(micro, 0, 1, ipv4ACK(64, 7))}, 1},
		"a packet that is forwarded, its TTL lowered": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 7)), raw(micro, 0, 1, ipv4ACK(63, 7))}, 1},
		"the second device's clock reading comes a little before the first's": {
			[]capture.Packet{raw(micro, 0, 0, ipv4ACK(64, 7)), raw(0, 0, 1, ipv4ACK(64, 7))}, 1},
		"another IP-ID is another packet": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 7)), raw(micro, 0, 1, ipv4ACK(64, 8))}, 2},
		"later than the host takes to pass it on": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 7)), raw(6*milli, 0, 1, ipv4ACK(64, 7))}, 2},
		"two like acknowledgments at the seam of a rotated set": {
			[]capture.Packet{raw(0, 0, 0, ipv4ACK(64, 0)), raw(micro, 1, 1, ipv4ACK(64, 0))}, 2},
		"two like acknowledgments, each on two devices": {
			[]capture.Packet{cooked2(0, 2, ipv4ACK(64, 0)), cooked2(micro, 3, ipv4ACK(64, 0)),
				cooked2(9*micro, 2, ipv4ACK(64, 0)), cooked2(10*micro, 3, ipv4ACK(64, 0))}, 2},
		"two like acknowledgments on one device": {
			[]capture.Packet{cooked2(0, 2, ipv4ACK(64, 0)), cooked2(micro, 2, ipv4ACK(64, 0))}, 2},
		"cooked v1 does not name the device, and what happens once is no habit": {
			[]capture.Packet{cooked(0, ipv4ACK(64, 7)), cooked(micro, ipv4ACK(64, 7))}, 2},
		"cooked v1 without an IP-ID: nothing tells, both are kept": {
			[]capture.Packet{cooked(0, ipv4ACK(64, 0)), cooked(micro, ipv4ACK(64, 0))}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			sv, _, err := Take(context.Background(), opens(&frames{list: c.packets}), maphash.MakeSeed(), 0, func(*frames) {})
			if err != nil {
				t.Fatal(err)
			}
			kept := int(sv.Connections[0].Flows[Initiator].Segments)
			if kept != c.kept || sv.Repeated != int64(len(c.packets)-c.kept) {
				t.Errorf("%d kept and %d left out of %d, want %d kept", kept, sv.Repeated, len(c.packets), c.kept)
			}
		})
	}
}

// A recorder of two interfaces reads what the kernel held back of the one, and then
// of the other.
func TestSecondRecordingsAreFoundBehindManyOthers(t *testing.T) {
	const packets = 10_000
	var list []capture.Packet
	for device := range 2 {
		for i := range packets {
			list = append(list, capture.Packet{TimeNS: 1e18 + int64(i)*1e4, Interface: device, LinkType: capture.LinkRaw, Data: ipv4ACK(64, uint16(1+i))})
		}
	}
	sv, _, err := Take(context.Background(), opens(&frames{list: list}), maphash.MakeSeed(), 0, func(*frames) {})
	if err != nil || sv.Repeated < packets*99/100 {
		t.Errorf("%d left out, error %v; want nearly all of %d", sv.Repeated, err, packets)
	}
}
