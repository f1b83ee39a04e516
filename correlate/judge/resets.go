package judge

import (
	"fmt"
	"math"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// resets judges every reset of the stream and enters it in the ledger.
func (h *hearing) resets() []Finding {
	findings := h.judgeResets()
	ledger := &h.Cases[h.index].Ledger[h.sender]
	for i := range findings {
		findings[i].enter(ledger)
	}
	// Those that were too many to keep were at one tap for certain.
	ledger.SentNotCaptured += h.stream.MoreReset
	return findings
}

// enter puts the reset of a finding, and its twin at the other tap, into their
// bucket.
func (f *Finding) enter(l *align.Ledger) {
	switch {
	case f.escaped:
		l.Matched++ // its twin is not among this connection's segments
	case f.Twin.Number != 0 && f.Verdict != Duplicated:
		l.Matched += 2
	case f.Verdict == Duplicated:
		l.Duplicated++
	case f.Verdict == Lost:
		l.Lost++
	case f.Verdict == Injected:
		l.ReceivedNotSent++
	case f.SeenAt == f.ReceivedAt && !f.fails():
		l.ReceivedNotSent++
	default:
		l.SentNotCaptured++
	}
}

// fails tells whether a rule fails.
func (f *Finding) fails() bool {
	return slices.ContainsFunc(f.Evidence, func(s Step) bool { return s.Outcome == Fails })
}

// judgeResets judges those that arrived, in their order, then those that were
// sent and did not arrive.
func (h *hearing) judgeResets() []Finding {
	receiver := h.sender.Other()
	sent, got := h.stream.Resets[h.sender], h.stream.Resets[receiver]
	if len(sent)+len(got) == 0 {
		return nil
	}
	m := &h.matched
	var findings []Finding
	for i, r := range got {
		switch of := m.twinOf[i]; {
		case h.escapes[r] != nil:
			findings = append(findings, h.escapedDeparture(r, h.escapes[r]))
		case of >= 0 && m.doubtful[i]:
			findings = append(findings, h.strange(r, sent[of]))
		case of >= 0:
			findings = append(findings, h.genuine(r, sent[of]))
		case m.copyOf[i] >= 0:
			findings = append(findings, h.duplicate(r, sent[m.twinOf[m.copyOf[i]]]))
		default:
			findings = append(findings, h.accused(r))
		}
	}
	for j, s := range sent {
		if m.arrived[j] {
			continue
		}
		if r := h.escapedArrival(s); r != nil {
			findings = append(findings, h.escapedReset(r, s))
			continue
		}
		findings = append(findings, h.missing(s, h.overtaken(s)))
	}
	return findings
}

func (h *hearing) genuine(r, s *align.Reset) Finding {
	f := h.finding("rst", Genuine, Proven, r.Frame, r.Header, Step{
		Rule: "twin", Outcome: Holds,
		Text: fmt.Sprintf("the %s's capture shows it leave: frame %d, same sequence and acknowledgment numbers%s",
			h.sender, s.Number, h.delay(s, r)),
		Values: map[string]any{"sent_frame": s.Number},
	})
	f.Twin = s.Frame
	h.explainGenuine(&f, s)
	return f
}

// delay puts the time under way into words, if the clocks are known.
func (h *hearing) delay(s, r *align.Reset) string {
	if !h.comparable(r.TimeNS) {
		return ""
	}
	return fmt.Sprintf(", about %s under way", readable(max(0, r.TimeNS-h.atReceiver(s.TimeNS))))
}

// strange is a reset with the numbers of one that was sent, which is not that
// packet all the same.
func (h *hearing) strange(r, s *align.Reset) Finding {
	f := h.finding("rst", Indeterminate, Unsure, r.Frame, r.Header, Step{
		Rule: "twin", Outcome: Fails,
		Text: fmt.Sprintf("the %s sent a reset with the same numbers (frame %d), but IP-ID (%d, sent as %d) and hop count differ from what the path does to every other packet: this may be that reset made anew on the way",
			h.sender, s.Number, r.IPID, s.IPID),
		Values: map[string]any{"sent_frame": s.Number, "ip_id": r.IPID, "sent_ip_id": s.IPID},
	})
	f.Twin = s.Frame
	return f
}

func (h *hearing) duplicate(r, s *align.Reset) Finding {
	f := h.finding("rst", Duplicated, Strong, r.Frame, r.Header, Step{
		Rule: "twin", Outcome: Holds,
		Text: fmt.Sprintf("the %s sent it once (frame %d) and it arrived again, equal in every header field, IP-ID and TTL: the network doubled it",
			h.sender, s.Number),
		Values: map[string]any{"sent_frame": s.Number, "ip_id": r.IPID},
	})
	f.Twin = s.Frame
	return f
}

// lossWait is how long after its expected arrival the receiver's capture must
// have gone on for a packet to be called lost: several round trips.
const lossWait = 3

// tooManyResets: of a flood only the first are kept, so that the partner of one
// may be among those that were only counted.
var tooManyResets = Step{Rule: "capture-loss", Outcome: Fails,
	Text: "there are more resets on this connection than are kept apart"}

// overtaken tells whether something that the sender sent after s arrived.
func (h *hearing) overtaken(s *align.Reset) bool {
	if h.stream.LastPassedNS > s.TimeNS {
		return true
	}
	for j, later := range h.stream.Resets[h.sender] {
		if h.matched.arrived[j] && later.TimeNS > s.TimeNS {
			return true
		}
	}
	return false
}

// missing is a reset that was sent and that the receiver's capture does not have.
func (h *hearing) missing(s *align.Reset, overtaken bool) Finding {
	f := h.finding("rst", Lost, Strong, s.Frame, s.Header)
	f.SeenAt = h.sender
	receiver := h.sender.Other()
	watched := h.receiverWatched(s.TimeNS, overtaken)
	f.Evidence = append(f.Evidence, watched)
	switch {
	case watched.Outcome != Holds:
		f.Verdict, f.Confidence = Indeterminate, Unsure
	case h.stream.MoreReset > 0:
		f.Verdict, f.Confidence = Indeterminate, Unsure
		f.Evidence = append(f.Evidence, tooManyResets)
	case h.stream.Got.Missing(h.stream.AckedAtReceiver) > 0 || h.receiving.Drops > 0:
		f.Verdict, f.Confidence = Indeterminate, Unsure
		f.Evidence = append(f.Evidence, Step{Rule: "capture-loss", Outcome: Fails}.because(
			"the %s's capture has lost packets, so it may have lost this one", receiver))
	case h.receiving.FiltersFlags() && h.receiving.Resets == 0:
		f.Verdict, f.Confidence = Indeterminate, Unsure
		f.Evidence = append(f.Evidence, Step{Rule: "filter", Outcome: Fails}.because(
			"the %s's capture was filtered by TCP flags (%q) and holds no reset of any kind", receiver, h.receiving.Filter))
	default:
		f.Evidence = append(f.Evidence, Step{Rule: "twin", Outcome: Fails}.because(
			"the %s sent it (frame %d) and no packet with its numbers reached the tap at the %s", h.sender, s.Number, receiver))
	}
	return f
}

// receiverWatched is the coverage rule for the receiving end: whether a packet
// that left at sent (the sender's clock) would stand in its capture. overtaken
// tells that it holds something that left later.
func (h *hearing) receiverWatched(sent int64, overtaken bool) Step {
	receiver := h.sender.Other()
	step := Step{Rule: "coverage"}
	if !h.Clock.Known() {
		step.Outcome = Unknown
		return step.because("the two clocks cannot be compared: no packets passed in both directions")
	}
	at := h.atReceiver(sent)
	if !h.comparable(at) {
		step.Outcome = Unknown
		return step.because("the two clocks cannot be compared at that time: one of them was set, or too little passed")
	}
	wait := lossWait * h.stripAt(at).MinRTT()
	step.Values = map[string]any{"expected_after": stamp(at), "capture_ends": stamp(h.receiving.LastNS)}
	switch {
	case at < h.receiving.FirstNS:
		step.Outcome = Fails
		return step.because("the %s's capture begins after its arrival was due", receiver)
	case overtaken:
		step.Outcome = Holds
		return step.because("the %s's capture holds what the %s sent after it", receiver, h.sender)
	case at+wait > h.receiving.LastNS:
		step.Outcome = Fails
		return step.because("the %s's capture does not go on long enough after %s to say that it did not arrive", receiver, clockTime(at))
	}
	step.Outcome = Holds
	return step.because("the %s's capture spans the time of its arrival, and goes on for %s", receiver, readable(h.receiving.LastNS-at))
}

// matching is which arrived reset is which sent one.
type matching struct {
	twinOf   []int  // by arrived reset: index of the sent one, or -1
	doubtful []bool // by arrived reset: the twin has its numbers, but is another packet by every other sign
	copyOf   []int  // by arrived reset without a twin: the arrived one that it repeats, or -1
	arrived  []bool // by sent reset
}

// match pairs arrived resets with sent ones by their numbers, in such a way that
// none arrives before it was sent. Where several would do, the one with the
// same IP-ID and the path's hop count goes first.
func (h *hearing) match(sent, got []*align.Reset) matching {
	m := matching{
		twinOf: make([]int, len(got)), copyOf: make([]int, len(got)),
		doubtful: make([]bool, len(got)), arrived: make([]bool, len(sent)),
	}
	for i := range got {
		m.twinOf[i], m.copyOf[i] = -1, -1
	}
	for grade := bothSigns; grade >= noSign; grade-- {
		for i, r := range got {
			if m.twinOf[i] >= 0 {
				continue
			}
			if j := h.likeliest(r, sent, m.arrived, grade); j >= 0 {
				m.twinOf[i], m.arrived[j], m.doubtful[i] = j, true, grade == noSign
			}
		}
	}
	for i, r := range got {
		for k, first := range got {
			if m.twinOf[i] < 0 && m.twinOf[k] >= 0 && h.repeats(sent[m.twinOf[k]], first, r) {
				m.copyOf[i] = k
			}
		}
	}
	return m
}

// likeliest is the sent reset of a grade of likeness that left most recently
// before r must have left, or -1.
func (h *hearing) likeliest(r *align.Reset, sent []*align.Reset, taken []bool, grade int) int {
	best, shortest := -1, int64(math.MaxInt64)
	for j, s := range sent {
		if taken[j] || !h.possible(s, r) || h.signs(s, r) != grade {
			continue
		}
		under := r.TimeNS - s.TimeNS // only compared among themselves
		if h.comparable(r.TimeNS) {
			if under = h.latestSent(r.TimeNS) - s.TimeNS; under < 0 {
				under = math.MaxInt64 / 2 // faster than any other: only if nothing else would do
			}
		}
		if under < shortest {
			best, shortest = j, under
		}
	}
	return best
}

// sameNumbers compares what makes a reset do what it does.
func sameNumbers(s, r *align.Reset) bool {
	const kind = segment.RST | segment.ACK | segment.SYN | segment.FIN
	return s.Seq0 == r.Seq0 && s.Header.Flags&kind == r.Header.Flags&kind &&
		(s.Header.Flags&segment.ACK == 0 || s.Ack0 == r.Ack0)
}

// possible tells whether r can be s after the journey: the same numbers, and not
// received before it was sent. As r may have been faster than any other packet,
// it is granted half a round trip.
func (h *hearing) possible(s, r *align.Reset) bool {
	return sameNumbers(s, r) && h.sentBefore(s.TimeNS, r.TimeNS)
}

// sentBefore tells whether what passed the sender's tap at sent can have arrived
// at the other tap at arrived, each by its own clock.
func (h *hearing) sentBefore(sent, arrived int64) bool {
	if !h.comparable(arrived) {
		return true
	}
	return sent <= h.latestSent(arrived)+2*h.margin(arrived)
}

// Grades of likeness beyond the numbers.
const (
	noSign    = iota // the path would have had to change IP-ID and hop count of this packet alone
	oneSign          // one of the two differs, or the path is not known well enough to tell
	bothSigns        // both as the path leaves them
)

// signs grades how much r looks like s after the path.
func (h *hearing) signs(s, r *align.Reset) int {
	p := &h.stream.Path
	ipidDiffers := p.IPIDKept() && s.IPID != r.IPID
	hopsDiffer := p.HopsKept() && int(s.TTL)-int(r.TTL) != p.Hops
	switch {
	case ipidDiffers && hopsDiffer:
		return noSign
	case ipidDiffers || hopsDiffer:
		return oneSign
	}
	return bothSigns
}

// repeats tells whether r is one more copy, made by the network, of s, which
// arrived as first.
func (h *hearing) repeats(s, first, r *align.Reset) bool {
	return h.possible(s, r) && first.IPID == r.IPID && first.TTL == r.TTL && first.Window == r.Window &&
		first.TSVal == r.TSVal && first.Header.Flags == r.Header.Flags
}
