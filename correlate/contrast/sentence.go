package contrast

import (
	"fmt"
	"strings"
)

// speak says in plain words what the numbers carry, and what they do not.
func (r *Result) speak(questions []*question) {
	for _, q := range questions {
		if q.named() {
			r.Claims = append(r.Claims, q.claim(questions))
		}
	}
	for i := range r.Factors {
		r.doubt(&r.Factors[i])
	}
	if len(r.Claims) == 0 {
		r.Caution = append(r.Caution, r.whyNothing())
	} else {
		r.Caution = append(r.Caution, "Associated is not caused: whatever else always goes with it may be what the box looks at.")
	}
	if counted := r.Outcomes.Hit() + r.Outcomes.Completed; r.Outcomes.Apart > counted {
		r.Caution = append(r.Caution, fmt.Sprintf("%s set apart, as they began so soon after a cut that the box may have blocked whatever they held: "+
			"pause for %.0f s after a session that was cut.", areCount(r.Outcomes.Apart, "connection"), r.Aftermath.Seconds))
	}
	if !r.saidKnown && r.Outcomes.Hit() > 0 {
		r.Caution = append(r.Caution, "What the clients said these reports do not hold: make them by \"bothends campaign\", or declare it there as a factor.")
	}
	if n := r.Outcomes.Failed; n > 0 {
		r.Caution = append(r.Caution, fmt.Sprintf("%s of captures could not be compared.", count(n, "pair")))
	}
}

// doubt says of a factor what it cannot be told from.
func (r *Result) doubt(f *Factor) {
	switch {
	case f.Adjusted > Level:
	case f.ExplainedBy != "":
		r.Caution = append(r.Caution, fmt.Sprintf("%s differs, too, but not among connections that are alike in %s.", f.Name, f.ExplainedBy))
	case len(f.SameAs) > 0:
		r.Caution = append(r.Caution, fmt.Sprintf("%s divide these connections alike: which of them it is only further sessions can tell.",
			list(append([]string{f.Name}, f.SameAs...))))
	}
}

// whyNothing says why no factor is named.
func (r *Result) whyNothing() string {
	o := &r.Outcomes
	switch {
	case o.Hit() == 0 && o.Completed == 0:
		return "No connection was cut on the way, and none completed: there is nothing to contrast."
	case o.Hit() == 0:
		return fmt.Sprintf("No connection was cut on the way: %s completed.", count(o.Completed, "connection"))
	case o.Completed == 0:
		return fmt.Sprintf("Every connection was cut (%d): without sessions that complete nothing can be set against them. Record some that you expect to pass.", o.Hit())
	case len(r.Factors) == 0:
		return "The connections differ in nothing that the reports hold."
	}
	text := fmt.Sprintf("Nothing that these reports hold goes with being cut, as far as %d that were cut and %d that completed can show.", o.Hit(), o.Completed)
	asked := r.asked()
	for i := range r.Factors {
		if f := &r.Factors[i]; asked > 0 && f.Smallest*float64(asked) <= Level {
			return text
		}
	}
	return text + " They are too few: even what decides everything could not be told from chance. \"bothends plan\" says how many it takes."
}

// asked counts the factors that could tell anything.
func (r *Result) asked() (n int) {
	for i := range r.Factors {
		if r.Factors[i].Smallest <= Level {
			n++
		}
	}
	return n
}

// claim is the plainest sentence that the numbers carry.
func (q *question) claim(all []*question) string {
	t := q.table()
	with, without := q.subject()
	if t.P(q.alternative) > Level {
		return fmt.Sprintf("At equal %s being cut goes with %s, though not over all: see the tables.", q.strataName, q.name)
	}
	var b strings.Builder
	switch {
	case t.WithHit == t.With() && t.With() > 1:
		fmt.Fprintf(&b, "All %d connections %s were cut", t.With(), with)
	case t.WithHit == 0 && t.With() > 1:
		fmt.Fprintf(&b, "None of %d connections %s was cut", t.With(), with)
	default:
		fmt.Fprintf(&b, "%d of %s %s %s cut", t.WithHit, count(t.With(), "connection"), with, were(t.WithHit))
	}
	if q.kind.content() {
		b.WriteString(q.onPorts(all))
	}
	switch {
	case t.WithoutHit == 0:
		fmt.Fprintf(&b, "; none of the %d %s was.", t.Without(), without)
	case t.WithoutHit == t.Without():
		fmt.Fprintf(&b, "; all %d %s were.", t.Without(), without)
	default:
		fmt.Fprintf(&b, "; of the %d %s %d %s.", t.Without(), without, t.WithoutHit, were(t.WithoutHit))
	}
	return b.String()
}

// subject names the connections with the telling level, and those without.
func (q *question) subject() (with, without string) {
	value := q.levels[q.telling].value
	others := "others"
	switch {
	case q.name == nameTLS:
		return "that asked for TLS", "that did not"
	case q.kind == Message:
		return "in which the client said " + q.name, "in which it did not"
	case q.name == nameServerName:
		return "that asked for " + value + " by name", others
	case q.kind == Port:
		return "to port " + value, "to other ports"
	case q.name == nameServer:
		return "to " + value, others
	case q.name == nameClientOutside:
		return "from " + value + " as the server sees it", others
	case q.kind == Address:
		return "from " + value, others
	case q.kind == Hour:
		return "that began in the hour from " + value + ":00 UTC", others
	case len(q.levels) == 2:
		return "with " + q.name + " " + value, "with " + q.name + " " + q.levels[1-q.telling].value
	}
	return "with " + q.name + " " + value, others
}

// onPorts says on how many of the ports where the telling level was tried it was
// cut.
func (q *question) onPorts(all []*question) string {
	for _, ports := range all {
		if ports.kind != Port || q.strataName != ports.name {
			continue
		}
		var compared, cut []string
		for i, t := range q.strata {
			if t.With() > 0 {
				compared = append(compared, ports.levels[i].value)
			}
			if t.WithHit > 0 {
				cut = append(cut, ports.levels[i].value)
			}
		}
		switch {
		case len(compared) == 1 || len(cut) == 0:
			return ""
		case len(cut) == len(compared):
			return fmt.Sprintf(", on each of %d ports (%s)", len(compared), list(compared))
		}
		return fmt.Sprintf(", on %d of %d ports (%s)", len(cut), len(compared), list(cut))
	}
	return ""
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func areCount(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return fmt.Sprintf("%d %ss are", n, noun)
}

// list joins words as English does.
func list(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
