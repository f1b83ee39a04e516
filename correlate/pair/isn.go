package pair

import "bothends/correlate/survey"

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
