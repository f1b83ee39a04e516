package report

import (
	"strings"
	"testing"
)

func TestATriggerIsToldWithWhatBecameOfIt(t *testing.T) {
	startTLS := Trigger{Text: "STARTTLS", ToldBy: "numbers", SentAt: "client", File: "a/client.pcap", Frame: 30, Reached: "yes", Box: "on-path"}
	for _, test := range []struct {
		name    string
		verdict string
		change  func(*Trigger)
		want    string
	}{
		{"it arrived", "injected", func(*Trigger) {},
			"> By its numbers it answers STARTTLS from the client (frame 30 in client.pcap), which reached the server all the same: the box reads along (on-path)."},
		{"it was eaten", "injected", func(g *Trigger) { g.Reached, g.Box = "no", "in-path" },
			"> By its numbers it answers STARTTLS from the client (frame 30 in client.pcap), which did not reach the server: the box holds back what it answers (in-path), or the network lost it."},
		{"nobody knows", "injected", func(g *Trigger) { g.Reached, g.Box = "unknown", "unknown" },
			"(frame 30 in client.pcap); whether that reached the server is not known."},
		{"there may be no box", "indeterminate", func(*Trigger) {},
			"(frame 30 in client.pcap), which reached the server."},
		{"the numbers are made up", "injected", func(g *Trigger) { g.ToldBy, g.Box = "order", "unknown" },
			"> What it answers is not certain; the last before it was STARTTLS from the client (frame 30 in client.pcap), which reached the server."},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := finding(1, "rst", test.verdict, "strong")
			g := startTLS
			test.change(&g)
			f.Trigger = &g
			if got := unwrapped(render(t, sample(1, f), TextOptions{})); !strings.Contains(got, test.want) {
				t.Errorf("no %q in:\n%s", test.want, got)
			}
		})
	}
}

func TestAPlaceIsToldAsFarAsItIsKnownAndOnceForAVolley(t *testing.T) {
	best := 9.5
	full := Location{
		Method: "difference", Assumes: "both answer it", Nearer: "client", NearerBy: "time",
		FromClientMS: &Span{8, &best, 11}, FromServerMS: &Span{13, &best, 16}, FromClientHops: &Hops{4, 4}, FromServerHops: &Hops{2, 3},
	}
	bound := Location{Why: "the server received none", FromClientMS: &Span{Hi: 12}, HopsVoid: "the TTLs differ"}
	void := Location{Void: "it comes out beyond the server", FromClientHops: &Hops{4, 4}, FromServerHops: &Hops{1, 1}, Nearer: "server", NearerBy: "hops"}
	for _, test := range []struct {
		name  string
		place *Location
		want  []string
	}{
		{"from both ends", &full, []string{
			"@ By time (difference) it was made 8.00 to 11.00 ms (likeliest 9.50) from the client and 13.00 to 16.00 ms (likeliest 9.50) from the server, nearer to the client in time. This assumes that both answer it.",
			"@ By TTL it was made 4 routers from the client and 2 to 3 routers from the server.",
		}},
		{"an upper bound", &bound, []string{
			"@ By time it was made at most 12.00 ms from the client. No more can be said, as the server received none.",
			"@ By TTL, nothing can be said of where it was made: the TTLs differ.",
		}},
		{"a contradiction", &void, []string{
			"@ By time, nothing can be said of where it was made: it comes out beyond the server.",
			"@ By TTL it was made 4 routers from the client and 1 router from the server, nearer to the server in routers.",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			one := finding(1, "rst", "injected", "strong")
			one.Location = test.place
			again := one
			again.ReceivedAt, again.ClaimedSender = "server", "client"
			got := unwrapped(render(t, sample(1, one, again), TextOptions{All: true}))
			for _, want := range test.want {
				if strings.Count(got, want) != 1 {
					t.Errorf("%q is there %d times, want once:\n%s", want, strings.Count(got, want), got)
				}
			}
		})
	}
}
