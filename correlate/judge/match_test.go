package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/tap"
)

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

// More arrived with the numbers of a reset than left, and no other packet shows how far
// they have to come: any of them may be the one that left.
func TestWhereNoPacketShowsTheWayNoneOfSeveralIsTheGenuineOne(t *testing.T) {
	for _, tt := range []struct {
		name string
		ttls [2]uint8
		want Verdict
	}{
		{"with several TTLs", [2]uint8{252, 57}, Indeterminate},
		{"with one: the network doubled it", [2]uint8{57, 57}, Duplicated},
	} {
		b := trial()
		s := &b.Cases[0].Streams[tap.Server]
		s.Path, b.Cases[0].Service = align.Path{}, nil
		s.Resets[tap.Server] = []*align.Reset{reset(3000*ms, 1000, 64, 0)}
		s.Resets[tap.Client] = []*align.Reset{reset(3015*ms, 1000, tt.ttls[0], 0), reset(3020*ms, 1000, tt.ttls[1], 0)}
		if f := verdicts(b)[0]; f.Verdict != tt.want {
			t.Errorf("%s: the first is %s, want %s: %s", tt.name, f.Verdict, tt.want, told(f))
		}
	}
}

// The server's clock was set after the resets, and no packet before it was set shows that
// it had not been yet: the packets before show how fast one can be, and so which of two
// that are alike in everything but their time is the one that left.
func TestARecordingInWhichAClockIsSetDoesNotMakeTheFirstOfTwoResetsTheGenuineOne(t *testing.T) {
	for _, set := range []int64{-900 * ms, 1700 * ms} {
		for _, sender := range []tap.End{tap.Client, tap.Server} {
			under := [2]int64{5 * ms, 5 * ms}
			under[sender] = 20 * ms
			var bounds clock.Bounds
			for from, by := range map[int64]int64{0: 0, 20000 * ms: set} {
				for n := int64(0); n < 10; n++ {
					at := from + n*100*ms
					bounds.ToServer(at, at+under[tap.Client]+by)
					bounds.ToClient(at+50*ms+by, at+50*ms+under[tap.Server])
				}
			}
			fit := bounds.Fit()
			if len(fit.Strips) != 2 {
				t.Fatalf("%d strips, want 2", len(fit.Strips))
			}
			b := trial()
			b.Clock = &fit
			s := &b.Cases[0].Streams[sender]
			s.Resets[sender] = []*align.Reset{reset(1200*ms, 1000, 64, 0)}
			s.Resets[sender.Other()] = []*align.Reset{reset(1201*ms, 1000, 57, 0), reset(1220*ms, 1000, 57, 0)}
			for i, f := range verdicts(b) {
				if want := []Verdict{Indeterminate, Genuine}[i]; f.Verdict != want {
					t.Errorf("clock set by %d ms, from the %s, reset %d: %s, want %s: %s", set/ms, sender, i+1, f.Verdict, want, told(f))
				}
			}
		}
	}
}
