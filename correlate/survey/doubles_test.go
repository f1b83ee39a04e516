package survey

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"testing"

	"bothends/capture"
)

// ipv4Data is a segment of five bytes from 192.0.2.1:50000 to 198.51.100.2:587.
func ipv4Data(ttl uint8, ipid uint16, seq uint32, payload string) []byte {
	b := append(ipv4ACK(ttl, ipid), fmt.Sprintf("%-5s", payload)...)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	binary.BigEndian.PutUint32(b[24:], seq)
	for i, c := range b[40:] { // any sum that the bytes change
		b[36+i%2] += c
	}
	return b
}

// A tap on one interface sees packets again: how many of them are left out, and how
// many of those with another TTL.
func TestOneInterfaceThatSeesEveryPacketTwice(t *testing.T) {
	const packets = 40
	type frame struct {
		at     int64 // microseconds after the first copy
		packet []byte
	}
	for name, c := range map[string]struct {
		link         capture.LinkType
		copies       func(i int) []frame
		left, routed int64
	}{
		"two ports of a switch": {capture.LinkRaw, func(i int) []frame {
			p := ipv4Data(64, uint16(i), uint32(5*i), "hello")
			return []frame{{0, p}, {3, p}}
		}, packets, 0},
		"both sides of a router": {capture.LinkRaw, func(i int) []frame {
			return []frame{{0, ipv4Data(64, uint16(i), uint32(5*i), "hello")}, {300, ipv4Data(63, uint16(i), uint32(5*i), "hello")}}
		}, packets, packets},
		"without IP-IDs": {capture.LinkRaw, func(i int) []frame {
			p := ipv4Data(64, 0, uint32(5*i), "hello")
			return []frame{{0, p}, {3, p}}
		}, packets, 0},
		"acknowledgments in between": {capture.LinkRaw, func(i int) []frame {
			p, ack := ipv4Data(64, uint16(2*i), uint32(5*i), "hello"), ipv4ACK(64, uint16(2*i+1))
			return []frame{{0, p}, {3, p}, {10, ack}, {13, ack}}
		}, 2 * packets, 0},
		"like acknowledgments, each twice, without IP-IDs": {capture.LinkRaw, func(i int) []frame {
			p, ack := ipv4Data(64, uint16(i+1), uint32(5*i), "hello"), ipv4ACK(64, 0)
			return []frame{{0, p}, {3, p}, {10, ack}, {13, ack}, {20, ack}, {23, ack}}
		}, 3 * packets, 0},
		"cooked v1": {capture.LinkLinuxSLL, func(i int) []frame {
			p := sll(ipv4Data(64, uint16(i), uint32(5*i), "hello"))
			return []frame{{0, p}, {3, p}}
		}, packets, 0},
		"another payload is another packet": {capture.LinkLinuxSLL, func(i int) []frame {
			first, second := "hello", "hello"
			if i%4 == 1 {
				second = "HELLO"
			}
			return []frame{{0, sll(ipv4Data(64, 1, uint32(5*i), first))}, {1, sll(ipv4Data(64, 1, uint32(5*i), second))}}
		}, packets * 3 / 4, 0},
		"every payload is another": {capture.LinkLinuxSLL, func(i int) []frame {
			return []frame{{0, sll(ipv4Data(64, 1, uint32(5*i), "hello"))}, {1, sll(ipv4Data(64, 1, uint32(5*i), "HELLO"))}}
		}, 0, 0},
		"a network that doubles some": {capture.LinkRaw, func(i int) []frame {
			p := ipv4Data(57, uint16(i), uint32(5*i), "hello")
			if i%5 == 0 {
				return []frame{{0, p}, {3, p}}
			}
			return []frame{{0, p}}
		}, 0, 0},
		"like acknowledgments": {capture.LinkRaw, func(i int) []frame {
			ack := ipv4ACK(64, 0)
			return []frame{{0, ipv4Data(64, uint16(i+1), uint32(5*i), "hello")}, {10, ack}, {13, ack}, {16, ack}, {19, ack}}
		}, 0, 0},
		"retransmissions": {capture.LinkRaw, func(i int) []frame {
			return []frame{{0, ipv4Data(64, uint16(2*i), uint32(5*i), "hello")}, {900, ipv4Data(64, uint16(2*i+1), uint32(5*i), "hello")}}
		}, 0, 0},
		"a TTL two lower": {capture.LinkRaw, func(i int) []frame {
			return []frame{{0, ipv4Data(64, uint16(i), uint32(5*i), "hello")}, {300, ipv4Data(62, uint16(i), uint32(5*i), "hello")}}
		}, 0, 0},
		"later than a passage takes": {capture.LinkRaw, func(i int) []frame {
			p := ipv4Data(64, uint16(i), uint32(5*i), "hello")
			return []frame{{0, p}, {6000, p}}
		}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var list []capture.Packet
			for i := range packets {
				for _, f := range c.copies(i) {
					list = append(list, capture.Packet{TimeNS: 1e18 + int64(i)*20e6 + f.at*1e3, LinkType: c.link, Data: f.packet})
				}
			}
			sv, _, err := Take(context.Background(), opens(&frames{list: list}), maphash.MakeSeed(), 0, func(*frames) {})
			if err != nil {
				t.Fatal(err)
			}
			if sv.Repeated != c.left || sv.Routed != c.routed {
				t.Errorf("%d left out, %d of them from behind a router; want %d, %d", sv.Repeated, sv.Routed, c.left, c.routed)
			}
		})
	}
}

// The habit shows in a part of the packets, also where it begins late, and only the
// pair of hosts that has it is looked at.
func TestOnlyTheHostsThatAreRecordedTwiceAreDoubled(t *testing.T) {
	var list []capture.Packet
	at := int64(1e18)
	add := func(packet []byte, copies int) {
		for range copies {
			list = append(list, capture.Packet{TimeNS: at, LinkType: capture.LinkRaw, Data: packet})
			at += 1e3
		}
		at += 10e6
	}
	const packets = probeFrames + 1000
	for i := range packets {
		p := ipv4Data(64, uint16(i), uint32(5*i), "hello")
		add(p, 1)
	}
	for i := range 100 { // from 203.0.113.9, of a connection that is in the sample
		p := ipv4Data(64, uint16(i), uint32(5*i), "hello")
		copy(p[12:16], []byte{203, 0, 113, 9})
		binary.BigEndian.PutUint16(p[20:], 587)
		add(p, 2)
	}
	sv, _, err := Take(context.Background(), opens(&frames{list: list}), maphash.MakeSeed(), 0, func(*frames) {})
	if err != nil {
		t.Fatal(err)
	}
	if sv.Repeated != 100 || len(sv.Doubles) != 1 {
		t.Errorf("%d left out, of %d pairs of hosts; want 100 of one", sv.Repeated, len(sv.Doubles))
	}
}
