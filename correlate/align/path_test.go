package align

import (
	"testing"

	"bothends/correlate/tap"
)

func TestThePathIsLearntFromPacketsThatCannotBeMistaken(t *testing.T) {
	// What arrived with the IP-ID of one that was sent is that one, and dates the
	// clocks though it has its like.
	const identified = "the first of like acknowledgments was lost"
	for name, feed := range map[string]func(p *pairing){
		"the second copy arrives and the first was lost": func(p *pairing) {
			first, second := bytesFrom(1001, "12345"), bytesFrom(1001, "12345")
			first.IPID, second.IPID = 20, 21
			p.see(tap.Client, 100, first)
			p.pass(300, second)
		},
		"the first copy arrives after the second was sent": func(p *pairing) {
			first, second := bytesFrom(1001, "12345"), bytesFrom(1001, "12345")
			first.IPID, second.IPID = 20, 21
			p.see(tap.Client, 100, first)
			p.see(tap.Client, 105, second)
			p.see(tap.Server, 110, first)
			p.see(tap.Server, 115, second)
		},
		identified: func(p *pairing) {
			p.see(tap.Client, 100, acking(1001, 5100, 20))
			p.pass(102, acking(1001, 5100, 21))
		},
		"the sender's capture lacks the first of like acknowledgments": func(p *pairing) {
			p.see(tap.Server, 110, acking(1001, 5100, 20))
			p.pass(112, acking(1001, 5100, 21))
		},
		"the sender's capture lacks the first copy, and the rough clock allows the second": func(p *pairing) {
			first, second := bytesFrom(1001, "12345"), bytesFrom(1001, "12345")
			first.IPID, second.IPID = 20, 21
			p.see(tap.Server, 110, first)
			p.pass(140, second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPairing(wholeTime)
			p.pass(0, syn(1000))
			for i := range uint16(5) {
				p.pass(10+20*int64(i), acking(1001, 5000+uint32(i), i+1))
			}
			points := p.bounds.Points()
			feed(p)
			s := p.stream(t)
			if !s.Path.IPIDKept() || !s.Path.HopsKept() {
				t.Errorf("the path no longer seems to leave headers alone: %+v", s.Path)
			}
			if name == identified {
				points++
			}
			if got := p.bounds.Points(); got != points {
				t.Errorf("%d packets dated the clocks that may be another", got-points)
			}
		})
	}
}
