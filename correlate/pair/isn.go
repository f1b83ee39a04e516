package pair

import (
	"bytes"

	"bothends/correlate/survey"
)

const (
	one32 = 1.0 / (1 << 32) // chance that two unrelated 32-bit numbers are equal
	one64 = one32 * one32
	// onePort is the chance that two unrelated connections use one client port:
	// Linux hands out 28232 of them (net.ipv4.ip_local_port_range).
	onePort = 1.0 / 28232
)

// maxOdds is the chance of an accidental match above which two connections are
// not taken for one.
const maxOdds = 1e-3

func (m *matcher) byBothISNs() {
	key := func(c *survey.Connection) (uint64, bool) {
		i, r := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
		return uint64(i.ISN)<<32 | uint64(r.ISN), i.KnowISN && r.KnowISN
	}
	odds := min(1, m.possible()*one64)
	m.byKey(key, func(i, j int32) (link, bool) { return link{method: ISN, odds: odds}, true })
}

// byClientISN joins what has only the client's number in common. Thirty-two bits
// alone are too few where there are many connections, so that there the
// timestamp of the SYN, the client's port, or all addresses and ports must agree, too.
func (m *matcher) byClientISN() {
	key := func(c *survey.Connection) (uint64, bool) {
		i := &c.Flows[survey.Initiator]
		return uint64(i.ISN), i.KnowISN && c.Handshake
	}
	odds, sameTuple := m.possible()*one32, m.sameTuples()*one32
	m.byKey(key, func(i, j int32) (link, bool) {
		a, b := m.a[i], m.b[j]
		l := link{method: ClientISN, odds: odds}
		if a.Ends == b.Ends {
			l.odds = sameTuple
		}
		if sameTimestamp(a, b, survey.Initiator) {
			l.odds *= one32
		}
		if a.Ends[survey.Initiator].Port == b.Ends[survey.Initiator].Port {
			l.odds *= onePort
		}
		ra, rb := &a.Flows[survey.Responder], &b.Flows[survey.Responder]
		if ra.KnowISN && rb.KnowISN && sameTimestamp(a, b, survey.Responder) {
			l.method = SeqShift // the same answer under another number
			l.shift[survey.Responder] = rb.ISN - ra.ISN
		} else if ra.KnowISN && rb.KnowISN && ra.ISN != rb.ISN && shifted(ra, rb) {
			// A SYN proxy gave the client numbers and timestamps of its own, and changes
			// all that follows by the difference.
			l.method, l.synProxy = SeqShift, true
			l.shift[survey.Responder] = rb.ISN - ra.ISN
		}
		l.odds = min(1, l.odds)
		return l, l.odds <= maxOdds
	})
}

// byTimestamps joins connections whose sequence numbers a firewall rewrites: it
// leaves the timestamps of the SYN and of its answer as they are. Connections
// that one host opens to another within a millisecond share both, so these have
// to be the only ones in either capture.
func (m *matcher) byTimestamps() {
	key := func(c *survey.Connection) (uint64, bool) {
		i, r := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
		ok := i.HasTSVal && r.HasTSVal && i.KnowISN && r.KnowISN && i.TSVal != 0 && r.TSVal != 0
		return uint64(i.TSVal)<<32 | uint64(r.TSVal), ok
	}
	odds := min(1, m.possible()*one64)
	m.byKey(key, func(i, j int32) (link, bool) {
		l := link{method: SeqShift, odds: odds}
		for side := range l.shift {
			l.shift[side] = m.b[j].Flows[side].ISN - m.a[i].Flows[side].ISN
		}
		return l, true
	})
}

// sameTimestamp reports whether both ends saw the same timestamp in a side's SYN.
func sameTimestamp(a, b *survey.Connection, side survey.Side) bool {
	fa, fb := &a.Flows[side], &b.Flows[side]
	return fa.HasTSVal && fb.HasTSVal && fa.TSVal == fb.TSVal && fa.TSVal != 0
}

// shifted reports whether two views of what the responder sent are one stream whose
// numbers differ by those of its answers to the SYN: it begins with the same bytes,
// or reaches as far from there, and the initiator acknowledged as much of it. An
// answer that somebody forged has nothing to do with what the responder sends: in the
// other view the acknowledgment of it lies anywhere.
func shifted(a, b *survey.Flow) bool {
	if n := min(a.HeadLen, b.HeadLen); n > 0 {
		if !bytes.Equal(a.Head[:n], b.Head[:n]) {
			return false
		}
		if n >= enoughHead {
			return true
		}
	}
	ackedA, ackedB := a.Acked-a.Position(a.ISN), b.Acked-b.Position(b.ISN)
	hiA, hiB := a.Hi-a.Position(a.ISN), b.Hi-b.Position(b.ISN)
	return ackedA > 0 && ackedB > 0 && near(ackedA, ackedB) && near(hiA, hiB)
}

// enoughHead is how many equal bytes at the beginning show that two views are of one
// stream: 64 bits.
const enoughHead = 8

// near reports whether two positions lie within a window without scaling, as far as
// one capture may end before the other: by chance that is so once in 32768.
func near(a, b int64) bool { return max(a-b, b-a) < 1<<16 }
