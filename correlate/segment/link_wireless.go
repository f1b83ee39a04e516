package segment

import "encoding/binary"

// wireless decodes an IEEE 802.11 data frame that is not encrypted (IEEE 802.11-2020
// section 9.3.2). Of several packets put into one frame (A-MSDU) it takes the first.
// padded tells that the header is filled up to a multiple of four bytes.
func wireless(data []byte, at int, padded bool, w *Wrapping) (uint16, int, Result) {
	const (
		typeMask, typeData, noData, quality     = 0x0c, 0x08, 0x40, 0x80
		toDS, fromDS, more, encrypted, ordered  = 0x01, 0x02, 0x04, 0x40, 0x80
		header, fourth, qosSize, controlSize    = 24, 6, 2, 4
		sequenceAt, partMask, aggregate, subHdr = 22, 0x0f, 0x80, 14
	)
	if len(data) < at+header {
		return 0, 0, HeadersCut
	}
	control, flags := data[at], data[at+1]
	switch {
	case control&typeMask != typeData, control&noData != 0:
		return 0, 0, NotIP
	case flags&encrypted != 0, flags&more != 0, data[at+sequenceAt]&partMask != 0:
		return 0, 0, NotIP // encrypted, or a part of a frame
	}
	size, several := header, false
	if flags&(toDS|fromDS) == toDS|fromDS {
		size += fourth
	}
	if control&quality != 0 {
		if len(data) < at+size+qosSize {
			return 0, 0, HeadersCut
		}
		several = data[at+size]&aggregate != 0
		size += qosSize
		if flags&ordered != 0 {
			size += controlSize
		}
	}
	if padded {
		size = (size + 3) &^ 3
	}
	if several {
		size += subHdr
	}
	return snap(data, at+size, w)
}

// radiotap looks behind the header of https://www.radiotap.org, whose flags tell
// whether padding follows the frame's header.
func radiotap(data []byte, at int, w *Wrapping) (uint16, int, Result) {
	const header, presentAt, further, hasTime, hasFlags, timeSize, padding = 8, 4, 1 << 31, 1, 2, 8, 0x20
	if len(data) < at+header {
		return 0, 0, HeadersCut
	}
	size := int(binary.LittleEndian.Uint16(data[at+2:]))
	if data[at] != 0 || size < header {
		return 0, 0, Malformed
	}
	if len(data) < at+size {
		return 0, 0, HeadersCut
	}
	h := data[at : at+size]
	present := binary.LittleEndian.Uint32(h[presentAt:])
	field := header
	for word := present; word&further != 0 && field+4 <= size; field += 4 {
		word = binary.LittleEndian.Uint32(h[field:])
	}
	if present&hasTime != 0 {
		field = (field+timeSize-1)&^(timeSize-1) + timeSize
	}
	padded := present&hasFlags != 0 && field < size && h[field]&padding != 0
	return wireless(data, at+size, padded, w)
}

// prism looks behind the headers of Prism cards and of AVS, which share a link type.
func prism(data []byte, w *Wrapping) (uint16, int, Result) {
	const header, magicAVS = 8, 0x80211
	if len(data) < header {
		return 0, 0, HeadersCut
	}
	size := int64(be32(data[4:]))
	if be32(data)>>12 != magicAVS>>12 {
		if little := int64(binary.LittleEndian.Uint32(data[4:])); little < size {
			size = little // in the byte order of the recording host
		}
	}
	if size < header || size > 1<<16 {
		return 0, 0, Malformed
	}
	return wireless(data, int(size), false, w)
}
