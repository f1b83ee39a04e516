package judge

import (
	"slices"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// gather works out all facts of one packet. known are the resets of its connection that
// are found injected so far.
func (s *stream) gather(p *suspect, known forged) *Facts {
	f := &Facts{
		Sender: s.sender, Receiver: s.sender.Other(), Kind: p.kind, Packet: p.Header, Frame: p.Frame,
		OneSided: !s.pair.Paired(),
		Clocks:   p.clocks,
		Stated:   s.stated[s.sender], StatedThere: s.stated[s.sender.Other()],
	}
	if f.Clocks.Comparable {
		f.Clocks.BesideNS, f.Clocks.Bracketed = s.beside(p.TimeNS)
	}
	f.Sending, f.Getting = s.sendingFacts(p, &f.Clocks), s.gettingFacts(p)
	f.Numbers = s.numberFacts(p)
	f.Way = s.wayFacts(p, &f.Clocks)
	f.Stamp = s.stampFacts(p, &f.Clocks)
	f.Answer = s.answerFacts(p, &f.Clocks)
	f.Kernel, f.Log = s.kernelFacts(p, &f.Clocks), s.logFacts(p, &f.Clocks)
	f.After = s.afterFacts(p, &f.Clocks)
	f.Others = s.otherFacts(p, known)
	f.Error = s.errorFacts(p)
	f.Halfway = s.Halfway[Arrival{f.Receiver, p.File, p.Number}]
	return f
}

// beside is the most that the sender's clock can show ahead of the receiver's at a time
// by the receiver's clock, by the packets to the sender right before and right after
// it. Resets that both captures hold count as such packets, too.
func (s *stream) beside(received int64) (most int64, ok bool) {
	at := s.clocks.clientTime(received)
	if s.sender == tap.Server {
		most, ok = s.Clock.Beside(at)
	} else {
		most, ok = s.Clock.Below(at)
	}
	if ok || s.opposite == nil {
		return most, ok
	}
	// Nothing but resets may have passed afterwards.
	before, known := s.Clock.Before(at, s.sender == tap.Server)
	if !known {
		return 0, false
	}
	m := &s.opposite.matched
	for i, r := range s.opposite.flow.Resets[s.sender] {
		if j := m.twinOf[i]; j >= 0 && !m.doubtful[i] {
			if left := s.opposite.flow.Resets[s.sender.Other()][j]; left.TimeNS > received {
				return max(before, r.TimeNS-left.TimeNS), true
			}
		}
	}
	return 0, false
}

func (s *stream) sendingFacts(p *suspect, c *ClockFacts) RecordingFacts {
	bytes, unexplained := s.unsentBefore(p)
	r := RecordingFacts{
		Witness: s.alleged, FromSYN: s.flow.SentFromSYN,
		Passed: s.flow.Passed, Missed: s.flow.Missed,
		Lacking:     s.flow.Sent.Missing(s.flow.AckedAtReceiver) - bytes,
		Deaf:        s.back.Got.Missing(s.back.AckedAtReceiver),
		Unexplained: unexplained, MoreResets: s.flow.MoreReset, IPIDs: s.flow.IPIDs,
		OtherNames: s.alleged.OtherNames, OnlyPeer: s.alleged.Peers <= 1,
	}
	r.GenuineResets = s.resetsInBoth[s.sender]
	if s.Trips != nil {
		r.Clusters = s.Trips.Clusters(s.sender)
	}
	if p.kind == "ack" {
		w := *s.alleged
		r.Missed, w.Missed = s.missedElse()
		r.Witness = &w
	}
	if c.Comparable {
		r.ClustersNear = s.clustersNear(s.sender, c.LatestNS)
		r.Gap = s.alleged.GapAt(c.LatestNS-c.MinRTTNS, c.LatestNS)
	}
	return r
}

// missedElse is how many packets the sender's capture lacks, of this stream and of all,
// besides acknowledgments that are as suspect as each other.
func (s *stream) missedElse() (here, all int64) {
	return s.flow.Missed - s.flow.Acks.Hollow, s.alleged.Missed - s.hollow[s.sender]
}

func (s *stream) gettingFacts(p *suspect) RecordingFacts {
	receiver := s.sender.Other()
	r := RecordingFacts{
		Witness: s.receiving, Passed: s.back.Passed, Missed: s.back.Missed,
		Lacking: s.back.Sent.Missing(s.back.AckedAtReceiver), MoreResets: s.back.MoreReset,
		ClustersNear: s.clustersNear(receiver, p.TimeNS), GenuineResets: s.resetsInBoth[receiver],
	}
	if s.Trips != nil {
		r.Clusters = s.Trips.Clusters(receiver)
	}
	return r
}

// clustersNear is in how many clusters packets of an end passed near to a moment by its
// clock.
func (s *stream) clustersNear(end tap.End, momentNS int64) int64 {
	if s.Trips == nil {
		return 0
	}
	return s.Trips.ClustersWithin(end, momentNS-nearNS, momentNS+nearNS)
}

// stampFacts: a clock that was set between the packets on either side of this one would
// move what is taken for the sender's.
func (s *stream) stampFacts(p *suspect, c *ClockFacts) StampFacts {
	stamps := &s.flow.Stamps
	if p.Options&segment.Timestamps == 0 || p.TSVal == 0 || !c.Comparable || !c.Bracketed || !s.flow.Path.StampsKept() || stamps.Rate() == 0 {
		return StampFacts{}
	}
	f := StampFacts{Known: true, Rate: stamps.Rate(), Of: stamps.Count}
	f.Ahead, f.Off = stamps.Ahead(p.TSVal, c.LatestNS)
	f.Off += float64(c.MarginNS) / 1e9
	return f
}

func (s *stream) kernelFacts(p *suspect, c *ClockFacts) KernelFacts {
	if p.kind != "rst" || !c.Comparable || !s.ownKernel() {
		return KernelFacts{}
	}
	before, after := s.alleged.Around(c.LatestNS-c.MinRTTNS, c.LatestNS)
	if before == nil || after == nil || after.Resets < before.Resets {
		return KernelFacts{}
	}
	return KernelFacts{
		Known: true, FromNS: before.TimeNS, UntilNS: after.TimeNS,
		Counted: after.Resets - before.Resets, Captured: s.sentBetween(before.TimeNS, after.TimeNS),
	}
}

// sentBetween is how many resets of the sender's its own capture holds in a time by
// its clock, over all connections.
func (s *stream) sentBetween(from, to int64) uint64 {
	sent := s.sentAt[s.sender]
	first, _ := slices.BinarySearch(sent, from)
	behind, _ := slices.BinarySearch(sent, to+1)
	return uint64(behind - first)
}
