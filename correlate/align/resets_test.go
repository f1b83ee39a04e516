package align

import (
	"testing"

	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

func TestAResetIsDatedOnlyByBytesThatWereNotThereBefore(t *testing.T) {
	reset := func(p *pairing, ms int64, ack uint32) *Reset {
		// A reset from the server, which arrives at the client.
		p.frame++
		s := segment.Segment{TimeNS: start + ms*milli, Frame: p.frame, Flags: segment.RST | segment.ACK, Seq: 5001, Ack: ack}
		p.Observe(tap.Client, tap.Server, &s)
		return p.Streams[tap.Server].Resets[tap.Client][0]
	}
	for name, c := range map[string]struct {
		feed          func(p *pairing) *Reset
		sent, reached int64 // frames, or 0
	}{
		"both taps saw the bytes pass": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))             // frames 1, 2
			p.pass(20, bytesFrom(1001, "x")) // 3, 4
			return reset(p, 50, 1002)
		}, 3, 4},
		"the bytes reach the server only after the reset": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "x")) // 3
			r := reset(p, 25, 1002)                     // 4
			p.see(tap.Server, 30, bytesFrom(1001, "x")) // 5
			return r
		}, 3, 5},
		"captures that begin with a retransmission": {func(p *pairing) *Reset {
			p.pass(20, bytesFrom(1001, "x"))
			return reset(p, 50, 1002)
		}, 0, 0},
		"the server's capture has a hole, and a retransmission follows": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.see(tap.Client, 20, bytesFrom(1001, "x"))
			p.pass(22, bytesFrom(1002, "y"))
			r := reset(p, 40, 1002)
			p.pass(250, bytesFrom(1001, "x"))
			return r
		}, 3, 0},
		"the client's capture has a hole": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.see(tap.Server, 20, bytesFrom(1001, "x")) // 3
			p.pass(22, bytesFrom(1002, "y"))
			return reset(p, 40, 1002)
		}, 0, 3},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPairing(wholeTime)
			r := c.feed(p)
			p.Finish()
			if r.AckSent.Number != c.sent || r.AckArrived.Number != c.reached || (r.AckReached == Seen) != (c.reached != 0) {
				t.Errorf("sent in frame %d, reached in frame %d (%d); want %d and %d", r.AckSent.Number, r.AckArrived.Number, r.AckReached, c.sent, c.reached)
			}
		})
	}
}

// What the client sent before a reset came to it, and which of that arrived: only the
// numbers 1001 and 1002 pass, in whatever order the taps are read.
func TestAResetKnowsWhatLeftBeforeItAndArrived(t *testing.T) {
	reset := func(p *pairing, ms int64) *Reset {
		p.frame++
		s := segment.Segment{TimeNS: start + ms*milli, Frame: p.frame, Flags: segment.RST, Seq: 5001}
		p.Observe(tap.Client, tap.Server, &s)
		return p.Streams[tap.Server].Resets[tap.Client][0]
	}
	for name, c := range map[string]struct {
		feed func(p *pairing) *Reset
		want int64 // ms
	}{
		"all had arrived": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.pass(20, bytesFrom(1001, "x"))
			p.see(tap.Client, 40, bytesFrom(1002, "y"))
			return reset(p, 50)
		}, 20},
		"one is still under way": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.pass(20, bytesFrom(1001, "x"))
			p.see(tap.Client, 45, bytesFrom(1002, "y"))
			r := reset(p, 50)
			p.see(tap.Server, 55, bytesFrom(1002, "y"))
			return r
		}, 45},
		"another left when it had come": {func(p *pairing) *Reset {
			p.pass(0, syn(1000))
			p.pass(20, bytesFrom(1001, "x"))
			r := reset(p, 50)
			p.pass(60, bytesFrom(1002, "y"))
			return r
		}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPairing(wholeTime)
			r := c.feed(p)
			p.Finish()
			if got := (r.PassedNS - start) / milli; got != c.want {
				t.Errorf("the last to arrive left at %d ms, want %d", got, c.want)
			}
		})
	}
}

// Whoever speaks after minutes of silence meets boxes that have forgotten the connection.
// Pauses between copies of what nobody answers are none, though they grow as long.
func TestAResetKnowsTheSilenceThatItsReceiverBroke(t *testing.T) {
	const second = 1000
	fromServer := func(p *pairing, ms int64, flags segment.Flags) {
		p.frame++
		s := segment.Segment{TimeNS: start + ms*milli, Frame: p.frame, Flags: flags, Seq: 5001, Ack: 1002}
		p.Observe(tap.Client, tap.Server, &s)
	}
	for name, c := range map[string]struct {
		feed func(p *pairing)
		want int64 // s
	}{
		"the client speaks after 350 s": {func(p *pairing) {
			p.see(tap.Client, 350*second+50, bytesFrom(1002, "y"))
		}, 350},
		"and again, as nothing comes": {func(p *pairing) {
			p.see(tap.Client, 350*second+50, bytesFrom(1002, "y"))
			p.see(tap.Client, 351*second+50, bytesFrom(1002, "y"))
		}, 350},
		"the server answers before the reset": {func(p *pairing) {
			p.see(tap.Client, 350*second+50, bytesFrom(1002, "y"))
			fromServer(p, 350*second+90, segment.ACK)
			p.see(tap.Client, 350*second+95, bytesFrom(1003, "z"))
		}, 0},
		"the server breaks the silence": {func(p *pairing) {
			fromServer(p, 350*second, segment.ACK)
			p.see(tap.Client, 350*second+50, bytesFrom(1002, "y"))
		}, 0},
		"copies that nobody answers": {func(p *pairing) {
			p.see(tap.Client, 60, bytesFrom(1002, "y"))
			p.see(tap.Client, 25*second, bytesFrom(1002, "y"))
			p.see(tap.Client, 77*second, bytesFrom(1002, "y"))
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPairing(wholeTime)
			p.pass(0, syn(1000))
			p.pass(20, bytesFrom(1001, "x"))
			fromServer(p, 50, segment.ACK)
			c.feed(p)
			fromServer(p, 400*second, segment.RST)
			p.Finish()
			r := p.Streams[tap.Server].Resets[tap.Client][0]
			if got := r.SilenceNS / (second * milli); got != c.want {
				t.Errorf("a silence of %d s, want %d", got, c.want)
			}
		})
	}
}
