// Package pair finds out which connection in one end's capture is which in the
// other's. NAT changes addresses and ports, so that they count only where they are
// the same at both ends, and never alone. What survives the way are sequence numbers,
// and where a firewall rewrites those, timestamps.
package pair

import (
	"context"

	"bothends/correlate/survey"
)

// Method is how the two views of a connection were found to be one.
type Method string

const (
	ISN       Method = "isn"        // both initial sequence numbers, 64 bits
	ClientISN Method = "client-isn" // the client's alone; one end has no answer, or another one
	SeqRange  Method = "seq-range"  // overlapping ranges of sequence numbers in both directions
	SeqShift  Method = "seq-shift"  // both timestamps of the handshake; the numbers are rewritten
	Payload   Method = "payload"    // what they carry: two connections, joined by a proxy
	None      Method = "none"       // no partner
)

// NoView stands for the view of a connection at an end whose capture lacks it.
const NoView int32 = -1

// A Pair is one connection and its views at the two ends. Exactly one of Client
// and Server may be NoView.
type Pair struct {
	Client, Server int32       // index into the Connections of that end's survey, or NoView
	ClientSide     survey.Side // which side of the client end's view is the host at the client end
	ServerSide     survey.Side // which side of the server end's view is the host at the client end
	Method         Method
	// Shift is what the path adds to the sequence numbers: the server end's
	// numbers less the client end's, for the stream that the client end's host
	// sends and for the one it receives.
	Shift [2]uint32
	// SYNProxy reports that something on the way answered the SYN itself, and then opened
	// the connection to the server anew: the two handshakes are not the same packets.
	SYNProxy bool
	// Odds bounds the chance that two unrelated connections look as alike.
	Odds float64
	// RemappedAt reports, of the client end and of the server end, that packets of the
	// connection may also have reached it under other addresses or ports, where they
	// make a connection without a partner.
	RemappedAt [2]bool
	// Why there is no partner, if Method is None.
	Why string
	// Remapped reports that this view, which has no partner, holds packets of the
	// connection Of (an index among the pairs) under other addresses than the rest has
	// at this end: a NAT let them through untranslated, or had forgotten the connection
	// and gave it a new mapping.
	Remapped bool
	Of       int32
	// Inside reports that this view, which has no partner, is a SYN in the midst of the
	// connection Of, with its addresses and ports.
	Inside bool

	// Outdone says that another view in the same capture is the better partner: this one
	// is a second recording of it.
	Outdone bool
	// Ambiguous says that several connections look alike, and nothing tells which of them
	// is the partner: it was not compared, though the other capture may hold it.
	Ambiguous bool
	// SharedISN: the two captures have it under different addresses or ports, and its
	// numbers are also those of other connections, so that it may not be one at all.
	SharedISN bool
}

// Paired reports whether both ends have a view of the connection.
func (p *Pair) Paired() bool { return p.Client != NoView && p.Server != NoView }

// Placement says which capture was taken at which end.
type Placement struct {
	Swapped bool        // the second capture is the client's
	Clue    survey.Clue // what told; NoClue: only the order in which they were given
	Votes   int         // connections that say so
	Against int         // connections that say the opposite
	// SamePlace: both captures look as if taken at one place. Every pair that can
	// tell shows the same TTLs at both taps and no time under way between them.
	SamePlace bool
	// SameEnd: both captures were made at the same end, as each says which host is its
	// own.
	SameEnd bool
}

// Match pairs the connections of two captures. Unless the ends are fixed by the
// caller, it also finds out which capture is the client's; the result's Client
// and Server are the ends after that. Pairs come in the order of the client
// end's connections, then those that only the server end has. The only error is that of
// ctx.
func Match(ctx context.Context, first, second *survey.Survey, fixed bool) ([]Pair, Placement, error) {
	m := newMatcher(first.Connections, second.Connections)
	m.ctx = ctx
	for _, join := range []func(){m.byBothISNs, m.byClientISN, m.byTimestamps, m.byRanges, m.byTuple, m.byPayload} {
		join()
		if err := ctx.Err(); err != nil {
			return nil, Placement{}, err
		}
	}
	placement := place(m, fixed)
	pairs := m.pairs(first, second, placement)
	if placement.Swapped {
		first, second = second, first
	}
	for _, explain := range []func([]Pair, *survey.Survey, *survey.Survey){sharing, untranslated, remapped, placeAllInside} {
		if err := ctx.Err(); err != nil {
			return nil, Placement{}, err
		}
		explain(pairs, first, second)
	}
	return pairs, placement, nil
}
