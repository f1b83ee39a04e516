package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// Input is what the stages of a comparison found. Arrays of two are indexed by
// tap.End.
type Input struct {
	Files     [2][]file.File
	Seams     [2][]file.Seam
	Surveys   [2]*survey.Survey
	Placement pair.Placement
	FixedEnds bool
	Pairs     []pair.Pair
	CaseOf    []int32 // by pair: index into Cases, negative if it is at one end only
	Cases     []judge.Case
	Clock     *clock.Fit
	Judgement *judge.Judgement
	Stated    []judge.Statement
	Endings   []*ending.Ending      // by pair
	Effects   map[int]ending.Effect // by index of the judgement's findings
	Outcome   outcome.Outcome
}

// New builds the report. If ctx ends, it is as far as it came.
func New(ctx context.Context, in *Input) (*Report, error) {
	r := &Report{
		Schema: Schema,
		Ends:   ends(in),
		Captures: Captures{
			Client: in.capture(tap.Client),
			Server: in.capture(tap.Server),
		},
		Clock:       in.clock(),
		Connections: make([]Connection, 0, len(in.Pairs)),
		Findings:    []Finding{},
		Summary:     summary(&in.Outcome),
		outcome:     in.Outcome,
	}
	for _, s := range in.Stated {
		r.Stated = append(r.Stated, s.String())
	}
	connectionOf := make([]int, len(in.Cases)) // by case: its ID
	states := in.Judgement.States(in.Cases)
	known := newShared()
	for i := range in.Pairs {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		c := in.connection(i, states, known)
		r.Connections = append(r.Connections, c)
		if n := in.CaseOf[i]; n >= 0 {
			connectionOf[n] = c.ID
		}
	}
	type placed struct {
		Finding
		index int // the judge's
	}
	var kept []placed
	for i := range in.Judgement.Findings {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		if in.Judgement.Kept[i] {
			f := in.finding(&in.Judgement.Findings[i])
			f.Connection = connectionOf[in.Judgement.Findings[i].Case]
			f.Effect, f.EffectWhy = effect(in.Effects, i)
			kept = append(kept, placed{f, i})
		}
	}
	slices.SortStableFunc(kept, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Connection, b.Connection), cmp.Compare(a.ReceivedAt, b.ReceivedAt), cmp.Compare(a.Frame, b.Frame))
	})
	id := make([]int, len(in.Judgement.Findings)) // by the judge's index; 0 if it is only counted
	for place := range kept {
		f := &kept[place]
		f.ID, id[f.index] = place+1, place+1
		r.Findings = append(r.Findings, f.Finding)
	}
	for i := range r.Connections {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		r.Connections[i].Ending = known.ending(in.Endings[i], id)
	}
	in.addFilters(r)
	r.addFurther(&in.Judgement.Further, connectionOf)
	return r, ctx.Err()
}

// complete is the end of a capture as its recorder leaves it.
var complete = capture.Complete.String()

func ends(in *Input) Ends {
	e := Ends{Swapped: in.Placement.Swapped, For: in.Placement.Votes, Against: in.Placement.Against, SamePlace: in.Placement.SamePlace, DecidedBy: in.Placement.Clue.String()}
	switch {
	case in.FixedEnds:
		e.DecidedBy = "the command line"
	case in.Placement.Clue == survey.NoClue:
		e.DecidedBy = "the order on the command line"
	}
	return e
}

func (in *Input) capture(end tap.End) Capture {
	sv, witness := in.Surveys[end], &in.Judgement.Witnesses[end]
	c := Capture{
		Packets: sv.Packets, First: Stamp(sv.FirstNS), Last: Stamp(sv.LastNS),
		Files: []File{}, LinkTypes: []string{},
		Drops: Drops{Known: witness.DropsKnown},
		Health: Health{
			Connections: len(sv.Connections), Resets: witness.Resets, Unseen: witness.Unseen, Filter: witness.Filter,
			Completeness: completeness(witness.Passed, witness.Missed),
			Cut:          sv.Cut, Repeated: sv.Repeated, Routed: sv.Routed, LeftOut: sv.LeftOut, Untimed: sv.Untimed, DisorderNS: sv.Disorder,
		},
		EndState: complete,
	}
	for _, f := range in.Files[end] {
		c.Files = append(c.Files, File{Path: f.Path, Format: string(f.Format), Compression: string(f.Compression),
			Bytes: f.Size, Packets: f.Packets, EndState: f.End.String(), EndReason: f.End.Reason})
		if f.End.Kind != capture.Complete && c.EndState == capture.Complete.String() {
			c.EndState = f.End.String()
		}
	}
	for _, s := range in.Seams[end] {
		c.Health.Seams = append(c.Health.Seams, SeamOf(s))
	}
	c.Health.Recording = RecordingOf(sv)
	for link := range sv.LinkTypes {
		c.LinkTypes = append(c.LinkTypes, link.String())
	}
	slices.Sort(c.LinkTypes)
	for i := range sv.Interfaces {
		about := &sv.Interfaces[i]
		if about.SnapLen > 0 && (c.SnapLen == 0 || about.SnapLen < c.SnapLen) {
			c.SnapLen = about.SnapLen
		}
		c.Drops.ByInterface += about.Counters.IfDropped.N
		c.Drops.ByKernel += about.Counters.OSDropped.N
		if about.Name != "" {
			c.Health.Interfaces = append(c.Health.Interfaces, about.Name)
		}
	}
	c.Health.NotTCP, c.Health.Tunnels, c.Health.Fragments = PassedOver(sv), Tunnels(sv), FragmentsOf(sv)
	return c
}

// PassedOver counts frames without a TCP segment, by what they are.
func PassedOver(sv *survey.Survey) map[string]int64 {
	counts := map[string]int64{}
	for result, n := range sv.Decoded {
		switch segment.Result(result) {
		case segment.TCP, segment.LaterFragment:
		default:
			if n > 0 {
				counts[segment.Result(result).String()] = n
			}
		}
	}
	return counts
}

// Tunnels counts segments by the tunnels that they were in.
func Tunnels(sv *survey.Survey) map[string]int64 {
	counts := map[string]int64{}
	for w, n := range sv.Wrappings {
		counts[w.String()] = n
	}
	return counts
}

// FragmentsOf is nil if there were none.
func FragmentsOf(sv *survey.Survey) *Fragments {
	if sv.Fragments.Received == 0 {
		return nil
	}
	f := Fragments(sv.Fragments)
	return &f
}

// words tells what became of fragments.
func (f *Fragments) words() string {
	text := fmt.Sprintf("%s made %s", count(f.Received, "fragment"), count(f.Packets, "packet"))
	for _, left := range []part{{int(f.Incomplete), "lack a fragment and are left out"}, {int(f.Overlapping), "have fragments that overlap and are left out"}} {
		if left.n > 0 {
			text += fmt.Sprintf("; %d %s", left.n, left.what)
		}
	}
	return text
}

func (in *Input) clock() Clock {
	fit := in.Clock
	if !fit.Known() || fit.SetBack() > 0 {
		return Clock{SetBackNS: fit.SetBack()}
	}
	c := Clock{Known: true, Steps: len(fit.Strips) - 1}
	first := &fit.Strips[0]
	c.OffsetNS, c.UncertaintyNS, c.SkewPPM, c.MinRTTNS = first.OffsetNS, first.HalfWidthNS, first.Skew*1e6, first.MinRTT()
	for i := range fit.Strips {
		c.Points += fit.Strips[i].Points
	}
	return c
}

func (in *Input) connection(i int, states []judge.State, known *shared) Connection {
	p := &in.Pairs[i]
	c := Connection{ID: i + 1, MatchedBy: string(p.Method), Odds: p.Odds, Verdict: string(judge.OneSided), Why: p.Why}
	if p.Server != pair.NoView {
		seen := in.Surveys[tap.Server].Connections[p.Server]
		c.ServerView = known.view(seen, p.ServerSide)
		c.First, c.Last = Moment(seen.FirstNS), Moment(seen.LastNS)
	}
	if p.Client != pair.NoView {
		seen := in.Surveys[tap.Client].Connections[p.Client]
		c.ClientView = known.view(seen, p.ClientSide)
		c.First, c.Last = Moment(seen.FirstNS), Moment(seen.LastNS)
	}
	if n := in.CaseOf[i]; n >= 0 && p.Paired() {
		this := in.Cases[n].Summary()
		c.Ledger = known.ledger(in.ledgers(n))
		c.Verdict = string(states[n])
		if p.Method != pair.Payload {
			c.Health = known.health(passages{this.Passed, this.Missed})
		}
		for end := range this.Rewrites {
			c.Notes = append(c.Notes, notes(tap.End(end), &this.Rewrites[end], p)...)
			if n := this.Unjudged[end]; n > 0 {
				c.Notes = append(c.Notes, fmt.Sprintf("from the %s: %d further resets are counted in the ledger and not judged one by one", tap.End(end), n))
			}
		}
	}
	return c
}

func completeness(passed, missed int64) Completeness {
	return Completeness{Passed: passed, Missed: missed, MissBound: witness.MissBound(passed, missed)}
}

func (in *Input) ledgers(n int32) (ledgers [2]align.Ledger, seen [2]int64) {
	sum := in.Cases[n].Summary()
	if judged, ok := in.Judgement.Ledgers[int(n)]; ok {
		return judged, sum.Seen
	}
	return sum.Ledger, sum.Seen
}

// Add adds the segments of another ledger.
func (l *Ledger) Add(m *Ledger) {
	l.Segments += m.Segments
	l.Matched += m.Matched
	l.Modified += m.Modified
	l.Duplicated += m.Duplicated
	l.Lost += m.Lost
	l.ReceivedNotSent += m.ReceivedNotSent
	l.SentNotCaptured += m.SentNotCaptured
	l.LostBytes += m.LostBytes
}

func ledger(l *align.Ledger, seen int64) Ledger {
	return Ledger{
		Segments: seen, Matched: l.Matched, Modified: l.Modified, Duplicated: l.Duplicated, Lost: l.Lost,
		ReceivedNotSent: l.ReceivedNotSent, SentNotCaptured: l.SentNotCaptured, LostBytes: l.LostBytes,
	}
}

// notes are the harmless changes that the path makes to headers.
func notes(sender tap.End, path *align.Rewrites, p *pair.Pair) []string {
	var list []string
	if p.Method == pair.Payload {
		if sender == tap.Client { // once is enough
			list = append(list, "a proxy stands between: two connections carry the same data, and whatever else differs is its doing")
		}
		return list
	}
	from := fmt.Sprintf("from the %s: ", sender)
	if path.MSSFrom != 0 {
		list = append(list, fmt.Sprintf("%sthe MSS option is changed from %d to %d", from, path.MSSFrom, path.MSSTo))
	}
	if path.Stripped != 0 {
		list = append(list, from+"TCP options are removed on the way: "+path.Stripped.String())
	}
	if path.Added != 0 {
		list = append(list, from+"TCP options are added on the way: "+path.Added.String())
	}
	if path.DSCP > 0 {
		list = append(list, fmt.Sprintf("%sthe DSCP of %d segments is changed", from, path.DSCP))
	}
	if path.ECN > 0 {
		list = append(list, fmt.Sprintf("%sthe ECN bits of %d segments are changed", from, path.ECN))
	}
	if path.Windows > 0 {
		list = append(list, fmt.Sprintf("%sthe window of %d segments is changed", from, path.Windows))
	}
	if shift := p.Shift[sender]; shift != 0 {
		list = append(list, fmt.Sprintf("%ssequence numbers are rewritten by the constant %d", from, int32(shift)))
		if p.SYNProxy {
			list = append(list, from+"a SYN proxy on the way answered the SYN in its place, and opened the connection to it afterwards: the two handshakes are not the same packets")
		}
	}
	return list
}

func (in *Input) finding(f *judge.Finding) Finding {
	out := Finding{
		Kind: f.Kind, Verdict: string(f.Verdict), Confidence: string(f.Confidence),
		ReceivedAt: f.ReceivedAt.String(), ClaimedSender: f.ReceivedAt.Other().String(), seenAt: f.SeenAt.String(), undecided: f.Undecided(), absence: string(f.Absence),
		Src: f.Src.String(), Dst: f.Dst.String(), Seq: f.Seq, Flags: f.Flags.String(),
		TTL: f.TTL, IPID: f.IPID, Window: f.Window, Payload: f.PayloadLen,
		Time: Stamp(f.TimeNS), File: in.path(f.SeenAt, f.File), Frame: f.Number,
		Evidence: []Evidence{}, Pattern: string(f.Pattern), PatternWhy: f.PatternWhy, Advice: f.Advice,
	}
	if f.Flags&segment.ACK != 0 {
		out.Ack = f.Ack
	}
	if f.Twin.Number != 0 {
		out.TwinFile, out.TwinFrame = in.path(f.SeenAt.Other(), f.Twin.File), f.Twin.Number
	}
	out.Trigger, out.Location = in.trigger(f.Trigger), location(f.Place)
	for _, needed := range f.Needs {
		out.Needs = append(out.Needs, needed.String())
	}
	for _, s := range f.Evidence {
		out.Evidence = append(out.Evidence, evidence(&s))
	}
	return out
}

func evidence(s *judge.Step) Evidence {
	return Evidence{Rule: string(s.Rule), Outcome: string(s.Outcome), Text: s.Text, Values: s.Values,
		Refutes: names(s.Refutes), RefutedBy: names(s.By), Decides: s.Decides, Attested: s.Attested}
}

func names(list []judge.Name) (names []string) {
	for _, n := range list {
		names = append(names, string(n))
	}
	return names
}

// endingOf puts the ending of a connection into the form that is shown. id are the IDs
// of findings, by the judge's index.
func endingOf(e *ending.Ending, id []int) *Ending {
	out := &Ending{Kind: string(e.Kind), Stage: string(e.Stage), StudyStage: e.StudyStage, Signature: e.Signature, Confidence: string(e.Confidence), Text: e.Text, What: e.What, Advice: e.Advice,
		ByThePath: e.Kind.ByThePath(), Proved: e.Proved(), Evidence: []Evidence{}}
	if e.Finding != ending.NoFinding {
		out.Finding = id[e.Finding]
	}
	for k := range e.Evidence {
		out.Evidence = append(out.Evidence, evidence(&e.Evidence[k]))
	}
	return out
}

// effect is what a reset did, in the word of the report, and how that is known.
func effect(effects map[int]ending.Effect, i int) (what, why string) {
	e, known := effects[i]
	switch {
	case !known:
		return "", ""
	case e.Ended:
		return effectEnded, ""
	case e.Why != "":
		return effectNone, e.Why
	}
	return "", ""
}

// What a reset did.
const (
	effectEnded = "ended"
	effectNone  = "none"
)

func (in *Input) path(end tap.End, index int32) string { return in.Files[end][index].Path }

// summary puts what the comparison comes to into the form that is shown.
func summary(o *outcome.Outcome) Summary {
	s := Summary{
		Connections: o.Connections, Paired: o.Paired, ByThePath: o.ByThePath, Doubtful: o.Doubtful, NotCompared: o.NotCompared,
		Injected: o.Verdicts[judge.Injected], Modified: o.Verdicts[judge.Modified], Lost: o.Verdicts[judge.Lost],
		Duplicated: o.Verdicts[judge.Duplicated], Genuine: o.Verdicts[judge.Genuine], Interposed: o.Verdicts[judge.Interposed],
		Indeterminate: o.Verdicts[judge.Indeterminate], Conditional: o.Verdicts[judge.Conditional],
		ByAddressOwner: o.Verdicts[judge.ByAddressOwner], ByReceiver: o.Verdicts[judge.ByReceiver],
	}
	if o.Connections > 0 {
		s.Endings = map[string]int{}
	}
	for kind, n := range o.Endings {
		s.Endings[string(kind)] = n
	}
	return s
}

// Stamp is a time of a capture, in UTC.
func Stamp(ns int64) string {
	return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05.000000000Z07:00")
}

// A Moment is such a time in nanoseconds since the Unix epoch; in JSON it is a Stamp.
type Moment int64

// MarshalText never fails.
func (m Moment) MarshalText() ([]byte, error) { return []byte(Stamp(int64(m))), nil }
