// Package pcapng reads and writes the block format of draft-ietf-opsawg-pcapng.
//
// Reading takes the blocks that say something about packets or about how they
// were recorded, and steps over all others. A block whose two lengths differ,
// that is larger than anything known to exist, whose options leave it, or that
// belongs to no described interface ends the file as damaged at that block; such
// a block's packet is not yielded. What is merely odd is kept: a captured length
// above the original or the snapshot length stays as it stands, an option of a length that
// it cannot have is left out and noted (Interface.Ignored), and a time stamp outside the years that int64 nanoseconds hold makes its packet Untimed.
package pcapng

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"bothends/capture"
	"bothends/capture/internal/lookahead"
)

// ErrFormat says that the input is not a pcapng file, or one of a version that
// nobody has defined yet. Errors of [NewReader] that wrap it say which.
var ErrFormat = errors.New("not a pcapng file")

// A Reader yields the packets of a pcapng file. It implements [capture.Reader];
// the slices it hands out alias its buffer.
type Reader struct {
	input     *lookahead.Reader
	bigEndian bool // this section
	base      int  // index of this section's interface 0

	sections   []capture.Section
	interfaces []capture.Interface
	lanes      []lane // of each interface
	textSize   int    // bytes kept in descriptions
	remark     func(number int, text string)

	frame   int64
	last    int    // bytes of the block that Next returned last
	options []byte // of the packet that Next returned last
	ended   bool
	end     capture.End
}

// NewReader looks at the first section header. The error wraps [ErrFormat] if
// the input is no pcapng file, else it is the operating system's. A file that
// ends inside that header is a capture without packets, truncated at offset 0.
func NewReader(input io.Reader) (*Reader, error) {
	r := &Reader{input: lookahead.NewReader(input)}
	err := r.input.Fill(blockOverhead + sectionFixed)
	if err != nil && err != io.EOF {
		return nil, err
	}
	start := r.input.Rest
	if len(start) < 4 {
		return nil, fmt.Errorf("%w: only %d bytes", ErrFormat, len(start))
	}
	if kind := binary.BigEndian.Uint32(start); kind != blockSection {
		return nil, fmt.Errorf("%w: it starts with %#08x", ErrFormat, kind)
	}
	if len(start) < 12 {
		return r, nil
	}
	if !r.setByteOrder(start[8:]) {
		return nil, fmt.Errorf("%w: %#08x where the byte order magic should be", ErrFormat, binary.BigEndian.Uint32(start[8:]))
	}
	if len(start) < 16 {
		return r, nil
	}
	if problem := r.versionProblem(start[12:]); problem != "" {
		return nil, fmt.Errorf("%w: %s", ErrFormat, problem)
	}
	return r, nil
}

// Interfaces returns those described so far, of all sections one after the
// other. Their counters are final once Next has returned io.EOF.
func (r *Reader) Interfaces() []capture.Interface { return r.interfaces }

// OnRemark has f called with each comment of a statistics block, of the interface
// with that number, while Next passes over it. A recorder that writes one every few
// seconds writes millions in a month: they are not kept.
func (r *Reader) OnRemark(f func(number int, text string)) { r.remark = f }

// Sections returns the sections that have begun so far.
func (r *Reader) Sections() []capture.Section { return r.sections }

// End is meaningful once Next has returned io.EOF.
func (r *Reader) End() capture.End { return r.end }

// Next fills p. p.Data is valid until the following call.
func (r *Reader) Next(p *capture.Packet) error {
	r.input.Advance(r.last)
	r.last, r.options = 0, nil
	if !r.ended && r.commonPacket(p) {
		return nil
	}
	for !r.ended {
		if len(r.input.Rest) < blockHeaderSize {
			if err := r.fillBlockHeader(); err != nil {
				return err
			}
		}
		kind, total := r.uint32(r.input.Rest), r.uint32(r.input.Rest[4:])
		var err error
		switch kind {
		case blockPacket:
			return r.enhancedPacket(p)
		case blockOldPacket:
			return r.oldPacket(p)
		case blockSimplePacket:
			return r.simplePacket(total, p)
		case blockSection:
			err = r.section()
		case blockInterface:
			err = r.description(total)
		case blockStatistics:
			err = r.statistics(total)
		default:
			err = r.skip(kind, total)
		}
		if err != nil {
			return err
		}
	}
	return io.EOF
}

// fillBlockHeader gets a block's type and length, or ends the file.
func (r *Reader) fillBlockHeader() error {
	err := r.input.Fill(blockHeaderSize)
	if err != io.EOF {
		return err
	}
	if left := len(r.input.Rest); left > 0 {
		return r.truncated("block header", blockHeaderSize)
	}
	r.ended = true
	return io.EOF
}

// need makes the first n bytes of a block available, or ends the file.
func (r *Reader) need(n int, what string) error {
	if len(r.input.Rest) >= n {
		return nil
	}
	err := r.input.Fill(n)
	if err == io.EOF {
		return r.truncated(what, n)
	}
	return err
}

// whole checks a block's total length against what its type can have, makes all
// of it available and holds its two lengths against each other. It returns the
// body: what lies between type and length in front and length at the end.
//
// Some writers leave the padding of the last option or of the packet out of the
// total length, though not out of the file; like Wireshark, whole rounds up.
func (r *Reader) whole(what string, total uint32, fixed, limit int) ([]byte, error) {
	// In nearly all cases nothing is wrong and the block is in memory.
	if size := (int64(total) + 3) &^ 3; size >= int64(blockOverhead+fixed) && size <= int64(limit) && size <= int64(len(r.input.Rest)) {
		block := r.input.Rest[:size]
		if r.uint32(block[size-4:]) == total {
			return block[blockHeaderSize : size-4], nil
		}
	}
	size, err := r.blockSize(what, total, fixed, limit)
	if err != nil {
		return nil, err
	}
	if err := r.need(size, what); err != nil {
		return nil, err
	}
	block := r.input.Rest[:size]
	if again := r.uint32(block[size-4:]); again != total {
		return nil, r.trailerMismatch(what, total, again)
	}
	return block[blockHeaderSize : size-4], nil
}

func (r *Reader) blockSize(what string, total uint32, fixed, limit int) (int, error) {
	size := (int64(total) + 3) &^ 3
	if size < int64(blockOverhead+fixed) {
		return 0, r.damaged("%s of at least %d bytes, got a length of %d", what, blockOverhead+fixed, total)
	}
	if size > int64(padded(limit)) {
		return 0, r.damaged("%s of at most %d bytes, got a length of %d", what, limit, total)
	}
	return int(size), nil
}

func (r *Reader) trailerMismatch(what string, total, again uint32) error {
	return r.damaged("%s with the same length at both ends, got %d and %d", what, total, again)
}

// skip steps over a block whose content does not matter, but not over a length
// that cannot be right: what follows would be read as nonsense, or not at all.
func (r *Reader) skip(kind, total uint32) error {
	what := fmt.Sprintf("block of type %#08x", kind)
	size, err := r.blockSize(what, total, 0, maxBlock)
	if err != nil {
		return err
	}
	start := r.input.Offset
	if err = r.input.Skip(int64(size - 4)); err == nil {
		err = r.input.Fill(4)
	}
	if err == io.EOF {
		got := r.input.Offset + int64(len(r.input.Rest)) - start
		r.stop(capture.Truncated, start, fmt.Sprintf("%s of %d bytes, got %d", what, size, got))
		return io.EOF
	}
	if err != nil {
		return err
	}
	if again := r.uint32(r.input.Rest); again != total {
		r.stop(capture.Damaged, start, fmt.Sprintf("%s with the same length at both ends, got %d and %d", what, total, again))
		return io.EOF
	}
	r.input.Advance(4)
	if isRecord(kind) {
		r.frame++
	}
	return nil
}

func (r *Reader) truncated(what string, size int) error {
	r.stop(capture.Truncated, r.input.Offset, fmt.Sprintf("%s of %d bytes, got %d", what, size, len(r.input.Rest)))
	return io.EOF
}

func (r *Reader) damaged(format string, args ...any) error {
	r.stop(capture.Damaged, r.input.Offset, fmt.Sprintf(format, args...))
	return io.EOF
}

func (r *Reader) stop(kind capture.EndKind, offset int64, reason string) {
	r.ended = true
	r.end = capture.End{Kind: kind, Offset: offset, Reason: "expected " + article(reason) + reason}
}

// The section's byte order by a branch, for calls through binary.ByteOrder
// would cost as much as all the rest of Next.

func (r *Reader) uint16(b []byte) uint16 {
	if r.bigEndian {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (r *Reader) uint32(b []byte) uint32 {
	if r.bigEndian {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (r *Reader) uint64(b []byte) uint64 {
	if r.bigEndian {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}

// isRecord tells the blocks that are no packets but that Wireshark lists and
// numbers like packets.
func isRecord(kind uint32) bool {
	switch kind {
	case blockJournal, blockCustomCopy, blockCustomNoCopy:
		return true
	}
	return false
}

// article is the one that the name of a block takes.
func article(name string) string {
	if name != "" && strings.ContainsRune("aeio", rune(name[0])) {
		return "an "
	}
	return "a "
}
