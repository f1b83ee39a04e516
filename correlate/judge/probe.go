package judge

import (
	"bytes"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// etherPadding is how much an Ethernet frame of the least size is filled up behind 40
// bytes of headers (IEEE 802.3: 46 bytes). Some devices count it as data.
const etherPadding = 6

// isProbe reports whether a segment, or what the sender's capture has in its place, is no
// data: a keep-alive, which always differs from what was sent at its number (RFC 9293
// section 3.8.4: one byte of garbage before the next number), or padding that was counted
// as data. Of other bytes in such a place nothing follows.
func isProbe(l *align.Leftover) bool {
	const control = segment.SYN | segment.FIN
	if l.Beyond > 0 || l.Flags&control != 0 {
		return false
	}
	return l.PayloadLen == 1 || isFiller(l.Head, l.PayloadLen) || l.Rival.Number != 0 && rivalOf(l).Number == 0
}

// rivalOf is what the sender's capture has in the place of a segment, if that is data: a
// keep-alive has the number of the SYN before it, or of the FIN that it follows.
func rivalOf(l *align.Leftover) tap.Frame {
	if l.RivalLen == 1 || isFiller(l.RivalHead, l.RivalLen) {
		return tap.Frame{}
	}
	return l.Rival
}

// isFiller reports whether a payload is no more than the padding of a frame.
func isFiller(head []byte, length int) bool {
	return length > 0 && length <= etherPadding && len(head) == length && len(bytes.Trim(head, "\x00")) == 0
}
