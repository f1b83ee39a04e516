package correlate_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// What each reset did, by hand from the script of its pair and from what the receiving host
// did afterwards (RFC 5961 section 3.2: only the number that it expects resets a connection).
func TestWhatEachResetDidIsTold(t *testing.T) {
	type effect struct{ is, why string }
	for pair, want := range map[string]map[string]effect{ // by the end that received it, and the frame there
		// Guessed numbers, the last of them right: 19,992, 10,000 and 200 ahead of what the
		// server expected as they came.
		"pairs/blind-burst": {"server 56": {"none", "went on to send"}, "server 59": {"none", "went on to send"},
			"server 61": {"none", "200 ahead"}, "server 62": {"ended", ""}, "client 61": {"", ""}},
		// The server challenges it and goes on.
		"pairs/out-of-window": {"server 33": {"none", "went on to send"}, "server 55": {"none", "closed the connection before"}},
		// The numbers of the handshake, long after: both ignore them.
		"cases/idle-rst-with-stale-numbers": {"client 80": {"none", "behind the one that"}, "server 80": {"none", "behind the one that"}},
		// The client obeys; what the server then says is reset by it, which ends nothing more.
		"synthetic/reset-forged-to-the-client-only": {"client 28": {"ended", ""}, "server 29": {"", ""}},
		// The first of three is the one with the right number.
		"synthetic/three-forged-resets-with-growing-sequence": {"client 28": {"ended", ""}},
		"synthetic/genuine-reset-by-the-client":               {"server 29": {"ended", ""}},
	} {
		dir := filepath.Join("..", "fixtures", pair)
		r, err := compare(t, dir, readTruth(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			key := fmt.Sprintf("%s %d", f.ReceivedAt, f.Frame)
			w, listed := want[key]
			if !listed || !strings.HasPrefix(filepath.Base(f.File), f.ReceivedAt) {
				continue
			}
			if f.Effect != w.is || !strings.Contains(f.EffectWhy, w.why) {
				t.Errorf("%s, %s: %q (%s), want %q (%s)", pair, key, f.Effect, f.EffectWhy, w.is, w.why)
			}
			delete(want, key)
		}
		for key := range want {
			t.Errorf("%s: no reset %s", pair, key)
		}
	}
}
