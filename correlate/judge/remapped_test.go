package judge

import (
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// In a cluster, connection tracking takes a late packet of a service for invalid
// and lets it pass with the server's own address. The client's kernel knows no such
// connection and resets it; under that address its reset is the server's connection,
// while the client's TCP goes on under the service's. Its capture, which misses
// nothing, holds the reset all the same: in another connection.
func TestAResetThatAnswersAnUntranslatedPacketAccusesNobody(t *testing.T) {
	leaked := func(known bool) []Finding {
		b := trial()
		left, arrived := reset(3000*ms, 1000, 64, 0), reset(3020*ms, 1000, 57, 0)
		client := &b.Cases[0].Streams[tap.Client]
		client.Resets[tap.Server] = []*align.Reset{arrived}
		client.LastSent = align.Last{Frame: tap.Frame{Number: 40, TimeNS: 5000 * ms}, Flags: segment.ACK}
		b.Witnesses[tap.Client].DropsKnown, b.Witnesses[tap.Client].AllInterfaces = true, true
		b.Stated = []Statement{{tap.Client, OneHost, ""}}
		part := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))
		part.Streams[tap.Client].Resets[tap.Client] = []*align.Reset{left}
		b.Cases = append(b.Cases, Case{Connection: part, Of: 0, Pair: &pair.Pair{Client: 1, Server: pair.NoView, Remapped: known}})
		if known {
			b.Cases[0].Remapped = []int{1}
		}
		return verdicts(b)
	}
	if f := leaked(false)[0]; f.Verdict != Injected {
		t.Fatalf("with no word of the other connection it is %s, and this test shows nothing", f.Verdict)
	}
	findings := leaked(true)
	if f := findings[0]; len(findings) != 1 || f.Verdict != Genuine || f.Pattern != RemappedPackets || f.Twin.Number != 3000 {
		t.Errorf("%d findings, the first %s with pattern %q and twin %d; want 1, genuine, %q and 3000: %+v",
			len(findings), f.Verdict, f.Pattern, f.Twin.Number, RemappedPackets, f.Evidence)
	}
}

// The connection that such a packet belongs to may have nothing else to judge.
func TestAnUntranslatedPacketOfAQuietConnectionIsToldByItself(t *testing.T) {
	b := trial()
	part := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))
	part.Streams[tap.Server].Resets[tap.Server] = []*align.Reset{reset(3000*ms, 1000, 64, 0)}
	b.Cases[0].Connection, b.Cases[0].Remapped = nil, []int{1}
	b.Cases = append(b.Cases, Case{Connection: part, Of: 0, Pair: &pair.Pair{Client: pair.NoView, Server: 1, Remapped: true}})
	findings := judged(b).Findings
	if len(findings) != 1 || findings[0].Verdict != Lost || findings[0].Pattern != RemappedPackets {
		t.Errorf("%+v, want one lost reset with pattern %q", findings, RemappedPackets)
	}
}

// A NAT that has forgotten a connection gives the client's reset another port.
func TestAResetThatArrivedUnderOtherAddressesIsNotLost(t *testing.T) {
	trialOf := func(shift uint32) *Input {
		b := trial()
		b.Cases[0].Pair.Shift[tap.Client] = shift
		b.Cases[0].Streams[tap.Client].Resets[tap.Client] = []*align.Reset{reset(3000*ms, 1000, 64, 7)}
		part := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))
		part.Streams[tap.Client].Resets[tap.Server] = []*align.Reset{reset(3020*ms, 71000, 57, 7)}
		b.Cases = append(b.Cases, Case{Connection: part, Of: 0, Pair: &pair.Pair{Client: pair.NoView, Server: 1, Remapped: true}})
		return b
	}
	alone := trialOf(70000)
	if f := verdicts(alone)[0]; f.Verdict != Lost {
		t.Fatalf("with no word of the other connection it is %s, and this test shows nothing", f.Verdict)
	}
	for shift, want := range map[uint32]Verdict{70000: Genuine, 0: Lost} {
		b := trialOf(shift)
		b.Cases[0].Remapped = []int{1}
		findings := verdicts(b)
		if f := findings[0]; len(findings) != 1 || f.Verdict != want {
			t.Errorf("numbers shifted by %d: %d findings, the first %s; want one, %s: %s", shift, len(findings), f.Verdict, want, told(f))
		}
	}
}

// A view by itself in the client's capture holds a reset of the server's. If the
// server sent it on the connection that the view belongs to, it is told there, and
// once; if nobody is known to have sent it, it is not passed over.
func TestAResetThatArrivedInARemappedViewIsToldOnce(t *testing.T) {
	for _, tt := range []struct {
		name string
		sent []*align.Reset
		want Verdict
	}{
		{"the server sent it", []*align.Reset{reset(3000*ms, 1000, 64, 7)}, Genuine},
		{"nobody is known to have sent it", nil, Indeterminate},
	} {
		b := trial()
		b.Cases[0].Streams[tap.Server].Resets[tap.Server] = tt.sent
		part := align.NewConnection([2]uint32{}, 0, 0, [2]tap.Coverage{}, new(clock.Bounds))
		part.Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 57, 7)}
		b.Cases[0].Remapped = []int{1}
		b.Cases = append(b.Cases, Case{Connection: part, Of: 0, Pair: &pair.Pair{Client: 1, Server: pair.NoView, Remapped: true}})
		findings := verdicts(b)
		if len(findings) != 1 || findings[0].Verdict != tt.want {
			t.Errorf("%s: %d findings, %+v; want one, %s", tt.name, len(findings), findings, tt.want)
		}
	}
}

// What a host answered to packets that came under other addresses may come back as
// a reset of this connection. What came astray at the other end does not matter.
func TestARemappedConnectionAccusesNobodyOfTheEndWherePacketsWentAstray(t *testing.T) {
	for at, want := range map[[2]bool]Verdict{{false, false}: Injected, {true, false}: Injected, {false, true}: Conditional} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown, b.Witnesses[tap.Server].AllInterfaces = true, true
		b.Stated = []Statement{{tap.Server, OneHost, ""}, {tap.Server, NoBypass, ""}}
		b.Cases[0].Streams[tap.Client].Astray = []align.Astray{{SentNS: 2990 * ms}}
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 54, 0)}
		b.Cases[0].Pair.RemappedAt = at
		f := verdicts(b)[0]
		if f.Verdict != want {
			t.Errorf("remapped at %v: %s, want %s: %s", at, f.Verdict, want, told(f))
		}
		if needs := factsOf(f.Needs); f.Verdict == Conditional && !slices.Equal(needs, []Fact{Filter}) {
			t.Errorf("remapped at %v: needs %v, want the filter", at, f.Needs)
		}
	}
}

// The server resets what came under another address, with the numbers of this connection.
// Such a reset is one that arrived: there, or here, and not both; nor is it two.
func TestAResetThatLeftUnderOtherAddressesArrivedOnce(t *testing.T) {
	server := segment.Endpoint{IP: [16]byte{15: 1}, Port: 587}
	const bothSides = -1
	at := func(ns int64) survey.Reset {
		return survey.Reset{Frame: reset(ns, 0, 0, 0).Frame, Src: server, Seq: 1000, Flags: segment.RST}
	}
	for _, tt := range []struct {
		name             string
		left, came, here int // of those resets
		genuine          int // of those that came here
	}{
		{"one left, and it came here", 1, 0, 1, 1},
		{"one left, and came as it left", 1, 1, 1, 0},
		{"two left, one of which came as it left", 2, 1, 1, 1},
		{"one left, and three came here", 1, 0, 3, 1},
		{"two left, and both came here", 2, 0, 2, 2},
		{"none left", 0, 0, 1, 0},
		{"one left, and its receiver saw it on both sides of its own NAT", 1, bothSides, 1, 1},
	} {
		b := trial()
		b.Own[tap.Server] = map[[16]byte]bool{server.IP: true}
		stream := &b.Cases[0].Streams[tap.Server]
		for i := range tt.here {
			r := reset(int64(3020+i)*ms, 1000, 57, 0)
			stream.Resets[tap.Client] = append(stream.Resets[tap.Client], r)
			b.Resets[tap.Client] = append(b.Resets[tap.Client], at(r.TimeNS))
		}
		for i := range tt.left {
			b.Resets[tap.Server] = append(b.Resets[tap.Server], at(int64(3000+i)*ms))
		}
		for i := range max(0, tt.came) {
			b.Resets[tap.Client] = append(b.Resets[tap.Client], at(int64(3040+i)*ms))
		}
		if tt.came == bothSides {
			b.Resets[tap.Client] = append(b.Resets[tap.Client], at(3020*ms+1000))
		}
		genuine := 0
		for _, f := range verdicts(b) {
			if f.Verdict == Genuine {
				genuine++
			}
		}
		if genuine != tt.genuine {
			t.Errorf("%s: %d of %d are genuine, want %d", tt.name, genuine, tt.here, tt.genuine)
		}
	}
}
