package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"bothends/correlate/judge"
)

// findings lists them by connection: first those that matter, then the genuine,
// lost and doubled packets, then what is only counted.
func (t *text) findings() {
	t.heading("FINDINGS")
	var serious, harmless []selection
	for _, group := range byConnection(t.selected(all)) {
		if len(group.selected(grave)) > 0 {
			serious = append(serious, group)
		} else {
			harmless = append(harmless, group)
		}
	}
	if len(serious) > 0 {
		t.para(plain, "  ", "%s", legend)
		t.blank()
	}
	for i, group := range serious {
		if i == mostConnections && !t.all {
			t.para(plain, "  ", "... and %s of such kinds (--all lists them, --format json holds them).", count(len(serious)-i, "more connection"))
			t.blank()
			break
		}
		t.connection(group)
	}
	t.brief(harmless)
	t.further()
	t.rest()
}

// legend says what the marks before the evidence mean.
const legend = "Marks: + speaks for it, - against it; = an explanation refuted, ! one that fits, ? one that stays open; > what it answers, @ where it was made, ~ what it resembles."

const (
	mostConnections = 20 // with findings that matter, before they are only counted
	mostBrief       = 10 // lines on genuine, lost and doubled packets
	mostFrames      = 12 // frame numbers in one display filter
)

// byConnection divides findings, which are in the order of their connections.
func byConnection(s selection) []selection {
	var groups []selection
	for i, f := range s {
		if i == 0 || f.Connection != s[i-1].Connection {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], f)
	}
	return groups
}

// connection shows one connection with the findings in it.
func (t *text) connection(group selection) {
	t.named(&t.Connections[group[0].Connection-1])
	t.blank()
	for _, burst := range bursts(group.selected(grave)) {
		t.burst(burst)
		t.blank()
	}
	if t.inBrief(group); len(group.selected(grave)) < len(group) {
		t.blank()
	}
}

func (t *text) named(c *Connection) {
	t.item("  ", fmt.Sprintf("Connection %d  ", c.ID), "%s", c.ends())
}

// ends names both endpoints as the client's end sees them, and as the server's
// where that differs.
func (c *Connection) ends() string {
	one, other := c.ClientView.arrow(), c.ServerView.arrow()
	switch {
	case one == "":
		return other + " (seen at the server)"
	case other == "" || other == one:
		return one
	}
	return one + ", at the server " + other
}

func (v View) arrow() string {
	if v.Client == "" && v.Server == "" {
		return ""
	}
	return v.Client + " -> " + v.Server
}

// bursts joins findings that say the same: resets often come in threes.
func bursts(group selection) []selection {
	var list []selection
	same := func(a, b *Finding) bool {
		return a.Kind == b.Kind && a.Verdict == b.Verdict && a.Confidence == b.Confidence && a.ReceivedAt == b.ReceivedAt && a.seenAt == b.seenAt && a.File == b.File &&
			a.Effect == effectNone == (b.Effect == effectNone) && (a.TTL == b.TTL || !injected(a)) && (grave(a) || a.Pattern == b.Pattern)
	}
	for _, f := range group {
		at := slices.IndexFunc(list, func(b selection) bool { return same(b[0], f) })
		if at < 0 {
			list = append(list, nil)
			at = len(list) - 1
		}
		list[at] = append(list[at], f)
	}
	return list
}

// burst shows one packet, or several that say the same.
func (t *text) burst(b selection) {
	f := b[0]
	style := alarm
	if unattributed(f) {
		style = doubt
	}
	t.hang(style, "  * ", "    ", "%s", t.title(b))
	kind := b.kindOfEvidence()
	if before, shown := t.shown[kind]; shown && !t.all {
		t.sameAgain(b, before)
		return
	}
	t.shown[kind] = f.Connection
	if at := t.when(b); len(b) > 1 {
		t.para(plain, "    ", "%s. The first is:", at)
	} else {
		t.para(plain, "    ", "%s", at)
	}
	t.para(plain, "    ", "%s", facts(f))
	t.line(plain, "    ", fmt.Sprintf("Wireshark: %s in %s", filterFor(b), t.names[f.File]))
	t.evidence(b)
	t.trigger(f)
	t.place(f)
	if f.Effect == effectNone {
		t.para(plain, "    ", "%s ended nothing: %s.", pick(len(b), "It", "They"), f.EffectWhy)
	}
	if f.Pattern != "" {
		t.item("    ", "~ ", "Resembles %q: %s.", f.Pattern, f.PatternWhy)
	}
}

// sameAgain shortens a burst whose evidence was given with an earlier one.
func (t *text) sameAgain(b selection, before int) {
	t.para(plain, "    ", "%s", t.when(b))
	t.line(plain, "    ", fmt.Sprintf("Wireshark: %s in %s", filterFor(b), t.names[b[0].File]))
	t.para(plain, "    ", "Evidence of the same kind as in connection %d (--all gives it in full).", before)
}

// title says what is found, in words.
func (t *text) title(b selection) string {
	f, n := b[0], len(b)
	what := pick(n, nounOf(f.Kind), count(n, nounOf(f.Kind)))
	switch judge.Verdict(f.Verdict) {
	case judge.Injected:
		return fmt.Sprintf("%s forged in the name of the %s, received by the %s: %s", upper(what), f.ClaimedSender, f.ReceivedAt, f.Confidence)
	case judge.ByAddressOwner:
		return fmt.Sprintf("%s made by the host that owns the %s's address on the way, as one that no longer knows the connection, received by the %s: %s", upper(what), f.ClaimedSender, f.ReceivedAt, f.Confidence)
	case judge.ByReceiver:
		return fmt.Sprintf("%s made by the receiving machine itself, in the name of the %s: %s", upper(what), f.ClaimedSender, f.Confidence)
	case judge.Modified:
		return fmt.Sprintf("%s from the %s changed on the way, received by the %s: %s", upper(what), f.ClaimedSender, f.ReceivedAt, f.Confidence)
	case judge.Conditional:
		return fmt.Sprintf("%s received by the %s in the name of the %s: made on the way, if a fact holds that no capture can show", upper(what), f.ReceivedAt, f.ClaimedSender)
	}
	return fmt.Sprintf("%s received by the %s in the name of the %s: not decided", upper(what), f.ReceivedAt, f.ClaimedSender)
}

// when is the time of a packet, or of several.
func (p *page) when(b selection) string {
	at := fmt.Sprintf("%s by the %s's clock", p.moment(b[0].Time), b[0].seenAt)
	if last := b[len(b)-1]; len(b) > 1 {
		return fmt.Sprintf("%s, the last %s later", at, between(b[0].Time, last.Time))
	}
	return at
}

// facts are what the packet itself says.
func facts(f *Finding) string {
	if f.Kind == "icmp" {
		return fmt.Sprintf("%s -> %s, about what was sent there with seq %d, TTL %d, IP-ID %d", f.Src, f.Dst, f.Seq, f.TTL, f.IPID)
	}
	words := []string{fmt.Sprintf("%s -> %s, flags %s", f.Src, f.Dst, f.Flags), fmt.Sprintf("seq %d", f.Seq)}
	if strings.Contains(f.Flags, "A") {
		words = append(words, fmt.Sprintf("ack %d", f.Ack))
	}
	words = append(words, fmt.Sprintf("TTL %d", f.TTL), fmt.Sprintf("IP-ID %d", f.IPID), fmt.Sprintf("window %d", f.Window))
	if f.Payload > 0 {
		words = append(words, count(f.Payload, "byte")+" of data")
	}
	return strings.Join(words, ", ")
}

// filterFor is a Wireshark display filter that shows these frames.
func filterFor(b selection) string {
	if len(b) == 1 {
		return fmt.Sprintf("frame.number == %d", b[0].Frame)
	}
	filter := "frame.number in {" + strings.Join(frames(b[:min(len(b), mostFrames)]), ", ") + "}"
	if more := len(b) - mostFrames; more > 0 {
		filter += fmt.Sprintf(" and %d more", more)
	}
	return filter
}

func frames(b selection) []string {
	var numbers []string
	for _, f := range b {
		numbers = append(numbers, strconv.FormatInt(f.Frame, 10))
	}
	return numbers
}

func between(first, last string) string {
	a, errA := time.Parse(stampLayout, first)
	b, errB := time.Parse(stampLayout, last)
	if errA != nil || errB != nil {
		return "some time"
	}
	return readable(b.Sub(a))
}
