package judge

import (
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

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
	// So many clusters each way, of which near are within a second.
	near := func(there, back, thereNear, backNear int64) func(*Input) {
		return func(b *Input) {
			b.Cases[0].Streams[tap.Server].Passed, b.Cases[0].Streams[tap.Client].Passed = there, back
			b.Trips = &align.Trips{}
			passInClusters(b.Trips, tap.Server, there, thereNear, 1)
			passInClusters(b.Trips, tap.Client, back, backNear, 1)
		}
	}
	passed := func(there, back int64) func(*Input) { return near(there, back, min(there, 190), min(back, 190)) }
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
		{"299 packets each way, 59 of them near the moment", near(299, 299, 59, 59), Proven},
		{"299 packets each way, 58 of them near the moment", near(299, 299, 58, 58), Supported},
		{"299 packets each way, few to the server near the moment", near(299, 299, 59, 58), Supported},
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
