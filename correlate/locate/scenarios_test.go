package locate_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate/clock"
	"bothends/correlate/locate"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// seen is one segment of a capture, with what tells it from others whatever NAT
// did to it.
type seen struct {
	file  string
	frame int64
	at    int64
	key   identity
	ttl   uint8
	head  []byte
}

type identity struct {
	sender   tap.End
	seq, ack uint32
	flags    segment.Flags
	length   int
}

// read decodes all files of one end. The server is the end with the lower port:
// every scenario's clients use high ones.
func read(t *testing.T, dir string, names []string) []seen {
	t.Helper()
	var list []seen
	for _, name := range names {
		set, err := file.Open(context.Background(), []string{filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		reader := set.Reader()
		var p capture.Packet
		var s segment.Segment
		for {
			if err := reader.Next(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if segment.Decode(&p, &s) != segment.TCP {
				continue
			}
			sender := tap.Client
			if s.Src.Port < s.Dst.Port {
				sender = tap.Server
			}
			list = append(list, seen{name, p.Frame, p.TimeNS, identity{sender, s.Seq, s.Ack, s.Flags, s.PayloadLen}, s.TTL, bytes.Clone(s.Payload)})
		}
		set.Close()
	}
	return list
}

// once keeps the segments of which a capture has one copy.
func once(list []seen) map[identity]seen {
	count, only := map[identity]int{}, map[identity]seen{}
	for _, s := range list {
		count[s.key]++
		only[s.key] = s
	}
	for key, n := range count {
		if n > 1 {
			delete(only, key)
		}
	}
	return only
}

// event makes an Event of the forged resets that the truth names for one
// connection, with nothing but the captures and the frames that it names.
func event(t *testing.T, ends [2][]seen, resets []truth.Packet) *locate.Event {
	t.Helper()
	e := &locate.Event{Sender: tap.Client, TickNS: 1000}
	for _, p := range resets {
		end := tap.Client
		if p.ReceivedAt == "server" {
			end = tap.Server
		}
		for _, s := range ends[end] {
			if s.file == p.File && s.frame == int64(p.Frame) {
				b := &e.Resets[end]
				b.TTLs = append(b.TTLs, s.ttl)
				if b.First.Known {
					b.StepNS = (s.at - b.First.NS) / int64(len(b.TTLs)-1)
				} else {
					b.First = locate.Moment{NS: s.at, Known: true}
				}
			}
		}
	}
	client, server := once(ends[0]), once(ends[1])
	for _, s := range ends[0] {
		if s.key.sender == tap.Client && s.at < e.Resets[0].First.NS && bytes.Contains(s.head, []byte(resets[0].Trigger)) {
			e.Sent = locate.Moment{NS: s.at, Known: true}
			there, ok := server[s.key]
			e.Reached = locate.Moment{NS: there.at, Known: ok}
		}
	}
	var bounds clock.Bounds
	for key, c := range client {
		if s, ok := server[key]; ok && key.sender == tap.Client {
			bounds.ToServer(c.at, s.at)
		} else if ok {
			bounds.ToClient(s.at, c.at)
		}
	}
	fit := bounds.Fit()
	e.OffsetNS = fit.At(e.Sent.NS).At(e.Sent.NS)
	for key, c := range client {
		s, ok := server[key]
		if !ok {
			continue
		}
		offset := fit.At(c.at).At(c.at)
		sent, got, trip := c, s, s.at-offset-c.at
		if key.sender == tap.Server {
			sent, got, trip = s, c, c.at+offset-s.at
		}
		e.Trips[key.sender] = append(e.Trips[key.sender], trip)
		e.Routes[key.sender] = locate.Route{Known: true, Hops: int(sent.ttl) - int(got.ttl), TTL: got.ttl}
	}
	return e
}

// The model plays whole connections, with queues that keep their order, rates,
// retransmissions and NAT, and knows where its box stands.
func TestThePlacesOfTheScenariosAreFound(t *testing.T) {
	const seeds = 10
	runs, held, hopsRuns, hopsHeld := 0, 0, 0, 0
	var widths []float64
	methods := map[locate.Method]int{}
	for _, name := range []string{
		"reset-forged-both-ways", "nat-with-two-forged", "reset-forged-and-its-trigger-eaten", "ipv6-reset-forged-both-ways",
		"three-forged-resets-with-growing-sequence", "clocks-three-hours-apart-and-drifting", "reset-forged-to-the-client-only",
		"forged-reset-followed-by-its-genuine-twin", "resets-forged-as-in-2012",
	} {
		scenario, ok := scenarios.Named(name)
		if !ok {
			t.Fatalf("no scenario %s", name)
		}
		for seed := uint64(1); seed <= seeds; seed++ {
			dir := t.TempDir()
			tr, err := scenarios.Write(dir, scenario, seed)
			if err != nil {
				t.Fatal(err)
			}
			ends := [2][]seen{read(t, dir, tr.Client), read(t, dir, tr.Server)}
			for _, resets := range byConnection(tr) {
				got := locate.Find(event(t, ends, resets))
				place := resets[0].Place
				runs++
				methods[got.Timing.Method]++
				lo, _, hi := got.Timing.From[tap.Client].MS()
				farLo, _, farHi := got.Timing.From[tap.Server].MS()
				if got.Timing.Void == "" && lo <= place.MSFromClient && place.MSFromClient <= hi && farLo <= place.MSFromServer && place.MSFromServer <= farHi {
					held++
				} else {
					t.Logf("%s, seed %d: %.2f to %.2f ms from the client (%.2f), %.2f to %.2f from the server (%.2f) %s",
						name, seed, lo, hi, place.MSFromClient, farLo, farHi, place.MSFromServer, got.Timing.Void)
				}
				if got.Timing.Void == "" && got.Timing.Method != locate.ByWait {
					widths = append(widths, hi-lo)
				}
				if got.Hops.Void == "" {
					hopsRuns++
					c, s := got.Hops.From[tap.Client], got.Hops.From[tap.Server]
					if c.Lo <= place.HopsFromClient && place.HopsFromClient <= c.Hi && s.Lo <= place.HopsFromServer && place.HopsFromServer <= s.Hi {
						hopsHeld++
					}
				} else if name != "forged-reset-followed-by-its-genuine-twin" {
					t.Errorf("%s, seed %d: %s", name, seed, got.Hops.Void)
				}
			}
		}
	}
	slices.Sort(widths)
	t.Logf("%d events: the times hold the truth in %d, median width %.2f ms one way (from resets at both ends); the routers in %d of %d; methods %v",
		runs, held, widths[len(widths)/2], hopsHeld, hopsRuns, methods)
	if held*100 < runs*95 {
		t.Errorf("the times hold the truth in %d of %d only", held, runs)
	}
	if hopsHeld != hopsRuns || hopsRuns == 0 {
		t.Errorf("the routers are right in %d of %d", hopsHeld, hopsRuns)
	}
	for _, m := range []locate.Method{locate.ByWait, locate.ByDifference, locate.ByArrivals} {
		if methods[m] == 0 {
			t.Errorf("no event by %s", m)
		}
	}
}

// byConnection sorts the forged resets of a truth by the server's port and the
// time, which tell the scenarios' connections apart: each is struck once.
func byConnection(tr *truth.Truth) [][]truth.Packet {
	var groups [][]truth.Packet
	index := map[string]int{}
	for _, p := range tr.Packets {
		if p.Origin != "injected" || p.Kind != "rst" || p.Frame == 0 || p.Place == nil {
			continue
		}
		key := connectionOf(tr, &p)
		if at, ok := index[key]; ok {
			groups[at] = append(groups[at], p)
			continue
		}
		index[key] = len(groups)
		groups = append(groups, []truth.Packet{p})
	}
	return groups
}

func connectionOf(tr *truth.Truth, p *truth.Packet) string {
	for _, c := range tr.Connections {
		view := c.ClientView
		if p.ReceivedAt == "server" {
			view = c.ServerView
		}
		if ends := p.Src + " " + p.Dst; strings.Contains(ends, view.Client) && strings.Contains(ends, view.Server) {
			return c.ClientView.Client
		}
	}
	return ""
}
