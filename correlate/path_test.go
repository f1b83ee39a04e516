package correlate_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

// withTaps puts a tap on every link of a scenario's path but the first, at which the
// client's own tap is.
func withTaps(s model.Scenario) model.Scenario {
	for i := range s.Path.Hops {
		s.Between = append(s.Between, model.Between{Name: fmt.Sprint("hop", i+1), Link: i + 1, Filter: "tcp", Offset: 3 * 1e9, SkewPPM: 15})
	}
	return s
}

// comparePath plays a scenario and compares all its taps.
func comparePath(t *testing.T, s model.Scenario) (*report.Report, *truth.Truth) {
	t.Helper()
	return comparePathOf(t, s, 1)
}

// comparePathOf does so by the chance of a seed.
func comparePathOf(t *testing.T, s model.Scenario, seed uint64) (*report.Report, *truth.Truth) {
	t.Helper()
	dir := t.TempDir()
	tr, err := scenarios.Write(dir, s, seed)
	if err != nil {
		t.Fatal(err)
	}
	var taps []correlate.Tap
	add := func(name string, files ...string) {
		for i := range files {
			files[i] = filepath.Join(dir, files[i])
		}
		set, err := file.Open(context.Background(), files)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		taps = append(taps, correlate.Tap{Name: name, Set: set})
	}
	add("client", slices.Clone(tr.Client)...)
	for _, name := range tr.Between {
		tap, _, _ := strings.Cut(name, ".")
		add(tap, name)
	}
	add("server", slices.Clone(tr.Server)...)
	r, err := correlate.ComparePath(context.Background(), taps, correlate.Options{FixedEnds: true})
	if err != nil {
		t.Fatal(err)
	}
	return r, tr
}

// passed are the indexes of the taps that a packet passed, by the truth, with the end
// that it began or was to arrive at; the first is where it was seen first.
func passed(p *truth.Packet, names []string) (seen []int) {
	for _, name := range p.Passed {
		seen = append(seen, slices.Index(names, name))
	}
	return seen
}

// stretchOf is between which taps a packet was made or lost, by the truth.
func stretchOf(p *truth.Packet, names []string) (from, to int, ok bool) {
	first, last := 0, len(names)-1
	seen := passed(p, names)
	switch toClient := p.ReceivedAt == "client"; {
	case p.Origin == truth.Injected && p.Fate == truth.Received:
		if toClient {
			for _, i := range seen {
				first = max(first, i)
			}
			return first, first + 1, true
		}
		for _, i := range seen {
			last = min(last, i)
		}
		return last - 1, last, true
	case p.Origin == truth.Genuine && (p.Fate == truth.Lost || p.Fate == truth.Eaten) && p.Kind == "rst":
		if toClient {
			for _, i := range seen {
				last = min(last, i)
			}
			return last - 1, last, true
		}
		for _, i := range seen {
			first = max(first, i)
		}
		return first, first + 1, true
	}
	return 0, 0, false
}

// With a tap on every link each forged reset is said to be made where the box stands, and
// each lost one to be lost where it was, in every scenario of which the two ends are
// judged. The truth is what passed each tap, as the model noted it. A tap that records
// no resets may widen what is said, and makes nothing wrong of it.
func TestTheStretchIsRightOnEveryPath(t *testing.T) {
	var told, exact [2]int
	for i, s := range scenarios.Small() {
		if len(s.Path.Hops) < 2 || len(s.Sessions) > 40 || s.Exit == int(outcome.Failed) || testing.Short() && i%6 != 0 {
			continue
		}
		whole := withTaps(s)
		blind := withTaps(s)
		b := &blind.Between[i%len(blind.Between)]
		b.Loses, b.Filter = model.RST, ""
		for kind, s := range []model.Scenario{whole, blind} {
			if kind == 1 && i%2 != 0 {
				continue
			}
			t.Run(fmt.Sprint(s.Name, "/", []string{"whole", "one blind"}[kind]), func(t *testing.T) {
				r, tr := comparePath(t, s)
				one, narrow, wrong := holdStretches(t, r, tr)
				if wrong > 0 {
					t.Errorf("%d stretches of undecided packets are wrong", wrong)
				}
				told[kind], exact[kind] = told[kind]+one, exact[kind]+narrow
			})
		}
	}
	t.Logf("%d stretches told, %d of them one link; with a blind tap %d, %d of them one link", told[0], exact[0], told[1], exact[1])
	least := 90
	if testing.Short() {
		least = 10
	}
	if told[0] < least || exact[0]*100 < told[0]*95 || told[1] < least/3 {
		t.Errorf("%d stretches told, %d of them one link, and %d with a blind tap; want at least %d, nearly all of them one link", told[0], exact[0], told[1], least)
	}
}

// Taps that miss one packet in five name stretches that are too wide rather than wrong
// ones. A stretch that is wrong is worse than none where it has a confidence.
// BOTHENDS_SEEDS plays each scenario as many times.
func TestNoStretchIsWrongWhereEveryTapMissesMuch(t *testing.T) {
	seeds := uint64(1)
	if more, err := strconv.ParseUint(os.Getenv("BOTHENDS_SEEDS"), 10, 64); err == nil {
		seeds = more
	}
	told, exact, wrong := 0, 0, 0
	for i, s := range scenarios.Small() {
		if len(s.Path.Hops) < 2 || len(s.Sessions) > 40 || s.Exit == int(outcome.Failed) || testing.Short() && i%6 != 0 {
			continue
		}
		s := withTaps(s)
		for i := range s.Between {
			s.Between[i].Loss = 0.2
		}
		for end := range s.Ends {
			s.Ends[end].Tap.Loss = max(s.Ends[end].Tap.Loss, 0.2)
		}
		t.Run(s.Name, func(t *testing.T) {
			for seed := range seeds {
				r, tr := comparePathOf(t, s, 1+seed)
				one, narrow, not := holdStretches(t, r, tr)
				told, exact, wrong = told+one, exact+narrow, wrong+not
			}
		})
	}
	t.Logf("%d stretches told, %d of them one link, %d of undecided packets wrong", told, exact, wrong)
	if wrong*100 > told {
		t.Errorf("of %d stretches %d are wrong, though of packets that stay undecided", told, wrong)
	}
	if !testing.Short() && told < 40 {
		t.Errorf("only %d stretches are told", told)
	}
}

// holdStretches holds what is told against the truth, and counts. Wrong are those told of
// packets of which it is undecided whether they were made on the way at all.
func holdStretches(t *testing.T, r *report.Report, tr *truth.Truth) (told, exact, wrong int) {
	names := make([]string, len(r.Taps))
	for i := range r.Taps {
		names[i] = r.Taps[i].Name
	}
	for i := range tr.Packets {
		p := &tr.Packets[i]
		from, to, known := stretchOf(p, names)
		f := findingNamed(r, p)
		if !known || f == nil || f.Stretch == nil || f.Stretch.From == "" {
			continue
		}
		told++
		gotFrom, gotTo := slices.Index(names, f.Stretch.From), slices.Index(names, f.Stretch.To)
		switch {
		case (gotFrom > from || gotTo < to) && f.Stretch.Confidence == string(judge.Unsure):
			wrong++
		case gotFrom > from || gotTo < to:
			t.Errorf("the %s %s to the %s, called %s: %s (%s), want between %q and %q (it passed %q)", p.Origin, p.Kind, p.ReceivedAt, f.Verdict, f.Stretch.Text, f.Stretch.Confidence, names[from], names[to], p.Passed)
		case gotFrom == from && gotTo == to:
			exact++
		default:
			t.Logf("the %s %s to the %s, called %s: %s, where it was between %q and %q", p.Origin, p.Kind, p.ReceivedAt, f.Verdict, f.Stretch.Text, names[from], names[to])
		}
	}
	return told, exact, wrong
}

func findingNamed(r *report.Report, p *truth.Packet) *report.Finding {
	for i := range r.Findings {
		if f := &r.Findings[i]; filepath.Base(f.File) == p.File && f.Frame == p.Frame {
			return f
		}
	}
	return nil
}

// Further taps change nothing of what the two ends show by themselves.
func TestFurtherTapsLeaveTheReportOfTheEndsAsItIs(t *testing.T) {
	s, _ := scenarios.Named("reset-forged-both-ways")
	r, tr := comparePath(t, withTaps(s))
	dir := filepath.Dir(r.Captures.Client.Files[0].Path)
	alone := compareFiles([]string{filepath.Join(dir, tr.Client[0])}, []string{filepath.Join(dir, tr.Server[0])})
	ignore := []cmp.Option{
		cmpopts.IgnoreUnexported(report.Report{}, report.Finding{}, report.Ending{}), cmpopts.IgnoreFields(report.Report{}, "Taps", "Crossings"),
		cmpopts.IgnoreFields(report.Finding{}, "Stretch"), cmpopts.IgnoreFields(report.Ending{}, "Stretch"),
	}
	if diff := cmp.Diff(alone, r, ignore...); diff != "" {
		t.Errorf("(-two taps +more)\n%s", diff)
	}
}

// A tap that lacks what the taps on both sides of it hold has missed it: it makes no
// forgery of it, and no other stretch.
func TestATapThatMissesAPacketIsNamed(t *testing.T) {
	s, _ := scenarios.Named("genuine-reset-by-the-server")
	if s.Name == "" {
		t.Fatal("no such scenario")
	}
	s = withTaps(s)
	s.Between[1].Loses, s.Between[1].Filter = model.RST, ""
	r, tr := comparePath(t, s)
	missed := 0
	for i := range tr.Packets {
		p := &tr.Packets[i]
		f := findingNamed(r, p)
		if p.Kind != "rst" || p.Fate != truth.Received || f == nil {
			continue
		}
		if f.Verdict != "genuine" || f.Stretch == nil || !slices.Equal(f.Stretch.MissedBy, []string{"hop2"}) || f.Stretch.From != "" {
			t.Errorf("called %s, %+v; want genuine, and missed by hop2 alone", f.Verdict, f.Stretch)
		}
		missed++
	}
	if missed == 0 {
		t.Error("no reset arrived: the test shows nothing")
	}
}

// byHalfway reports whether the verdict on a packet rests on a tap between the ends.
func byHalfway(f *report.Finding) bool {
	return slices.ContainsFunc(f.Evidence, func(e report.Evidence) bool { return e.Rule == "halfway" && e.Outcome == "supports" })
}

// Where an end's capture is no good witness, a tap on the way may be one. What it decides
// was forged, by the truth, in every scenario; nobody is accused whom the truth does not
// accuse; and what is decided is strong at most, as the order of the taps is the user's.
func TestATapOnTheWayDecidesWhatAPoorCaptureLeavesOpen(t *testing.T) {
	poor := []struct {
		name  string
		spoil func(*model.Scenario)
	}{
		{"the server's recording ended at once", func(s *model.Scenario) { s.Ends[1].Tap.End = 100 * time.Millisecond }},
		{"the server's recording ended early", func(s *model.Scenario) { s.Ends[1].Tap.End = 1500 * time.Millisecond }},
		{"the client's recording ended early", func(s *model.Scenario) { s.Ends[0].Tap.End = 1500 * time.Millisecond }},
		{"the server's ended at once, and each tap on the way missed one in five", func(s *model.Scenario) {
			s.Ends[1].Tap.End = 100 * time.Millisecond
			for i := range s.Between {
				s.Between[i].Loss = 0.2
			}
		}},
		{"no resets of its own", func(s *model.Scenario) { s.Ends[0].Tap.LoseOwn, s.Ends[1].Tap.LoseOwn = model.RST, model.RST }},
		{"one packet in three missed", func(s *model.Scenario) { s.Ends[0].Tap.Loss, s.Ends[1].Tap.Loss = 0.3, 0.3 }},
	}
	decided := 0
	for i, s := range scenarios.Small() {
		if len(s.Path.Hops) < 2 || len(s.Sessions) > 40 || s.Exit == int(outcome.Failed) || testing.Short() && i%6 != 0 {
			continue
		}
		for n, p := range poor {
			if n%2 != i%2 && n > 0 {
				continue // it takes its time; the first is of the most use
			}
			t.Run(fmt.Sprint(s.Name, "/", p.name), func(t *testing.T) {
				s := withTaps(s)
				p.spoil(&s)
				if end := s.Ends[0].Tap.End; end > 0 && s.Ends[1].Tap.Start > 0 {
					t.Skip("the two may have nothing in common")
				}
				r, tr := comparePath(t, s)
				for i := range r.Findings {
					f := &r.Findings[i]
					accused := f.Verdict == "injected" || f.Verdict == "modified"
					if accused && !isForged(tr, f) {
						t.Errorf("%s at %s frame %d is %s (%s)%s", f.Kind, f.ReceivedAt, f.Frame, f.Verdict, f.Confidence, evidence(f))
					}
					if !byHalfway(f) || f.Verdict != "injected" {
						continue
					}
					decided++
					if f.Confidence == "proven" {
						t.Errorf("%s at %s frame %d is proven by a tap on the way; want strong at most", f.Kind, f.ReceivedAt, f.Frame)
					}
					if f.Stretch == nil || f.Stretch.From == "" {
						t.Errorf("%s at %s frame %d is decided by a tap on the way, and has no stretch", f.Kind, f.ReceivedAt, f.Frame)
					}
				}
				if s.Between[0].Loss == 0 { // or where a packet was not seen is no more than likely
					holdStretches(t, r, tr)
				}
			})
		}
	}
	t.Logf("%d packets decided by a tap on the way", decided)
	least := 40
	if testing.Short() {
		least = 5
	}
	if decided < least {
		t.Errorf("%d packets decided by a tap on the way, want at least %d", decided, least)
	}
}
