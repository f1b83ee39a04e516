package ending

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// How often a message that is truly swallowed is called that with strong confidence, by how
// many copies of it were sent and how many other packets passed meanwhile. Copies leave as
// RFC 6298 has them sent, 0.25 s after the first and then doubling; the others at any time,
// of which one in a hundred is lost. The table stands in BENCHMARKS.md.
func TestHowOftenWhatIsSwallowedIsCalledThat(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const runs = 400
	arrivals := []int{2, 5, 10, 20, 50, 200}
	table := "| copies |"
	for _, n := range arrivals {
		table += fmt.Sprintf(" %d others |", n)
	}
	table += "\n|---:|" + strings.Repeat("---:|", len(arrivals)) + "\n"
	least := map[[2]int]int{{3, 2}: 0, {5, 20}: 90, {8, 50}: 99, {8, 200}: 99} // per cent
	for _, copies := range []int{3, 4, 5, 6, 8} {
		table += fmt.Sprintf("| %d |", copies)
		for _, others := range arrivals {
			strong := 0
			for range runs {
				if swallowedOnce(random, copies, others) <= surelySwallowed {
					strong++
				}
			}
			share := 100 * strong / runs
			table += fmt.Sprintf(" %d %% |", share)
			if want, set := least[[2]int{copies, others}]; set && share < want {
				t.Errorf("%d copies, %d others: %d %%, want %d at least", copies, others, share, want)
			}
		}
		table += "\n"
	}
	benchmarks, err := os.ReadFile("../../BENCHMARKS.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(benchmarks), table) {
		t.Errorf("BENCHMARKS.md lacks this table:\n%s", table)
	}
}

// swallowedOnce plays one message that is swallowed, the only one that lost a copy for good,
// and returns the chance that this is said to be.
func swallowedOnce(random *rand.Rand, copies, others int) float64 {
	const firstNS = int64(250e6)
	sent := []int64{0}
	for wait := firstNS; len(sent) < copies; wait *= 2 {
		sent = append(sent, sent[len(sent)-1]+wait)
	}
	last := sent[len(sent)-1]
	var trips align.Trips
	l := losses{ranges: 1}
	for range others {
		at := random.Int64N(last)
		if random.IntN(100) == 0 {
			l.lost[tap.Client] = append(l.lost[tap.Client], loss{sentNS: at})
			l.ranges++
		} else {
			trips.By[tap.Client] = append(trips.By[tap.Client], align.Trip{SentNS: at})
		}
	}
	slices.SortFunc(trips.By[tap.Client], func(a, b align.Trip) int { return int(a.SentNS - b.SentNS) })
	s := &suspicion{stream: align.NewStream(), sender: tap.Client, v: &align.Vanished{SentNS: sent}, meanwhile: meanwhile{passed: true}}
	return holm([]float64{l.tally(&trips, []*suspicion{s}).chance()}, l.ranges)[0]
}
