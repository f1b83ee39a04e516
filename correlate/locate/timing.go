package locate

import (
	"fmt"
	"time"

	"bothends/correlate/tap"
)

// Method is how a time estimate was made.
type Method uint8

const (
	// ByWait: from one end's wait alone. Gives an upper bound, and no more.
	ByWait Method = iota
	// ByDifference: the wait at A less the wait at B. Needs no clock.
	ByDifference
	// ByArrivals: the arrivals at A and at B by the aligned clocks.
	ByArrivals
)

func (m Method) String() string {
	return [...]string{"one end's wait", "difference of both ends' waits", "arrivals at both ends by the aligned clocks"}[m]
}

// Assumes is what the estimate rests on, beyond the captures, in words for a
// report: "This assumes that ...".
func (m Method) Assumes() string {
	if m == ByWait {
		return "the reset answers this packet"
	}
	return "both resets answer this packet, and that the box sent them at the same time"
}

// Timing is a place in time. Unless Void, From holds the distance from each end:
// half the round trip between its tap and the box without queues.
type Timing struct {
	Void   string // why nothing is said
	Method Method
	From   [2]Span // by End
	// FarKnown tells that the distance from the end which did not send the
	// trigger is known: the round trip between the taps is.
	FarKnown bool
	// RoundTripNS is between the two taps: the fastest packet each way.
	RoundTripNS int64
	// AnswerNS is how long the box took to answer, unless ByWait: an estimate
	// that holds what its reset lost in queues.
	AnswerNS int64
	Errors   []Error // what makes the interval wide
	Why      string  // ByWait: why no more can be said
}

// A Span is an interval of distance in nanoseconds, one way.
type Span struct {
	LoNS, HiNS int64
	BestNS     int64 // the likeliest; 0 if ByWait, where none is
	// Certain tells that HiNS is the hard bound of the wait: it needs no more
	// than that the trigger is right.
	Certain bool
}

// MS gives the interval in milliseconds.
func (s Span) MS() (lo, best, hi float64) {
	return float64(s.LoNS) / 1e6, float64(s.BestNS) / 1e6, float64(s.HiNS) / 1e6
}

// An Error is one reason for the width of an interval: by how much it lowers the
// lower end of the distance from A and raises the upper one, one way.
type Error struct {
	What            string
	DownNS, RaiseNS int64
}

// timing works in round trips; the results are halved at the end.
func (e *Event) timing() Timing {
	a, b := e.Sender, e.Sender.Other()
	there, back := newTrips(e.Trips[a]), newTrips(e.Trips[b])
	var t Timing
	if there.n > 0 && back.n > 0 {
		t.FarKnown, t.RoundTripNS = true, there.fastest+back.fastest
	}
	if t.RoundTripNS < 0 {
		return void("the fastest packets both ways together took less than no time: the clocks are not aligned")
	}
	if !e.Sent.Known {
		return void("what it answers, or when that left, is not known for certain")
	}
	if !e.Resets[a].First.Known {
		return void("no forged reset came back to the %s, which sent the trigger: what reaches only the other end comes as late from any place on the path", a)
	}
	wait := e.Resets[a].First.NS - e.Sent.NS + e.TickNS
	if wait < 0 {
		return void("the reset arrived at the %s %s before its trigger left: it answers something else", a, duration(-wait))
	}
	switch {
	case !e.Resets[b].First.Known:
		t.Why = fmt.Sprintf("the %s received no forged reset to compare with", b)
	case !t.FarKnown:
		t.Why = "no packets passed in both directions, so that the fastest way is not known"
	case !there.enough() || !back.enough():
		t.Why = fmt.Sprintf("only %d packets from the client and %d from the server show how much delays vary; %d each would do",
			len(e.Trips[tap.Client]), len(e.Trips[tap.Server]), minTrips)
	default:
		return e.both(t, wait, there, back)
	}
	hi, certain := wait, true
	lo := int64(0)
	if t.FarKnown {
		if t.RoundTripNS < hi {
			hi, certain = t.RoundTripNS, false
		}
		if wait < t.RoundTripNS && there.enough() && back.enough() {
			lo = max(0, t.RoundTripNS-there.median-back.median-wait)
		}
	}
	t.From[a] = Span{HiNS: hi / 2, Certain: certain}
	t.From[b] = Span{LoNS: lo / 2, HiNS: t.RoundTripNS / 2}
	return t
}

// both estimates from resets at both ends. With
//
//	a1-a0 = RTT(A,X) + answer + q1 + q2    q1, q2: the queues of the trigger to X and of the reset to A
//	b1-a0 = oneway   + answer + q1 + q3    q3: of the reset to B
//
// the difference is RTT(A,X) - oneway + q2 - q3, whatever the answer took, where
// oneway is the fastest packet's time. That fastest one may itself have lost time
// in queues, as much as the others do on an average at most.
func (e *Event) both(t Timing, wait int64, there, back trips) Timing {
	a, b := e.Sender, e.Sender.Other()
	oneWay := there.fastest
	t.Method = ByArrivals
	center := oneWay - (e.common(b, e.Resets[b].First.NS) - e.common(a, e.Resets[a].First.NS))
	t.AnswerNS = e.common(b, e.Resets[b].First.NS) - e.common(a, e.Sent.NS) - oneWay
	if e.Reached.Known && !e.Repeated {
		t.Method = ByDifference
		waits := (e.Resets[a].First.NS - e.Sent.NS) - (e.Resets[b].First.NS - e.Reached.NS)
		queued := e.common(b, e.Reached.NS) - e.common(a, e.Sent.NS) - oneWay
		center = waits - queued
	}
	apart := max(e.Resets[a].StepNS, e.Resets[b].StepNS)
	t.Errors = []Error{
		{"queueing of the reset to the " + a.String(), back.high, 0},
		{"queueing of the reset to the " + b.String(), 0, there.high},
		{"queueing of the fastest packets", there.median + back.median, 0},
		{"time between the resets of a burst", apart, apart},
		{"time stamps", 2 * e.TickNS, 2 * e.TickNS},
	}
	var down, raise int64
	for i := range t.Errors {
		down, raise = down+t.Errors[i].DownNS, raise+t.Errors[i].RaiseNS
		t.Errors[i].DownNS /= 2
		t.Errors[i].RaiseNS /= 2
	}
	roundTrip := t.RoundTripNS
	switch {
	case t.AnswerNS < -there.median-2*e.TickNS:
		return void("the reset reached the %s %s sooner than the fastest packet could after the trigger left: it answers something earlier", b, duration(-t.AnswerNS))
	case center+raise < 0:
		return void("the place comes out %s before the %s: the box did not answer both ways at once, or this was not the trigger", duration(-center/2), a)
	case center-down > roundTrip:
		return void("the place comes out %s beyond the %s: the box did not answer both ways at once, or this was not the trigger", duration((center-roundTrip)/2), b)
	}
	hi := min(center+raise, roundTrip)
	certain := wait <= hi
	hi = min(hi, wait)
	lo := max(0, center-down)
	// From B the same sum holds with the two resets exchanged.
	farHi := max(0, min(roundTrip, roundTrip-center+back.high+apart+2*e.TickNS))
	farLo := min(max(0, roundTrip-there.median-back.median-hi), farHi)
	best := likeliest(center, lo, hi, there, back)
	t.From[a] = Span{LoNS: lo / 2, HiNS: hi / 2, BestNS: best / 2, Certain: certain}
	t.From[b] = Span{LoNS: farLo / 2, HiNS: farHi / 2, BestNS: min(max(roundTrip-best, farLo), farHi) / 2}
	return t
}

// likeliest takes off what queues usually add, in proportion to the share of the
// path that each reset had to go.
func likeliest(center, lo, hi int64, there, back trips) int64 {
	roundTrip := there.fastest + back.fastest
	if roundTrip <= 0 {
		return lo
	}
	share := min(1, max(0, float64(center)/float64(roundTrip)))
	best := center - int64(share*float64(back.median)) + int64((1-share)*float64(there.median))
	return min(max(best, lo), hi)
}

// common brings a time by an end's clock to the client's.
func (e *Event) common(end tap.End, t int64) int64 {
	if end == tap.Server {
		return t - e.OffsetNS
	}
	return t
}

func void(format string, args ...any) Timing { return Timing{Void: fmt.Sprintf(format, args...)} }

func duration(ns int64) string { return time.Duration(ns).Round(time.Microsecond).String() }
