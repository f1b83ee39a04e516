package pcapng

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Notes are what [Annotate] writes into a copy.
type Notes struct {
	// Section is a comment for the first section, if it is not empty.
	Section string
	// Packet are comments for the packet with this number, counted as
	// capture.Packet.Frame is.
	Packet func(frame int64) []string
	// Keep reports whether the packet comes into the copy; nil keeps all.
	Keep func(frame int64) bool
}

// Annotate copies a pcapng file and adds comments. Every other byte of every block
// stays as it is, whether this package knows the block or not, but that the
// length of a section is no longer told. What is behind the last whole block is
// left out. The error is that of reading or writing, wraps [ErrFormat], or says
// that a packet's block has no place for a comment.
func Annotate(to io.Writer, from io.Reader, n Notes) error {
	a := annotator{in: bufio.NewReaderSize(from, bufferSize), out: bufio.NewWriterSize(to, bufferSize), notes: n}
	for {
		if err := a.block(); err == io.EOF {
			return a.out.Flush()
		} else if err != nil {
			return err
		}
	}
}

type annotator struct {
	in       *bufio.Reader
	out      *bufio.Writer
	notes    Notes
	order    binary.ByteOrder
	sections int
	frame    int64
	offset   int64
	whole    []byte
}

// block copies one. It returns io.EOF behind the last whole one.
func (a *annotator) block() error {
	head, err := a.in.Peek(blockOverhead)
	if len(head) < blockOverhead {
		return endOfBlocks(err)
	}
	if binary.BigEndian.Uint32(head) == blockSection {
		switch uint32(byteOrderMagic) {
		case binary.LittleEndian.Uint32(head[8:]):
			a.order = binary.LittleEndian
		case binary.BigEndian.Uint32(head[8:]):
			a.order = binary.BigEndian
		default:
			return fmt.Errorf("%w: no byte order magic at offset %d", ErrFormat, a.offset+8)
		}
	}
	if a.order == nil {
		return fmt.Errorf("%w: it starts with %#08x", ErrFormat, binary.BigEndian.Uint32(head))
	}
	kind, total := a.order.Uint32(head), a.order.Uint32(head[4:])
	size := (int64(total) + 3) &^ 3
	if size < blockOverhead || size > maxBlock {
		return io.EOF // damage: what follows is no block
	}
	if int64(cap(a.whole)) < size {
		a.whole = make([]byte, 0, min(size, bufferSize))
	}
	if a.whole, err = readFull(a.in, a.whole[:0], size); err != nil {
		return endOfBlocks(err)
	}
	a.offset += size
	return a.write(kind)
}

func endOfBlocks(err error) error {
	if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
		return io.EOF
	}
	return err
}

// readFull reads size bytes in pieces: a length in a file is a rumour.
func readFull(in io.Reader, b []byte, size int64) ([]byte, error) {
	for int64(len(b)) < size {
		n := int(min(size-int64(len(b)), bufferSize))
		start := len(b)
		b = append(b, make([]byte, n)...)
		if _, err := io.ReadFull(in, b[start:]); err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return b, err
		}
	}
	return b, nil
}

// write copies the block that was read, with what is to be noted in it.
func (a *annotator) write(kind uint32) error {
	body := a.whole[blockHeaderSize : len(a.whole)-4]
	switch kind {
	case blockSection:
		if a.sections++; len(body) >= sectionFixed {
			a.order.PutUint64(body[8:], lengthUnspecified)
			if a.sections == 1 && a.notes.Section != "" {
				return a.rewrite(kind, body, sectionFixed, []string{a.notes.Section})
			}
		}
	case blockPacket, blockOldPacket, blockSimplePacket:
		a.frame++
		if a.notes.Keep != nil && !a.notes.Keep(a.frame) {
			return nil
		}
		comments := a.notes.Packet(a.frame)
		if len(comments) == 0 {
			break
		}
		if kind == blockSimplePacket || len(body) < packetFixed {
			return fmt.Errorf("the block of frame %d has no place for a comment", a.frame)
		}
		captured := int64(a.order.Uint32(body[12:]))
		options := packetFixed + (captured+3)&^3
		if options > int64(len(body)) {
			options = int64(len(body))
		}
		return a.rewrite(kind, body, int(options), comments)
	default:
		if isRecord(kind) {
			a.frame++
		}
	}
	_, err := a.out.Write(a.whole)
	return err
}

// rewrite writes a block with comments before the options that it has.
func (a *annotator) rewrite(kind uint32, body []byte, options int, comments []string) error {
	var added []byte
	for _, text := range comments {
		if len(text) > maxOption {
			return errTooLarge
		}
		added = appendUint16(a.order, added, optComment)
		added = appendUint16(a.order, added, uint16(len(text)))
		added = append(added, text...)
		added = append(added, make([]byte, -len(text)&3)...)
	}
	rest := body[options:]
	if len(rest) == 0 {
		rest = make([]byte, optionHeaderSize) // opt_endofopt
	}
	size := make([]byte, 4)
	a.order.PutUint32(size, uint32(blockOverhead+options+len(added)+len(rest)))
	word := make([]byte, 4)
	a.order.PutUint32(word, kind)
	for _, piece := range [][]byte{word, size, body[:options], added, rest, size} {
		if _, err := a.out.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

func appendUint16(order binary.ByteOrder, b []byte, v uint16) []byte {
	b = append(b, 0, 0)
	order.PutUint16(b[len(b)-2:], v)
	return b
}
