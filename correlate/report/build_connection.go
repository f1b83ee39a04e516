package report

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

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

// endingOf puts the ending of a connection into the form that is shown. id are the IDs
// of findings, by the judge's index.
func endingOf(e *ending.Ending, id []int) *Ending {
	out := &Ending{Kind: string(e.Kind), Stage: string(e.Stage), StudyStage: e.StudyStage, Signature: e.Signature, Confidence: string(e.Confidence), Text: e.Text, What: e.What, Advice: e.Advice, Pattern: string(e.Pattern),
		ByThePath: e.Kind.ByThePath(), Proved: e.Proved(), Evidence: []Evidence{}}
	if e.Finding != ending.NoFinding {
		out.Finding = id[e.Finding]
	}
	for k := range e.Evidence {
		out.Evidence = append(out.Evidence, evidence(&e.Evidence[k]))
	}
	return out
}
