package correlate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/correlate/report"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// A staged reset is a forged one that a truth names, and what the report says of
// it.
type staged struct {
	where string
	// other: it is no fixture, but one of its scenario with another seed.
	other bool
	truth truth.Packet
	found *report.Finding
	// jitterMS is by how much packets of the lab are under way longer than the fastest, on
	// the client's and on the server's side of the box: its truth has the mean, and the
	// report the distance without queues. The model's truth has none in it.
	jitterMS [2]float64
}

// stage compares the pair in dir and returns the forged resets that its truth
// places, as far as the report has them.
func stage(t *testing.T, dir, where string, other bool) (list []staged) {
	t.Helper()
	name := filepath.Join(dir, "truth.json")
	tr, err := truth.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := compare(t, dir, readTruths(t, dir)[dir])
	if err != nil {
		return nil
	}
	jitter := jitterOf(t, tr.Name)
	for _, p := range tr.Packets {
		if p.Origin == "genuine" || p.Kind != "rst" || p.Frame == 0 || p.Place == nil && p.Trigger == "" {
			continue
		}
		f := findingIn(r, truth.Packet{File: p.File, Frame: p.Frame})
		if f != nil {
			list = append(list, staged{where, other, p, f, jitter})
		}
	}
	return list
}

// jitterOf is what the lab adds to the delay of its links, by its own table; nothing for what
// the model made.
func jitterOf(t *testing.T, name string) (ms [2]float64) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../fixtures/lab/scenarios", name+".json"))
	if err != nil {
		return ms
	}
	type leg struct {
		JitterMS float64 `json:"jitter_ms"`
	}
	var scenario struct {
		Client leg `json:"client_leg"`
		Server leg `json:"server_leg"`
	}
	if err := json.Unmarshal(text, &scenario); err != nil {
		t.Fatal(err)
	}
	return [2]float64{scenario.Client.JitterMS, scenario.Server.JitterMS}
}

// stageAll stages every fixture, and every scenario with other seeds.
func stageAll(t *testing.T) (list []staged) {
	t.Helper()
	for _, pattern := range []string{"../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*"} {
		dirs, err := filepath.Glob(filepath.Join(pattern, "truth.json"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no fixtures in %s: %v", pattern, err)
		}
		for _, name := range dirs {
			list = append(list, stage(t, filepath.Dir(name), filepath.Base(filepath.Dir(name)), false)...)
		}
	}
	seeds := uint64(3)
	if more, err := strconv.ParseUint(os.Getenv("BOTHENDS_SEEDS"), 10, 64); err == nil {
		seeds = more
	}
	for _, scenario := range scenarios.All() {
		for seed := uint64(2); seed < 2+seeds; seed++ {
			dir := filepath.Join(t.TempDir(), scenario.Name)
			tr, err := scenarios.Write(dir, scenario, seed)
			if err != nil {
				t.Fatal(err)
			}
			forged := false
			for _, p := range tr.Packets {
				forged = forged || p.Place != nil || p.Trigger != ""
			}
			if forged {
				list = append(list, stage(t, dir, scenario.Name+", seed "+strconv.FormatUint(seed, 10), true)...)
			}
		}
	}
	return list
}

// answers reports whether what the report says that a reset answers is what the truth
// gives: the box's pattern, or what it waited for.
func (s *staged) answers(t *testing.T) bool {
	g := s.found.Trigger
	switch want := s.truth.Trigger; want {
	case "silence", "idle-timeout":
		return false // it answers nothing
	case "ClientHello":
		return g.Name == "TLS ClientHello"
	case "SYN":
		return g.Name == "SYN"
	case "large packet":
		return g.Length > 1400 // as the boxes of the model have it
	default: // what the message holds; of one that was cut off, its length tells
		p := frameOf(t, g.File, g.Frame)
		return bytes.Contains(p.Data, []byte(want)) || p.OrigLen > len(p.Data) && g.Length == len(want+"\r\n")
	}
}

// frameOf is a packet of a capture.
func frameOf(t *testing.T, name string, number int64) capture.Packet {
	t.Helper()
	set, err := file.Open(context.Background(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	r := set.Reader()
	var p capture.Packet
	for range number {
		if err := r.Next(&p); err != nil {
			t.Fatal(err)
		}
	}
	p.Data = bytes.Clone(p.Data)
	return p
}

// leastNamed is of how many forged resets it is told what they answer, in per cent, as
// measured; it may only rise.
const leastNamed = 90

// What is said to be answered for certain is what the truth has, without exception; of most
// it is said.
func TestForgedResetsAreSaidToAnswerWhatTheirTruthSays(t *testing.T) {
	known, named := 0, 0
	for _, s := range stageAll(t) {
		if s.truth.Trigger == "" {
			continue
		}
		silence := s.truth.Trigger == "silence" || s.truth.Trigger == "idle-timeout"
		if !silence {
			known++
		}
		switch sure := s.found.Trigger.Sure(); {
		case !sure && !silence:
			t.Logf("%s: frame %d of %s answers %q, and that is not told: %+v", s.where, s.truth.Frame, s.truth.File, s.truth.Trigger, s.found.Trigger)
		case sure && !s.answers(t):
			t.Errorf("%s: frame %d of %s answers %q, and is said to answer %+v", s.where, s.truth.Frame, s.truth.File, s.truth.Trigger, s.found.Trigger)
		case sure:
			named++
		}
	}
	t.Logf("what they answer is told of %d in %d forged resets that answer something", named, known)
	if known == 0 || named*100 < known*leastNamed {
		t.Errorf("what they answer is told of %d in %d forged resets: less than %d %%", named, known, leastNamed)
	}
}

// timeHolds reports whether the intervals that the report gives hold the true values.
func (s *staged) timeHolds() bool {
	l, p := s.found.Location, s.truth.Place
	within := func(in *report.Span, mean, jitter float64) bool {
		return in == nil || in.Lo <= mean && mean-jitter/2 <= in.Hi
	}
	return within(l.FromClientMS, p.MSFromClient, s.jitterMS[0]) && within(l.FromServerMS, p.MSFromServer, s.jitterMS[1])
}

// leastHeld is of how many intervals that are told the truth lies in them, in per cent: they
// are made of what packets usually lose in queues, which one in a hundred exceeds.
const leastHeld = 98

// wrong notes a place that is not the truth's. No fixture may have one; with other seeds
// leastHeld decides.
func (s *staged) wrong(t *testing.T, format string, args ...any) {
	t.Helper()
	if s.other {
		t.Logf(format, args...)
		return
	}
	t.Errorf(format, args...)
}

func (s *staged) hopsHold() bool {
	l, p := s.found.Location, s.truth.Place
	within := func(in *report.Hops, n int) bool { return in == nil || in.Lo <= n && n <= in.Hi }
	return within(l.FromClientHops, p.HopsFromClient) && within(l.FromServerHops, p.HopsFromServer)
}

func TestForgedResetsArePlacedWhereTheirTruthSays(t *testing.T) {
	var all, bounds, held, void, hopsAll, hopsHeld, hopsVoid, sides, sidesRight int
	var widths []float64
	methods := map[string]int{}
	for _, s := range stageAll(t) {
		l := s.found.Location
		if s.found.Verdict != "injected" || s.truth.Place == nil {
			continue
		}
		if l == nil {
			t.Errorf("%s: frame %d of %s is forged, and there is no word on its place", s.where, s.truth.Frame, s.truth.File)
			continue
		}
		all++
		if l.Void != "" {
			void++
			methods[l.Void]++
		} else {
			methods[l.Method]++
			if l.Why != "" {
				bounds++
			} else {
				widths = append(widths, l.FromClientMS.Hi-l.FromClientMS.Lo)
			}
			if s.timeHolds() {
				held++
			} else {
				s.wrong(t, "%s: frame %d of %s was made %.2f ms from the client and %.2f from the server: not %+v and %+v (%s)",
					s.where, s.truth.Frame, s.truth.File, s.truth.Place.MSFromClient, s.truth.Place.MSFromServer, l.FromClientMS, l.FromServerMS, l.Method)
			}
		}
		if l.HopsVoid != "" {
			hopsVoid++
			methods["hops: "+l.HopsVoid]++
		} else {
			hopsAll++
			if s.hopsHold() {
				hopsHeld++
			} else {
				s.wrong(t, "%s: frame %d of %s was made %d routers from the client and %d from the server: not %+v and %+v",
					s.where, s.truth.Frame, s.truth.File, s.truth.Place.HopsFromClient, s.truth.Place.HopsFromServer, l.FromClientHops, l.FromServerHops)
			}
		}
		p := s.truth.Place
		if nearer := map[bool]string{true: "client", false: "server"}[p.MSFromClient < p.MSFromServer]; l.NearerBy == "time" {
			sides++
			if l.Nearer == nearer {
				sidesRight++
			} else {
				s.wrong(t, "%s: frame %d of %s was made nearer to the %s, not to the %s", s.where, s.truth.Frame, s.truth.File, nearer, l.Nearer)
			}
		}
	}
	slices.Sort(widths)
	if len(widths) == 0 || hopsAll == 0 {
		t.Fatalf("of %d forged resets %d have an interval of time and %d one of routers", all, len(widths), hopsAll)
	}
	t.Logf("%d forged resets. By time: %d void (%d %%), %d with an upper bound only; %d of %d hold the truth; median width %.2f ms one way where both ends tell. "+
		"By TTL: %d void, %d of %d hold the truth. The side by time is right in %d of %d. %v",
		all, void, 100*void/all, bounds, held, all-void, widths[len(widths)/2], hopsVoid, hopsHeld, hopsAll, sidesRight, sides, methods)
	if held*100 < (all-void)*leastHeld || hopsHeld*100 < hopsAll*leastHeld || sidesRight*100 < sides*leastHeld {
		t.Errorf("less than %d %% are right", leastHeld)
	}
}
