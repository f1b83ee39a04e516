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

// Kind is how a connection ended.
type Kind string

const (
	Closed           Kind = "closed"                   // by both ends, in order
	OpenAtEnd        Kind = "open-at-end"              // when the recordings end
	NotCovered       Kind = "not-covered"              // one recording began too late or ended too early
	ResetByClient    Kind = "reset-by-client"          // by the client itself
	ResetByServer    Kind = "reset-by-server"          // by the server itself
	ResetOnTheWay    Kind = "reset-on-the-way"         // by resets made between the two taps
	ResetByNAT       Kind = "reset-by-nat"             // by a host at an end that no longer knew it
	ResetByReceiver  Kind = "reset-by-receiver-itself" // by the machine that received the reset
	SwallowedAll     Kind = "swallowed-all"            // from some packet on, nothing arrives in one direction
	SwallowedSize    Kind = "swallowed-size"           // what is larger than a size does not arrive
	SwallowedContent Kind = "swallowed-content"        // one packet does not arrive in any copy, while others do
	SYNNotArrived    Kind = "syn-not-arrived"
	SYNUnanswered    Kind = "syn-unanswered" // it arrived
	RefusedByServer  Kind = "refused-by-server"
	RefusedOnTheWay  Kind = "refused-on-the-way"
	Intercepted      Kind = "intercepted"    // another host conducted it in the server's name
	SplitByProxy     Kind = "split-by-proxy" // each end talks to a proxy
	GivenUp          Kind = "given-up"       // by an end, after silence
)

// Kinds are what each one says.
var Kinds = []judge.Word{
	{Name: string(Closed), Meaning: "Both ends closed it, in order."},
	{Name: string(OpenAtEnd), Meaning: "It was still open when the recordings end."},
	{Name: string(NotCovered), Meaning: "One of the recordings began too late or ended too early to show how it ended."},
	{Name: string(ResetByClient), Meaning: "The client itself reset it."},
	{Name: string(ResetByServer), Meaning: "The server itself reset it."},
	{Name: string(ResetOnTheWay), Meaning: "Resets ended it that were made between the two taps."},
	{Name: string(ResetByNAT), Meaning: "A host at one end that no longer knew the connection reset it: a NAT or a balancer."},
	{Name: string(ResetByReceiver), Meaning: "The machine that received the reset made it itself."},
	{Name: string(SwallowedAll), Meaning: "From some packet on, nothing arrives in one direction."},
	{Name: string(SwallowedSize), Meaning: "No copy of what is larger than some size arrives, while smaller packets do."},
	{Name: string(SwallowedContent), Meaning: "No copy of one packet arrives, while others of its direction do."},
	{Name: string(SYNNotArrived), Meaning: "The SYN did not arrive."},
	{Name: string(SYNUnanswered), Meaning: "The SYN arrived, and was not answered."},
	{Name: string(RefusedByServer), Meaning: "The server itself refused it."},
	{Name: string(RefusedOnTheWay), Meaning: "It was refused by something between the two taps."},
	{Name: string(Intercepted), Meaning: "Another host conducted it in the server's name."},
	{Name: string(SplitByProxy), Meaning: "Each end talks to a proxy, which makes two connections of one."},
	{Name: string(GivenUp), Meaning: "An end gave it up after silence."},
}

// ByThePath reports whether an ending of this kind was brought about between the two
// taps.
func (k Kind) ByThePath() bool {
	switch k {
	case ResetOnTheWay, ResetByNAT, SwallowedAll, SwallowedSize, SwallowedContent, SYNNotArrived, RefusedOnTheWay, Intercepted:
		return true
	}
	return false
}

// Stage is how far a connection had come when it ended, as the study of connection
// tampering of SIGCOMM 2023 (Sundara Raman et al., "Global, Passive Detection of
// Connection Tampering") divides it.
type Stage string

const (
	AtSYN       Stage = "syn"        // nothing but a SYN
	AtHandshake Stage = "handshake"  // no data so far
	AtFirstData Stage = "first-data" // no more than the first data of the one that opened it
	AtTLS       Stage = "tls"        // in the handshake of TLS
	Later       Stage = "later"
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
	// ToServer says which direction was swallowed.
	ToServer bool
	// Advice is what to look at next; empty if nothing.
	Advice string
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
	toServer           bool
}

// share returns an Ending that is the same, or a new one. Where it is plain, it is
// remembered, up to a number: texts have hardly any numbers in them.
func share(shared map[plain]*Ending, e Ending) *Ending {
	if e.Finding != NoFinding || len(e.Evidence) > 0 {
		return new(e)
	}
	key := plain{e.Kind, e.Stage, e.Confidence, e.Text, e.What, e.Advice, e.ToServer}
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
	// suspicions are what may have been swallowed.
	suspicions map[*align.Stream]*suspicion
	added      []judge.Finding
	effects    map[int]Effect
	quotes     [2]map[way][]*survey.Quote     // see quotesAt
	times      map[judge.Address]tap.Coverage // see pairedTimes; nil until asked for
}

func newEnder(ctx context.Context, in *Input) (e *ender, err error) {
	e = &ender{Input: in, findings: map[int][]int{}, effects: map[int]Effect{}}
	for i := range in.Judgement.Findings {
		c := in.Judgement.Findings[i].Case
		e.findings[c] = append(e.findings[c], i)
	}
	if e.losses, err = gatherLosses(ctx, in); err != nil {
		return e, err
	}
	e.suspicions, err = e.suspect(ctx)
	return e, err
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

// quiet is the ending of a connection that nobody reset and of which nothing was
// swallowed.
func (e *ender) quiet(p *pair.Pair, c *judge.Case, index int) Ending {
	fins := c.FIN
	for end := range fins {
		fins[end] = fins[end] && !e.forgedFIN(c, index, tap.End(end)) || c.Connection != nil && c.Streams[end].FIN
	}
	end := Ending{Finding: NoFinding}
	switch {
	case fins[tap.Client] && fins[tap.Server]:
		end.Kind, end.Confidence, end.Text = Closed, judge.Proven, "both ends closed it in order"
		return end
	case !c.Alike && e.unanswered(p):
		end.Kind, end.Confidence = SYNUnanswered, judge.Strong
		end.Text = "the SYN came to the server and was not answered"
		end.Advice = "Look at the server: the backlog of the listening socket (ss -lt; nstat TcpExtListenOverflows), its firewall, and whether connections are refused only when timestamps run back behind a NAT (net.ipv4.tcp_tw_recycle of old kernels)."
		return end
	}
	if why := e.uncovered(p); why != "" {
		end.Kind, end.Confidence, end.Text = NotCovered, judge.Strong, why
		return end
	}
	if gaveUp, found := e.gaveUp(p, c); found {
		return gaveUp
	}
	end.Kind, end.Confidence, end.Text = OpenAtEnd, judge.Strong, "it was open when the recordings end"
	switch {
	case fins[tap.Client]:
		end.Text = "the client had closed its side when the recordings end"
	case fins[tap.Server]:
		end.Text = "the server had closed its side when the recordings end"
	}
	if host, bytes, found := unheeded(c); found {
		end.Text += fmt.Sprintf("; %s from the %s came to the %s again and again without being acknowledged", sequenceSpace(bytes), host, host.Other())
		end.Advice = lookBehindTap(host.Other())
	}
	return end
}

// unanswered reports whether the SYN came to the server and nothing left it.
func (e *ender) unanswered(p *pair.Pair) bool {
	there := e.Surveys[tap.Server].Connections[p.Server]
	if there.SYNNS == 0 {
		return false
	}
	server := &there.Flows[p.ServerSide.Other()]
	return server.Segments == 0 && server.Resets == 0
}

// uncovered is why the end of a connection cannot be seen in both captures; empty if
// it can. Times of one capture are brought to the other's clock.
func (e *ender) uncovered(p *pair.Pair) string {
	if !e.Clock.Known() || e.Clock.SetBack() > 0 {
		return ""
	}
	here, there := e.Surveys[tap.Client].Connections[p.Client], e.Surveys[tap.Server].Connections[p.Server]
	switch {
	case e.Clock.ServerTime(here.LastNS) > e.Coverage[tap.Server].LastNS && here.LastNS-here.FirstNS > 0 && here.LastNS > e.Clock.ClientTime(there.LastNS)+uncoveredNS:
		return "it goes on in the client's capture after the server's had ended"
	case e.Clock.ClientTime(there.LastNS) > e.Coverage[tap.Client].LastNS && there.LastNS > e.Clock.ServerTime(here.LastNS)+uncoveredNS:
		return "it goes on in the server's capture after the client's had ended"
	}
	return ""
}

// uncoveredNS is by how much one capture must go on before the other one counts as
// ended too early.
const uncoveredNS = 1e9

// stage is how far the connection had come, by the view that saw more of it. One that is
// alike at both taps is Later, as only such are taken for that without a look.
func (e *ender) stage(p *pair.Pair, c *judge.Case, kind Kind) Stage {
	if kind == Closed || c != nil && c.Alike {
		return Later
	}
	best, begun := AtSYN, false
	look := func(end tap.End, n int32, side survey.Side) {
		if n != pair.NoView && e.Surveys[end].Connections[n].Handshake {
			best, begun = further(best, StageOf(e.Surveys[end].Connections[n], side)), true
		}
	}
	look(tap.Client, p.Client, p.ClientSide)
	look(tap.Server, p.Server, p.ServerSide)
	if !begun { // neither capture has the beginning
		return Later
	}
	return best
}

// stages are in the order in which a connection goes through them.
var stages = []Stage{AtSYN, AtHandshake, AtFirstData, AtTLS, Later}

func further(a, b Stage) Stage {
	return stages[max(slices.Index(stages, a), slices.Index(stages, b))]
}

// StageOf is how far a connection had come as one capture shows it, of which opener is
// the host at the client end.
func StageOf(v *survey.Connection, opener survey.Side) Stage {
	mine, theirs := &v.Flows[opener], &v.Flows[opener.Other()]
	switch {
	case theirs.Segments == 0 && mine.Payload == 0:
		return AtSYN
	case mine.Payload == 0 && theirs.Payload == 0:
		return AtHandshake
	case isTLSHandshake(mine) && theirs.Payload < smallTLS:
		return AtTLS
	case theirs.Payload == 0:
		return AtFirstData
	}
	return Later
}

// smallTLS is less than what a server sends in the handshake of TLS with a certificate,
// and more than an alert.
const smallTLS = 512

// isTLSHandshake reports whether a stream begins with a handshake record of TLS (RFC
// 8446 section 5.1).
func isTLSHandshake(f *survey.Flow) bool {
	return f.HeadLen >= 3 && f.Head[0] == 22 && f.Head[1] == 3
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
