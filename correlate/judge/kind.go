package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// kind names a packet by what it does to a connection.
func kind(h *align.Header) string {
	switch {
	case h.Flags&segment.RST != 0:
		return "rst"
	case h.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK:
		return "syn-ack"
	case h.Flags&segment.SYN != 0:
		return "syn"
	case h.PayloadLen > 0:
		return "data"
	case h.Flags&segment.FIN != 0:
		return "fin"
	}
	return "ack"
}
