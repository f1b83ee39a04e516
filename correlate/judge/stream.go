package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// pooled is the input, and what all connections together say of each end.
type pooled struct {
	*Input
	Witnesses [2]witness.Witness // with the packets of all connections
	stated    [2]stated
	ledgers   map[int][2]align.Ledger

	shapes       [2]map[shape]int        // of the resets that each End is known to have sent
	resetsInBoth [2]int64                // those that are in both captures
	sentTTLs     [2]map[uint8]bool       // with which its packets leave
	sentAt       [2][]int64              // when resets of its left, by its clock, ascending
	byNumbers    [2]map[resetKey][]int32 // resets of its, by their numbers: indexes into Resets
	gotByNumbers [2]map[resetKey][]int32 // those that came to it
	unlost       [2]int64                // packets that its capture seems to lack, and did not lose
	told         [2]map[tap.Frame]bool   // resets that came to an End on a connection that both captures hold
	roundTripNS  int64                   // the fastest packet each way took so long together; 0 if that is not known
	hollow       [2]int64                // acknowledgments in its name of what never came to it
	streamsOf    map[int][2]*stream      // of connections of which packets were remapped: their views ask for them again
}

// A stream is one direction of a connection: the packets that claim to come from
// sender.
type stream struct {
	*pooled
	index     int
	sender    tap.End
	pair      *pair.Pair
	flow      *align.Stream    // what sender is said to have sent
	back      *align.Stream    // the opposite direction
	alleged   *witness.Witness // sender's capture
	receiving *witness.Witness
	clocks    clocks

	got       []arrival // the resets that arrived
	matched   matching  // of those with the ones that were sent
	unmatched []arrival // those that the sender's capture lacks
	opposite  *stream   // the opposite direction
	// remapped are, of those that arrived, the ones that left under other addresses.
	remapped   map[*align.Reset]*align.Reset
	departures map[resetKey]*departures // by the numbers that they left with
	elsewhere  map[*align.Reset]*survey.Reset
}

func (all *pooled) stream(index int, sender tap.End) *stream {
	c := &all.Cases[index]
	return &stream{
		pooled: all, index: index, sender: sender, pair: c.Pair,
		flow: &c.Streams[sender], back: &c.Streams[sender.Other()],
		alleged: &all.Witnesses[sender], receiving: &all.Witnesses[sender.Other()],
		clocks: clocks{all.Clock, sender.Other(), all.TickNS},
	}
}

// An arrival is a reset that arrived, and what the clocks say of the time at which it did.
type arrival struct {
	*align.Reset
	clocks ClockFacts
}

func (s *stream) arrival(r *align.Reset) arrival { return arrival{r, s.clocks.at(r.TimeNS)} }

func (s *stream) finding(kind string, v Verdict, c Confidence, f tap.Frame, header align.Header, steps ...Step) Finding {
	return Finding{Case: s.index, Kind: kind, Verdict: v, Confidence: c, ReceivedAt: s.sender.Other(), SeenAt: s.sender.Other(),
		Frame: f, Header: header, Evidence: steps}
}

// ledger changes the ledger of the stream.
func (s *stream) ledger(change func(*align.Ledger)) {
	both := s.ledgers[s.index]
	change(&both[s.sender])
	s.ledgers[s.index] = both
}

// resetKey is what a NAT leaves alone of a reset.
type resetKey struct {
	seq, ack uint32
	kind     segment.Flags
}

func keyOf(seq, ack uint32, flags segment.Flags) resetKey {
	if flags&segment.ACK == 0 {
		ack = 0
	}
	return resetKey{seq, ack, flags & kindOfReset}
}

// matching is which arrived reset is which sent one.
type matching struct {
	twinOf   []int  // by arrived reset: index of the sent one, or -1
	doubtful []bool // by arrived reset: the twin has its numbers, but is another packet by every other sign
	copyOf   []int  // by arrived reset without a twin: the arrived one that it repeats, or -1
	arrived  []bool // by sent reset
}

// kindOfReset are the flags that tell one kind of reset from another.
const kindOfReset = segment.RST | segment.ACK | segment.SYN | segment.FIN
