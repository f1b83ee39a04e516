package report

import "fmt"

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
		said = fmt.Sprintf("Its numbers do not say what it answers; the last before it was %s", what)
	}
	far := "server"
	if g.SentAt == "server" {
		far = "client"
	}
	switch {
	case g.Reached == "yes" && forged:
		return said + fmt.Sprintf(", which reached the %s all the same: the box reads along (on-path).", far)
	case g.Reached == "no" && forged:
		return said + fmt.Sprintf(", which did not reach the %s: the box holds back what it answers (in-path), or the network lost it.", far)
	case g.Reached == "yes":
		return said + fmt.Sprintf(", which reached the %s.", far)
	case g.Reached == "no":
		return said + fmt.Sprintf(", which did not reach the %s.", far)
	}
	return said + fmt.Sprintf("; whether that reached the %s is not known.", far)
}
