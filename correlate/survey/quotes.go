package survey

import (
	"bothends/capture"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Quote is an ICMP error that passed the tap, and what it says of which packet.
type Quote struct {
	tap.Frame
	segment.Quote
	Direction capture.Direction
}

// maxQuotes bounds what is kept of a flood of errors: 100 bytes each.
const maxQuotes = 1 << 12

// noteQuote keeps an ICMP error about a TCP packet.
func (src *Source) noteQuote(p *capture.Packet) {
	q, ok := segment.Quoted(p)
	switch {
	case !ok:
	case len(src.quotes) == maxQuotes:
		src.moreQuotes++
	default:
		src.quotes = append(src.quotes, Quote{tap.Frame{File: int32(p.File), Number: p.Frame, TimeNS: p.TimeNS}, q, p.Direction})
	}
}
