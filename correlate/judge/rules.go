package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// An accusation is a packet that arrived and that the sender's capture does not
// hold: the question is whether the sender can have sent it all the same.
type accusation struct {
	kind string
	tap.Frame
	align.Header
	reset    *align.Reset    // if it is a reset
	leftover *align.Leftover // if it is anything else
	position int64           // in the stream
	twins    []*align.Reset  // resets that were sent, did not arrive, and may be this one altered
	mistimed *align.Reset    // one that was sent, and differs from this one by its time alone
	first    bool            // no other unsent reset arrived at this end before it
	steps    int             // how many unsent resets around it, and it, have growing sequence numbers
	guesses  bool            // one of those is ahead of the stream
}

// rules are applied in this order. Those that may stay unknown in an accusation
// say so.
var rules = []struct {
	name      string
	mayBeOpen bool
	apply     func(*hearing, *accusation) Step
}{
	{"coverage", false, (*hearing).coverage},
	{"filter", true, (*hearing).filter},
	{"capture-loss", false, (*hearing).captureLoss},
	{"ip-id", true, (*hearing).ipIDs},
	{"mapping", false, (*hearing).mapping},
	{"no-twin", false, (*hearing).noTwin},
	{"not-a-proxy", false, (*hearing).notAProxy},
	{"one-path", true, (*hearing).onePath},
}

// count is a number and its noun, which takes an s but for one.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (s Step) because(format string, args ...any) Step {
	s.Text = fmt.Sprintf(format, args...)
	return s
}

// coverage: the sender's capture was running at the latest moment at which the
// packet can have left, and before.
func (h *hearing) coverage(a *accusation) Step {
	if !h.Clock.Known() {
		return Step{Outcome: Unknown}.because("the two clocks cannot be compared: no packets passed in both directions")
	}
	if !h.comparable(a.TimeNS) {
		return Step{Outcome: Unknown}.because("the two clocks cannot be compared at that time: one of them was set, or too little passed")
	}
	w := h.alleged
	at, strip := h.latestSent(a.TimeNS), h.stripAt(a.TimeNS)
	step := Step{Values: map[string]any{
		"latest_sent": stamp(at), "capture_begins": stamp(w.FirstNS), "capture_ends": stamp(w.LastNS),
		"clock_uncertainty_ns": h.Clock.UncertaintyAt(h.clientTime(a.TimeNS)),
	}}
	switch gap := w.gapAt(at-strip.MinRTT(), at); {
	case gap != nil:
		step.Outcome = Fails
		return step.because("the %s's capture says that it recorded nothing from %s to %s, when the packet may have left", h.sender, clockTime(gap.FromNS), clockTime(gap.UntilNS))
	case at > w.LastNS:
		step.Outcome = Fails
		return step.because("the %s's capture ends %s before the latest moment at which the packet can have left there", h.sender, readable(at-w.LastNS))
	case at-strip.MinRTT() < w.FirstNS && !h.stream.SentFromSYN:
		step.Outcome = Fails
		return step.because("the %s's capture begins too late to have seen the packet leave", h.sender)
	}
	step.Outcome = Holds
	return step.because("the %s's capture was running when the packet would have left, at %s by its own clock at the latest; it goes on for another %s",
		h.sender, clockTime(at), readable(w.LastNS-at))
}

// filter: the sender's capture would have recorded such a packet.
func (h *hearing) filter(a *accusation) Step {
	w := h.alleged
	step := Step{Values: map[string]any{"resets_recorded": w.Resets}}
	if w.Filter != "" {
		step.Values["filter"] = w.Filter
	}
	switch {
	case w.HeadersCut > 0:
		step.Outcome = Fails
		return step.because("the %s's capture cut %s so short that the TCP header is missing", h.sender, count(w.HeadersCut, "packet"))
	case w.Passed == 0:
		step.Outcome = Fails
		return step.because("the %s's capture holds nothing that this end sent", h.sender)
	case w.FiltersFlags() && w.Resets == 0 && a.kind == "rst":
		step.Outcome = Fails
		return step.because("the %s's capture was filtered by TCP flags (%q) and holds no reset of any kind", h.sender, w.Filter)
	case w.Resets == 0 && a.kind == "rst":
		step.Outcome = Unknown
		return step.because("the %s's capture holds this direction, but no reset of any kind, so that a filter against resets cannot be excluded", h.sender)
	case w.FiltersFlags():
		step.Outcome = Unknown
		return step.because("the %s's capture was filtered by TCP flags: %q", h.sender, w.Filter)
	}
	step.Outcome = Holds
	return step.because("the %s's capture admits this direction, and resets", h.sender)
}

// captureLoss: the sender's capture missed nothing, by its counters and by what
// the other end is known to have received.
func (h *hearing) captureLoss(a *accusation) Step {
	receiver := h.sender.Other()
	suspectBytes, unexplained := h.suspects(a)
	lacking := h.stream.Sent.Missing(h.stream.AckedAtReceiver) - suspectBytes
	deaf := h.back.Got.Missing(h.back.AckedAtReceiver)
	step := h.countedLoss()
	switch {
	case step.Outcome == Fails:
		return step
	case h.stream.MoreReset > 0 && a.kind == "rst":
		step.Outcome = Fails
		return step.because("%s", tooManyResets.Text)
	case unexplained > 0:
		step.Outcome = Fails
		return step.because("the %s's capture lacks %s of this connection that the %s received and that nothing marks as forged, so it may lack this one too", h.sender, count(unexplained, "other segment"), receiver)
	case lacking > 0:
		step.Outcome = Fails
		return step.because("the %s acknowledged %s that the %s's capture lacks, so it may lack this packet too", receiver, count(lacking, "byte"), h.sender)
	case deaf > 0:
		step.Outcome = Fails
		return step.because("the %s acknowledged %s that its own capture never saw arrive, so that capture is incomplete", h.sender, count(deaf, "byte"))
	}
	return step
}

// countedLoss is captureLoss as far as the packets tell that are known to have
// passed, here and on all connections together.
func (h *hearing) countedLoss() Step {
	w, here, missedHere := h.alleged, h.stream.Passed, h.stream.Missed
	bound, boundHere := MissBound(w.Passed, w.Missed), MissBound(here, missedHere)
	step := Step{Outcome: Fails, Values: map[string]any{
		"n": here, "missed": missedHere, "miss_bound_connection": boundHere,
		"n_pooled": w.Passed, "missed_pooled": w.Missed, "miss_bound": bound,
		"counters_known": w.DropsKnown, "drops": w.Drops,
	}}
	switch {
	case w.Drops > 0:
		return step.because("the %s's capture says of itself that it lost %s", h.sender, count(w.Drops, "packet"))
	case w.Missed > 0:
		return step.because("the %s's capture lacks %d of %s that the %s received from it (%d of %d on this connection), so it may lack this one too",
			h.sender, w.Missed, count(w.Passed+w.Missed, "packet"), h.sender.Other(), missedHere, here+missedHere)
	}
	step.Outcome = Holds
	counters := "it has no counters of its own"
	if w.DropsKnown {
		counters = "its own counters say zero"
	}
	said := fmt.Sprintf("of %s that the %s is known to have sent its capture lacks none; %s. The chance that it missed any one packet is below %.2g %% (95 %% confidence)",
		count(w.Passed, "packet"), h.sender, counters, 100*bound)
	switch here {
	case w.Passed:
		return step.because("%s; all of them are of this connection", said)
	case 0:
		return step.because("%s; none of them is of this connection", said)
	}
	return step.because("%s; by this connection's %s alone, below %.2g %%", said, count(here, "packet"), 100*boundHere)
}

// suspects looks at what else arrived on this stream without having been sent.
// What bears a mark of forgery of its own does not count against the capture:
// bytes are those that the receiver may have acknowledged for its sake, and for
// the accused packet's. unexplained is how many others there are.
func (h *hearing) suspects(a *accusation) (bytes int64, unexplained int) {
	p := &h.stream.Path
	for i := range h.stream.Leftovers {
		l := &h.stream.Leftovers[i]
		if l.Bucket != align.ReceivedNotSent {
			continue
		}
		strangeWay := p.HopsKept() && hopsTravelled(l.TTL) != hopsTravelled(p.TTL)
		if l == a.leftover || l.Rival.Number != 0 || strangeWay {
			bytes += l.Beyond
		} else {
			unexplained++
		}
	}
	return bytes, unexplained + int(h.stream.MoreLeft)
}

// ipIDs: where the sender counts IP-IDs for each connection, its capture shows no
// jump, which a packet that left unrecorded would have made.
func (h *hearing) ipIDs(a *accusation) Step {
	c := &h.stream.IPIDs
	step := Step{Outcome: Unknown, Values: map[string]any{"steps": c.Steps, "jumps": c.Jumps, "others": c.Others}}
	switch {
	case !c.Counting():
		return step.because("the %s does not evidently count IP-IDs for each connection, so that they cannot show a gap in its capture", h.sender)
	case c.Jumps > 0:
		step.Outcome = Fails
		return step.because("the %s counts IP-IDs for each connection, and they jump %s: packets left that its capture lacks", h.sender, count(c.Jumps, "time"))
	}
	step.Outcome = Holds
	if h.Clock.Known() && c.Last.TimeNS > h.latestSent(a.TimeNS) {
		return step.because("the %s counts IP-IDs for each connection, and they run on without a gap across the moment at which the packet must have left", h.sender)
	}
	return step.because("the %s counts IP-IDs for each connection, and its capture shows them without a gap; none is later than the packet", h.sender)
}

// enoughSegments is how many other segments must show the same mapping.
const enoughSegments = 3

// mapping: addresses and sequence numbers are changed by NAT in one constant way.
func (h *hearing) mapping(*accusation) Step {
	there, back := h.stream.Passed, h.back.Passed
	step := Step{Outcome: Holds, Values: map[string]any{
		"segments": there, "segments_back": back, "seq_shift": h.pair.Shift[h.sender], "ack_shift": h.pair.Shift[h.sender.Other()],
	}}
	shifted := "sequence numbers are the same at both ends"
	if h.pair.Shift != [2]uint32{} {
		shifted = "sequence numbers differ by a constant"
	}
	switch {
	case h.pair.Split[h.sender]:
		step.Outcome = Fails
		return step.because("a NAT changed its mapping while the connection lasted: packets of it reached the %s under another address or port, and what the %s answered to those may have come back as this", h.sender, h.sender)
	case there >= enoughSegments && back >= enoughSegments:
		return step.because("%s on %s from the %s and %d to it", shifted, count(there, "other segment"), h.sender, back)
	case h.pair.Shift == [2]uint32{} && there > 0 && back > 0 && there+back >= enoughSegments:
		// Equal numbers need no series to be recognised as such.
		return step.because("%s on %s from the %s and %d to it", shifted, count(there, "other segment"), h.sender, back)
	case h.pair.Shift == [2]uint32{} && h.alleged.Passed >= enoughSegments && h.receiving.Passed >= enoughSegments:
		return step.because("%s, here on %s from the %s and %d to it, and on %d and %d of all connections",
			shifted, count(there, "segment"), h.sender, back, h.alleged.Passed, h.receiving.Passed)
	}
	step.Outcome = Unknown
	return step.because("only %s from the %s and %d to it passed both ends: too few to know how the path changes them", count(there, "segment"), h.sender, back)
}

// noTwin: nothing that the sender did send is this packet in another shape.
func (h *hearing) noTwin(a *accusation) Step {
	for _, t := range a.twins {
		return Step{Outcome: Fails, Values: map[string]any{"sent_frame": t.Number}}.because(
			"the %s did send a reset before (frame %d, seq %d) that did not arrive as it was: this may be that one, changed on the way", h.sender, t.Number, t.Header.Seq)
	}
	if s := a.mistimed; s != nil {
		return Step{Outcome: Fails, Values: map[string]any{"sent_frame": s.Number}}.because(
			"the %s did send a reset that is this one in everything but its time (frame %d there), and a clock that was set in between would explain that", h.sender, s.Number)
	}
	if a.leftover != nil && a.leftover.Rival.Number != 0 {
		return Step{Outcome: Holds, Values: map[string]any{"sent_frame": a.leftover.Rival.Number}}.because(
			"what the %s sent in its place (frame %d) carries other bytes, and arrived as well", h.sender, a.leftover.Rival.Number)
	}
	return Step{Outcome: Holds}.because("nothing that the %s sent is this packet altered, late or doubled", h.sender)
}

// notAProxy: the two captures show one connection and not two legs of a proxied
// one.
func (h *hearing) notAProxy(*accusation) Step {
	if h.pair.Shift != [2]uint32{} {
		return Step{Outcome: Holds}.because("the sequence numbers are rewritten on the way, but by a constant, and the timestamps of the handshake pass unchanged: one connection, not a proxy's two")
	}
	return Step{Outcome: Holds}.because("both ends use the same sequence numbers: one connection, not a proxy's two")
}

// onePath: the sender cannot have used an interface that was not recorded. Only
// a recording of all its interfaces at once shows that.
func (h *hearing) onePath(*accusation) Step {
	step := Step{Outcome: Unknown, Values: map[string]any{"interfaces": h.alleged.Interfaces, "any": h.alleged.AllInterfaces && !h.alleged.NoOther, "no_other": h.alleged.NoOther}}
	switch {
	case h.alleged.NoOther:
		step.Outcome = Holds
		return step.because("the %s's recorder found no interface up on that host that it did not record", h.sender)
	case h.alleged.AllInterfaces:
		step.Outcome = Holds
		return step.because("the %s recorded all its interfaces at once", h.sender)
	}
	return step.because("the %s's capture covers %s; whether the host has another that can send from this address it does not say", h.sender, count(h.alleged.Interfaces, "interface"))
}
