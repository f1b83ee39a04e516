package correlate_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
	"bothends/fixtures/twoended"
)

var (
	stressPairs = flag.Int("stress", 400, "how many pairs the stress run makes")
	stressSeed  = flag.Uint64("stress.seed", 1, "what its chance begins with")
	stressOnly  = flag.Int("stress.only", -1, "the number of the only pair to be made, which is kept")
	stressKeep  = flag.String("stress.keep", "", "folder for the pairs that are judged wrongly")
	stressTell  = flag.String("stress.tell", "", "the manner of which every forged reset that is not named is told, with the reason")
)

// Each capture of each fixture is made two-ended again, in all the manners in which a
// recording can be worse than the model's, with and without forged resets. Nobody but
// the forger may be accused, and nothing that he made may be called genuine.
func TestCapturesMadeTwoEndedAgainAccuseNobodyButTheForger(t *testing.T) {
	sources := stressSources(t)
	if len(sources) < 100 {
		t.Fatalf("only %d captures of the fixtures can be made two-ended", len(sources))
	}
	tally := map[string]*stressCount{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(2)
	for n := range *stressPairs {
		if *stressOnly >= 0 && n != *stressOnly {
			continue
		}
		group.Go(func() error {
			s := newStress(sources, n)
			c, complaints := s.run(t)
			mu.Lock()
			defer mu.Unlock()
			if tally[s.manner] == nil {
				tally[s.manner] = &stressCount{}
			}
			tally[s.manner].add(c)
			for _, complaint := range complaints {
				t.Errorf("pair %d of seed %d (%s, %s): %s", n, *stressSeed, s.source.name, s.manner, complaint)
			}
			return nil
		})
	}
	group.Wait()
	var all stressCount
	t.Logf("%-18s %7s %8s %7s %7s %7s %7s %7s %7s %7s", "manner", "pairs", "unpaired", "accused", "forged", "named", "attest", "cond.", "genuine", "refused")
	for _, manner := range twoended.Manners {
		if c := tally[manner]; c != nil {
			t.Log(c.line(manner))
			all.add(*c)
		}
	}
	t.Log(all.line("all"))
	if all.refused > 1+all.pairs/1000 {
		t.Errorf("of %d pairs %d contradict what is truly stated of them", all.pairs, all.refused)
	}
	if known := all.named + all.attested; all.forged > 100 && known < all.forged*9/10 {
		t.Errorf("only %d of %d forged resets are named", known, all.forged)
	}
}

// A stressCount counts pairs and forged resets.
type stressCount struct{ pairs, unpaired, accused, forged, named, attested, conditional, genuine, refused int }

func (c *stressCount) add(o stressCount) {
	c.pairs += o.pairs
	c.unpaired += o.unpaired
	c.accused += o.accused
	c.forged += o.forged
	c.named += o.named
	c.attested += o.attested
	c.conditional += o.conditional
	c.genuine += o.genuine
	c.refused += o.refused
}

func (c *stressCount) line(name string) string {
	return fmt.Sprintf("%-18s %7d %8d %7d %7d %7d %7d %7d %7d %7d  %.1f %%", name, c.pairs, c.unpaired, c.accused, c.forged, c.named, c.attested, c.conditional, c.genuine, c.refused,
		100*float64(c.named+c.attested)/float64(max(1, c.forged)))
}

type stressSource struct {
	name string
	*twoended.Source
}

func stressSources(t *testing.T) []stressSource {
	t.Helper()
	var sources []stressSource
	for dir, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
		for end, names := range [][]string{tr.Client, tr.Server} {
			var paths []string
			for _, n := range names {
				paths = append(paths, filepath.Join(dir, n))
			}
			s, err := twoended.Read(context.Background(), paths, func(path string, frame int64) bool {
				return slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool {
					return p.Origin != truth.Genuine && p.File == filepath.Base(path) && (p.Frame == frame || slices.Contains(p.AlsoFrames, frame))
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			if s.Fit() {
				sources = append(sources, stressSource{fmt.Sprintf("%s/%d", filepath.Base(dir), end), s})
			}
		}
	}
	return sources
}

// A stress is one pair of the run.
type stress struct {
	number int
	source stressSource
	manner string
	twoended.Pair
	attested bool
	fixed    bool
}

func newStress(sources []stressSource, n int) *stress {
	r := rand.New(rand.NewPCG(*stressSeed, uint64(n)))
	s := &stress{number: n, source: sources[r.IntN(len(sources))], manner: twoended.Manners[n%len(twoended.Manners)]}
	m := twoended.Draw(s.manner, r)
	if n/len(twoended.Manners)%2 == 1 {
		m.Forge = twoended.DrawForge(r)
	}
	s.attested, s.fixed = r.IntN(2) == 0, r.IntN(2) == 0
	s.Pair = s.source.Make(m, r.Uint64())
	return s
}

// facts are what a user may truly state of the pair: that a tap dropped nothing only
// where it did not.
func (s *stress) facts() []string {
	facts := []string{"client:one-way-out", "server:one-way-out", "client:one-host", "server:one-host"}
	for end, name := range []string{"client", "server"} {
		if s.Complete[end] {
			facts = append(facts, name+":drops=0")
		}
	}
	return facts
}

func (s *stress) run(t *testing.T) (c stressCount, complaints []string) {
	dir, err := os.MkdirTemp("", "stress")
	if err != nil {
		t.Error(err)
		return
	}
	defer os.RemoveAll(dir)
	names := [2]string{filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")}
	for end, name := range names {
		if err := os.WriteFile(name, s.Files[end], 0o600); err != nil {
			t.Error(err)
			return
		}
	}
	c.pairs = 1
	if *stressOnly >= 0 && *stressKeep != "" {
		s.keep(t, nil)
	}
	r, err := s.compare(names, s.attested)
	if errors.Is(err, correlate.ErrContradicted) {
		// An acknowledgment that left at the very end of a capture may seem to be
		// missing in it.
		c.refused = 1
		r, err = s.compare(names, false)
	}
	switch {
	case errors.Is(err, correlate.ErrNothingInCommon), errors.Is(err, correlate.ErrNoTCP), errors.Is(err, correlate.ErrSameEnd):
		c.unpaired = 1
	case err != nil:
		return c, []string{err.Error()}
	}
	if r == nil {
		return c, nil
	}
	var asked *report.Report
	for i := range r.Findings {
		f := &r.Findings[i]
		forged := s.forgedAt(f.File, f.Frame)
		switch {
		case slices.Contains([]string{"injected", "modified"}, string(f.Verdict)) && !forged:
			c.accused++
			complaints = append(complaints, fmt.Sprintf("%s %s at %s frame %d is %s (%s), attested %v%s", f.Kind, f.Flags, f.ReceivedAt, f.Frame, f.Verdict, f.Confidence, s.attested, evidence(f)))
		case f.Verdict == "genuine" && forged:
			c.genuine++
			complaints = append(complaints, fmt.Sprintf("forged %s %s at %s frame %d is called genuine (%s)%s", f.Kind, f.Flags, f.ReceivedAt, f.Frame, f.Confidence, evidence(f)))
		}
		if !forged {
			continue
		}
		c.forged++
		switch {
		case f.Verdict == "injected" && !s.attested:
			c.named++
		case f.Verdict == "injected":
			c.attested++
		default:
			if asked == nil && !s.attested {
				asked, _ = s.compare(names, true)
			}
			if asked != nil && slices.ContainsFunc(asked.Findings, func(g report.Finding) bool {
				return g.File == f.File && g.Frame == f.Frame && g.Verdict == "injected"
			}) {
				c.attested++
				break
			}
			if f.Verdict == "conditional" {
				c.conditional++
			}
			s.tell(t, f)
		}
	}
	if len(complaints) > 0 && *stressKeep != "" {
		s.keep(t, complaints)
	}
	return c, complaints
}

// tell logs a forged reset that is not named, and what stands against naming it.
func (s *stress) tell(t *testing.T, f *report.Finding) {
	if *stressTell != s.manner {
		return
	}
	var open []string
	for _, e := range f.Evidence {
		if e.Outcome == "open" || e.Outcome == "fits" || e.Decides {
			open = append(open, e.Rule)
		}
	}
	t.Logf("pair %d of %s: %s at %s frame %d, connection %d: %s, open %v", s.number, s.source.name, f.Flags, f.ReceivedAt, f.Frame, f.Connection, f.Verdict, open)
}

func (s *stress) forgedAt(name string, frame int64) bool {
	end := 0
	if strings.HasPrefix(filepath.Base(name), "server") {
		end = 1
	}
	return s.Forged[end][frame]
}

func (s *stress) compare(names [2]string, attested bool) (*report.Report, error) {
	var sets [2]*file.Set
	for end, name := range names {
		set, err := file.Open(context.Background(), []string{name})
		if err != nil {
			return nil, err
		}
		defer set.Close()
		sets[end] = set
	}
	o := correlate.Options{FixedEnds: s.fixed}
	if attested {
		for _, text := range s.facts() {
			statement, err := judge.ParseStatement(text)
			if err != nil {
				return nil, err
			}
			o.Stated = append(o.Stated, statement)
		}
	}
	return correlate.Compare(context.Background(), sets[0], sets[1], o)
}

// keep writes a pair that was judged wrongly where it can be looked at.
func (s *stress) keep(t *testing.T, complaints []string) {
	dir, err := os.MkdirTemp(*stressKeep, s.manner+"-")
	if err != nil {
		t.Error(err)
		return
	}
	for end, name := range []string{"client.pcap", "server.pcap"} {
		os.WriteFile(filepath.Join(dir, name), s.Files[end], 0o600)
	}
	os.WriteFile(filepath.Join(dir, "complaints"), []byte(s.source.name+"\n"+strings.Join(complaints, "\n")), 0o600)
}
