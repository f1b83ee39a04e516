package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"bothends/capture"
)

// bufferSize is how much a Writer gathers before it writes. A recorder that
// writes every packet by itself loses packets at the rates at which one that
// writes 64 KiB at a time loses none; four times that still lies in a
// processor's second-level cache, so that the kernel's copy of it is cheap.
const bufferSize = 256 << 10

// lendSize is from where on a packet's bytes are not copied into the buffer but
// lent to an underlying writer that is a Gatherer: to copy them takes longer than
// the call that their block then costs.
const lendSize = 16 << 10

// maxTail is room for what a packet block holds beside the packet, so that the
// buffer does not grow for it: padding, epb_flags and a short comment.
const maxTail = 1 << 10

// maxOption is the longest option value: its length field has 16 bits.
const maxOption = 0xFFFF

// defaultResolution is that of our own recordings: nanoseconds.
const defaultResolution = 1e9

// A Gatherer is an underlying writer that takes pieces which lie apart as if they
// were one, like writev(2). It returns how many bytes of them all it has taken.
type Gatherer interface {
	io.Writer
	WritePieces(pieces [][]byte) (int, error)
}

// A Writer writes one pcapng section, in little-endian order and only ever
// appending, so that whatever reached the disk is readable up to its last
// whole block.
//
// It gathers blocks and hands them to the underlying writer many at a time, by
// calls that end at the end of a block. Nothing is allocated per packet. Once a
// write has failed every later call returns that error. A Writer is not safe
// for use by several goroutines at once.
type Writer struct {
	out        io.Writer
	gatherer   Gatherer // out, if it is one
	buf        []byte   // whole blocks, but while one is being put together
	lent       []byte   // data that belongs into the last block, or nil
	lentAt     int      // where in buf it belongs
	pieces     [3][]byte
	size       int64 // of everything encoded so far
	written    int64 // see Written
	interfaces []timing
	err        error
}

// timing is how the time stamps of one interface are stored.
type timing struct {
	resolution uint64 // ticks a second
	offsetNS   int64
}

// NewWriter starts a file with its section header block, which is written with
// the first Flush. Empty fields of s are left out; its Offset is not written.
func NewWriter(out io.Writer, s capture.Section) (*Writer, error) {
	w := &Writer{out: out, buf: make([]byte, 0, bufferSize+maxTail)}
	w.gatherer, _ = out.(Gatherer)
	start := w.begin(blockSection)
	w.uint32(byteOrderMagic)
	w.uint16(versionMajor)
	w.uint16(versionMinor)
	w.uint64(lengthUnspecified)
	w.text(optSectionHardware, s.Hardware)
	w.text(optSectionOS, s.OS)
	w.text(optSectionApplication, s.Application)
	w.comments(s.Comments)
	w.endOptions()
	return w, w.end(start)
}

// AddInterface writes an interface description block and returns the number
// by which packets and statistics refer to it. A Resolution of 0 is
// nanoseconds; one that is neither a power of ten nor of two cannot be written
// and is an error. Application and Counters are not part of the block.
func (w *Writer) AddInterface(i capture.Interface) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	if i.Resolution == 0 {
		i.Resolution = defaultResolution
	}
	code, ok := resolutionCode(i.Resolution)
	if !ok {
		return 0, fmt.Errorf("pcapng: a resolution of %d ticks a second is neither a power of ten nor of two", i.Resolution)
	}
	start := w.begin(blockInterface)
	w.uint16(uint16(i.LinkType))
	w.uint16(0)
	w.uint32(uint32(i.SnapLen))
	w.text(optIfName, i.Name)
	w.text(optIfDescription, i.Description)
	w.addresses(i.Addresses)
	switch len(i.MAC) {
	case optionMACSize:
		w.option(optIfMAC, i.MAC)
	case 8:
		w.option(optIfEUI, i.MAC)
	}
	w.option(optIfResolution, []byte{code})
	switch {
	case len(i.FilterCode) > 0:
		w.option(optIfFilter, i.FilterCode)
	case i.Filter != "":
		w.option(optIfFilter, append([]byte{filterText}, i.Filter...))
	}
	w.text(optIfOS, i.OS)
	if i.OffsetSec != 0 {
		w.option(optIfOffset, binary.LittleEndian.AppendUint64(nil, uint64(i.OffsetSec)))
	}
	w.text(optIfHardware, i.Hardware)
	w.comments(i.Comments)
	w.endOptions()
	if err := w.end(start); err != nil {
		return 0, err
	}
	w.interfaces = append(w.interfaces, timing{resolution: i.Resolution, offsetNS: i.OffsetSec * 1e9})
	return len(w.interfaces) - 1, nil
}

// WritePacket writes p as an enhanced packet block of interface p.Interface,
// with its direction if that is known. The format's only packet without a time
// has no interface either, so Untimed packets are written at their
// TimeNS. Frame, Offset, File and LinkType are not part of the block.
func (w *Writer) WritePacket(p *capture.Packet, comments ...string) error {
	if w.err != nil {
		return w.err
	}
	ticks, err := w.ticks(p.Interface, p.TimeNS)
	if err != nil {
		return err
	}
	copied := len(p.Data)
	lend := w.gatherer != nil && copied >= lendSize
	if lend {
		copied = 0
	} else if err := w.makeRoom(blockOverhead + packetFixed + copied); err != nil {
		return err
	}
	start := len(w.buf)
	padding := -len(p.Data) & 3
	const fixed = blockHeaderSize + packetFixed
	block := w.extend(fixed + copied + padding)
	order := binary.LittleEndian
	order.PutUint32(block[len(block)-4:], 0) // the padding, and what is overwritten now
	order.PutUint32(block[0:], blockPacket)  // its length follows in end
	order.PutUint32(block[8:], uint32(p.Interface))
	order.PutUint32(block[12:], uint32(ticks>>32))
	order.PutUint32(block[16:], uint32(ticks))
	order.PutUint32(block[20:], uint32(len(p.Data)))
	order.PutUint32(block[24:], uint32(p.OrigLen))
	if lend {
		w.lent, w.lentAt = p.Data, start+fixed
	} else {
		copy(block[fixed:], p.Data)
	}
	if p.Direction == capture.DirectionUnknown && len(comments) == 0 {
		return w.end(start)
	}
	switch p.Direction {
	case capture.Inbound:
		w.flags(flagInbound)
	case capture.Outbound:
		w.flags(flagOutbound)
	}
	w.comments(comments)
	w.endOptions()
	return w.end(start)
}

// WriteStatistics writes an interface statistics block: what interface i had
// counted at timeNS, in nanoseconds since the Unix epoch. Counts that are not
// known are left out.
func (w *Writer) WriteStatistics(i int, timeNS int64, c capture.Counters, comments ...string) error {
	if w.err != nil {
		return w.err
	}
	ticks, err := w.ticks(i, timeNS)
	if err != nil {
		return err
	}
	start := w.begin(blockStatistics)
	w.uint32(uint32(i))
	w.uint32(uint32(ticks >> 32))
	w.uint32(uint32(ticks))
	w.statisticsTime(optStatStart, i, c.StartNS)
	w.statisticsTime(optStatEnd, i, c.EndNS)
	w.count(optStatReceived, c.Received)
	w.count(optStatIfDropped, c.IfDropped)
	w.count(optStatAccepted, c.Accepted)
	w.count(optStatOSDropped, c.OSDropped)
	w.count(optStatDelivered, c.Delivered)
	w.comments(comments)
	w.endOptions()
	return w.end(start)
}

// Flush writes out all blocks that are still held.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.buf) == 0 {
		return w.err
	}
	n, err := w.hand()
	if held := len(w.buf) + len(w.lent); err == nil && n < held {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = err
		w.written += int64(wholeBlocks(w.buf[:max(0, min(n, len(w.buf)))]))
		return err
	}
	w.written += int64(n)
	w.buf, w.lent = w.buf[:0], nil
	return nil
}

// hand gives what is held to the underlying writer.
func (w *Writer) hand() (int, error) {
	if w.lent == nil {
		return w.out.Write(w.buf)
	}
	w.pieces = [...][]byte{w.buf[:w.lentAt], w.lent, w.buf[w.lentAt:]}
	return w.gatherer.WritePieces(w.pieces[:])
}

// Size is how long the file is, in bytes, with the blocks still held.
func (w *Writer) Size() int64 { return w.size }

// Written is how many bytes of whole blocks the underlying writer has taken.
// After a failed write the rest of what it took is the beginning of a block
// that has no end, and can be cut off.
func (w *Writer) Written() int64 { return w.written }

// makeRoom flushes if n more bytes are more than the buffer is meant to hold.
func (w *Writer) makeRoom(n int) error {
	if len(w.buf) > 0 && len(w.buf)+n > bufferSize {
		return w.Flush()
	}
	return nil
}

// ticks is timeNS in the unit of interface i. A time between two ticks becomes
// the later one: a reader that rounds down to nanoseconds then gives back
// exactly the times it read.
func (w *Writer) ticks(i int, timeNS int64) (uint64, error) {
	if i < 0 || i >= len(w.interfaces) {
		return 0, fmt.Errorf("pcapng: interface %d is not described: there are %d", i, len(w.interfaces))
	}
	t := w.interfaces[i]
	since := timeNS - t.offsetNS
	if since < 0 {
		return 0, fmt.Errorf("pcapng: a time of %d ns lies before the beginning of interface %d's clock", timeNS, i)
	}
	if t.resolution == 1e9 {
		return uint64(since), nil
	}
	high, low := bits.Mul64(uint64(since), t.resolution)
	if high >= 1e9 {
		return 0, fmt.Errorf("pcapng: a time of %d ns does not fit 64 bits of %d ticks a second", timeNS, t.resolution)
	}
	ticks, rest := bits.Div64(high, low, 1e9)
	if rest > 0 {
		ticks++
	}
	return ticks, nil
}

var errTooLarge = errors.New("pcapng: an option value is longer than 65535 bytes")
