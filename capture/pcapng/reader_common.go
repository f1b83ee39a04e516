package pcapng

import (
	"encoding/binary"

	"bothends/capture"
)

// flagsAlone is the header of epb_flags, code and length, as one number.
const flagsAlone = optPacketFlags | optionPacketFlgSize<<16

// flagsAloneSize is what epb_flags and opt_endofopt take together.
const flagsAloneSize = 2*optionHeaderSize + optionPacketFlgSize

var directions = [flagDirectionMask + 1]capture.Direction{flagInbound: capture.Inbound, flagOutbound: capture.Outbound}

// commonPacket yields the next packet if it is what nearly all are: in a sound
// little-endian EPB that is in memory, with no options or epb_flags alone. It
// halves the time of Next. All else it leaves to the rest of this package, which
// would yield the same packet; big-endian files always take that way, and the
// tests hold the two equal.
func (r *Reader) commonPacket(p *capture.Packet) bool {
	const fixed = blockHeaderSize + packetFixed
	b := r.input.Rest
	if r.bigEndian || len(b) < fixed || binary.LittleEndian.Uint32(b) != blockPacket {
		return false
	}
	total := int64(binary.LittleEndian.Uint32(b[4:]))
	index := int64(r.base) + int64(binary.LittleEndian.Uint32(b[8:]))
	captured := binary.LittleEndian.Uint32(b[20:])
	if index >= int64(len(r.lanes)) {
		return false
	}
	lane := &r.lanes[index]
	end := fixed + int64(captured)
	tail := (end + 3) &^ 3 // where the options start
	if captured > lane.maxPacket || total < tail+4 || total > int64(len(b)) ||
		int64(binary.LittleEndian.Uint32(b[total-4:])) != total {
		return false
	}
	direction := capture.DirectionUnknown
	if options := b[tail : total-4]; len(options) > 0 {
		if len(options) != flagsAloneSize || binary.LittleEndian.Uint32(options) != flagsAlone || binary.LittleEndian.Uint32(options[8:]) != optEnd {
			return false
		}
		direction = directions[options[4]&flagDirectionMask]
		r.options = options
	}
	ticks := uint64(binary.LittleEndian.Uint32(b[12:]))<<32 | uint64(binary.LittleEndian.Uint32(b[16:]))
	if ticks > lane.clock.limit || lane.clock.offsetNS != 0 || lane.clock.broken {
		return false
	}
	r.frame++
	r.last = int(total)
	p.Frame, p.Offset = r.frame, r.input.Offset
	p.TimeNS, p.Untimed = int64(ticks*lane.clock.factor), false
	p.File, p.Interface, p.LinkType = 0, int(index), lane.link
	p.Direction = direction
	p.OrigLen = clampLength(binary.LittleEndian.Uint32(b[24:]))
	p.Data = b[fixed:end:end]
	return true
}
