package survey

import (
	"bothends/capture"
	"bothends/correlate/segment"
)

// A Way is one direction of a connection, by its addresses and ports.
type Way struct{ Src, Dst segment.Endpoint }

// maxForwarded bounds of how many directions it is counted what left: 5 MiB.
const maxForwarded = 1 << 16

// noteForwarded counts a second recording of a packet, if it shows the packet leaving a host
// that had received it.
func (src *Source) noteForwarded(s *segment.Segment) {
	if s.Direction != capture.Outbound || s.Flags&segment.RST != 0 {
		return
	}
	w := Way{s.Src, s.Dst}
	if _, known := src.forwarded[w]; !known && len(src.forwarded) == maxForwarded {
		return
	}
	if src.forwarded == nil {
		src.forwarded = map[Way]int32{}
	}
	src.forwarded[w]++
}

// Held is how many segments of one side of a connection came to the recording host, for it to
// forward them, and are not seen to leave it. It is 0 where that host is the side itself. What
// a bridge passes on is recorded without a direction as it comes; then those that leave tell
// that the others might have.
func (sv *Survey) Held(c *Connection, side Side) int32 {
	if c.Flows == nil {
		return 0
	}
	if left := sv.Forwarded[Way{c.Ends[side], c.Ends[side.Other()]}]; left > 0 {
		return int32(c.Flows[side].Segments) - left
	}
	return c.Flows[side].Inbound
}
