package pcapng

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// options walks the option list of one block.
type options struct {
	list      []byte
	bigEndian bool
	at        int // where the next option starts

	code    uint16
	value   []byte
	problem string // why the list stopped before its end, or empty
}

// next steps to the following option. The list ends with opt_endofopt, or with
// the block, since some writers leave that option out.
func (o *options) next() bool {
	rest := o.list[min(o.at, len(o.list)):]
	if len(rest) < optionHeaderSize {
		return false
	}
	length := 0
	if o.bigEndian {
		o.code, length = binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
	} else {
		o.code, length = binary.LittleEndian.Uint16(rest), int(binary.LittleEndian.Uint16(rest[2:]))
	}
	if o.code == optEnd {
		return false
	}
	if rest = rest[optionHeaderSize:]; length > len(rest) {
		o.problem = fmt.Sprintf("option %d of %d bytes where %d are left", o.code, length, len(rest))
		return false
	}
	o.value = rest[:length]
	o.at += optionHeaderSize + padded(length)
	return true
}

// text is an option's string. The format has no terminator, but some writers
// store one.
func text(value []byte) string {
	if end := bytes.IndexByte(value, 0); end >= 0 {
		value = value[:end]
	}
	return string(value)
}
