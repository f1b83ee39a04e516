package pcapng

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// options walks the option list of one block.
type options struct {
	rest      []byte
	bigEndian bool

	code    uint16
	value   []byte
	problem string // why the list stopped before its end, or empty
}

// next steps to the following option. The list ends with opt_endofopt, or with
// the block, since some writers leave that option out.
func (o *options) next() bool {
	if len(o.rest) < optionHeaderSize {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if o.bigEndian {
		order = binary.BigEndian
	}
	o.code = order.Uint16(o.rest)
	length := int(order.Uint16(o.rest[2:]))
	o.rest = o.rest[optionHeaderSize:]
	if o.code == optEnd {
		return false
	}
	if length > len(o.rest) {
		o.problem = fmt.Sprintf("option %d of %d bytes where %d are left", o.code, length, len(o.rest))
		return false
	}
	o.value = o.rest[:length]
	o.rest = o.rest[min(padded(length), len(o.rest)):]
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
