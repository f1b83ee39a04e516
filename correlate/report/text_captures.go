package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
)

// captures says what each capture is worth as a witness.
func (t *text) captures() {
	t.heading("WHAT THE CAPTURES ARE WORTH")
	for _, end := range []string{"client", "server"} {
		t.witness(end)
		t.blank()
	}
	t.clock()
	t.notKnown()
}

const label = "          "

// witness describes one capture in items under its end's name.
func (t *text) witness(end string) {
	c := t.capture(end)
	h := &c.Health
	first := fmt.Sprintf("%-8s", end)
	say := func(format string, args ...any) {
		t.item("  ", first, format, args...)
		first = label[2:]
	}
	for i, f := range c.Files {
		if i == mostFiles && !t.all {
			say("and %s", count(len(c.Files)-i, "more file"))
			break
		}
		kind := f.Format
		if f.Compression != "" {
			kind += ", " + f.Compression
		}
		say("%s (%s), %s, %s", f.Path, kind, count(f.Packets, "packet"), t.endOf(&f))
		if f.SHA256 != "" {
			say("SHA-256 %s", f.SHA256)
		}
	}
	say("%s in %s, from %s by its own clock", count(h.Connections, "connection"), between(c.First, c.Last), t.span(c.First, c.Last))
	if h.Recording != nil {
		if r := h.Recording; r.beyond(c.First, c.Last) {
			say("recorded for %s, from %s", between(r.From, r.Until), t.span(r.From, r.Until))
		}
		if notes := h.Recording.notes(); len(notes) > 0 {
			say("%s", strings.Join(notes, "; "))
		}
	}
	say("%s", c.losses(end))
	if h.Unseen > 0 {
		say("%s acknowledged in it that it shows neither arriving nor leaving", count(h.Unseen, "byte"))
	}
	if h.Cut > 0 {
		say("%s cut short when recorded%s: their data could be compared only in part", count(h.Cut, "packet"), snaplen(c.SnapLen))
	}
	if h.LeftOut > 0 {
		say("%s of further connections left out, as all would not have fitted into the memory limit: the first %d were compared (raise --memory-limit)", count(h.LeftOut, "segment"), h.Connections)
	}
	if h.Filter != "" {
		if words := FilterWords(h.Filter); words != h.Filter {
			say("recorded with bothcap's filter for %s: %q", words, h.Filter)
		} else {
			say("recorded with the filter %q", h.Filter)
		}
	}
	if h.Repeated > 0 {
		say("%s recorded twice, and counted once (%s)", count(h.Repeated, "packet"), Twice(h.Repeated, h.Routed))
	}
	if len(h.Tunnels) > 0 {
		say("in tunnels; what is compared is the TCP in them: %s", passedOver(h.Tunnels))
	}
	if h.Fragments != nil {
		say("%s", h.Fragments.words())
	}
	if h.Untimed > 0 {
		say("%s without a time, left out", count(h.Untimed, "packet"))
	}
	for _, s := range h.Seams {
		if s.GapNS > 0 && !s.Joined {
			say("between %s and %s nothing was recorded for %s", t.names[s.After], t.names[s.Before], readable(time.Duration(s.GapNS)))
		}
	}
	if len(h.NotTCP) > 0 {
		say("not compared, because it is not TCP: %s", passedOver(h.NotTCP))
	}
}

const mostFiles = 4

func (t *text) endOf(f *File) string {
	if f.EndReason == "" {
		return f.EndState
	}
	return f.EndState + ": " + f.EndReason
}

func snaplen(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (to %d bytes)", n)
}

// losses says what is known of the packets that the capture missed.
func (c *Capture) losses(end string) string {
	h := &c.Health
	counters := "it has no counters of lost packets"
	switch {
	case c.Drops.Known && c.Drops.ByInterface+c.Drops.ByKernel == 0:
		counters = "its own counters say that nothing was lost"
	case c.Drops.ByInterface+c.Drops.ByKernel > 0:
		counters = fmt.Sprintf("its own counters say that %s lost", count(c.Drops.ByInterface+c.Drops.ByKernel, "packet")+pick(int(c.Drops.ByInterface+c.Drops.ByKernel), " was", " were"))
	}
	switch {
	case h.Passed+h.Missed == 0:
		return counters + ", and no packet from the " + end + " is known to have passed it"
	case h.Missed > 0:
		return fmt.Sprintf("%s; of %s from the %s that arrived at the other end it lacks %d", counters, count(h.Passed+h.Missed, "packet"), end, h.Missed)
	}
	if c.Drops.Known && c.Drops.ByInterface+c.Drops.ByKernel == 0 { // a bound of few packets says less than the counters do
		return fmt.Sprintf("%s, and it holds all of the %s from the %s that arrived at the other end", counters, count(h.Passed, "packet"), end)
	}
	return fmt.Sprintf("%s; it holds all of the %s from the %s that arrived at the other end, so that the chance that it missed any one is below %.2g %% (95 %% confidence)",
		counters, count(h.Passed, "packet"), end, 100*h.MissBound)
}

func passedOver(counts map[string]int64) string {
	var words []string
	for what, n := range counts {
		words = append(words, fmt.Sprintf("%d %s", n, what))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// clock relates the two clocks.
func (t *text) clock() {
	c := &t.Clock
	if c.SetBackNS > 0 {
		t.item("  ", "clocks  ", "cannot be compared: the times of one capture run back by %s, as they do if its clock is set while recording", readable(time.Duration(c.SetBackNS)))
		return
	}
	if !c.Known {
		t.item("  ", "clocks  ", "cannot be compared: no packets passed in both directions")
		return
	}
	offset, uncertain := time.Duration(c.OffsetNS), time.Duration(c.UncertaintyNS)
	said := fmt.Sprintf("agree within %s", readable(uncertain+offset.Abs()))
	switch {
	case offset > uncertain:
		said = fmt.Sprintf("the server's is %s ahead of the client's, give or take %s", readable(offset), readable(uncertain))
	case offset < -uncertain:
		said = fmt.Sprintf("the server's is %s behind the client's, give or take %s", readable(-offset), readable(uncertain))
	}
	if c.SkewPPM != 0 {
		said += fmt.Sprintf(", drifting by %.3g ppm", c.SkewPPM)
	}
	said += fmt.Sprintf(" (from %s)", count(c.Points, "packet"))
	if c.MinRTTNS > 0 {
		said += fmt.Sprintf("; the fastest round trip took %s", readable(time.Duration(c.MinRTTNS)))
	} else {
		said += "; they do not show how long a round trip takes"
	}
	t.item("  ", "clocks  ", "%s", said)
	if both, known := t.together(); known {
		t.item("  ", label[2:], "both captures were running at the same time for %s", readable(both))
	}
	if c.Steps > 0 {
		t.item("  ", label[2:], "a clock was set %s while recording; that is allowed for", count(c.Steps, "time"))
	}
}

// together is for how long both captures were running, whose times differ by
// the clocks' offset.
func (t *text) together() (both time.Duration, known bool) {
	var times [4]time.Time
	for i, stamp := range []string{t.Captures.Client.First, t.Captures.Client.Last, t.Captures.Server.First, t.Captures.Server.Last} {
		at, err := time.Parse(stampLayout, stamp)
		if err != nil {
			return 0, false
		}
		times[i] = at
	}
	offset := time.Duration(t.Clock.OffsetNS)
	begin, end := times[2].Add(-offset), times[3].Add(-offset)
	if times[0].After(begin) {
		begin = times[0]
	}
	if times[1].Before(end) {
		end = times[1]
	}
	return max(0, end.Sub(begin)), true
}

// tapCaveat is what "between the two taps" includes.
const tapCaveat = "A tap is a place inside its machine. What stands between it and the wire (the network card, a hypervisor, the filters of a cloud provider) counts as between the two taps, too."

// notKnown lists once what stays open for many findings.
func (t *text) notKnown() {
	var open []string
	for _, f := range t.selected(interfering) {
		for _, e := range f.Evidence {
			if e.Outcome == string(judge.Open) && len(e.RefutedBy) == 0 && !slices.Contains(open, t.said(&e)) {
				open = append(open, t.said(&e))
			}
		}
	}
	if len(open) == 0 {
		return
	}
	t.blank()
	t.para(plain, "  ", "What these captures cannot say:")
	t.item("  ", "? ", "%s", tapCaveat)
	for _, text := range open {
		t.item("  ", "? ", "%s", sentence(text))
	}
}

// readable rounds a duration to what a reader needs of it.
func readable(d time.Duration) string {
	switch abs := d.Abs(); {
	case abs >= time.Minute:
		return d.Round(time.Second).String()
	case abs >= time.Second:
		return d.Round(time.Millisecond).String()
	case abs >= time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(100 * time.Nanosecond).String()
}

// Twice says how it comes that packets were recorded twice, some of them routed.
func Twice(repeated, routed int64) string {
	switch {
	case routed == 0:
		return "on a bridge, a VLAN and its carrier, a mirror of two ports, or by -i any"
	case routed == repeated:
		return "on both sides of a router: the TTL of one copy is one lower"
	}
	return fmt.Sprintf("%d of them on both sides of a router: the TTL of one copy is one lower", routed)
}
