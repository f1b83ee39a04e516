package judge

import (
	"bothends/capture/testimony"
	"bothends/correlate/tap"
)

// loggedSlackNS is how far a packet passes the tap from when the kernel told of it,
// beside the error of the log's clock: it waits in the queue of its device.
const loggedSlackNS = 20e6

func (s *stream) logFacts(p *suspect, c *ClockFacts) LogFacts {
	log := s.alleged.Log
	if p.kind != "rst" || log == nil || !c.Comparable {
		return LogFacts{}
	}
	wrong := log.OffsetError.Nanoseconds() + loggedSlackNS
	l := LogFacts{FromNS: c.LatestNS - c.MinRTTNS - 2*c.DoubtNS - wrong, UntilNS: c.LatestNS + wrong}
	l.Known = log.Covers(moment(l.FromNS), moment(l.UntilNS)) && (log.Sees.All() || log.Sees.Abort && !rejectLike(&p.Header)) && s.ownKernel()
	l.Unlisted = s.unlisted(l.FromNS, l.UntilNS)
	used := map[int]bool{}
	for i := range log.Events {
		e := &log.Events[i]
		if !e.Sent {
			continue
		}
		if at := e.Time.UnixNano(); at < l.FromNS || at > l.UntilNS {
			// Of this connection it may be this packet all the same: a clock that was set
			// stamps the packets and the log's times apart.
			if s.relate(e) == thisConnection && s.recorded(e, wrong, used) < 0 {
				l.UnseenThen = e
			}
			continue
		}
		l.Sent++
		if left := s.recorded(e, wrong, used); left >= 0 {
			used[left] = true
			continue
		}
		switch s.relate(e) {
		case thisConnection, listenersReset:
			l.Unseen = e
		case elsewhere:
			l.Elsewhere = true
		default:
			l.UnseenElsewhere = e
		}
	}
	return l
}

// recorded is the index of a reset in the sender's capture that is the one its kernel told
// of, and stands for no other; -1 if there is none.
func (s *stream) recorded(e *testimony.KernelEvent, wrong int64, used map[int]bool) int {
	at := e.Time.UnixNano()
	for i := range s.Resets[s.sender] {
		r := &s.Resets[s.sender][i]
		if used[i] || abs(r.TimeNS-at) > wrong {
			continue
		}
		if relate(e, r.Src.AddrPort(), r.Dst.AddrPort(), s.sender == tap.Server).maybe() {
			return i
		}
	}
	return -1
}

// kernelWord is what the kernel told of a reset that left the sender at a time by its
// clock; nil if its log does not tell of it. Only what names this connection counts.
func (s *stream) kernelWord(leftNS int64) (nearest *testimony.KernelEvent) {
	s.eachLogged(leftNS, func(e *testimony.KernelEvent, sure bool) {
		if sure && (nearest == nil || abs(e.Time.UnixNano()-leftNS) < abs(nearest.Time.UnixNano()-leftNS)) {
			nearest = e
		}
	})
	return nearest
}

// kernelTook is the last reset of this connection that the sender's kernel took between two
// moments by its clock; nil if its log tells of none. An earlier connection may have had the
// same ends.
func (s *stream) kernelTook(fromNS, untilNS int64) (last *testimony.KernelEvent) {
	log := s.alleged.Log
	if log == nil {
		return nil
	}
	wrong := log.OffsetError.Nanoseconds() + loggedSlackNS
	for i := range log.Events {
		e := &log.Events[i]
		if at := e.Time.UnixNano(); !e.Sent && s.relate(e) == thisConnection && at > fromNS-wrong && at < untilNS+wrong {
			last = e
		}
	}
	return last
}

// loggedAtAll reports whether the kernel told of any reset that may be of this
// connection.
func (s *stream) loggedAtAll(leftNS int64) (told bool) {
	s.eachLogged(leftNS, func(*testimony.KernelEvent, bool) { told = true })
	return told
}

// eachLogged calls f with each reset of which the kernel told when one left the
// sender, and that may be of this connection; sure says that it is.
func (s *stream) eachLogged(leftNS int64, f func(e *testimony.KernelEvent, sure bool)) {
	log := s.alleged.Log
	if log == nil {
		return
	}
	wrong := log.OffsetError.Nanoseconds() + loggedSlackNS
	for i := range log.Events {
		e := &log.Events[i]
		is := s.relate(e)
		if e.Sent && is.maybe() && abs(e.Time.UnixNano()-leftNS) <= wrong {
			f(e, is == thisConnection)
		}
	}
}
