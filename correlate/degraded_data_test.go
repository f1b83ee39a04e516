package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bothends/correlate"
)

// What befalls captures turns neither data nor a FIN into what was made, changed or lost on the
// way, on connections with resets and without.
func TestADegradedPairAccusesNoDataAndNoFIN(t *testing.T) {
	trials := 1
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_SEEDS")); err == nil {
		trials *= more
	}
	dir := t.TempDir()
	all, packets := tally{}, 0
	for i, m := range manners {
		if strings.Contains(m.name, "own resets") {
			continue
		}
		random := rand.New(rand.NewPCG(uint64(i), 78))
		for folder, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*")) {
			if tr.KnownFault != "" || len(tr.Client) != 1 || len(tr.Server) != 1 || testing.Short() && random.IntN(8) > 0 {
				continue
			}
			for range trials {
				end := []string{"client", "server"}[random.IntN(2)]
				d := degrade(t, dir, folder, tr, nil, end, m, random)
				r := compareWith([]string{d.paths["client"]}, []string{d.paths["server"]}, correlate.Options{FixedEnds: true})
				if r == nil {
					continue
				}
				packets += len(d.kept["client"]) + len(d.kept["server"])
				all.count(t, tr, r, d, false, fmt.Sprintf("%s, %s at the %s", filepath.Base(folder), m.name, end))
			}
		}
	}
	t.Logf("%d packets, %d accused", packets, all.accused)
}
