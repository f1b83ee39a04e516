package align

import "bothends/correlate/tap"

// IPIDs follows the IP-ID of one stream at its sender's tap. Linux and others
// count it up by one for each packet of a connection, so that a jump shows a
// packet that left and was not recorded.
type IPIDs struct {
	Steps  int64     // packets whose IP-ID followed the one before
	Jumps  int64     // packets whose IP-ID skipped a few
	Others int64     // packets whose IP-ID had nothing to do with the one before
	Last   tap.Frame // the last packet that was looked at

	// Cut says that some packets were so long that a card cut them, and gave each piece an
	// IP-ID of its own.
	Cut bool

	last  uint16
	most  uint16 // the furthest that the next one may be without a packet missing
	begun bool
}

const (
	// maxSkipped is how many packets a jump may stand for; a wider one is
	// another way of choosing IP-IDs.
	maxSkipped = 64
	// leastSegment is the smallest segment size by which an offloaded
	// super-segment is cut in practice (RFC 9293 section 3.7.1: 536).
	leastSegment = 536
	// onePacket is the longest payload that is certainly not cut any more.
	onePacket = 1460
)

// Counting reports whether the host evidently counts IP-IDs for each connection.
func (c *IPIDs) Counting() bool { return c.Steps >= 10 && c.Others == 0 && c.Jumps*10 <= c.Steps }

// note looks at one more packet. An IP-ID of 0 is none (RFC 6864 section 4.1):
// Linux sends its SYN-ACK and its resets without state so.
func (c *IPIDs) note(v *view) {
	if v.IPv6 || v.IPID == 0 {
		return
	}
	if c.begun {
		switch skip := v.IPID - c.last; {
		case skip >= 1 && skip <= c.most:
			c.Steps++
		case skip > c.most && skip <= c.most+maxSkipped:
			c.Jumps++
		default:
			c.Others++
		}
	}
	c.begun, c.last, c.most, c.Last = true, v.IPID, 1, v.Frame
	if v.PayloadLen > onePacket {
		c.Cut = true
		c.most = uint16((v.PayloadLen + leastSegment - 1) / leastSegment)
	}
}
