package pcapng

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"

	"bothends/capture"
)

// begin starts a block and returns where it stands in the buffer. The length
// is filled in by end.
func (w *Writer) begin(blockType uint32) int {
	start := len(w.buf)
	w.uint32(blockType)
	w.uint32(0)
	return start
}

// end completes the block that began at start, or takes it back if one of its
// options could not be written. What is lent is its owner's again after that.
func (w *Writer) end(start int) error {
	if w.err != nil {
		w.buf, w.lent = w.buf[:start], nil
		err := w.err
		w.err = nil // nothing was written: the file is as good as before
		return err
	}
	length := len(w.buf) + len(w.lent) - start + 4
	w.uint32(uint32(length))
	binary.LittleEndian.PutUint32(w.buf[start+4:], uint32(length))
	w.size += int64(length)
	if w.lent != nil {
		return w.Flush()
	}
	return w.makeRoom(0)
}

// wholeBlocks is how many bytes at the start of b are blocks with an end.
func wholeBlocks(b []byte) int {
	whole := 0
	for len(b)-whole >= blockOverhead {
		length := int(binary.LittleEndian.Uint32(b[whole+4:]))
		if length < blockOverhead || length > len(b)-whole {
			break
		}
		whole += length
	}
	return whole
}

func (w *Writer) uint16(v uint16) { w.buf = binary.LittleEndian.AppendUint16(w.buf, v) }
func (w *Writer) uint32(v uint32) { w.buf = binary.LittleEndian.AppendUint32(w.buf, v) }
func (w *Writer) uint64(v uint64) { w.buf = binary.LittleEndian.AppendUint64(w.buf, v) }

// extend makes the buffer n bytes longer and returns these to be filled in.
func (w *Writer) extend(n int) []byte {
	w.buf = slices.Grow(w.buf, n)[:len(w.buf)+n]
	return w.buf[len(w.buf)-n:]
}

// pad completes n bytes to a multiple of four.
func (w *Writer) pad(n int) {
	if n&3 == 0 {
		return
	}
	const zeros = "\x00\x00\x00"
	w.buf = append(w.buf, zeros[:-n&3]...)
}

func (w *Writer) option(code uint16, value []byte) {
	if len(value) > maxOption {
		w.err = errTooLarge
		return
	}
	w.uint16(code)
	w.uint16(uint16(len(value)))
	w.buf = append(w.buf, value...)
	w.pad(len(value))
}

// text writes an option of characters. An empty one says nothing and is left
// out.
func (w *Writer) text(code uint16, value string) {
	if value != "" {
		w.option(code, []byte(value))
	}
}

func (w *Writer) comments(comments []string) {
	for _, c := range comments {
		w.text(optComment, c)
	}
}

func (w *Writer) endOptions() { w.uint32(optEnd) }

// flags writes epb_flags. All bits but the direction say "not known".
func (w *Writer) flags(direction uint32) {
	option := w.extend(optionHeaderSize + optionPacketFlgSize)
	binary.LittleEndian.PutUint32(option, optPacketFlags|optionPacketFlgSize<<16)
	binary.LittleEndian.PutUint32(option[4:], direction)
}

func (w *Writer) count(code uint16, c capture.Count) {
	if !c.Known {
		return
	}
	w.uint16(code)
	w.uint16(optionCounterSize)
	w.uint64(c.N)
}

// statisticsTime writes isb_starttime or isb_endtime, which like a packet's
// time has its high half first. A time that is not given or that the
// interface's clock cannot express is left out.
func (w *Writer) statisticsTime(code uint16, i int, timeNS int64) {
	if timeNS == 0 {
		return
	}
	ticks, err := w.ticks(i, timeNS)
	if err != nil {
		return
	}
	w.uint16(code)
	w.uint16(optionStatTimeSize)
	w.uint32(uint32(ticks >> 32))
	w.uint32(uint32(ticks))
}

// addresses writes each IPv4 address with its mask and each IPv6 address with
// the length of its prefix.
func (w *Writer) addresses(prefixes []netip.Prefix) {
	for _, p := range prefixes {
		switch {
		case !p.IsValid():
		case p.Addr().Is4():
			mask := ^uint32(0) << (32 - p.Bits())
			four := p.Addr().As4()
			w.option(optIfIPv4, binary.BigEndian.AppendUint32(four[:], mask))
		default:
			sixteen := p.Addr().As16()
			w.option(optIfIPv6, append(sixteen[:], byte(p.Bits())))
		}
	}
}

// resolutionCode is if_tsresol for a number of ticks a second: the negative
// power of ten, or with the top bit set the negative power of two.
func resolutionCode(ticks uint64) (byte, bool) {
	power := uint64(1)
	for n := byte(0); n <= 19; n++ {
		if power == ticks {
			return n, true
		}
		power *= 10
	}
	if bits.OnesCount64(ticks) == 1 {
		return 0x80 | byte(bits.TrailingZeros64(ticks)), true
	}
	return 0, false
}

// AppendNote appends to b an interface statistics block that holds a comment and no
// counters, for a program that completes a file which a Writer has begun: of
// interface i, whose resolution must be nanoseconds without an offset. The comment
// is shorter than 64 KiB.
func AppendNote(b []byte, i int, timeNS int64, comment string) []byte {
	w := Writer{buf: b}
	start := w.begin(blockStatistics)
	w.uint32(uint32(i))
	w.uint32(uint32(timeNS >> 32))
	w.uint32(uint32(timeNS))
	w.comments([]string{comment})
	w.endOptions()
	length := len(w.buf) - start + 4
	w.uint32(uint32(length))
	binary.LittleEndian.PutUint32(w.buf[start+4:], uint32(length))
	return w.buf
}
