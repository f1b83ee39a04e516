package correlate_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bothends/correlate/report"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// A staged reset is a forged one that a truth names, and what the report says of
// it.
type staged struct {
	where string
	truth truth.Packet
	found *report.Finding
}

// stage compares the pair in dir and returns the forged resets that its truth
// places, as far as the report has them.
func stage(t *testing.T, dir, where string) (list []staged) {
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
	for _, p := range tr.Packets {
		if p.Origin == "genuine" || p.Kind != "rst" || p.Frame == 0 || p.Place == nil {
			continue
		}
		f := findingIn(r, truth.Packet{File: p.File, Frame: p.Frame})
		if f != nil && (f.Verdict == "injected" || f.Verdict == "indeterminate") {
			list = append(list, staged{where, p, f})
		}
	}
	return list
}

// stageAll stages every fixture, and every scenario with other seeds.
func stageAll(t *testing.T) (list []staged) {
	t.Helper()
	for _, pattern := range []string{"../fixtures/synthetic/*", "../fixtures/pairs/*"} {
		dirs, err := filepath.Glob(filepath.Join(pattern, "truth.json"))
		if err != nil || len(dirs) == 0 {
			t.Fatalf("no fixtures in %s: %v", pattern, err)
		}
		for _, name := range dirs {
			list = append(list, stage(t, filepath.Dir(name), filepath.Base(filepath.Dir(name)))...)
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
				forged = forged || p.Place != nil
			}
			if forged {
				list = append(list, stage(t, dir, scenario.Name+", seed "+strconv.FormatUint(seed, 10))...)
			}
		}
	}
	return list
}

// answered reports whether the report names the trigger that the truth gives: the
// box's pattern, or what it waited for.
func (s *staged) answered() bool {
	g := s.found.Trigger
	switch want := s.truth.Trigger; {
	case want == "silence" || want == "idle-timeout":
		return g == nil
	case g == nil:
		return false
	case want == "ClientHello":
		return g.Name == "TLS ClientHello"
	default:
		return strings.HasPrefix(want, g.Name) // "MAIL FROM:<alice" is MAIL FROM
	}
}

func TestForgedResetsAreSaidToAnswerWhatTheirTruthSays(t *testing.T) {
	known, right, told := 0, 0, 0
	for _, s := range stageAll(t) {
		if s.truth.Trigger == "" {
			continue
		}
		known++
		if s.answered() {
			right++
		} else {
			t.Logf("%s: frame %d of %s answers %q, and is said to answer %+v", s.where, s.truth.Frame, s.truth.File, s.truth.Trigger, s.found.Trigger)
		}
		if s.found.Trigger != nil && s.found.Trigger.Reached != "unknown" {
			told++
		}
	}
	t.Logf("the triggers of %d in %d forged resets are named as the truth has them; of %d it is known whether they reached the far end", right, known, told)
	if known == 0 || right*100 < known*95 {
		t.Errorf("the triggers of %d in %d forged resets are right: less than 95 %%", right, known)
	}
}

// timeHolds reports whether the intervals that the report gives hold the true values.
func (s *staged) timeHolds() bool {
	l, p := s.found.Location, s.truth.Place
	within := func(in *report.Span, ms float64) bool { return in == nil || in.Lo <= ms && ms <= in.Hi }
	return within(l.FromClientMS, p.MSFromClient) && within(l.FromServerMS, p.MSFromServer)
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
		if s.found.Verdict != "injected" {
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
				t.Logf("%s: frame %d of %s was made %.2f ms from the client and %.2f from the server: not %+v and %+v (%s)",
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
				t.Logf("%s: frame %d of %s was made %d routers from the client and %d from the server: not %+v and %+v",
					s.where, s.truth.Frame, s.truth.File, s.truth.Place.HopsFromClient, s.truth.Place.HopsFromServer, l.FromClientHops, l.FromServerHops)
			}
		}
		p := s.truth.Place
		if nearer := map[bool]string{true: "client", false: "server"}[p.MSFromClient < p.MSFromServer]; l.NearerBy == "time" {
			sides++
			if l.Nearer == nearer {
				sidesRight++
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
	if held*100 < (all-void)*95 {
		t.Errorf("%d of %d intervals of time hold the truth: less than 95 %%", held, all-void)
	}
	if hopsHeld*100 < hopsAll*95 {
		t.Errorf("%d of %d ranges of routers hold the truth: less than 95 %%", hopsHeld, hopsAll)
	}
	if sidesRight*100 < sides*95 {
		t.Errorf("the side is right in %d of %d: less than 95 %%", sidesRight, sides)
	}
}
