// Package pcap reads the classic libpcap file format, as described in
// draft-ietf-opsawg-pcap and as libpcap's sf-pcap.c reads it.
//
// Microsecond, nanosecond and Kuznetzov's "modified" files (record headers of
// 24 bytes) are read, in both byte orders and with the swapped lengths of the
// versions before 2.4. What no record can be ends the file as damaged:
//
//   - a captured length above [capture.LinkType.MaxPacket], as in libpcap;
//   - a record header of zeros, which is what a file system leaves of a file
//     whose last blocks were never written, and would otherwise read as
//     thousands of empty packets of 1970.
//
// What is merely odd is kept: a captured length above the snapshot length or
// above the original length stays as it stands, and a record whose fraction of
// a second is a whole second or more has no time (Untimed), since which digit is
// wrong is not known.
package pcap

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"bothends/capture"
	"bothends/capture/internal/lookahead"
)

// ErrFormat says that the input is not a capture in this format, or one in a
// variant that nothing reads. Errors of [NewReader] that wrap it say which.
var ErrFormat = errors.New("not a pcap file")

// Magic numbers, in the byte order of the writer.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // Kuznetzov's patch; microseconds
)

// Sizes in bytes.
const (
	magicSize          = 4
	fileHeaderSize     = 24
	recordHeaderSize   = 16
	modifiedHeaderSize = 24 // adds interface, protocol, packet type
)

// Versions that libpcap reads (sf-pcap.c, pcap_check_header).
const (
	versionMajor    = 2
	versionMinorMax = 4
	versionDGUX     = 543 // DG/UX tcpdump wrote 543.0
)

// The file header's link type field holds the type in its low 16 bits. Above
// are 10 bits that must be zero and, at the top, the length of the frame check
// sequence, which the frame's own lengths leave out.
const (
	linkTypeMask     = 0x0000ffff
	linkReservedMask = 0x03ff0000
)

// lengthOrder tells which of a record's two lengths comes first.
type lengthOrder uint8

const (
	capturedFirst    lengthOrder = iota
	originalFirst                // before version 2.3, and DG/UX
	smallerIsCapture             // version 2.3 was written both ways
)

// A Reader yields the packets of a classic pcap file. It implements
// [capture.Reader]; the slices it hands out alias its buffer.
type Reader struct {
	input      *lookahead.Reader
	order      binary.ByteOrder
	bigEndian  bool
	headerSize int
	lengths    lengthOrder
	fractions  uint32 // in a second
	fractionNS int64
	maxPacket  uint32
	frame      int64
	interfaces []capture.Interface
	last       int // bytes of the record that Next returned last
	ended      bool
	end        capture.End
}

// NewReader reads the file header. The error wraps [ErrFormat] if the input is
// no pcap file, else it is the operating system's. A file that ends inside its
// header is a capture without packets, truncated at offset 0.
func NewReader(r io.Reader) (*Reader, error) {
	p := &Reader{input: lookahead.NewReader(r)}
	err := p.input.Fill(fileHeaderSize)
	if err != nil && err != io.EOF {
		return nil, err
	}
	header := p.input.Rest
	if len(header) < magicSize {
		return nil, fmt.Errorf("%w: only %d bytes", ErrFormat, len(header))
	}
	if err := p.setMagic(header); err != nil {
		return nil, err
	}
	if err == io.EOF {
		p.stop(capture.Truncated, 0, fmt.Sprintf("file header of %d bytes, got %d", fileHeaderSize, len(header)))
		return p, nil
	}
	if err := p.setHeader(header); err != nil {
		return nil, err
	}
	p.input.Advance(fileHeaderSize)
	return p, nil
}

func (r *Reader) setMagic(header []byte) error {
	little, big := binary.LittleEndian.Uint32(header), binary.BigEndian.Uint32(header)
	magic := little
	r.order = binary.LittleEndian
	if big == magicMicro || big == magicNano || big == magicModified {
		magic = big
		r.order, r.bigEndian = binary.BigEndian, true
	}
	r.headerSize, r.fractions = recordHeaderSize, 1e6
	switch magic {
	case magicMicro:
	case magicNano:
		r.fractions = 1e9
	case magicModified:
		r.headerSize = modifiedHeaderSize
	default:
		return fmt.Errorf("%w: it starts with %#08x", ErrFormat, big)
	}
	r.fractionNS = 1e9 / int64(r.fractions)
	return nil
}

func (r *Reader) setHeader(header []byte) error {
	major, minor := r.order.Uint16(header[4:]), r.order.Uint16(header[6:])
	switch {
	case major == versionDGUX && minor == 0, major == versionMajor && minor < 3:
		r.lengths = originalFirst
	case major == versionMajor && minor == 3:
		r.lengths = smallerIsCapture
	case major == versionMajor && minor <= versionMinorMax:
		r.lengths = capturedFirst
	default:
		return fmt.Errorf("%w: version %d.%d, expected 2.0 to %d.%d", ErrFormat, major, minor, versionMajor, versionMinorMax)
	}
	network := r.order.Uint32(header[20:])
	if network&linkReservedMask != 0 {
		return fmt.Errorf("%w: reserved bits are set in its link type %#08x", ErrFormat, network)
	}
	link := capture.LinkType(network & linkTypeMask)
	r.maxPacket = link.MaxPacket()
	r.interfaces = []capture.Interface{{
		LinkType:   link,
		SnapLen:    clampLength(r.order.Uint32(header[16:])),
		Resolution: uint64(r.fractions),
	}}
	return nil
}

// clampLength keeps a length positive where int has 32 bits.
func clampLength(n uint32) int { return int(min(n, math.MaxInt32)) }

// Interfaces returns the one interface a pcap file has, or none if the file
// ended inside its header.
func (r *Reader) Interfaces() []capture.Interface { return r.interfaces }

// End is meaningful once Next has returned io.EOF.
func (r *Reader) End() capture.End { return r.end }

// Next fills p. p.Data is valid until the following call.
func (r *Reader) Next(p *capture.Packet) error {
	r.input.Advance(r.last)
	r.last = 0
	if r.ended {
		return io.EOF
	}
	if len(r.input.Rest) < r.headerSize {
		if err := r.fillHeader(); err != nil {
			return err
		}
	}
	seconds, fraction, captured, original := r.record(r.input.Rest)
	if captured > r.maxPacket || seconds|fraction|captured|original == 0 {
		return r.refuse(captured)
	}
	size := r.headerSize + int(captured)
	if len(r.input.Rest) < size {
		if err := r.fillPacket(size); err != nil {
			return err
		}
	}
	r.frame++
	p.Frame = r.frame
	p.Offset = r.input.Offset
	p.File, p.Interface = 0, 0
	p.LinkType = r.interfaces[0].LinkType
	p.Direction = capture.DirectionUnknown
	p.Digest = nil
	p.OrigLen = clampLength(original)
	p.Data = r.input.Rest[r.headerSize:size:size]
	p.TimeNS, p.Untimed = 0, fraction >= r.fractions
	if !p.Untimed {
		p.TimeNS = int64(seconds)*1e9 + int64(fraction)*r.fractionNS
	}
	r.last = size
	return nil
}

// record decodes the four numbers that every record header starts with.
func (r *Reader) record(b []byte) (seconds, fraction, captured, original uint32) {
	_ = b[recordHeaderSize-1]
	// Two branches, for calls through the binary.ByteOrder interface would
	// cost as much as the rest of Next.
	if r.bigEndian {
		seconds, fraction = binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
		captured, original = binary.BigEndian.Uint32(b[8:]), binary.BigEndian.Uint32(b[12:])
	} else {
		seconds, fraction = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		captured, original = binary.LittleEndian.Uint32(b[8:]), binary.LittleEndian.Uint32(b[12:])
	}
	if r.lengths == originalFirst || r.lengths == smallerIsCapture && captured > original {
		captured, original = original, captured
	}
	return seconds, fraction, captured, original
}

// fillHeader gets a whole record header, or ends the file.
func (r *Reader) fillHeader() error {
	err := r.input.Fill(r.headerSize)
	if err != io.EOF {
		return err
	}
	if left := len(r.input.Rest); left > 0 {
		r.stop(capture.Truncated, r.input.Offset, fmt.Sprintf("record header of %d bytes, got %d", r.headerSize, left))
	}
	r.ended = true
	return io.EOF
}

// fillPacket gets a whole record, or ends the file.
func (r *Reader) fillPacket(size int) error {
	err := r.input.Fill(size)
	if err == io.EOF {
		r.stop(capture.Truncated, r.input.Offset,
			fmt.Sprintf("packet of %d bytes, got %d", size-r.headerSize, len(r.input.Rest)-r.headerSize))
	}
	return err
}

// refuse ends the file at a record header that cannot be one.
func (r *Reader) refuse(captured uint32) error {
	reason := "record header, got zeros"
	if captured > 0 {
		reason = fmt.Sprintf("packet of at most %d bytes, got a length of %d", r.maxPacket, captured)
	}
	r.stop(capture.Damaged, r.input.Offset, reason)
	return io.EOF
}

func (r *Reader) stop(kind capture.EndKind, offset int64, reason string) {
	r.ended = true
	r.end = capture.End{Kind: kind, Offset: offset, Reason: "expected a " + reason}
}
