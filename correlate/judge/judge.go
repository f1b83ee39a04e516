// Package judge decides what the packets mean on which two captures disagree:
// whether a reset that arrived at one end, and that the other end's capture does
// not hold, was made on the way, or only missed by that capture.
//
// A packet is called injected only if no rule fails that could explain its
// absence innocently, and if something besides its absence speaks for it.
// Otherwise the verdict is Indeterminate, and the evidence says why.
package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// Verdict is what became of a packet, or who made it.
type Verdict string

const (
	Injected      Verdict = "injected"      // made between the two taps
	Modified      Verdict = "modified"      // sent, and changed on the way
	Lost          Verdict = "lost"          // sent, and never arrived
	Duplicated    Verdict = "duplicated"    // a further copy of a packet that was sent once
	Genuine       Verdict = "genuine"       // sent by the end it claims to come from
	Interposed    Verdict = "interposed"    // made by the middle leg of a proxied connection
	Indeterminate Verdict = "indeterminate" // the captures cannot tell
)

// Confidence is how well a verdict is founded.
type Confidence string

const (
	Proven    Confidence = "proven"
	Strong    Confidence = "strong"
	Supported Confidence = "supported"
	Unsure    Confidence = "indeterminate"
)

// Outcome is what one step of the evidence came to. Rules hold, fail or stay
// unknown; corroborators support or contradict.
type Outcome string

const (
	Holds       Outcome = "holds"
	Fails       Outcome = "fails"
	Unknown     Outcome = "unknown"
	Supports    Outcome = "supports"
	Contradicts Outcome = "contradicts"
)

// A Step is one rule or corroborator applied to one packet, in words and numbers.
type Step struct {
	Rule    string
	Outcome Outcome
	Text    string
	Values  map[string]any
}

// A Finding is one packet and the verdict on it.
type Finding struct {
	Case       int // index of its connection among the cases
	Kind       string
	Verdict    Verdict
	Confidence Confidence
	ReceivedAt tap.End // where it arrived, or should have
	SeenAt     tap.End // whose capture holds Frame
	tap.Frame
	align.Header
	Evidence []Step
	Head     []byte // first payload bytes, if it carries any
	// Twin is the frame of the same packet in the other end's capture; its
	// Number is 0 if there is none.
	Twin tap.Frame
	// Pattern is what its circumstances resemble, PatternWhy which ones, and
	// Advice what to check next; all empty if nothing fits.
	Pattern    Pattern
	PatternWhy string
	Advice     string
	// Trigger is what a reset that nobody is known to have sent answers; nil if
	// nothing.
	Trigger *Trigger
	// Place is where a forged reset was made; nil if nothing is said of it.
	Place *Place

	reset   *align.Reset // that the finding is about, if nobody is known to have sent it
	escaped bool         // its twin is in another connection's view
}

// A Case is one connection to be judged: a paired one; one that only the client
// end's capture holds although it went to the server end, and that was reset or
// whose SYN vanished; or the escaped part of another, with resets.
type Case struct {
	align.Summary
	*align.Connection // nil if there is nothing to judge: it is Quiet, or alike at both taps
	Pair              pair.Pair
	// Escaped are the cases of packets of this connection that came under other
	// addresses than the rest, and Of is the case that such packets belong to.
	Escaped []int
	Of      int
	// Translated tells, by End, that the two captures know that host under
	// different addresses or ports.
	Translated [2]bool
}

// Close finishes the case's connection, and lets it go if nothing of it is left
// to judge.
func (c *Case) Close() {
	if c.Connection == nil {
		return
	}
	c.Finish()
	c.Summary = c.Connection.Summary()
	if c.Quiet() {
		c.Connection = nil
	}
}

// A Bench is everything that the judgement of all connections rests on.
type Bench struct {
	Clock     *clock.Fit
	Witnesses [2]Witness // by End
	Cases     []Case
	// Services are the addresses at which the client end reached the server end.
	Services map[Address]*Service
	Trips    *align.Trips // how long packets are under way; nil if nobody took note
	TickNS   int64        // how far apart the time stamps of the coarser capture are
	// ShowPayload tells to show payload bytes of triggers that are not recognised.
	ShowPayload bool

	shapes    [2]map[shape]int    // of the resets that each End is known to have sent
	resetTTLs [2]map[uint8]bool   // as they left
	sentAt    [2][]int64          // when, by the End's clock, ascending
	heard     map[int][2]*hearing // of connections of which packets escaped: their views ask for them again
}

// Findings judges every reset, and every other packet that one end received and
// the other did not send, of every case.
func (b *Bench) Findings() []Finding {
	b.pool()
	b.noteSent()
	var findings []Finding
	for i := range b.Cases {
		if b.Cases[i].Connection == nil {
			continue
		}
		hearings := b.hearings(i)
		switch p := &b.Cases[i].Pair; {
		case p.Escaped:
			findings = append(findings, hearings[tap.Client].escaped()...)
			findings = append(findings, hearings[tap.Server].escaped()...)
			if p.Server == pair.NoView {
				findings = append(findings, hearings[tap.Server].strayed()...)
			}
		case !p.Paired():
			findings = append(findings, hearings[tap.Client].swallowed()...)
			findings = append(findings, hearings[tap.Server].orphans()...)
		case p.Method == pair.Payload:
			findings = append(findings, hearings[tap.Client].legs()...)
			findings = append(findings, hearings[tap.Server].legs()...)
		default:
			for _, h := range hearings {
				findings = append(findings, h.resets()...)
				findings = append(findings, h.leftovers()...)
			}
		}
	}
	b.locate(findings)
	return findings
}

// pool adds up, over all connections, how many packets of each end passed, and
// how many of those its capture lacks.
func (b *Bench) pool() {
	for i := range b.Cases {
		if p := &b.Cases[i].Pair; !p.Paired() || p.Method == pair.Payload {
			continue // a proxy's legs have packets of their own
		}
		for end := range b.Witnesses {
			b.Witnesses[end].Passed += b.Cases[i].Passed[end]
			b.Witnesses[end].Missed += b.Cases[i].Missed[end]
		}
	}
}

// A hearing is the judgement of one stream: of the packets that claim to come
// from sender.
type hearing struct {
	*Bench
	index     int
	sender    tap.End
	pair      *pair.Pair
	stream    *align.Stream // what sender is said to have sent
	back      *align.Stream // the opposite direction
	alleged   *Witness      // sender's capture
	receiving *Witness

	matched   matching       // of the resets that arrived with those that were sent
	unmatched []*align.Reset // those that arrived and that the sender's capture lacks
	forged    []*align.Reset // of those, the ones judged so far to be injected
	opposite  *hearing       // that of the opposite direction; nil if this one stands alone
	// escapes are, of those that arrived, the ones that left under other addresses.
	escapes map[*align.Reset]*align.Reset
}

// hearings are those of both streams of a case, with their resets matched.
func (b *Bench) hearings(index int) [2]*hearing {
	if both, known := b.heard[index]; known {
		return both
	}
	both := [2]*hearing{b.hearing(index, tap.Client), b.hearing(index, tap.Server)}
	for end, h := range both {
		h.opposite = both[tap.End(end).Other()]
		got := h.stream.Resets[h.sender.Other()]
		h.matched = h.match(h.stream.Resets[h.sender], got)
		for i, r := range got {
			if h.matched.twinOf[i] < 0 && h.matched.copyOf[i] < 0 {
				h.unmatched = append(h.unmatched, r)
			}
		}
		h.noteEscaped()
	}
	if len(b.Cases[index].Escaped) > 0 {
		if b.heard == nil {
			b.heard = map[int][2]*hearing{}
		}
		b.heard[index] = both
	}
	return both
}

func (b *Bench) hearing(index int, sender tap.End) *hearing {
	c := &b.Cases[index]
	return &hearing{
		Bench: b, index: index, sender: sender, pair: &c.Pair,
		stream: &c.Streams[sender], back: &c.Streams[sender.Other()],
		alleged: &b.Witnesses[sender], receiving: &b.Witnesses[sender.Other()],
	}
}

func (h *hearing) finding(kind string, v Verdict, c Confidence, f tap.Frame, header align.Header, steps ...Step) Finding {
	return Finding{Case: h.index, Kind: kind, Verdict: v, Confidence: c, ReceivedAt: h.sender.Other(), SeenAt: h.sender.Other(),
		Frame: f, Header: header, Evidence: steps}
}
