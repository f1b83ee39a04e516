package pcapng

import (
	"math"

	"bothends/capture"
)

// clampLength keeps a length positive where int has 32 bits.
func clampLength(n uint32) int { return int(min(n, math.MaxInt32)) }

func padded(n int) int { return (n + 3) &^ 3 }

// enhancedPacket yields the packet of an EPB.
func (r *Reader) enhancedPacket(total uint32, p *capture.Packet) error {
	const what = "enhanced packet block"
	if err := r.need(blockHeaderSize+packetFixed, what); err != nil {
		return err
	}
	fixed := r.input.Rest[blockHeaderSize : blockHeaderSize+packetFixed]
	return r.timedPacket(what, total, r.uint32(fixed), fixed, p)
}

// oldPacket yields the packet of a PB, which differs from an EPB in that its
// interface has 16 bits and the number of dropped packets has the other 16.
func (r *Reader) oldPacket(total uint32, p *capture.Packet) error {
	const what = "packet block"
	if err := r.need(blockHeaderSize+packetFixed, what); err != nil {
		return err
	}
	fixed := r.input.Rest[blockHeaderSize : blockHeaderSize+packetFixed]
	drops := r.uint16(fixed[2:])
	err := r.timedPacket(what, total, uint32(r.uint16(fixed)), fixed, p)
	if err == nil && drops != dropsUnknown {
		r.addMissing(p.Interface, uint64(drops))
	}
	return err
}

// timedPacket yields the packet of an EPB or PB, whose fixed parts agree from
// the time stamp on.
func (r *Reader) timedPacket(what string, total, id uint32, fixed []byte, p *capture.Packet) error {
	index := r.base + int(id)
	if id >= maxInterfaces || index >= len(r.interfaces) {
		return r.damaged("%s of one of %d interfaces, got interface %d", what, len(r.interfaces)-r.base, id)
	}
	link := r.interfaces[index].LinkType
	ticks := uint64(r.uint32(fixed[4:]))<<32 | uint64(r.uint32(fixed[8:]))
	captured, original := r.uint32(fixed[12:]), r.uint32(fixed[16:])
	if limit := link.MaxPacket(); captured > limit {
		return r.damaged("packet of at most %d bytes, got a length of %d", limit, captured)
	}
	length := int(captured)
	limit := blockOverhead + packetFixed + int(link.MaxPacket()) + maxPacketOptions
	body, err := r.whole(what, total, packetFixed+padded(length), limit)
	if err != nil {
		return err
	}
	p.Direction = capture.DirectionUnknown
	if options := body[packetFixed+padded(length):]; len(options) > 0 {
		if err := r.packetOptions(options, index, p); err != nil {
			return err
		}
		r.options = options
	}
	ns, ok := r.clocks[index].nanoseconds(ticks)
	p.TimeNS, p.Untimed = ns, !ok
	p.Data = body[packetFixed : packetFixed+length : packetFixed+length]
	r.fill(p, index, original, total)
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
	limit := int(about.LinkType.MaxPacket())
	body, err := r.whole(what, total, simpleFixed, blockOverhead+simpleFixed+limit)
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
	p.Direction = capture.DirectionUnknown
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
	p.LinkType = r.interfaces[index].LinkType
	p.OrigLen = clampLength(original)
	r.last = padded(int(total))
}

// packetOptions takes the direction and the drop count from a packet's options
// and checks that the others stay in their block.
func (r *Reader) packetOptions(block []byte, index int, p *capture.Packet) error {
	list := options{rest: block, bigEndian: r.bigEndian}
	for list.next() {
		switch {
		case list.code == optPacketFlags && len(list.value) == optionPacketFlgSize:
			switch r.uint32(list.value) & flagDirectionMask {
			case flagInbound:
				p.Direction = capture.Inbound
			case flagOutbound:
				p.Direction = capture.Outbound
			}
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
	list := options{rest: r.options, bigEndian: r.bigEndian}
	for list.next() {
		if list.code == optComment {
			comments = append(comments, text(list.value))
		}
	}
	return comments
}
