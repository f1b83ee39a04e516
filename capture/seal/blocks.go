package seal

import (
	"bufio"
	"encoding/binary"
	"io"
	"time"

	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// Of the format (draft-ietf-opsawg-pcapng) only what bothcap writes is needed:
// little-endian blocks, and times in nanoseconds.
const (
	blockSection    = 0x0A0D0D0A
	blockStatistics = 0x00000005
	blockPacket     = 0x00000006

	byteOrderMagic  = 0x1A2B3C4D
	blockHeader     = 8
	blockOverhead   = 12
	sectionFixed    = 16
	statisticsFixed = 12
	optionHeader    = 4
	optComment      = 1
	maxHeld         = 256 << 10 // bytes of a block that is looked into; an option has 64 KiB at most
)

// blocks reads a file block by block.
type blocks struct {
	in     *bufio.Reader
	offset int64
}

// A block of which the body is held if it was asked for: all of it, with its header.
type block struct {
	kind   uint32
	offset int64
	length int64
	body   []byte
}

func (b *block) end() int64 { return b.offset + b.length }

// next returns the following block, or nil where there is none that is whole. The
// bodies of packets are held up to their times.
func (b *blocks) next(held ...uint32) (*block, error) {
	head, err := b.in.Peek(blockOverhead)
	if len(head) < blockOverhead {
		return nil, unlessEnd(err)
	}
	at := &block{kind: binary.LittleEndian.Uint32(head), offset: b.offset, length: int64(binary.LittleEndian.Uint32(head[4:]))}
	if at.kind == blockSection && binary.LittleEndian.Uint32(head[8:]) != byteOrderMagic || at.length < blockOverhead || at.length%4 != 0 || b.offset == 0 && at.kind != blockSection {
		return nil, nil
	}
	wanted := int64(0)
	for _, kind := range held {
		if kind == at.kind {
			wanted = at.length
		}
	}
	if at.kind == blockPacket {
		wanted = min(wanted, blockHeader+statisticsFixed)
	}
	if wanted > maxHeld {
		wanted = 0
	}
	at.body = make([]byte, wanted)
	if _, err := io.ReadFull(b.in, at.body); err != nil {
		return nil, unlessEnd(err)
	}
	if skipped, err := b.in.Discard(int(at.length - wanted)); err != nil || int64(skipped) < at.length-wanted {
		return nil, unlessEnd(err)
	}
	b.offset += at.length
	return at, nil
}

func unlessEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

// comments are those in the block's options, which stand behind so many bytes.
func (b *block) comments(fixed int) (found []string) {
	if len(b.body) < blockOverhead+fixed {
		return nil
	}
	rest := b.body[blockHeader+fixed : len(b.body)-4]
	for len(rest) >= optionHeader {
		code, length := binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
		padded := (length + 3) &^ 3
		if code == 0 || optionHeader+padded > len(rest) {
			return found
		}
		if code == optComment {
			found = append(found, string(rest[optionHeader:optionHeader+length]))
		}
		rest = rest[optionHeader+padded:]
	}
	return found
}

// time is a packet's.
func (b *block) time() time.Time {
	if len(b.body) < blockHeader+statisticsFixed {
		return time.Time{}
	}
	high, low := binary.LittleEndian.Uint32(b.body[12:]), binary.LittleEndian.Uint32(b.body[16:])
	return time.Unix(0, int64(uint64(high)<<32|uint64(low))).UTC()
}

// note is the block that the recorder writes to complete a file.
func note(r *testimony.Record) []byte {
	return pcapng.AppendNote(nil, 0, r.Time.UnixNano(), r.Line())
}
