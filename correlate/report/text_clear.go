package report

import (
	"fmt"
	"slices"

	"bothends/correlate/ending"
	"bothends/correlate/tap"
)

// doubt is for what stays undecided, conditional or only partly covered.
func (t *text) doubt() {
	undecided := len(t.selected(unattributed)) > 0
	if undecided {
		t.undecided()
	}
	if t.Summary.Doubtful > 0 {
		if undecided {
			t.blank()
		}
		t.endedOnTheWay(doubt, "Not proved: ")
	}
	if t.outcome.Alone {
		t.nothingThere()
	} else if !undecided && t.Summary.Doubtful == 0 {
		t.para(doubt, "", "Only partly compared: what both captures hold shows no interference, but they do not cover all that was recorded.")
	}
	t.byProxy()
	if n := t.Summary.NotCompared; n > 0 {
		t.para(plain, "", "%s to the server could not be compared whole: one of the two captures lacks all of it, most of a direction, its end, or the checksums of what came there in vain.", count(n, "connection"))
	}
	for _, end := range []string{"client", "server"} {
		if c := t.capture(end); c.EndState != complete {
			t.para(plain, "", "The %s's capture is %s.", end, c.EndState)
		}
	}
	for end, n := range t.outcome.Unread {
		if n > 0 {
			t.para(plain, "", "%s came to the %s's tap in fragments of which its capture lacks some, or that contradict each other: what was in them was not compared, and may have been anything, a reset too. A filter of ports takes the first fragment only: record without one, or with bothcap.", count(n, "packet"), tap.End(end))
		}
	}
}

// nothingThere is for a capture without any TCP segment: it is evidence only where it is
// known to have been running.
func (t *text) nothingThere() {
	for _, end := range []string{"client", "server"} {
		c := t.capture(end)
		if c.Health.Connections > 0 {
			continue
		}
		t.para(doubt, "", "The %s's capture holds no TCP segment.", end)
		shown := func(c Connection) bool { return c.Ending.ByThePath }
		if !slices.ContainsFunc(t.Connections, shown) {
			t.para(plain, "", "Nothing shows that it was running while the other one recorded. Record again on the interface that carries the session, with a filter that admits TCP, and keep both running from before the session until ten seconds after it.")
		}
	}
}

// obstacle is why an undecided finding is not more: what decides.
func (t *text) obstacle(f *Finding) string {
	for i := range f.Evidence {
		if f.Evidence[i].Decides {
			return t.said(&f.Evidence[i])
		}
	}
	return ""
}

// clean says what became of the resets, as those are what people ask about.
func (t *text) clean() {
	t.para(success, "", "No interference found in %s%s.",
		pick(t.Summary.Paired, "the connection that both captures hold", fmt.Sprintf("the %d connections that both captures hold", t.Summary.Paired)), t.endedBadly())
	t.blank()
	t.byProxy()
	resets := t.selected(func(f *Finding) bool { return f.Kind == "rst" })
	if len(resets) == 0 {
		t.para(plain, "", "No reset was sent or received.")
	}
	if s := t.selected(genuine); len(s) > 0 {
		t.para(plain, "", "%s arrived and had passed the tap at the end %s to come from: genuine, not made on the way.",
			s.what(), pick(len(s), "it claims", "they claim"))
	}
	if s := t.selected(duplicated); len(s) > 0 {
		t.para(plain, "", "%s arrived once more as a copy that the network made.", s.what())
	}
	if s := t.selected(lost); len(s) > 0 {
		t.para(plain, "", "%s sent and did not arrive.", s.what()+pick(len(s), " was", " were"))
	}
	if s := t.selected(maybeLost); len(s) > 0 {
		t.para(plain, "", "%s %s sent, and the captures cannot tell whether %s arrived.", s.what(), pick(len(s), "was", "were"), pick(len(s), "it", "they"))
	}
	if n := t.segmentsLost(); n > 0 {
		t.para(plain, "", "In all, %s lost on the way.", count(n, "segment")+pick(int(n), " was", " were"))
	}
	if n := t.Summary.Connections - t.Summary.Paired; n > 0 {
		t.para(plain, "", "%s in one capture only and could not be compared.", count(n, "connection")+pick(n, " is", " are"))
	}
}

// byProxy says that a proxy spoke in the server's name.
func (t *text) byProxy() {
	if n := len(t.unasked()); n > 0 {
		t.para(plain, "", "%s by a proxy that the client did not ask for, in the server's name; it passed on what was said.",
			count(n, "connection")+pick(n, " was conducted", " were conducted"))
	}
}

// unasked are the connections that a proxy conducted in the server's name.
func (t *text) unasked() (list []*Connection) {
	for i := range t.Connections {
		c := &t.Connections[i]
		asked, _ := split(c.ClientView.Server)
		if answered, _ := split(c.ServerView.Server); c.Ending != nil && c.Ending.Kind == string(ending.SplitByProxy) && asked == answered {
			list = append(list, c)
		}
	}
	return list
}

// unheeded are the connections that were open at the end and of which something came again
// and again and was never acknowledged.
func (t *text) unheeded() (list []*Connection) {
	for i := range t.Connections {
		if c := &t.Connections[i]; c.Ending != nil && c.Ending.Kind == string(ending.OpenAtEnd) && c.Ending.Advice != "" {
			list = append(list, c)
		}
	}
	return list
}

// troubled is how many connections something troubled that is no reset.
func (t *text) troubled() (n int) {
	for i := range t.Connections {
		if e := t.Connections[i].Ending; e != nil && e.Pattern != "" && e.Finding == 0 {
			n++
		}
	}
	return n
}

// segmentsLost adds up what did not arrive in any connection.
func (t *text) segmentsLost() (n int64) {
	for i := range t.Connections {
		if l := t.Connections[i].Ledger; l != nil {
			n += l.Lost
		}
	}
	return n
}
