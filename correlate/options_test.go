package correlate_test

import (
	"bytes"
	"path/filepath"
	"testing"

	"bothends/fixtures/truth"
)

// An option of a wrong length counts as none, as it does for a receiver (Linux:
// tcp_parse_options), and takes nothing with it: neither the options behind it nor its
// packet, at either tap or at both. What is told of the pair is what was told before.
func TestAnOptionOfAWrongLengthDiscardsNothingButItself(t *testing.T) {
	for _, name := range []string{"fragments-on-the-way-and-resets-forged", "server-capture-on-both-sides-of-a-router"} {
		dir := filepath.Join("..", "fixtures", "synthetic", name)
		tr, err := truth.Read(filepath.Join(dir, "truth.json"))
		if err != nil {
			t.Fatal(err)
		}
		want := linesOf(compareFiles(within(dir, tr.Client), within(dir, tr.Server)))
		for _, spoilt := range []struct{ client, server bool }{{true, true}, {true, false}, {false, true}} {
			var paths [2][]string
			for end, names := range [][]string{tr.Client, tr.Server} {
				for _, n := range names {
					from, to := filepath.Join(dir, n), filepath.Join(t.TempDir(), n)
					changed := 0
					rewrite(t, from, to, func(_ int, r record) bool {
						// NOP, NOP, timestamps of ten bytes: an MSS of no bytes takes the place of the first two.
						if at := bytes.Index(r.bytes, []byte{1, 1, 8, 10}); at >= 0 && (end == 0 && spoilt.client || end == 1 && spoilt.server) {
							copy(r.bytes[at:], []byte{2, 2})
							changed++
						}
						return true
					})
					if wanted := end == 0 && spoilt.client || end == 1 && spoilt.server; wanted != (changed > 20) {
						t.Fatalf("%s: %d packets were changed", to, changed)
					}
					paths[end] = append(paths[end], to)
				}
			}
			r := compareFiles(paths[0], paths[1])
			if got := linesOf(r); got != want {
				t.Errorf("%s, spoilt %+v: told\n%s\nwithout that\n%s", name, spoilt, got, want)
			}
			if c := r.Connections[0]; c.Ledger == nil || c.Ledger.Matched == 0 {
				t.Errorf("%s: nothing matched", name)
			}
		}
	}
}
