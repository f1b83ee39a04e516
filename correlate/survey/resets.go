package survey

import (
	"bothends/capture"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Reset is a segment with RST as it stands in a capture, raw, whatever connection
// it belongs to: what one end may have sent under another address than the other
// end received it from.
type Reset struct {
	tap.Frame
	Src, Dst  segment.Endpoint
	Seq, Ack  uint32
	Window    uint16
	IPID      uint16 // IPv4 only
	Flags     segment.Flags
	TTL       uint8
	Direction capture.Direction
	Loopback  bool
}

// maxResetList bounds what is kept of a flood of resets: 80 bytes each, 5 MiB.
const maxResetList = 1 << 16

func (sv *Survey) noteReset(s *segment.Segment) {
	if len(sv.ResetList) == maxResetList {
		sv.MoreResets++
		return
	}
	sv.ResetList = append(sv.ResetList, Reset{
		Frame: tap.Frame{File: s.File, Number: s.Frame, TimeNS: s.TimeNS},
		Src:   s.Src, Dst: s.Dst, Seq: s.Seq, Ack: s.Ack, Window: s.Window, IPID: s.IPID,
		Flags: s.Flags, TTL: s.TTL, Direction: s.Direction, Loopback: s.Loopback,
	})
}
