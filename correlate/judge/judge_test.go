package judge

import (
	"context"
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
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
// being equal, before and after whatever arrives at the third second. Both captures
// span ten seconds, and were made on the hosts themselves.
func trial() *Input {
	var bounds clock.Bounds
	for t := int64(0); t < 20; t++ {
		bounds.ToServer(t*400*ms, t*400*ms+20*ms)
		bounds.ToClient(t*400*ms+200*ms, t*400*ms+220*ms)
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
	b := &Input{Clock: &fit, Cases: []Case{{Connection: c, Pair: pair.Pair{Method: pair.ISN}}}}
	for end := range b.Witnesses {
		b.Witnesses[end] = witness.Witness{Coverage: tap.Coverage{FirstNS: -5000 * ms, LastNS: 10000 * ms}, Complete: true, Resets: 1, OnHost: true, Interfaces: 1, Peers: 1}
	}
	return b
}

// judged judges what nobody interrupts.
func judged(in *Input) Judgement {
	j, _ := Judge(context.Background(), in)
	return j
}

func pooledOf(in *Input) *pooled {
	all, _ := poolAll(context.Background(), in)
	return all
}

// verdicts sums the connection up, as closing it does, and judges it.
func verdicts(b *Input) []Finding {
	b.Cases[0].Summary = b.Cases[0].Connection.Summary()
	return judged(b).Findings
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
					t.Errorf("finding %d: %s, want %s: %s", i, f.Verdict, tt.want[i], told(f))
				}
			}
		})
	}
}

func TestEachExplanationThatFitsMakesTheVerdictIndeterminateAndIsNamed(t *testing.T) {
	tests := []struct {
		rule  Name
		spoil func(b *Input)
	}{
		{NotRunning, func(b *Input) { b.Witnesses[tap.Server].LastNS = 2900 * ms }},
		{NotRunning, func(b *Input) {
			b.Witnesses[tap.Server].FirstNS = 2999 * ms
			b.Cases[0].Streams[tap.Server].SentFromSYN = false
		}},
		{NotRunning, func(b *Input) { b.Witnesses[tap.Server].Gaps = []witness.Gap{{FromNS: 2990 * ms, UntilNS: 3500 * ms}} }},
		{Filtered, func(b *Input) { b.Witnesses[tap.Server].HeadersCut = 1 }},
		{Filtered, func(b *Input) {
			b.Witnesses[tap.Server].Filter = "tcp port 25 and tcp[tcpflags] & tcp-rst == 0"
			b.Witnesses[tap.Server].Resets = 0
		}},
		{Missed, func(b *Input) { b.Witnesses[tap.Server].Drops = 1 }},
		{Missed, func(b *Input) { b.Cases[0].Streams[tap.Server].Missed = 1 }},
		{Missed, func(b *Input) { b.Cases[0].Streams[tap.Server].AckedAtReceiver = 1200 }},
		{Missed, func(b *Input) { b.Cases[0].Streams[tap.Client].AckedAtReceiver = 1200 }},
	}
	// Its number, which is ahead, says nothing of whether the sender's capture holds
	// what the sender sent.
	accused := func(spoil func(b *Input)) Finding {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 2460, 57, 0)}
		spoil(b)
		return verdicts(b)[0]
	}
	if f := accused(func(*Input) {}); f.Verdict != Injected {
		t.Fatalf("unspoiled: %s, want injected: %s", f.Verdict, told(f))
	}
	for _, tt := range tests {
		f := accused(tt.spoil)
		if f.Verdict != Indeterminate || f.Confidence != Unsure {
			t.Errorf("%s: %s (%s), want indeterminate: %s", tt.rule, f.Verdict, f.Confidence, told(f))
		}
		named := false
		for _, s := range f.Evidence {
			named = named || s.Rule == tt.rule && s.Outcome == Fits && s.Decides && s.Text != ""
		}
		if !named {
			t.Errorf("%s is not what decides: %s", tt.rule, told(f))
		}
	}
}

func TestConfidenceGrowsWithWhatIsKnownOfBothCaptures(t *testing.T) {
	passed := func(there, back int64) func(*Input) {
		return func(b *Input) {
			b.Cases[0].Streams[tap.Server].Passed, b.Cases[0].Streams[tap.Client].Passed = there, back
		}
	}
	counting := func(there, here bool) func(*Input) {
		return func(b *Input) {
			b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Client].DropsKnown = there, here
		}
	}
	tests := []struct {
		name   string
		adjust func(b *Input)
		want   Confidence
	}{
		{"few packets", func(b *Input) {}, Supported},
		{"59 packets each way", passed(59, 59), Strong},
		{"299 packets each way", passed(299, 299), Proven},
		{"299 packets from the server, and 59 to it", passed(299, 59), Strong},
		{"299 packets from the server, and 58 to it", passed(299, 58), Supported},
		{"counters that say zero", counting(true, true), Proven},
		{"counters at the server alone", counting(true, false), Supported},
		{"counters at the client alone", counting(false, true), Supported},
		{"299 packets, but perhaps a filter", func(b *Input) {
			passed(299, 299)(b)
			b.Witnesses[tap.Server].Resets = 0
		}, Supported},
	}
	for _, tt := range tests {
		// The server's socket would have made it, its kernel counted none, and a filter
		// would have hidden it all the same.
		b := trial()
		r := reset(3020*ms, 1000, 57, 0)
		r.Window = 500
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{r}
		b.Witnesses[tap.Server].Kernel = []witness.KernelCount{{TimeNS: 1000 * ms, Resets: 7}, {TimeNS: 9000 * ms, Resets: 7}}
		tt.adjust(b)
		if f := verdicts(b)[0]; f.Verdict != Injected || f.Confidence != tt.want {
			t.Errorf("%s: %s (%s), want injected (%s): %s", tt.name, f.Verdict, f.Confidence, tt.want, told(f))
		}
	}
}

// A light cone shows an injection whatever the sender's capture missed; that its TCP
// went on does not.
func TestALightConeHealsALossyCaptureAndAContradictionDoesNot(t *testing.T) {
	b := trial()
	b.Trips = &align.Trips{}
	for n := int64(0); n < enoughTrips; n++ {
		for end := range b.Trips.By {
			for _, at := range []int64{1000 * ms, 5000 * ms} {
				b.Trips.By[end] = append(b.Trips.By[end], align.Trip{SentNS: at + n*ms, GotNS: at + (20+n)*ms})
			}
		}
	}
	s := &b.Cases[0].Streams[tap.Server]
	r := reset(3020*ms, 1000, 57, 0)
	r.Header.Flags |= segment.ACK
	r.AckSent = tap.Frame{Number: 9, TimeNS: 3015 * ms} // 5 ms before, where a round trip takes 40
	s.Resets[tap.Client] = []*align.Reset{r}
	b.Witnesses[tap.Server].Drops = 3
	if f := verdicts(b)[0]; f.Verdict != Injected || f.Confidence != Strong {
		t.Errorf("with a light cone: %s (%s), want injected (strong): %s", f.Verdict, f.Confidence, told(f))
	}
	r.AckSent.TimeNS = 2990 * ms // 30 ms before: unusually fast, but no proof
	s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
	if f := verdicts(b)[0]; f.Verdict != Conditional || !slices.Equal(factsOf(f.Needs), []Fact{NoReject, OneHost}) {
		t.Errorf("with a contradiction only: %s, needs %v; want conditional, no-reject and one-host: %s", f.Verdict, f.Needs, told(f))
	}
}

// netfilter's REJECT sends resets in the place of a TCP that goes on: the same trace as
// a forger's. A complete capture of every way out excludes it, and then another node
// of a cluster is left, of which only a statement can tell.
func TestASenderThatGoesOnMayHaveAFirewall(t *testing.T) {
	goesOn := func(adjust func(w *witness.Witness)) Finding {
		b := trial()
		s := &b.Cases[0].Streams[tap.Server]
		s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
		s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		adjust(&b.Witnesses[tap.Server])
		return verdicts(b)[0]
	}
	for _, tt := range []struct {
		name   string
		adjust func(w *witness.Witness)
		needs  []Fact
	}{
		{"few packets", func(*witness.Witness) {}, []Fact{NoReject, OneHost}},
		{"a capture that counts no loss, of one interface", func(w *witness.Witness) { w.DropsKnown = true }, []Fact{OneWayOut, OneHost}},
		{"a capture that counts no loss, of all interfaces", func(w *witness.Witness) { w.DropsKnown, w.AllInterfaces = true, true }, []Fact{OneHost}},
		{"a mirror that counts no loss, of all interfaces", func(w *witness.Witness) { w.DropsKnown, w.AllInterfaces, w.OnHost = true, true, false }, []Fact{HostTap, OneHost}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if f := goesOn(tt.adjust); f.Verdict != Conditional || !slices.Equal(factsOf(f.Needs), tt.needs) {
				t.Errorf("%s, needs %v; want conditional, %v: %s", f.Verdict, f.Needs, tt.needs, told(f))
			}
		})
	}
}

func factsOf(list []Statement) (facts []Fact) {
	for _, s := range list {
		facts = append(facts, s.Fact)
	}
	return facts
}

// The kernel's count speaks for the host's TCP: it supports an accusation, and
// alone it does not carry one, as a packet filter's resets are not in it.
func TestTheKernelsCountSupportsAndDoesNotReplaceTheRest(t *testing.T) {
	counts := func(before, after uint64) []witness.KernelCount {
		return []witness.KernelCount{{TimeNS: 1000 * ms, Resets: before}, {TimeNS: 9000 * ms, Resets: after}}
	}
	tests := []struct {
		name   string
		kernel []witness.KernelCount
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
			says = says || s.Rule == KernelCounted && s.Outcome == Supports
		}
		want := Indeterminate
		if tt.says {
			want = Conditional
		}
		if says != tt.says || f.Verdict != want {
			t.Errorf("%s: supports %v, verdict %s; want %v and %s: %s", tt.name, says, f.Verdict, tt.says, want, told(f))
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
			r.Own[0] = &align.Message{Frame: tap.Frame{Number: 8, TimeNS: 3010 * ms}, Header: align.Header{IPID: 100}}
		}, true},
		{"IP-ID 25 below it", func(r *align.Reset) {
			r.IPID = 75
			r.Own[0] = &align.Message{Frame: tap.Frame{Number: 8, TimeNS: 3010 * ms}, Header: align.Header{IPID: 100}}
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
			says = says || s.Rule == Resembles
		}
		if says != tt.says || f.Verdict != Indeterminate {
			t.Errorf("%s: resembles %v, verdict %s; want %v and indeterminate", tt.name, says, f.Verdict, tt.says)
		}
	}
}

// A host with two uplinks may send its reset by the one that was not recorded: it
// arrives over another number of routers, and the recorded one never sees it. What
// began with a TTL that this host does not use is not its own by any way. A NAT on
// the way says nothing of that: a reset without a socket follows the default route.
func TestAnotherHopCountIsNoProofWhereTheSenderMayHaveAnotherUplink(t *testing.T) {
	for _, tt := range []struct {
		name   string
		ttl    uint8
		adjust func(b *Input)
		want   Verdict
	}{
		{"three routers more", 54, func(*Input) {}, Conditional},
		{"three routers fewer", 60, func(*Input) {}, Conditional},
		{"all interfaces recorded", 54, func(b *Input) { b.Witnesses[tap.Server].AllInterfaces = true }, Injected},
		{"the sender behind a NAT", 54, func(b *Input) { b.Cases[0].Translated[tap.Server] = true }, Conditional},
		{"only the receiver behind a NAT", 54, func(b *Input) { b.Cases[0].Translated[tap.Client] = true }, Conditional},
		{"a TTL above the sender's", 252, func(*Input) {}, Injected},
		{"a TTL above its data's, which its resets begin with", 252, func(b *Input) {
			sent := survey.Reset{Frame: tap.Frame{Number: 1, TimeNS: 9000 * ms}, TTL: 255, Flags: segment.RST}
			b.Resets[tap.Server] = []survey.Reset{sent}
			b.Own[tap.Server] = map[Address]bool{sent.Src.IP: true}
		}, Conditional},
		{"more routers away than any path has", 20, func(*Input) {}, Injected},
		{"and its own TCP goes on, as behind a firewall", 54, func(b *Input) {
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		}, Conditional},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, tt.ttl, 0)}
		tt.adjust(b)
		f := verdicts(b)[0]
		if f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, told(f))
		}
		if needs := factsOf(f.Needs); f.Verdict == Conditional && !slices.Equal(needs, []Fact{OneWayOut}) {
			t.Errorf("%s: needs %v, want one-way-out", tt.name, f.Needs)
		}
	}
}

// A NAT that forgets a connection gives its packets another port, the host resets
// those, and the NAT brings the reset back. Where the receiver's capture lost packets
// nothing shows whether any went astray: no two facts close what is left. If only the
// sender's address is translated, that story is none.
func TestGoingOnIsNoProofWhereANATMayHaveChanged(t *testing.T) {
	for _, tt := range []struct {
		name       string
		translated tap.End
		want       Verdict
		needs      []Fact
	}{
		{"the receiver behind a NAT", tap.Client, Indeterminate, nil},
		{"only the sender behind a NAT", tap.Server, Conditional, []Fact{NoBypass, OneHost}},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		b.Witnesses[tap.Client].Drops = 1
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 0)}
		b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		b.Cases[0].Translated[tt.translated] = true
		if f := verdicts(b)[0]; f.Verdict != tt.want || !slices.Equal(factsOf(f.Needs), tt.needs) {
			t.Errorf("%s: %s (%s), needs %v; want %s, %v: %s", tt.name, f.Verdict, f.Confidence, f.Needs, tt.want, tt.needs, told(f))
		}
	}
}

// Where a forger meets the numbers of a reset that the sender makes a moment later, few
// packets must do to tell the two apart: the one that is like them is the one that left.
func TestAForgedResetIsNotTakenForTheGenuineOneWithItsNumbers(t *testing.T) {
	left := func() []*align.Reset { return []*align.Reset{reset(3000*ms, 1000, 64, 5)} }
	for _, tt := range []struct {
		name string
		sent []*align.Reset
		got  []*align.Reset
		want []bool // it is called genuine
	}{
		{"the forged one comes first", left(), []*align.Reset{reset(3005*ms, 1000, 250, 7), reset(3020*ms, 1000, 57, 5)}, []bool{false, true}},
		{"and without an IP-ID", []*align.Reset{reset(3000*ms, 1000, 64, 0)}, []*align.Reset{reset(3005*ms, 1000, 250, 0), reset(3020*ms, 1000, 57, 0)}, []bool{false, true}},
		{"the genuine one is lost", left(), []*align.Reset{reset(3015*ms, 1000, 250, 7)}, []bool{false}},
		{"with the TTL of the sender's packets", left(), []*align.Reset{reset(3005*ms, 1000, 57, 0), reset(3020*ms, 1000, 57, 5)}, []bool{false, true}},
		{"the genuine one alone, with one sign against it and one for it", left(), []*align.Reset{reset(3020*ms, 1000, 55, 5)}, []bool{true}},
	} {
		b := trial()
		s := &b.Cases[0].Streams[tap.Server]
		s.Path = align.Path{Hops: 7, HopsSame: 2, TTL: 57, IPIDSame: 1}
		s.Resets[tap.Server], s.Resets[tap.Client] = tt.sent, tt.got
		findings := verdicts(b)
		for i, want := range tt.want {
			if f := findings[i]; (f.Verdict == Genuine) != want {
				t.Errorf("%s: reset %d is %s (%s): %s", tt.name, i, f.Verdict, f.Confidence, told(f))
			}
		}
	}
}

// Where packets are rare the clocks alone say what is possible: what arrived before its
// like left is not that one, by however little.
func TestNoResetArrivesBeforeItLeft(t *testing.T) {
	var bounds clock.Bounds
	bounds.ToServer(0, 20*ms)
	bounds.ToClient(200*ms, 220*ms)
	fit := bounds.Fit()
	b := trial()
	b.Clock = &fit
	s := &b.Cases[0].Streams[tap.Server]
	s.Resets[tap.Server], s.Resets[tap.Client] = []*align.Reset{reset(300*ms, 1000, 64, 0)}, []*align.Reset{reset(275*ms, 1000, 57, 0)}
	for _, f := range verdicts(b) {
		if f.Verdict == Genuine {
			t.Errorf("%s: %s", f.Verdict, told(f))
		}
	}
}

// A host that sends its SYNs, or what it answers by another way, with a TTL of its own
// is no forger for it.
func TestATTLThatTheSenderHasForOtherPacketsIsNoSign(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*align.Stream)
		want   Verdict
	}{
		{"one that no packet has", func(*align.Stream) {}, Conditional},
		{"one with which others left", func(s *align.Stream) {
			fed := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))
			fed.Observe(tap.Server, tap.Server, &segment.Segment{Flags: segment.ACK, TTL: 59})
			s.SentTTLs = fed.Streams[tap.Server].SentTTLs
		}, Indeterminate},
		{"that of a reset which left", func(s *align.Stream) {
			s.Resets[tap.Server] = []*align.Reset{reset(2900*ms, 900, 64, 0)}
			s.Resets[tap.Client] = append([]*align.Reset{reset(2920*ms, 900, 52, 0)}, s.Resets[tap.Client]...)
			s.Path.HopsSame, s.Path.IPIDSame = 2, 0
		}, Indeterminate},
	} {
		b := trial()
		s := &b.Cases[0].Streams[tap.Server]
		s.Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 52, 0)}
		tt.change(s)
		findings := verdicts(b)
		if f := findings[len(findings)-1]; f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, told(f))
		}
	}
}

// A burst that both captures lost may hold data, and the reset behind it: its number
// is then ahead of all that anybody saw. Two of them with different numbers no host
// sends; but a capture that may miss one packet may miss more.
func TestANumberAheadOfTheStreamIsNoProofWhereBothCapturesMayLackData(t *testing.T) {
	for _, tt := range []struct {
		name    string
		counted bool
		want    []Verdict
	}{
		{"no counters, few packets", false, []Verdict{Indeterminate, Conditional, Conditional}},
		{"a recorder that lost nothing", true, []Verdict{Indeterminate, Injected, Injected}},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = tt.counted
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{
			reset(3020*ms, 1000, 57, 0), reset(3021*ms, 2460, 57, 0), reset(3022*ms, 3920, 57, 0)}
		for i, f := range verdicts(b) {
			if f.Verdict != tt.want[i] {
				t.Errorf("%s: reset %d: %s (%s), want %s: %s", tt.name, i, f.Verdict, f.Confidence, tt.want[i], told(f))
			}
			if needs := factsOf(f.Needs); f.Verdict == Conditional && !slices.Equal(needs, []Fact{NoDrops}) {
				t.Errorf("%s: reset %d needs %v, want drops=0", tt.name, i, f.Needs)
			}
		}
	}
}

// A load balancer that forgets which of its hosts has a connection gives the
// client's next packet to another one, which resets what it does not know, while
// the first goes on. Recorded is only the first, and that without a fault. What left
// long before the reset, or only after it came, it does not answer.
func TestWhatWentAstrayMayHaveBeenResetByAnotherHostOfTheAddress(t *testing.T) {
	for _, tt := range []struct {
		name   string
		astray int64 // when the client's packet left that never came; 0 if none
		ttl    uint8
		want   Verdict
		needs  []Fact
	}{
		{"none astray", 0, 57, Conditional, []Fact{OneHost}}, // a cluster: every node gets everything
		{"one astray, and the reset from as far as the sender", 2990, 57, Indeterminate, nil},
		{"one astray, from a router farther", 2990, 56, Conditional, []Fact{NoBypass, OneHost}},
		{"one astray, by a TTL that is none of the sender's", 2990, 252, Conditional, []Fact{OneHost}},
		{"one long before", -8000, 57, Conditional, []Fact{OneHost}},
		{"one that left when the reset had come", 3021, 57, Conditional, []Fact{OneHost}},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		s := &b.Cases[0].Streams[tap.Server]
		r := reset(3020*ms, 1000, tt.ttl, 0)
		r.Own[0] = &align.Message{Frame: tap.Frame{Number: 30, TimeNS: 2980 * ms}, Reached: align.Seen}
		if tt.astray != 0 {
			b.Cases[0].Streams[tap.Client].Astray = []align.Astray{{SentNS: tt.astray * ms}}
		}
		if tt.astray == 2990 {
			r.Own[0] = &align.Message{Frame: tap.Frame{Number: 30, TimeNS: 2990 * ms}, Reached: align.Never}
		}
		s.Resets[tap.Client] = []*align.Reset{r}
		s.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		t.Run(tt.name, func(t *testing.T) {
			if f := verdicts(b)[0]; f.Verdict != tt.want || !slices.Equal(factsOf(f.Needs), tt.needs) {
				t.Errorf("%s (%s), needs %v; want %s, %v: %s", f.Verdict, f.Confidence, f.Needs, tt.want, tt.needs, told(f))
			}
		})
	}
}
