package judge

import (
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

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
