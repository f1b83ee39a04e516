// Package contrast asks many comparisons what goes with being cut: of all the
// connections that compare reported on, some were cut on the way and others
// completed, and each had a port, addresses, a time and something that was said.
//
// It reads nothing but the JSON of compare and of campaign, and what it finds is
// association: what else went with a factor may be the cause as well.
package contrast

import (
	"slices"
	"time"

	"bothends/correlate/contrast/association"
)

// Level is the chance, over all factors together, of naming one although none
// matters.
const Level = 0.05

// Residual is for how long after a hit a box is known to block whatever passes
// between the same addresses: 180 s and less were measured at the Great Firewall
// (Wang et al. 2017, Bock et al. 2021).
const Residual = 180 * time.Second

// Options change how connections are set against each other.
type Options struct {
	// Residual is for how long after a hit connections between the same two
	// addresses are set apart. None are if it is zero.
	Residual time.Duration
}

// A Result is what goes with being cut. Its JSON form is a contract.
type Result struct {
	Schema    string    `json:"schema"`
	Claims    []string  `json:"claims"`  // what the numbers carry, one sentence each; none is none
	Caution   []string  `json:"caution"` // what they do not
	Reports   int       `json:"reports"`
	Outcomes  Outcomes  `json:"outcomes"`
	Factors   []Factor  `json:"factors"` // those that are claimed first, then by what they tell
	Same      []string  `json:"no_difference"`
	Hits      Hits      `json:"hits"`
	Aftermath Aftermath `json:"residual"`

	saidKnown bool // of some connection it is known what the client said
}

// Schema names the shape of Result.
const Schema = "bothends.contrast/1"

// Outcomes counts connections by what became of them.
type Outcomes struct {
	Reset     int            `json:"reset_on_the_way"`
	Swallowed int            `json:"swallowed"`
	Completed int            `json:"completed"`
	Other     int            `json:"other"`     // left out
	Why       map[string]int `json:"other_why"` // of Other
	Apart     int            `json:"residual"`  // set apart, whatever became of them
	Twice     int            `json:"twice"`     // in two reports; counted once
	Failed    int            `json:"failed"`    // pairs of captures that were not compared
}

// Hit counts those that were cut.
func (o *Outcomes) Hit() int { return o.Reset + o.Swallowed }

// Of sets the connections that were read against each other.
func Of(c *Collection, o Options) *Result {
	r := &Result{Schema: Schema, Claims: []string{}, Caution: []string{}, Same: []string{}, Reports: c.Reports}
	r.Outcomes.Why = map[string]int{}
	r.Outcomes.Twice, r.Outcomes.Failed = c.Twice, c.Failed
	apart := within(c.sessions, o.Residual)
	var counted, after []*session
	for i, s := range c.sessions {
		r.saidKnown = r.saidKnown || s.said != nil
		switch {
		case s.outcome == other:
			r.Outcomes.Other++
			r.Outcomes.Why[s.why]++
		case apart[i]:
			r.Outcomes.Apart++
			after = append(after, s)
		default:
			r.Outcomes.add(s.outcome)
			counted = append(counted, s)
		}
	}
	questions := ask(counted)
	for _, q := range questions {
		if len(q.levels) < 2 {
			r.Same = append(r.Same, q.name)
		}
	}
	questions = slices.DeleteFunc(questions, func(q *question) bool { return len(q.levels) < 2 })
	questions = merge(questions)
	weigh(questions, counted)
	for _, q := range questions {
		r.Factors = append(r.Factors, q.factor())
	}
	r.Hits = describe(counted)
	r.Aftermath = aftermath(after, questions, o.Residual)
	r.speak(questions)
	return r
}

func (o *Outcomes) add(of outcome) {
	switch of {
	case reset:
		o.Reset++
	case swallowed:
		o.Swallowed++
	case completed:
		o.Completed++
	}
}

// Hits says of those that were cut what the reports know.
type Hits struct {
	ReceivedAt map[string]int `json:"received_at"` // by end: "client", "server" or "both"
	Triggers   map[string]int `json:"triggers"`    // by name, as far as numbers told one
	Stages     map[string]int `json:"stages"`      // how far the connection had come
}

func describe(sessions []*session) Hits {
	h := Hits{map[string]int{}, map[string]int{}, map[string]int{}}
	for _, s := range sessions {
		if !s.outcome.hit() {
			continue
		}
		if at := s.receivedAt; at != "" {
			h.ReceivedAt[at]++
		}
		if s.trigger != "" {
			h.Triggers[s.trigger]++
		}
		if s.stage != "" {
			h.Stages[s.stage]++
		}
	}
	return h
}

// A Factor is something that connections differ in.
type Factor struct {
	Name string `json:"name"`
	Kind Kind   `json:"kind"`
	// SameAs names factors that divide the connections just as this one, and speak
	// for the same: no test can tell them apart.
	SameAs []string `json:"same_as,omitempty"`
	Levels []Value  `json:"levels"`
	// Unknown counts connections of which no value is known.
	Unknown int `json:"unknown"`
	// Telling is the value by which P is: it against all others.
	Telling string `json:"telling"`
	Test    string `json:"test"`
	// Strata names what the test holds fixed, or is empty.
	Strata    string  `json:"strata,omitempty"`
	OddsRatio *Odds   `json:"odds_ratio"`
	P         float64 `json:"p"`
	Adjusted  float64 `json:"p_adjusted"` // for all factors that can tell anything (Holm)
	// Smallest is the least that P could have come to, with so many connections of
	// each value and so many that were cut. Above Level nothing can be told.
	Smallest float64 `json:"p_smallest"`
	// ExplainedBy names a more telling factor, at whose fixed values this one
	// tells nothing.
	ExplainedBy string `json:"explained_by,omitempty"`
}

// A Value is one that a factor takes.
type Value struct {
	Value     string   `json:"value"`
	Cut       int      `json:"cut"`
	Completed int      `json:"completed"`
	Share     float64  `json:"share_cut"`
	Low       float64  `json:"low"` // Clopper and Pearson's interval of 95 %
	High      float64  `json:"high"`
	P         *float64 `json:"p,omitempty"` // this value against all others, where that was asked
}

func (q *question) factor() Factor {
	f := Factor{
		Name: q.name, Kind: q.kind, SameAs: q.alsoKnownAs(), Unknown: q.unknown, Telling: q.levels[q.telling].value,
		P: q.p, Adjusted: q.adjusted, Smallest: q.smallest, Test: "Fisher's exact test", Strata: q.strataName,
		OddsRatio: odds(q.strata.OddsRatio()), ExplainedBy: q.explainedBy,
	}
	if q.strataName != "" {
		f.Test = "exact test of Mantel and Haenszel's strata"
	}
	if q.alternative == association.More {
		f.Test += ", one-sided"
	}
	for _, l := range q.levels {
		low, high := association.Interval(l.cut, l.cut+l.completed)
		f.Levels = append(f.Levels, Value{Value: l.value, Cut: l.cut, Completed: l.completed,
			Share: l.share(), Low: low, High: high, P: l.p})
	}
	return f
}
