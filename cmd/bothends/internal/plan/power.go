package plan

import (
	"fmt"
	"math"

	"bothends/correlate/contrast"
	"bothends/correlate/contrast/association"
)

// questions is how many a contrast of such sessions comes to ask, for which it
// corrects: what was tried, the port, the hour, and some of what was said.
const questions = 6

// A box seldom cuts all that it means to, and now and then a session fails by
// itself.
const (
	mostly   = 0.9
	often    = 0.5
	byItself = 0.05
)

// A Comparison is what the plan's sessions allow to say of one question.
type Comparison struct {
	Of            string
	With, Without int
	// P is that of all against none, as one of several questions.
	P float64
	// Mostly and Often are the chances that it is named if the box cuts nine of
	// ten, or half, and 5 % of the others end by themselves.
	Mostly, Often float64
}

// Enough reports whether all against none would be named.
func (c *Comparison) Enough() bool { return c.P <= contrast.Level }

// Power says beforehand what the plan can show.
func (p *Plan) Power() []Comparison {
	arms, ports := len(p.Arms), len(p.Ports)
	list := []Comparison{weigh(fmt.Sprintf("%s against the rest, on all ports", p.Arms[0].Name), p.Repeat*ports, p.Repeat*ports*(arms-1))}
	if ports > 1 {
		list = append(list,
			weigh(fmt.Sprintf("%s against the rest, on one port alone", p.Arms[0].Name), p.Repeat, p.Repeat*(arms-1)),
			weigh("one port against the others, whatever is sent", p.Repeat*arms, p.Repeat*arms*(ports-1)))
	}
	return list
}

func weigh(of string, with, without int) Comparison {
	const level = contrast.Level / questions
	allOrNone := association.Table{WithHit: with, WithoutMiss: without}
	c := Comparison{Of: of, With: with, Without: without, P: math.Min(1, questions*allOrNone.P(association.Differs))}
	c.Mostly = association.Power(with, without, mostly, byItself, level, association.Differs)
	c.Often = association.Power(with, without, often, byItself, level, association.Differs)
	return c
}

// atMost is a bound for what Least tries.
const atMost = 100

// Least is how often each has to be repeated at least, for all against none to be
// named on all ports together.
func (p *Plan) Least() int {
	try := *p
	for try.Repeat = 1; try.Repeat < atMost; try.Repeat++ {
		n := try.Repeat * len(p.Ports)
		t := association.Table{WithHit: n, WithoutMiss: n * (len(p.Arms) - 1)}
		if questions*t.P(association.Differs) <= contrast.Level {
			break
		}
	}
	return try.Repeat
}
