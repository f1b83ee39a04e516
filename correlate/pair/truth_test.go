package pair_test

import (
	"hash/maphash"

	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bothends/capture/file"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/fixtures/truth"
)

func take(t *testing.T, dir string, names []string) *survey.Survey {
	t.Helper()
	var paths []string
	for _, n := range names {
		paths = append(paths, filepath.Join(dir, n))
	}
	set, err := file.Open(context.Background(), paths)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	sv, _, err := survey.Take(context.Background(), set.Reader, maphash.MakeSeed(), 0, func(*file.Reader) {})
	if err != nil {
		t.Fatal(err)
	}
	return sv
}

func TestEveryFixtureIsPairedAsItsTruthSays(t *testing.T) {
	patterns := []string{"../../fixtures/synthetic/*"}
	if more := os.Getenv("BOTHENDS_PAIRS"); more != "" {
		patterns = append(patterns, more)
	}
	truths, err := truth.ReadAll(patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for dir, tr := range truths {
		client, server := take(t, dir, tr.Client), take(t, dir, tr.Server)
		t.Run(filepath.Base(dir), func(t *testing.T) { hold(t, tr, client, server, false) })
		t.Run(filepath.Base(dir)+", the other way round", func(t *testing.T) { hold(t, tr, server, client, true) })
	}
	if len(truths) == 0 {
		t.Skip("no fixtures; `go run ./fixtures/gen` writes them")
	}
}

// hold compares what Match makes of the two captures with the truth.
func hold(t *testing.T, tr *truth.Truth, first, second *survey.Survey, reversed bool) {
	pairs, at, _ := pair.Match(t.Context(), first, second, false)
	if at.SamePlace {
		t.Error("the captures were not taken at one place")
	}
	if at.Swapped != reversed {
		if at.Clue == survey.NoClue && at.Votes == 0 {
			t.Skip("nothing in the captures tells the ends")
		}
		t.Fatalf("taken the wrong way round: %+v", at)
	}
	client, server := first, second
	if reversed {
		client, server = second, first
	}
	seen := func(sv *survey.Survey, n int32, clientSide survey.Side) truth.View {
		c := sv.Connections[n]
		return truth.View{Client: c.Ends[clientSide].String(), Server: c.Ends[clientSide.Other()].String()}
	}
	var got, want [][2]truth.View
	for _, p := range pairs {
		if p.Paired() {
			got = append(got, [2]truth.View{seen(client, p.Client, p.ClientSide), seen(server, p.Server, p.ServerSide)})
		} else if p.Why == "" {
			t.Errorf("no partner and no reason: %+v", p)
		}
	}
	for _, c := range tr.Connections {
		if c.Pairable {
			want = append(want, [2]truth.View{c.ClientView, c.ServerView})
		}
	}
	// A tap on both sides of a NAT records a connection twice, and either recording is it.
	recorded := map[truth.View]bool{}
	for _, c := range client.Connections {
		recorded[truth.View{Client: c.Ends[survey.Initiator].String(), Server: c.Ends[survey.Responder].String()}] = true
	}
	same := func(g, w [2]truth.View) bool {
		return g == w || g[1] == w[1] && g[0].Server == w[0].Server && recorded[g[0]] && recorded[w[0]]
	}
	for _, w := range want {
		if i := slices.IndexFunc(got, func(g [2]truth.View) bool { return same(g, w) }); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			t.Errorf("not paired: %v", w)
		}
	}
	for _, g := range got {
		t.Errorf("paired, and the truth does not know it: %v", g)
	}
}
