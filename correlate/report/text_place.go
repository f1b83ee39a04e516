package report

import (
	"fmt"
	"strings"
)

// trigger says what the reset answers, and what became of that.
func (t *text) trigger(f *Finding) {
	if f.Trigger == nil {
		return
	}
	t.item("    ", "> ", "%s", f.Trigger.sentence(injected(f), t.names[f.Trigger.File]))
}

func (g *Trigger) sentence(forged bool, file string) string {
	what := fmt.Sprintf("%s from the %s (frame %d in %s)", g.Text, g.SentAt, g.Frame, file)
	said := fmt.Sprintf("By its numbers it answers %s", what)
	if g.ToldBy == "order" {
		said = fmt.Sprintf("What it answers is not certain; the last before it was %s", what)
	}
	far := "server"
	if g.SentAt == "server" {
		far = "client"
	}
	switch {
	case g.Box == "on-path" && forged:
		return said + fmt.Sprintf(", which reached the %s all the same: the box reads along (on-path).", far)
	case g.Box == "in-path" && forged:
		return said + fmt.Sprintf(", which did not reach the %s: the box holds back what it answers (in-path), or the network lost it.", far)
	case g.Reached == "yes":
		return said + fmt.Sprintf(", which reached the %s.", far)
	case g.Reached == "no":
		return said + fmt.Sprintf(", which did not reach the %s.", far)
	}
	return said + fmt.Sprintf("; whether that reached the %s is not known.", far)
}

// place says where on the path the reset was made, once for all resets of a
// volley in a row.
func (t *text) place(f *Finding) {
	if f.Location == nil {
		return
	}
	lines := f.Location.sentences()
	said := fmt.Sprint(f.Connection, lines)
	if said == t.placed {
		return
	}
	t.placed = said
	for _, line := range lines {
		t.item("    ", "@ ", "%s", line)
	}
}

// sentences are the estimate by time and that by routers, or why there is none.
func (l *Location) sentences() []string {
	var list []string
	nearer := func(by string) string {
		if l.NearerBy != by {
			return ""
		}
		return ", nearer to the " + l.Nearer + map[string]string{"time": " in time", "hops": " in routers"}[by]
	}
	switch {
	case l.Void != "":
		list = append(list, "By time, nothing can be said of where it was made: "+l.Void+".")
	case l.Why != "":
		list = append(list, fmt.Sprintf("By time it was made %s%s. No more can be said, as %s.", both(l.FromClientMS.words(), l.FromServerMS.words()), nearer("time"), l.Why))
	default:
		list = append(list, fmt.Sprintf("By time (%s) it was made %s%s. This assumes that %s.",
			l.Method, both(l.FromClientMS.words(), l.FromServerMS.words()), nearer("time"), l.Assumes))
	}
	if l.HopsVoid != "" {
		list = append(list, "By TTL, nothing can be said of where it was made: "+l.HopsVoid+".")
	} else {
		list = append(list, fmt.Sprintf("By TTL it was made %s%s. This assumes that its maker stands on the path, and began with 32, 64, 128 or 255.", both(l.FromClientHops.words(), l.FromServerHops.words()), nearer("hops")))
	}
	return list
}

// both joins the distances from the two ends, as far as they are known.
func both(client, server string) string {
	var words []string
	if client != "" {
		words = append(words, client+" from the client")
	}
	if server != "" {
		words = append(words, server+" from the server")
	}
	return strings.Join(words, " and ")
}

func (s *Span) words() string {
	switch {
	case s == nil:
		return ""
	case s.Best == nil && s.Lo == 0:
		return fmt.Sprintf("at most %.2f ms", s.Hi)
	case s.Best == nil:
		return fmt.Sprintf("%.2f to %.2f ms", s.Lo, s.Hi)
	}
	return fmt.Sprintf("%.2f to %.2f ms (likeliest %.2f)", s.Lo, s.Hi, *s.Best)
}

func (h *Hops) words() string {
	switch {
	case h == nil:
		return ""
	case h.Lo == h.Hi:
		return count(h.Lo, "router")
	}
	return fmt.Sprintf("%d to %d routers", h.Lo, h.Hi)
}
