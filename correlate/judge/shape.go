package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// A shape is what a TCP stack gives its resets beside the numbers that the
// connection dictates.
type shape struct {
	ack, window, ipid, df, timestamps bool // present, or not zero
}

func shapeOf(s *align.Header) shape {
	return shape{
		ack: s.Flags&segment.ACK != 0, window: s.Window != 0, ipid: s.IPID != 0, df: s.DF,
		timestamps: s.Options&segment.Timestamps != 0,
	}
}

// Linux resets come in two shapes: the abort of a connection it holds, and the
// answer to a segment of one that it does not. netfilter's REJECT looks like the
// latter, and so do many forgers': that shape alone proves nothing.
func (s shape) String() string {
	switch {
	case s.ack && s.window:
		return "the abort of a held connection"
	case !s.window && !s.ipid && !s.timestamps:
		return "the answer of a host without state"
	}
	return "neither an abort nor an answer without state as Linux makes them"
}

func withOrWithout(timestamps bool) string {
	if timestamps {
		return "with timestamps"
	}
	return "without timestamps"
}

func total(shapes map[shape]int) (n int) {
	for _, count := range shapes {
		n += count
	}
	return n
}

// Offsets from the next expected number at which known boxes place their resets.
var knownOffsets = []struct {
	ahead int64
	box   string
}{
	{12503, "Sandvine equipment"},         // Weaver, Sommer and Paxson 2009
	{1460, "the Great Firewall of China"}, // the same
	{4380, "the Great Firewall of China"}, // the same
}

// belowTrigger is how far below the trigger's some boxes set the IP-ID.
const belowTrigger = 26

// henanPayload is what the resets seen in Henan carry.
const henanPayload = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x00"

// rejectLike reports whether a reset looks like that of a firewall: it has neither a
// window nor timestamps (Linux nf_reject_ipv4.c; pf.conf(5)), nor have those of Linux,
// Windows and BSD for what they know no connection of.
func rejectLike(h *align.Header) bool {
	return h.Window == 0 && h.Options&segment.Timestamps == 0
}

// nextIPIDs is how far behind the IP-ID of the last message the next one of a socket
// may be: acknowledgments in between count, too.
const nextIPIDs = 64

// statelessReset reports whether a reset may be that of a host that knows no
// connection. It has no timestamps; small stacks give it a window (lwIP tcp_rst), so that
// only a window together with the IP-ID that is next on the connection tells a socket.
func statelessReset(r *align.Reset) bool {
	if rejectLike(&r.Header) {
		return true
	}
	if r.Options&segment.Timestamps != 0 {
		return false
	}
	for _, m := range r.Alleged {
		if m != nil && !m.IPv6 && m.IPID != 0 && r.IPID-m.IPID-1 < nextIPIDs {
			return false
		}
	}
	return true
}
