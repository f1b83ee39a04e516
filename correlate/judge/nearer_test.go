package judge

import (
	"net/netip"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// refusal is a SYN that only the client's capture holds, answered after 20 ms from
// three routers away, beside a service seven routers and 40 ms away.
func refusal() (*Input, *Service) {
	b := trial()
	c := &b.Cases[0]
	c.Pair = &pair.Pair{Server: pair.NoView, Method: pair.None}
	for end := range c.Streams {
		c.Streams[end].Passed, c.Streams[end].Sent, c.Streams[end].Got = 0, c.Streams[1-end].Sent, c.Streams[1-end].Got
		b.Witnesses[end].Passed = 60
	}
	syn := &align.Message{Frame: tap.Frame{Number: 7, TimeNS: 3000 * ms}, Header: align.Header{Flags: segment.SYN}, Seq0: 99, Start: 0, End: 1, Copies: 1}
	syn.First = syn.Frame
	r := reset(3020*ms, 0, 252, 0)
	r.Flags, r.Ack0, r.Own[0] = segment.RST|segment.ACK, 100, syn
	r.Src = segment.Endpoint{IP: netip.MustParseAddr("::ffff:203.0.113.25").As16(), Port: 587}
	c.Streams[tap.Server].Resets[tap.Client] = []*align.Reset{r}
	s := &Service{Paired: 3, AdmitsAll: true}
	s.Ways[tap.Server] = Way{Route: align.Route{Hops: 7, TTL: 57, Known: true}, Packets: 60}
	b.Services = map[Address]*Service{r.Src.IP: s}
	b.Trips = &align.Trips{}
	for end := range b.Trips.By {
		b.Trips.By[end] = make([]align.Trip, enoughTrips)
	}
	return b, s
}

// What the model cannot play: addresses translated at the server's site, routes and
// initial TTLs that vary, paths too seldom timed.
func TestARefusalFromNearerIsNoForgeryWhereTheAddressOrThePathIsUncertain(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(b *Input, s *Service)
		want  Verdict
	}{
		{"nothing uncertain", func(*Input, *Service) {}, Injected},
		{"the address belongs to a host that forwards ports to the server", func(_ *Input, s *Service) { s.Translated = 1 }, Indeterminate},
		{"the server's packets come over two ways", func(_ *Input, s *Service) { s.Ways[tap.Server].Varies = true }, Indeterminate},
		{"the server begins with an unusual TTL", func(_ *Input, s *Service) { s.Ways[tap.Server].TTL = 47 }, Indeterminate},
		{"few of the server's packets show the way", func(_ *Input, s *Service) { s.Ways[tap.Server].Packets = 9 }, Indeterminate},
		{"few packets were timed to the server", func(b *Input, _ *Service) { b.Trips.By[tap.Client] = b.Trips.By[tap.Client][:9] }, Indeterminate},
		{"the answer acknowledges something else", func(b *Input, _ *Service) {
			b.Cases[0].Streams[tap.Server].Resets[tap.Client][0].Ack0 = 101
		}, Indeterminate},
		{"another address than the service's", func(b *Input, _ *Service) { b.Services = nil }, Indeterminate},
		{"the client's capture lost packets, perhaps the first SYN", func(b *Input, _ *Service) { b.Witnesses[tap.Client].Drops = 1 }, Indeterminate},
		{"the server's capture counts a loss", func(b *Input, _ *Service) { b.Witnesses[tap.Server].Drops = 1 }, Indeterminate},
	} {
		b, s := refusal()
		tt.spoil(b, s)
		if f := verdicts(b); len(f) != 1 || f[0].Verdict != tt.want {
			t.Errorf("%s: %+v, want one finding, %s", tt.name, f, tt.want)
		}
	}
}

// Several ways show as soon as two connections differ.
func TestAServiceRemembersWhetherItsConnectionsCameOverOneWay(t *testing.T) {
	over := func(hops ...int16) *Service {
		s := &Service{}
		for _, n := range hops {
			sum := &align.Summary{}
			c := &Case{Sum: sum}
			sum.Routes[tap.Server] = align.Route{Hops: n, TTL: 64 - uint8(n), Known: n > 0}
			sum.Passed[tap.Server] = 5
			c.Translated[tap.Server] = n == 9
			s.Add(c)
		}
		return s
	}
	if s := over(7, 7, 7); s.Ways[tap.Server].Varies || s.Paired != 3 || s.Ways[tap.Server].Packets != 15 || s.Ways[tap.Server].Hops != 7 || s.Translated != 0 {
		t.Errorf("three alike: %+v", s)
	}
	for _, hops := range [][]int16{{7, 8, 7}, {7, 7, 8}, {7, 0, 7}, {0}} {
		if s := over(hops...); !s.Ways[tap.Server].Varies {
			t.Errorf("%v: taken for one way", hops)
		}
	}
	if s := over(7, 9); s.Translated != 1 {
		t.Errorf("one translated: %+v", s)
	}
}
