package judge

import "bothends/correlate/align"

// madeByNobody reports whether a reset that passed the tap at its sender was made by
// nothing on that host that makes resets. A tap tells what leaves from what comes by the
// hardware address of its source, which others on the segment can write. A rule that came
// and went between the looks at the packet filters would be missed, so both looks count.
func (s *stream) madeByNobody(left *align.Reset) bool {
	return s.alleged.Host.NoRejects() && (s.unlogged(left) || s.uncounted(left))
}

// unlogged reports whether the kernel's log, complete when a reset left the sender, does
// not tell of it: its TCP did not send it.
func (s *stream) unlogged(left *align.Reset) bool {
	log := s.alleged.Log
	if log == nil || !log.Sees.All() || s.Cases[s.index].tuple(s.sender) == (Tuple{}) || !s.ownKernel() {
		return false
	}
	wrong := log.OffsetError.Nanoseconds() + loggedSlackNS
	from, until := left.TimeNS-wrong, left.TimeNS+wrong
	if !log.Covers(moment(from), moment(until)) || s.loggedAtAll(left.TimeNS) || s.unlisted(from, until) > 0 {
		return false
	}
	// One of this connection at a time at which the capture holds none may be this one: a
	// clock that was set stamps the two apart.
	used := map[int]bool{}
	for i := range log.Events {
		e := &log.Events[i]
		if e.Sent && s.relate(e) == thisConnection && s.recorded(e, wrong, used) < 0 {
			return false
		}
	}
	return true
}

// uncounted reports whether the kernel counted no reset at all around the time when one
// left the sender.
func (s *stream) uncounted(left *align.Reset) bool {
	if !s.ownKernel() {
		return false
	}
	before, after := s.alleged.Around(left.TimeNS-loggedSlackNS, left.TimeNS+loggedSlackNS)
	if before == nil || after == nil || after.Resets != before.Resets {
		return false
	}
	// A clock that was set stamps counts and packets apart, and then all add up.
	counts := s.alleged.Kernel
	return counts[len(counts)-1].Resets-counts[0].Resets < s.sentBetween(counts[0].TimeNS, counts[len(counts)-1].TimeNS)
}
