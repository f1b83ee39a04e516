package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A front end that answers data with TTL 123 and resets with 59 is five hops
// away both times: raw TTLs say nothing.
func TestHopsAreCountedFromTheInitialTTLsInUse(t *testing.T) {
	for _, c := range []struct {
		ttl  uint8
		hops int
	}{{123, 5}, {59, 5}, {64, 0}, {128, 0}, {255, 0}, {32, 0}, {30, 2}, {250, 5}, {57, 7}, {65, 63}} {
		if got := hopsTravelled(c.ttl); got != c.hops {
			t.Errorf("TTL %d: %d hops, want %d", c.ttl, got, c.hops)
		}
	}
}

const ms = int64(1e6)

// trial is a connection in which 20 packets passed each way in 20 ms, the clocks
// being equal, and both captures span ten seconds.
func trial() *Bench {
	var bounds clock.Bounds
	for t := int64(0); t < 20; t++ {
		bounds.ToServer(t*100*ms, t*100*ms+20*ms)
		bounds.ToClient(t*100*ms+50*ms, t*100*ms+70*ms)
	}
	fit := bounds.Fit()
	c := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, &bounds)
	for end := range c.Streams {
		s := &c.Streams[end]
		s.Passed, s.SentFromSYN = 20, true
		s.Path = align.Path{Hops: 7, HopsSame: 20, TTL: 57, IPIDSame: 20}
		s.Sent.Add(0, 1000)
		s.Got.Add(0, 1000)
	}
	b := &Bench{Clock: &fit, Cases: []Case{{Connection: c, Pair: pair.Pair{Method: pair.ISN}}}}
	for end := range b.Witnesses {
		b.Witnesses[end] = Witness{Coverage: tap.Coverage{FirstNS: -5000 * ms, LastNS: 10000 * ms}, Complete: true, Resets: 1}
	}
	return b
}

// verdicts sums the connection up, as closing it does, and judges it.
func verdicts(b *Bench) []Finding {
	b.Cases[0].Summary = b.Cases[0].Connection.Summary()
	return b.Findings()
}

// reset makes a reset from the server. sent is false for what the client's tap saw.
func reset(at int64, seq uint32, ttl uint8, ipid uint16) *align.Reset {
	return &align.Reset{
		Frame: tap.Frame{Number: at / ms, TimeNS: at}, Seq0: seq, Position: int64(seq),
		Header: align.Header{Seq: seq, Flags: segment.RST, TTL: ttl, IPID: ipid},
	}
}

func TestResetsAreMatchedByTimeAndCountAndNotOnlyByTheirNumbers(t *testing.T) {
	const sentTTL, pathTTL = 64, 57
	tests := []struct {
		name      string
		sent, got []*align.Reset
		want      []Verdict // of those that arrived, then of those that did not
	}{
		{"one sent, one arrived",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(3020*ms, 1000, pathTTL, 5)},
			[]Verdict{Genuine}},
		{"the same numbers arrived before they were sent, and what was sent is lost",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(2900*ms, 1000, 252, 0)},
			[]Verdict{Injected, Lost}},
		{"a forged one before the genuine one, which arrives too",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(2900*ms, 1000, 252, 0), reset(3020*ms, 1000, pathTTL, 5)},
			[]Verdict{Injected, Genuine}},
		{"the network doubled it",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(3020*ms, 1000, pathTTL, 5), reset(3021*ms, 1000, pathTTL, 5)},
			[]Verdict{Genuine, Duplicated}},
		{"a second one with the same numbers and another origin",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(3020*ms, 1000, pathTTL, 5), reset(3021*ms, 1000, 252, 7)},
			[]Verdict{Genuine, Injected}},
		{"made anew on the way, perhaps",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5)}, []*align.Reset{reset(3020*ms, 1000, 252, 0)},
			[]Verdict{Indeterminate}},
		{"sent twice, arrived once",
			[]*align.Reset{reset(3000*ms, 1000, sentTTL, 5), reset(3100*ms, 1000, sentTTL, 6)}, []*align.Reset{reset(3120*ms, 1000, pathTTL, 6)},
			[]Verdict{Genuine, Lost}},
		{"another one was lost before, which this may be, changed",
			[]*align.Reset{reset(3000*ms, 900, sentTTL, 5)}, []*align.Reset{reset(3020*ms, 1000, pathTTL, 5)},
			[]Verdict{Indeterminate, Lost}},
		{"nothing but silence against it",
			nil, []*align.Reset{reset(3020*ms, 1000, pathTTL, 5)},
			[]Verdict{Indeterminate}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := trial()
			s := &b.Cases[0].Streams[tap.Server]
			s.Resets[tap.Server], s.Resets[tap.Client] = tt.sent, tt.got
			findings := verdicts(b)
			if len(findings) != len(tt.want) {
				t.Fatalf("%d findings, want %d", len(findings), len(tt.want))
			}
			for i, f := range findings {
				if f.Verdict != tt.want[i] {
					t.Errorf("finding %d: %s, want %s: %+v", i, f.Verdict, tt.want[i], f.Evidence)
				}
			}
		})
	}
}

func TestEachFailingRuleMakesTheVerdictIndeterminateAndIsNamed(t *testing.T) {
	tests := []struct {
		rule  string
		spoil func(b *Bench)
	}{
		{"coverage", func(b *Bench) { b.Witnesses[tap.Server].LastNS = 2900 * ms }},
		{"coverage", func(b *Bench) {
			b.Witnesses[tap.Server].FirstNS = 2999 * ms
			b.Cases[0].Streams[tap.Server].SentFromSYN = false
		}},
		{"coverage", func(b *Bench) { b.Witnesses[tap.Server].Gaps = []Gap{{FromNS: 2990 * ms, UntilNS: 3500 * ms}} }},
		{"filter", func(b *Bench) { b.Witnesses[tap.Server].HeadersCut = 1 }},
		{"filter", func(b *Bench) {
			b.Witnesses[tap.Server].Filter = "tcp port 25 and tcp[tcpflags] & tcp-rst == 0"
			b.Witnesses[tap.Server].Resets = 0
		}},
		{"capture-loss", func(b *Bench) { b.Witnesses[tap.Server].Drops = 1 }},
		{"capture-loss", func(b *Bench) { b.Cases[0].Streams[tap.Server].Missed = 1 }},
		{"capture-loss", func(b *Bench) { b.Cases[0].Streams[tap.Server].AckedAtReceiver = 1200 }},
		{"capture-loss", func(b *Bench) { b.Cases[0].Streams[tap.Client].AckedAtReceiver = 1200 }},
	}
	accused := func(spoil func(b *Bench)) Finding {
		b := trial()
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 252, 0)}
		spoil(b)
		return verdicts(b)[0]
	}
	if f := accused(func(*Bench) {}); f.Verdict != Injected {
		t.Fatalf("unspoiled: %s, want injected: %+v", f.Verdict, f.Evidence)
	}
	for _, tt := range tests {
		f := accused(tt.spoil)
		if f.Verdict != Indeterminate || f.Confidence != Unsure {
			t.Errorf("%s: %s (%s), want indeterminate", tt.rule, f.Verdict, f.Confidence)
		}
		named := false
		for _, s := range f.Evidence {
			named = named || s.Rule == tt.rule && s.Outcome == Fails && s.Text != ""
		}
		if !named {
			t.Errorf("the failing rule %s is not named: %+v", tt.rule, f.Evidence)
		}
	}
}

func TestConfidenceGrowsWithWhatIsKnownOfTheCapture(t *testing.T) {
	tests := []struct {
		name   string
		adjust func(b *Bench)
		want   Confidence
	}{
		{"few packets", func(b *Bench) {}, Supported},
		{"59 packets", func(b *Bench) { b.Cases[0].Streams[tap.Server].Passed = 59 }, Strong},
		{"299 packets", func(b *Bench) { b.Cases[0].Streams[tap.Server].Passed = 299 }, Proven},
		{"counters that say zero", func(b *Bench) { b.Witnesses[tap.Server].DropsKnown = true }, Proven},
		{"299 packets, but perhaps a filter", func(b *Bench) {
			b.Cases[0].Streams[tap.Server].Passed = 299
			b.Witnesses[tap.Server].Resets = 0
		}, Supported},
	}
	for _, tt := range tests {
		b := trial()
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 252, 0)}
		tt.adjust(b)
		if f := verdicts(b)[0]; f.Verdict != Injected || f.Confidence != tt.want {
			t.Errorf("%s: %s (%s), want injected (%s)", tt.name, f.Verdict, f.Confidence, tt.want)
		}
	}
}

// A light cone is the only thing that proves an injection whatever the sender's
// capture missed.
func TestALightConeHealsAFailedRuleAndNothingElseDoes(t *testing.T) {
	b := trial()
	s := &b.Cases[0].Streams[tap.Server]
	r := reset(3020*ms, 1000, 57, 0)
	r.Header.Flags |= segment.ACK
	r.AckSent = tap.Frame{Number: 9, TimeNS: 3015 * ms} // 5 ms before, where a round trip takes 40
	s.Resets[tap.Client] = []*align.Reset{r}
	b.Witnesses[tap.Server].Drops = 3
	if f := verdicts(b)[0]; f.Verdict != Injected || f.Confidence != Strong {
		t.Errorf("with a light cone: %s (%s), want injected (strong)", f.Verdict, f.Confidence)
	}
	r.AckSent.TimeNS = 2990 * ms // 30 ms before: unusually fast, but no proof
	s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
	b.Witnesses[tap.Server].Passed, b.Witnesses[tap.Client].Passed = 0, 0
	if f := verdicts(b)[0]; f.Verdict != Indeterminate {
		t.Errorf("with a contradiction only: %s, want indeterminate", f.Verdict)
	}
}

// netfilter's REJECT sends resets in the place of a TCP that goes on: the same
// trace as a forger's, but for a capture known to miss nothing.
func TestASenderThatGoesOnMayHaveAFirewall(t *testing.T) {
	b := trial()
	s := &b.Cases[0].Streams[tap.Server]
	s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
	s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
	if f := verdicts(b)[0]; f.Verdict != Indeterminate {
		t.Errorf("few packets: %s, want indeterminate", f.Verdict)
	}
	b = trial()
	s = &b.Cases[0].Streams[tap.Server]
	s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
	s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
	b.Witnesses[tap.Server].DropsKnown = true
	if f := verdicts(b)[0]; f.Verdict != Indeterminate {
		t.Errorf("a capture that counts no loss, of one interface: %s, want indeterminate", f.Verdict)
	}
	b = trial()
	s = &b.Cases[0].Streams[tap.Server]
	s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
	s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
	b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
	if f := verdicts(b)[0]; f.Verdict != Injected || f.Confidence != Proven {
		t.Errorf("a capture that counts no loss, of all interfaces: %s (%s), want injected (proven)", f.Verdict, f.Confidence)
	}
}

// The kernel's count speaks for the host's TCP: it supports an accusation, and
// alone it does not carry one, as a packet filter's resets are not in it.
func TestTheKernelsCountSupportsAndDoesNotReplaceTheRest(t *testing.T) {
	counts := func(before, after uint64) []KernelCount {
		return []KernelCount{{TimeNS: 1000 * ms, Resets: before}, {TimeNS: 9000 * ms, Resets: after}}
	}
	tests := []struct {
		name   string
		kernel []KernelCount
		says   bool
	}{
		{"no reset counted", counts(7, 7), true},
		{"one counted, none captured", counts(7, 8), false},
		{"counted only before", counts(7, 7)[:1], false},
	}
	for _, tt := range tests {
		b := trial()
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
		b.Witnesses[tap.Server].Kernel = tt.kernel
		f := verdicts(b)[0]
		says := false
		for _, s := range f.Evidence {
			says = says || s.Rule == "kernel-testimony" && s.Outcome == Supports
		}
		if says != tt.says || f.Verdict != Indeterminate {
			t.Errorf("%s: supports %v, verdict %s; want %v and indeterminate", tt.name, says, f.Verdict, tt.says)
		}
	}
}

// Habits of boxes are worth a word, and decide nothing.
func TestHabitsOfKnownBoxesAreNamedAndWeighNothing(t *testing.T) {
	const next = 1000
	plain := func() *align.Reset {
		r := reset(3020*ms, next, 57, 0)
		r.Next = next
		return r
	}
	tests := []struct {
		name  string
		alter func(*align.Reset)
		says  bool
	}{
		{"nothing special", func(*align.Reset) {}, false},
		{"12503 ahead", func(r *align.Reset) { r.Next = next - 12503 }, true},
		{"4380 ahead", func(r *align.Reset) { r.Next = next - 4380 }, true},
		{"IP-ID 26 below the trigger's", func(r *align.Reset) {
			r.IPID = 74
			r.Own[0] = &align.Message{Header: align.Header{IPID: 100}}
		}, true},
		{"IP-ID 25 below it", func(r *align.Reset) {
			r.IPID = 75
			r.Own[0] = &align.Message{Header: align.Header{IPID: 100}}
		}, false},
		{"ten bytes of Henan", func(r *align.Reset) { r.Head = []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 0} }, true},
	}
	for _, tt := range tests {
		b := trial()
		r := plain()
		tt.alter(r)
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{r}
		f := verdicts(b)[0]
		says := false
		for _, s := range f.Evidence {
			says = says || s.Rule == "resembles"
		}
		if says != tt.says || f.Verdict != Indeterminate {
			t.Errorf("%s: resembles %v, verdict %s; want %v and indeterminate", tt.name, says, f.Verdict, tt.says)
		}
	}
}

// A host with two uplinks may send its reset by the one that was not recorded: it
// arrives over another number of routers, and the recorded one never sees it. What
// began with a TTL that this host does not use is not its own by any way, and a way
// that translates its address has no double.
func TestAnotherHopCountIsNoProofWhereTheSenderMayHaveAnotherUplink(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ttl    uint8
		adjust func(b *Bench)
		want   Verdict
	}{
		{"three routers more", 54, func(*Bench) {}, Indeterminate},
		{"three routers fewer", 60, func(*Bench) {}, Indeterminate},
		{"all interfaces recorded", 54, func(b *Bench) { b.Witnesses[tap.Server].AllInterfaces = true }, Injected},
		{"the sender behind a NAT", 54, func(b *Bench) { b.Cases[0].Translated[tap.Server] = true }, Injected},
		{"only the receiver behind a NAT", 54, func(b *Bench) { b.Cases[0].Translated[tap.Client] = true }, Indeterminate},
		{"a TTL above the sender's", 252, func(*Bench) {}, Injected},
		{"a TTL above its data's, which its resets begin with", 252, func(b *Bench) {
			b.Cases[0].Streams[tap.Server].Resets[tap.Server] = []*align.Reset{reset(9000*ms, 1000, 255, 5)}
		}, Indeterminate},
		{"more routers away than any path has", 20, func(*Bench) {}, Injected},
		{"and its own TCP goes on, as behind a firewall", 54, func(b *Bench) {
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		}, Indeterminate},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, tt.ttl, 0)}
		tt.adjust(b)
		if f := verdicts(b)[0]; f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %+v", tt.name, f.Verdict, f.Confidence, tt.want, f.Evidence)
		}
	}
}

// A host whose TCP goes on after "its" reset has not sent that by it. Where all of
// its interfaces were recorded its firewall has not, either. But a NAT that forgets a
// connection gives its packets another port, the host resets those, and the NAT
// brings the reset back: if both captures miss what went astray, nothing shows that.
func TestGoingOnIsNoProofWhereANATMayHaveChanged(t *testing.T) {
	for _, tt := range []struct {
		name       string
		translated tap.End
		want       Verdict
	}{{"the receiver behind a NAT", tap.Client, Indeterminate}, {"only the sender behind a NAT", tap.Server, Injected}} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
		b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		b.Cases[0].Translated[tt.translated] = true
		if f := verdicts(b)[0]; f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %+v", tt.name, f.Verdict, f.Confidence, tt.want, f.Evidence)
		}
	}
}

// A burst that the server's capture lost may hold data, which the network lost, and
// the reset behind it: its number is then ahead of all that anybody saw.
func TestANumberAheadOfTheStreamIsNoProofAlone(t *testing.T) {
	ahead := func(ttl uint8) []Finding {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{
			reset(3020*ms, 1000, ttl, 0), reset(3021*ms, 2460, 57, 0), reset(3022*ms, 3920, 57, 0)}
		return verdicts(b)
	}
	for i, f := range ahead(57) {
		if f.Verdict != Indeterminate {
			t.Errorf("reset %d, with nothing but its number against it: %s (%s), want indeterminate", i, f.Verdict, f.Confidence)
		}
	}
	for i, f := range ahead(252) {
		if f.Verdict != Injected {
			t.Errorf("reset %d, in a series whose first is forged by another sign: %s, want injected: %+v", i, f.Verdict, f.Evidence)
		}
	}
}

// A load balancer that forgets which of its hosts has a connection gives the
// client's next packet to another one, which resets what it does not know, while
// the first goes on. Recorded is only the first, and that without a fault.
func TestWhatWentAstrayMayHaveBeenResetByAnotherHostOfTheAddress(t *testing.T) {
	for _, tt := range []struct {
		lost int64
		ttl  uint8
		want Verdict
	}{{0, 57, Injected}, {1, 57, Indeterminate}, {1, 56, Indeterminate}, {1, 252, Injected}} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		b.Cases[0].Streams[tap.Client].Ledger.Lost = tt.lost
		s := &b.Cases[0].Streams[tap.Server]
		s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, tt.ttl, 0)}
		s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		if f := verdicts(b)[0]; f.Verdict != tt.want {
			t.Errorf("%d packets astray, TTL %d: %s (%s), want %s", tt.lost, tt.ttl, f.Verdict, f.Confidence, tt.want)
		}
	}
}
