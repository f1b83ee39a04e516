// Package outcome says what a comparison comes to as a whole: what its verdicts and
// endings add up to, whether the path is proved to have interfered, and with which status
// the program ends.
package outcome

import (
	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
)

// Status is what the program ends with, as every help text and the README list it.
type Status int

const (
	Clean        Status = 0 // compared, and the path made, changed, swallowed and intercepted nothing
	Interference Status = 1 // proved that it did
	Failed       Status = 2 // could not compare
	Unproved     Status = 3 // compared, and something stays undecided, conditional or only partly covered
)

// Input is what the stages before have found. It is only read. Arrays of two are
// indexed by tap.End.
type Input struct {
	Files    [2][]file.File
	Surveys  [2]*survey.Survey
	Pairs    []pair.Pair
	Findings []judge.Finding // of the judgement, and those that the endings add
	Kept     []bool          // by finding: it is told by itself, and not among Further
	Further  *judge.Further
	Endings  []*ending.Ending // by pair
	// ToServer reports whether a connection of the client end's went to the server.
	ToServer func(*pair.Pair) bool
	// HalfSeen reports whether one capture lacks most of one direction of a pair, by its index.
	HalfSeen func(int) bool
}

// An Outcome is what one comparison comes to.
type Outcome struct {
	Connections, Paired int
	Verdicts            map[judge.Verdict]int // findings, those that are only counted included
	Endings             map[ending.Kind]int   // connections
	// Undecided findings are packets that arrived and of which nobody can say who made
	// them, or only if a fact holds that no capture can show.
	Undecided int
	// ByThePath connections are known to have been ended between the two taps, Doubtful
	// ones perhaps; NotCompared ones went to the server and are in one capture only,
	// or one of the two lacks most of one direction of them, or what ended them.
	ByThePath, Doubtful, NotCompared int
	// Damaged: a capture does not end as its recorder leaves it. LeftOut segments did not
	// fit into the memory limit.
	Damaged bool
	LeftOut int64
	// Unread, by tap.End, is how many TCP packets its capture holds in fragments that make
	// no whole packet, where it is not as many as the other one holds: what was in them
	// was not compared.
	Unread [2]int64
	// Alone: the capture of one end holds no connection at all.
	Alone bool
}

// Of adds up the verdicts and the endings.
func Of(in *Input) Outcome {
	o := Outcome{Connections: len(in.Pairs), Verdicts: map[judge.Verdict]int{}, Endings: map[ending.Kind]int{}}
	for i := range in.Findings {
		if f := &in.Findings[i]; in.Kept[i] {
			o.Verdicts[f.Verdict]++
			if f.Undecided() {
				o.Undecided++
			}
		}
	}
	for sort, n := range in.Further.Findings {
		o.Verdicts[sort.Verdict] += n
		if sort.Undecided() {
			o.Undecided += n
		}
	}
	for i := range in.Pairs {
		p := &in.Pairs[i]
		if p.Paired() {
			o.Paired++
		}
		toServer := p.Client != pair.NoView && in.ToServer(p) || in.missedByClient(i)
		o.ended(in.Endings[i], p.Paired(), toServer)
		half := in.HalfSeen != nil && in.HalfSeen(i)
		if p.Paired() && in.Endings[i].Kind != ending.NotCovered && (half || in.unmet(in.Endings[i])) {
			o.NotCompared++
		}
	}
	for end := range in.Surveys {
		o.LeftOut += in.Surveys[end].LeftOut
		o.Alone = o.Alone || len(in.Surveys[end].Connections) == 0
		for _, f := range in.Files[end] {
			o.Damaged = o.Damaged || f.End.Kind != capture.Complete
		}
	}
	if unread := [2]int64{in.Surveys[0].Fragments.Unread, in.Surveys[1].Fragments.Unread}; unread[0] != unread[1] {
		o.Unread = unread
	}
	return o
}

// missedByClient reports whether a pair is a connection to the server in the client's name
// that the client's capture began too late or ended too early for, or lacks though it ran.
func (in *Input) missedByClient(i int) bool {
	e := in.Endings[i]
	return in.Pairs[i].Client == pair.NoView && (e.Unheld || e.Kind == ending.NotCovered && e.Confidence != judge.Unsure)
}

// unmet reports whether a packet ended a connection that one end sent, and of which the
// captures cannot tell whether it came to the other; or one that the end sent for whom
// something else had ended the connection, which its capture lacks.
func (in *Input) unmet(e *ending.Ending) bool {
	if e.Finding == ending.NoFinding {
		return false
	}
	f := &in.Findings[e.Finding]
	return f.Verdict == judge.Indeterminate && f.SeenAt != f.ReceivedAt || f.Verdict == judge.Genuine && e.Confidence == judge.Unsure
}

// ended counts the ending of a connection.
func (o *Outcome) ended(e *ending.Ending, paired, toServer bool) {
	switch {
	case e.Proved():
		o.ByThePath++
	case e.Kind.ByThePath() && e.Finding == ending.NoFinding:
		o.Doubtful++
	}
	if e.Kind == ending.NotCovered && (paired || toServer) || !paired && toServer && !e.Kind.ByThePath() {
		o.NotCompared++
	}
	o.Endings[e.Kind]++
}

// Status is what the program ends with.
func (o *Outcome) Status() Status {
	switch {
	case o.Paired == 0 && !o.Alone:
		return Failed
	case o.Verdicts[judge.Injected]+o.Verdicts[judge.Modified]+o.Verdicts[judge.ByAddressOwner] > 0, o.ByThePath > 0:
		return Interference
	case o.Undecided > 0, o.Doubtful > 0, o.Partial(), o.Alone, o.LeftOut > 0:
		return Unproved
	}
	return Clean
}

// Partial reports whether what was compared does not cover what was recorded: a
// capture is damaged, or lacks parts of packets that the other one does not, or a connection of the client end's to the server is in one
// capture only, or one of the two lacks most of a direction of it or what ended it.
func (o *Outcome) Partial() bool { return o.NotCompared > 0 || o.Damaged || o.Unread != [2]int64{} }
