package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func mail(repeat int, seed uint64, ports ...uint16) *Plan {
	return &Plan{Arms: Mail(), Ports: ports, Repeat: repeat, Seed: seed}
}

func order(p *Plan) (names []string) {
	for _, r := range p.Runs() {
		names = append(names, fmt.Sprint(r.Arm.Name, r.Port))
	}
	return names
}

func TestEachRepetitionTriesEverythingOnce(t *testing.T) {
	p := mail(6, 1, 25, 465, 587, 2525)
	ids := map[string]bool{}
	for _, r := range p.Runs() {
		ids[r.ID] = true
	}
	if len(ids) != 48 {
		t.Errorf("%d different runs, want 48", len(ids))
	}
	for block := range slices.Chunk(order(p), 8) {
		slices.Sort(block)
		if len(slices.Compact(block)) != 8 {
			t.Errorf("a repetition has %v", block)
		}
	}
}

// What comes first is left to chance: over many seeds each of the four comes first
// about as often. The order of one seed never changes, or a printed one were of no
// use.
func TestTheOrderFollowsFromTheSeedAlone(t *testing.T) {
	first := map[string]int{}
	const seeds = 4000
	for seed := range uint64(seeds) {
		p := mail(1, seed, 25, 587)
		if !slices.Equal(order(p), order(p)) {
			t.Fatalf("seed %d gives two orders", seed)
		}
		first[order(p)[0]]++
	}
	for name, n := range first {
		// Five standard deviations of a fair choice.
		if fair := seeds / 4.0; math.Abs(float64(n)-fair) > 5*math.Sqrt(fair*0.75) {
			t.Errorf("%s comes first %d times of %d", name, n, seeds)
		}
	}
	if got := strings.Join(order(mail(2, 7, 25, 587)), " "); got != pinned {
		t.Errorf("the order of seed 7 is now %s", got)
	}
}

const pinned = "plain587 starttls587 starttls25 plain25 starttls25 plain587 plain25 starttls587"

// Numbers of the design's statistics: 5 against 5 have p = 0.0079, 6 against 6
// 0.0022, here each as one of so many questions.
func TestWhatAPlanCanShowIsSaidBeforehand(t *testing.T) {
	for repeat, want := range map[int]float64{5: 0.00793650793650794, 6: 0.00216450216450217} {
		got := mail(repeat, 0, 587).Power()
		if len(got) != 1 || got[0].With != repeat || got[0].Without != repeat || math.Abs(got[0].P-questions*want) > 1e-9 {
			t.Errorf("%d against %d: %+v, want p = %v", repeat, repeat, got, questions*want)
		}
		if !got[0].Enough() {
			t.Errorf("%d against %d are called too few", repeat, repeat)
		}
	}
	few := mail(4, 0, 587) // p = 0.029, six times that is too much
	if power := few.Power(); power[0].Enough() || power[0].Mostly != 0 {
		t.Errorf("4 against 4: %+v", power[0])
	}
	if few.Least() != 5 {
		t.Errorf("%d repetitions would do, want 5", few.Least())
	}
	if two := mail(1, 0, 25, 587); two.Least() != 3 { // 6 against 6
		t.Errorf("on two ports %d repetitions would do, want 3", two.Least())
	}
	four := mail(6, 0, 25, 465, 587, 2525).Power()
	if four[0].With != 24 || four[1].With != 6 || four[2].With != 12 || four[2].Without != 36 {
		t.Errorf("four ports: %+v", four)
	}
	if four[0].Mostly < 0.99 || four[0].Often <= four[1].Often || four[0].Often >= four[0].Mostly {
		t.Errorf("four ports: %+v", four)
	}
}
