package judge

import (
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
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
		needs  []Fact
	}{
		// From farther, another node of a cluster may send, too.
		{"three routers more", 54, func(*Input) {}, Conditional, []Fact{OneWayOut, OneHost}},
		{"three routers fewer", 60, func(*Input) {}, Conditional, []Fact{OneWayOut}},
		{"more, and all interfaces recorded", 54, func(b *Input) { b.Witnesses[tap.Server].AllInterfaces = true }, Conditional, []Fact{OneHost}},
		{"fewer, and all interfaces recorded", 60, func(b *Input) { b.Witnesses[tap.Server].AllInterfaces = true }, Injected, nil},
		{"the sender behind a NAT", 60, func(b *Input) { b.Cases[0].Translated[tap.Server] = true }, Conditional, []Fact{OneWayOut}},
		{"only the receiver behind a NAT", 60, func(b *Input) { b.Cases[0].Translated[tap.Client] = true }, Conditional, []Fact{OneWayOut}},
		{"a TTL above the sender's", 252, func(*Input) {}, Injected, nil},
		{"a TTL above its data's, which its resets begin with", 252, func(b *Input) {
			sent := survey.Reset{Frame: tap.Frame{Number: 1, TimeNS: 9000 * ms}, TTL: 255, Flags: segment.RST}
			b.Resets[tap.Server] = []survey.Reset{sent}
			b.Own[tap.Server] = map[Address]bool{sent.Src.IP: true}
		}, Conditional, []Fact{OneWayOut}},
		{"more routers away than any path has", 20, func(*Input) {}, Injected, nil},
		{"and its own TCP goes on, as behind a firewall", 60, func(b *Input) {
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		}, Conditional, []Fact{OneWayOut}},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, tt.ttl, 0)}
		tt.adjust(b)
		f := verdicts(b)[0]
		if f.Verdict != tt.want {
			t.Errorf("%s: %s (%s), want %s: %s", tt.name, f.Verdict, f.Confidence, tt.want, told(f))
		}
		if needs := factsOf(f.Needs); !slices.Equal(needs, tt.needs) {
			t.Errorf("%s: needs %v, want %v", tt.name, needs, tt.needs)
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
