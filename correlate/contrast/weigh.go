package contrast

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"bothends/correlate/contrast/association"
)

// weighing is what the tests make of a question.
type weighing struct {
	telling     int // the level by which p is, against all others
	alternative association.Alternative
	strata      association.Strata // of the telling level
	strataName  string
	p           float64 // of all levels that were tried
	smallest    float64
	adjusted    float64
	explainedBy string
}

// weigh asks each question of the sessions and sorts them by what they tell, those
// that carry a claim first.
//
// A message is tested for cutting only, and not for sparing: whoever is cut says
// nothing more, so that all that is said late goes with completing.
//
// What is sent is tested at fixed ports, or a port that is blocked would speak
// against all that is said there.
func weigh(questions []*question, sessions []*session) {
	ports := slices.IndexFunc(questions, func(q *question) bool { return q.kind == Port })
	for i, q := range questions {
		if q.kind == Message {
			q.alternative = association.More
		}
		fixed := (*question)(nil)
		if q.kind.content() && ports >= 0 && i != ports {
			fixed = questions[ports]
			q.strataName = fixed.name
		}
		q.test(sessions, fixed)
	}
	correct(questions)
	explain(questions, sessions)
	slices.SortStableFunc(questions, func(a, b *question) int {
		return cmp.Or(cmp.Compare(indicator(b.named()), indicator(a.named())), cmp.Compare(a.p, b.p))
	})
}

// correct corrects for all questions that were asked. Those of which too few
// sessions have each value to tell anything, however they fall, cannot be answered
// wrongly, and cost the others nothing (Tarone 1990).
func correct(questions []*question) {
	var can []*question
	var p []float64
	for _, q := range questions {
		if q.adjusted = 1; q.smallest <= Level {
			can, p = append(can, q), append(p, q.p)
		}
	}
	for i, adjusted := range association.Holm(p) {
		can[i].adjusted = adjusted
	}
}

// named reports whether the numbers carry a claim on the factor.
func (q *question) named() bool { return q.adjusted <= Level && q.explainedBy == "" }

func indicator(is bool) int {
	if is {
		return 1
	}
	return 0
}

// test sets each level against all others. Of more than two each is a question of
// its own, for which p is corrected (Bonferroni).
func (q *question) test(sessions []*session, fixed *question) {
	q.p, q.smallest = math.Inf(1), math.Inf(1)
	compared := q.comparedLevels()
	for _, i := range compared {
		strata := q.strataOf(i, sessions, fixed)
		p := strata.P(q.alternative)
		q.levels[i].p = &p
		if p < q.p {
			q.p, q.telling, q.strata = p, i, strata
		}
		q.smallest = min(q.smallest, strata.SmallestP(q.alternative))
	}
	n := float64(len(compared))
	q.p, q.smallest = min(1, q.p*n), min(1, q.smallest*n)
}

// comparedLevels are those to be set against all others: of two the one that was cut
// more often, as the other says the same, and of a message that it was said.
func (q *question) comparedLevels() []int {
	switch {
	case q.kind == Message && q.levels[0].value == yes:
		return []int{0}
	case q.kind == Message:
		return []int{1}
	case len(q.levels) == 2 && q.levels[0].share() < q.levels[1].share():
		return []int{1}
	case len(q.levels) == 2:
		return []int{0}
	}
	all := make([]int, len(q.levels))
	for i := range all {
		all[i] = i
	}
	return all
}

func (l *level) share() float64 { return float64(l.cut) / float64(l.cut+l.completed) }

// table sets the telling level against all others, whatever was held fixed.
func (q *question) table() association.Table {
	var t association.Table
	for i, l := range q.levels {
		if i == q.telling {
			t.WithHit, t.WithMiss = l.cut, l.completed
		} else {
			t.WithoutHit, t.WithoutMiss = t.WithoutHit+l.cut, t.WithoutMiss+l.completed
		}
	}
	return t
}

// spares reports whether the telling level is cut less often than the others.
func (q *question) spares() bool {
	t := q.table()
	return t.WithHit*t.Without() < t.WithoutHit*t.With()
}

// strataOf counts the sessions by whether they are of a level, and cut: a table
// for each value of what is held fixed.
func (q *question) strataOf(level int, sessions []*session, fixed *question) association.Strata {
	strata := make(association.Strata, 1)
	if fixed != nil {
		strata = make(association.Strata, len(fixed.levels))
	}
	for i, s := range sessions {
		at := 0
		if fixed != nil {
			at = fixed.of[i]
		}
		if at < 0 || q.of[i] < 0 {
			continue
		}
		t := &strata[at]
		switch with := q.of[i] == level; {
		case with && s.outcome.hit():
			t.WithHit++
		case with:
			t.WithMiss++
		case s.outcome.hit():
			t.WithoutHit++
		default:
			t.WithoutMiss++
		}
	}
	return strata
}

// explain finds the factors that tell nothing once another one is held fixed that
// still tells when they are: a port is cut because of what is said there, and not
// the other way round.
func explain(questions []*question, sessions []*session) {
	telling := func(q, fixed *question) bool {
		return q.strataOf(q.telling, sessions, fixed).P(q.alternative) <= Level
	}
	for _, q := range questions {
		for _, by := range questions {
			if q != by && q.adjusted <= Level && by.adjusted <= Level && !telling(q, by) && telling(by, q) {
				q.explainedBy = by.name
				break
			}
		}
	}
}

// Odds is an odds ratio, or a word for one that no number is.
type Odds float64

func odds(ratio float64) *Odds {
	if math.IsNaN(ratio) {
		return nil
	}
	o := Odds(ratio)
	return &o
}

// MarshalJSON writes what is beyond all numbers as the word "infinite".
func (o Odds) MarshalJSON() ([]byte, error) {
	if math.IsInf(float64(o), 1) {
		return []byte(`"infinite"`), nil
	}
	return json.Marshal(float64(o))
}
