package pcapng

import (
	"bytes"
	"encoding/binary"
	"math"

	"bothends/capture"
	"bothends/capture/digest"
)

// clampLength keeps a length positive where int has 32 bits.
func clampLength(n uint32) int { return int(min(n, math.MaxInt32)) }

func padded(n int) int { return (n + 3) &^ 3 }

// A lane is what every packet of one interface needs, small and in one place.
type lane struct {
	clock     clock
	link      capture.LinkType
	maxPacket uint32
	maxBlock  int
}

func newLane(link capture.LinkType, clock clock) lane {
	most := link.MaxPacket()
	return lane{clock, link, most, blockOverhead + packetFixed + int(most) + maxPacketOptions}
}

// packetHeader is what an EPB and a PB have before the packet.
type packetHeader struct {
	total, id          uint32
	ticks              uint64
	captured, original uint32
}

// header decodes the beginning of an EPB, with one branch on the byte order
// instead of one for each number.
func (r *Reader) header(b []byte) packetHeader {
	b = b[:blockHeaderSize+packetFixed]
	if r.bigEndian {
		o := binary.BigEndian
		return packetHeader{o.Uint32(b[4:]), o.Uint32(b[8:]), o.Uint64(b[12:]), o.Uint32(b[20:]), o.Uint32(b[24:])}
	}
	o := binary.LittleEndian
	ticks := uint64(o.Uint32(b[12:]))<<32 | uint64(o.Uint32(b[16:])) // the high half comes first in any order
	return packetHeader{o.Uint32(b[4:]), o.Uint32(b[8:]), ticks, o.Uint32(b[20:]), o.Uint32(b[24:])}
}

// enhancedPacket yields the packet of an EPB.
func (r *Reader) enhancedPacket(p *capture.Packet) error {
	const what = "enhanced packet block"
	if len(r.input.Rest) < blockHeaderSize+packetFixed {
		if err := r.need(blockHeaderSize+packetFixed, what); err != nil {
			return err
		}
	}
	return r.timedPacket(what, r.header(r.input.Rest), p)
}

// oldPacket yields the packet of a PB, which differs from an EPB in that its
// interface has 16 bits and the number of dropped packets has the other 16.
func (r *Reader) oldPacket(p *capture.Packet) error {
	const what = "packet block"
	if err := r.need(blockHeaderSize+packetFixed, what); err != nil {
		return err
	}
	h := r.header(r.input.Rest)
	fixed := r.input.Rest[blockHeaderSize:]
	h.id = uint32(r.uint16(fixed))
	drops := r.uint16(fixed[2:])
	err := r.timedPacket(what, h, p)
	if err == nil && drops != dropsUnknown {
		r.addMissing(p.Interface, uint64(drops))
	}
	return err
}

// timedPacket yields the packet of an EPB or PB.
func (r *Reader) timedPacket(what string, h packetHeader, p *capture.Packet) error {
	index := r.base + int(h.id)
	if h.id >= maxInterfaces || index >= len(r.lanes) {
		return r.damaged("%s of one of %d interfaces, got interface %d", what, len(r.lanes)-r.base, h.id)
	}
	lane := &r.lanes[index]
	if h.captured > lane.maxPacket {
		return r.damaged("packet of at most %d bytes, got a length of %d", lane.maxPacket, h.captured)
	}
	end := packetFixed + int(h.captured)
	body, err := r.whole(what, h.total, padded(end), lane.maxBlock)
	if err != nil {
		return err
	}
	p.Direction, p.Digest = capture.DirectionUnknown, nil
	if options := body[padded(end):]; len(options) > 0 {
		if err := r.packetOptions(options, index, p); err != nil {
			return err
		}
		r.options = options
	}
	ns, ok := lane.clock.nanoseconds(h.ticks)
	p.TimeNS, p.Untimed = ns, !ok
	p.Data = body[packetFixed:end:end]
	r.fill(p, index, h.original, h.total)
	return nil
}

// simplePacket yields the packet of an SPB: of interface 0, without a time, and
// as long as the snapshot length allows.
func (r *Reader) simplePacket(total uint32, p *capture.Packet) error {
	const what = "simple packet block"
	if r.base == len(r.interfaces) {
		return r.damaged("description of an interface before the first %s", what)
	}
	about := &r.interfaces[r.base]
	body, err := r.whole(what, total, simpleFixed, blockOverhead+simpleFixed+int(about.LinkType.MaxPacket()))
	if err != nil {
		return err
	}
	original := r.uint32(body)
	length := clampLength(original)
	if about.SnapLen > 0 {
		length = min(length, about.SnapLen)
	}
	if room := len(body) - simpleFixed; length > room {
		return r.damaged("%s with room for %d bytes, got one for %d", what, length, room)
	}
	p.Direction, p.Digest = capture.DirectionUnknown, nil
	p.TimeNS, p.Untimed = 0, true
	p.Data = body[simpleFixed : simpleFixed+length : simpleFixed+length]
	r.fill(p, r.base, original, total)
	return nil
}

// fill sets what all packets have, and makes the following Next go on behind
// this block.
func (r *Reader) fill(p *capture.Packet, index int, original, total uint32) {
	r.frame++
	p.Frame = r.frame
	p.Offset = r.input.Offset
	p.File = 0
	p.Interface = index
	p.LinkType = r.lanes[index].link
	p.OrigLen = clampLength(original)
	r.last = padded(int(total))
}

// digestPrefix begins the comment of a packet whose payload was redacted.
var digestPrefix = []byte(digest.Prefix)

// packetOptions takes the direction and the drop count from a packet's options
// and checks that the others stay in their block.
func (r *Reader) packetOptions(block []byte, index int, p *capture.Packet) error {
	list := options{list: block, bigEndian: r.bigEndian}
	for list.next() {
		switch {
		case list.code == optPacketFlags && len(list.value) == optionPacketFlgSize:
			switch r.uint32(list.value) & flagDirectionMask {
			case flagInbound:
				p.Direction = capture.Inbound
			case flagOutbound:
				p.Direction = capture.Outbound
			}
		case list.code == optComment && bytes.HasPrefix(list.value, digestPrefix):
			p.Digest = list.value[len(digestPrefix):]
		case list.code == optPacketDropCount && len(list.value) == optionCounterSize:
			r.addMissing(index, r.uint64(list.value))
		}
	}
	if list.problem != "" {
		return r.damaged("list of packet options, got %s", list.problem)
	}
	return nil
}

func (r *Reader) addMissing(index int, n uint64) {
	count := &r.interfaces[index].Counters.Missing
	if count.N > math.MaxUint64-n {
		n = math.MaxUint64 - count.N
	}
	count.N += n
	count.Known = true
}

// Comments returns the comments of the packet that Next returned last.
func (r *Reader) Comments() []string {
	var comments []string
	list := options{list: r.options, bigEndian: r.bigEndian}
	for list.next() {
		if list.code == optComment {
			comments = append(comments, text(list.value))
		}
	}
	return comments
}
