// Package ending says what ended each connection: who closed or reset it, what was
// swallowed on the way, who answered in the server's name, or that the recordings end
// before it does.
package ending

import (
	"context"
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// An Ending is what ended one connection.
type Ending struct {
	Kind       Kind
	Stage      Stage
	Confidence judge.Confidence
	// Path is how sure it is that the path ended it, where that is surer than how; empty
	// otherwise.
	Path       judge.Confidence
	Text       string // one clause: "the client reset it: ..."
	StudyStage string // the name that the study of connection tampering has for how far it had come
	// Signature is what the server's tap saw, as the study of connection tampering writes it:
	// "<PSH+ACK -> RST+ACK>"; empty if that has none.
	Signature string
	What      string       // the message that was swallowed, as a decoder names it; empty if none does
	Evidence  []judge.Step // what it rests on
	Finding   int          // index of the finding that it rests on, or NoFinding
	// Unheld: it is in the server's capture alone, in the name of the client's host, though the
	// client's capture ran.
	Unheld bool
	// ToServer says which direction was swallowed.
	ToServer bool
	// Advice is what to look at next; empty if nothing.
	Advice string
	// Pattern is what troubled the connection, beside what ended it; empty if nothing shows.
	Pattern judge.Pattern
}

// NoFinding stands for an ending that no finding made.
const NoFinding = -1

// Input is what the stages before have found. It is only read.
type Input struct {
	Pairs    []pair.Pair
	CaseOf   []int32 // by pair: index into Cases, negative if there is none
	Cases    []judge.Case
	Surveys  [2]*survey.Survey
	Coverage [2]tap.Coverage // of each End's capture, by its clock
	Ran      [2]bool         // it is known when the capture ran
	// Unrecorded are interfaces of each End's host that were up and not recorded; OneWay
	// says that they are no way for its packets, as the user states.
	Unrecorded [2][]string
	OneWay     [2]bool
	Judgement  *judge.Judgement
	Clock      *clock.Fit
	Trips      *align.Trips
	// Service is the address that the client end's connection went to, where the server
	// end was reached at it; Alone says that no such address is known, as the server's
	// capture holds no connection at all.
	Service func(*pair.Pair) *judge.Service
	Alone   bool
	// Stamps are what StampsOf found in the server's capture.
	Stamps map[int32]*Stamps
	// OneHost: the user states that no other machine answers for the server's address.
	OneHost bool
	Name    func(sender tap.End, v *align.Vanished) string // what a decoder calls it; empty if it knows none
}

// Result is what came of all connections.
type Result struct {
	// Endings are by pair. Where several are the same, of which no finding and no
	// evidence tells, it is one: there may be a million.
	Endings []*Ending
	// Added are findings that follow those of the judgement, where an Ending counts them
	// on: each is the answer by which another host began to conduct a connection in the
	// server's name.
	Added []judge.Finding
	// Effects are what each reset did that arrived, by finding; others are missing.
	Effects map[int]Effect
}

// Of gives each connection its ending. If ctx ends, those that it did not come to have
// none.
func Of(ctx context.Context, in *Input) (Result, error) {
	endings := make([]*Ending, len(in.Pairs))
	shared := map[plain]*Ending{}
	e, err := newEnder(ctx, in)
	if err != nil {
		return Result{Endings: endings}, err
	}
	for i := range in.Pairs {
		if err := ctx.Err(); err != nil {
			return Result{Endings: endings}, err
		}
		endings[i] = share(shared, e.ending(i))
	}
	for i := range in.Pairs {
		if p := &in.Pairs[i]; p.Remapped {
			end := *endings[p.Of]
			end.Text = "its packets are those of another connection, under other addresses"
			end.Evidence, end.Finding, end.Kind = nil, NoFinding, OpenAtEnd
			end.Confidence = judge.Supported
			endings[i] = share(shared, end)
		}
	}
	return Result{endings, e.added, e.effects}, nil
}

// plain is an Ending without evidence that no finding made.
type plain struct {
	kind               Kind
	stage              Stage
	confidence         judge.Confidence
	text, what, advice string
	pattern            judge.Pattern
	toServer, unheld   bool
}

// share returns an Ending that is the same, or a new one. Where it is plain, it is
// remembered, up to a number: texts have hardly any numbers in them.
func share(shared map[plain]*Ending, e Ending) *Ending {
	if e.Finding != NoFinding || len(e.Evidence) > 0 {
		return new(e)
	}
	key := plain{e.Kind, e.Stage, e.Confidence, e.Text, e.What, e.Advice, e.Pattern, e.ToServer, e.Unheld}
	if same := shared[key]; same != nil {
		return same
	}
	const most = 1 << 12
	fresh := new(e)
	if len(shared) < most {
		shared[key] = fresh
	}
	return fresh
}

// ender holds what all connections together say.
type ender struct {
	*Input
	findings map[int][]int // by case: indexes of its findings
	losses   losses
	// suspicions are what may have been swallowed, and eaten the same of resets.
	suspicions map[*align.Stream]*suspicion
	eaten      map[*align.Stream]*suspicion
	added      []judge.Finding
	effects    map[int]Effect
	quotes     [2]map[way][]*survey.Quote     // see quotesAt
	clients    map[judge.Address]bool         // see clientsAddress, and whether the path leaves them alone; nil until asked for
	ports      map[uint16]bool                // of the server, by which connections came that both captures hold
	times      map[judge.Address]tap.Coverage // see pairedTimes; nil until asked for
}

func newEnder(ctx context.Context, in *Input) (e *ender, err error) {
	e = &ender{Input: in, findings: map[int][]int{}, effects: map[int]Effect{}}
	indexes := make([]int, len(in.Judgement.Findings)) // those of one case follow each other
	for i := range in.Judgement.Findings {
		c := in.Judgement.Findings[i].Case
		indexes[i] = i
		first := i - len(e.findings[c])
		e.findings[c] = indexes[first : i+1 : i+1]
	}
	if e.losses, err = gatherLosses(ctx, in); err != nil {
		return e, err
	}
	e.loseResets()
	return e, e.suspect(ctx)
}

func (e *ender) ending(i int) Ending {
	p := &e.Pairs[i]
	c := (*judge.Case)(nil)
	if n := e.CaseOf[i]; n >= 0 {
		c = &e.Cases[n]
	}
	var end Ending
	switch {
	case !p.Paired():
		end = e.oneSided(p, c, int(e.CaseOf[i]))
	case p.Method == pair.Payload:
		end = e.proxied(p)
	default:
		end = e.paired(p, c, int(e.CaseOf[i]))
	}
	e.explain(&end, p, c)
	if end.Stage == "" {
		end.Stage = e.stage(p, c, end.Kind)
	}
	stage := e.study(&end, p)
	end.StudyStage, end.Signature = studied[stage].name, e.signature(&end, stage, e.CaseOf[i])
	return end
}

// paired is the ending of a connection that both captures hold.
func (e *ender) paired(p *pair.Pair, c *judge.Case, index int) Ending {
	if c.Connection == nil { // alike at both taps, or quiet: no reset, nothing swallowed
		return e.quiet(p, c, index)
	}
	if end, found := e.byReset(c, index); found {
		if end.Finding == NoFinding {
			return end
		}
		if eaten, found := e.resetsSwallowed(c, end.Finding); found {
			return eaten
		}
		return end
	}
	if end, found := e.swallowed(c); found {
		return end
	}
	end := e.quiet(p, c, index)
	if e.resets(index) && end.Confidence != judge.Unsure {
		// One of them may have ended it for one end, whatever the other went on to do.
		end.Confidence = judge.Supported
	}
	if e.doubted(index) {
		// Who said what it was closed with, or went on with, is not known.
		end.Confidence = judge.Unsure
	}
	return end
}

// doubted reports whether packets other than resets arrived on a connection of which
// nobody can say who made them.
func (e *ender) doubted(index int) bool {
	return slices.ContainsFunc(e.findings[index], func(i int) bool {
		f := &e.Judgement.Findings[i]
		return f.Kind != "rst" && f.Undecided()
	})
}

// resets reports whether a reset was seen on a connection.
func (e *ender) resets(index int) bool {
	return slices.ContainsFunc(e.findings[index], func(i int) bool { return e.Judgement.Findings[i].Kind == "rst" })
}

func step(rule judge.Name, outcome judge.Outcome, format string, args ...any) judge.Step {
	return judge.Step{Rule: rule, Outcome: outcome, Text: fmt.Sprintf(format, args...), Decides: true}
}

// Proved reports whether the path is known to have ended the connection.
func (e *Ending) Proved() bool {
	sure := sure(e.Confidence) || sure(e.Path) || e.Kind == Intercepted && e.Confidence == judge.Supported
	return e.Kind.ByThePath() && sure
}

func sure(c judge.Confidence) bool { return c == judge.Proven || c == judge.Strong }
