package judge

import (
	"fmt"
	"time"

	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

// comparable reports whether the clocks can be compared at a time by the
// receiver's clock.
func (s *stream) comparable(received int64) bool {
	return s.Clock.Known() && s.Clock.UncertaintyAt(s.clientTime(received)) < clock.Unbounded
}

// clientTime turns a time by the receiver's clock into the client's.
func (s *stream) clientTime(received int64) int64 {
	if s.sender == tap.Server { // received at the client
		return received
	}
	return s.Clock.ClientTime(received)
}

// margin is by how much something must miss the fastest packet seen before it
// counts as certain: a quarter of the smallest round trip, or where that is not
// known all that the clock can be wrong.
func (s *stream) margin(received int64) int64 {
	if rtt := s.stripAt(received).MinRTT(); rtt > 0 {
		return rtt / 4
	}
	return s.Clock.UncertaintyAt(s.clientTime(received))
}

// stripAt is the clock relation at a time by the receiver's clock.
func (s *stream) stripAt(received int64) *clock.Strip {
	if s.sender == tap.Server { // received at the client
		return s.Clock.At(received)
	}
	return s.Clock.AtServer(received)
}

// atReceiver turns a time by the sender's clock into the receiver's.
func (s *stream) atReceiver(sent int64) int64 {
	if s.sender == tap.Client {
		return s.Clock.ServerTime(sent)
	}
	return s.Clock.ClientTime(sent)
}

// latestSent is the latest time, by the sender's clock, at which a packet that
// arrived at arrived (receiver's clock) can have passed the sender's tap.
func (s *stream) latestSent(arrived int64) int64 {
	return s.Clock.LatestSent(s.sender == tap.Server, arrived)
}

// neverAfter is the time by the sender's clock that the clocks allow at most to be the one at
// which what arrived at arrived (receiver's clock) left: it had no way to go then. The two
// clocks' ticks are granted.
func (s *stream) neverAfter(arrived int64) int64 {
	at := s.clientTime(arrived)
	guess := at
	if s.sender == tap.Server {
		guess = s.Clock.ServerTime(arrived)
	}
	return guess + s.Clock.UncertaintyAt(at) + 2*s.TickNS
}

// stamp is a time as reports and JSON have it.
func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// clockTime is a time within a text. The step's Values have the same time as a stamp,
// by which views give it in another zone.
func clockTime(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }

// readable is a duration within a text.
func readable(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// count is a number and its noun, which takes an s but for one.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (s Step) because(format string, args ...any) Step {
	s.Text = fmt.Sprintf(format, args...)
	return s
}

func result(o Outcome, format string, args ...any) Result {
	return Result{Outcome: o, Text: fmt.Sprintf(format, args...)}
}

// receiverComplete reports whether the receiver's capture has all that its host
// sent and the sender acknowledged. One that lacks a first copy dates the second.
func (s *stream) receiverComplete() bool {
	return s.receiving.Drops == 0 && s.receiving.Missed == 0 && s.back.Sent.Missing(s.back.AckedAtSender) == 0
}
