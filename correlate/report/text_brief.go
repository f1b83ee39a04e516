package report

import (
	"fmt"

	"bothends/correlate/judge"
)

// brief gives a few lines to each connection in which all is accounted for.
func (t *text) brief(groups []selection) {
	for i, group := range groups {
		if i == mostBrief && !t.all {
			t.para(plain, "  ", "... and %s with genuine, lost or doubled packets only (--all lists them).", count(len(groups)-i, "more connection"))
			break
		}
		t.named(&t.Connections[group[0].Connection-1])
		t.inBrief(group)
	}
	if len(groups) > 0 {
		t.blank()
	}
}

// inBrief names what is no accusation and no doubt.
func (t *text) inBrief(group selection) {
	for _, b := range bursts(group.selected(func(f *Finding) bool { return !grave(f) })) {
		like := ""
		if b[0].Pattern != "" {
			like = fmt.Sprintf(" Resembles %q: %s.", b[0].Pattern, b[0].PatternWhy)
		}
		t.item("  ", "* ", "%s.%s", upper(t.accountOf(b)), like)
	}
}

// accountOf says what became of packets that nobody forged, and when.
func (t *text) accountOf(b selection) string {
	f, n := b[0], len(b)
	noun, at := nounOf(f.Kind), t.when(b)+t.where(b)
	what := pick(n, noun, count(n, noun))
	switch judge.Verdict(f.Verdict) {
	case judge.Genuine:
		return fmt.Sprintf("%s from the %s, %s", pick(n, "genuine "+noun, count(n, "genuine "+noun)), f.ClaimedSender, at)
	case judge.Lost:
		return fmt.Sprintf("%s from the %s lost on the way, %s", what, f.ClaimedSender, at)
	case judge.Duplicated:
		return fmt.Sprintf("%s from the %s doubled by the network, %s", what, f.ClaimedSender, at)
	case judge.Indeterminate:
		return fmt.Sprintf("%s from the %s that may have been lost, %s: %s", what, f.ClaimedSender, at, t.obstacle(f))
	}
	return fmt.Sprintf("%s from the %s: %s, %s", what, f.ClaimedSender, f.Verdict, at)
}

// where names the frames, and those of the same packet in the other capture if
// it is one packet.
func (t *text) where(b selection) string {
	f := b[0]
	if len(b) > 1 {
		return fmt.Sprintf(" (frames %s in %s)", list(frames(b), mostFrames), t.names[f.File])
	}
	if f.TwinFrame == 0 {
		return fmt.Sprintf(" (frame %d in %s)", f.Frame, t.names[f.File])
	}
	return fmt.Sprintf(" (frame %d in %s, %d in %s)", f.Frame, t.names[f.File], f.TwinFrame, t.names[f.TwinFile])
}

// mostAlone is how many connections of one capture only are named.
const mostAlone = 5

// rest counts the connections without findings, or lists them, and names those
// that are in one capture only.
func (t *text) rest() {
	found := map[int]bool{}
	for i := range t.Findings {
		found[t.Findings[i].Connection] = true
	}
	var quiet, alone []*Connection
	for i := range t.Connections {
		c := &t.Connections[i]
		switch {
		case c.Ledger == nil:
			alone = append(alone, c)
		case !found[c.ID] && !t.counted[c.ID]:
			quiet = append(quiet, c)
		}
	}
	switch n := len(quiet); {
	case n > 0 && t.all:
		for _, c := range quiet {
			t.named(c)
			t.item("  ", "* ", "Nothing found in %s.", count(c.Ledger.Segments, "segment")+c.Ledger.losses())
		}
	case n > 0:
		t.para(plain, "  ", "%s without findings (--all lists %s).", count(n, "connection"), pick(n, "it", "them"))
	}
	t.alone(alone)
}

// losses says what a connection without findings lost on the way.
func (l *Ledger) losses() string {
	if l.Lost == 0 {
		return ""
	}
	return fmt.Sprintf(", %d lost on the way", l.Lost)
}

// alone lists connections that could not be compared.
func (t *text) alone(list []*Connection) {
	if len(list) == 0 {
		return
	}
	t.blank()
	t.para(plain, "  ", "%s in one capture only and could not be compared:", count(len(list), "connection")+pick(len(list), " is", " are"))
	for i, c := range list {
		if i == mostAlone && !t.all {
			t.item("  ", "- ", "and %d more (--all lists them)", len(list)-i)
			break
		}
		end := "client"
		if c.ClientView.arrow() == "" {
			end = "server"
		}
		t.item("  ", "- ", "%s, at the %s: %s", c.view(end).arrow(), end, c.Why)
	}
}

func (c *Connection) view(end string) View {
	if end == "client" {
		return c.ClientView
	}
	return c.ServerView
}
