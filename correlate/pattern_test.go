package correlate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/report"
)

// What happened in each recording is written in its script
// (fixtures/lab/scenarios, fixtures/scenarios): the pattern must say so.
func TestPatternsNameWhatTheScriptsDid(t *testing.T) {
	tests := []struct {
		pair     string // folder in fixtures
		kind     string
		at       string // the end that received the packet, or should have
		patterns []string
		why      string // part of it
	}{
		{"synthetic/idle-connection-reset-to-both-ends-after-300-s", "rst", "client", []string{"idle-timeout"}, "nothing had passed for 5m0s, near the common idle timer of 300 s"},
		{"synthetic/idle-connection-reset-to-both-ends-after-300-s", "rst", "server", []string{"idle-timeout"}, "300 s"},
		{"synthetic/syn-answered-by-a-forged-reset", "rst", "client", []string{"blocked-port"}, "first answer to a SYN"},
		{"synthetic/syn-eaten-and-answered-by-a-forged-reset", "rst", "client", []string{"blocked-port"}, "first answer to a SYN"},
		{"pairs/syn-refused", "rst", "client", []string{"blocked-port"}, "first answer to a SYN"},
		{"synthetic/syn-swallowed", "syn", "server", []string{"blocked-port"}, "7 times; none reached the tap at the server"},
		{"pairs/starttls-2012-ipv6", "rst", "client", []string{"after-trigger"}, "after the last data sent here"},
		{"pairs/genuine-late-data", "rst", "server", []string{"late-data"}, "had closed its side before"},
		{"pairs/genuine-closed-port", "rst", "client", []string{"closed-port"}, "answered the SYN"},
		// The host's firewall refuses a SYN with the reset of a closed port: the packets
		// cannot tell, and the advice names both.
		{"pairs/genuine-server-reject", "rst", "client", []string{"closed-port"}, "answered the SYN"},
		{"pairs/genuine-server-unread", "rst", "client", []string{"abort-unread-or-linger"}, "sent no data since it received some (frame 17 there)"},
		{"pairs/genuine-killed", "rst", "client", []string{"abort-unread-or-linger"}, "sent no data since"},
		// Linux makes the same packet of SO_LINGER 0, so that the pattern names both.
		{"pairs/genuine-client-linger", "rst", "server", []string{"abort-unread-or-linger"}, "sent no data since"},
		// It had read and answered; data that comes afterwards finds no connection.
		{"pairs/genuine-server-linger", "rst", "client", []string{"abort", "late-data"}, ""},
		// The phone let the client's FIN out with its private address: the server's resets
		// answer it, and the phone's own belongs to the same mishap.
		{"pairs/nat-leak", "rst", "client", []string{"remapped"}, "and it went to 192.168.42.129"},
		{"pairs/nat-leak", "rst", "server", []string{"remapped"}, "let them through as they were"},
		{"pairs/genuine-nat-expired-any", "rst", "client", []string{"remapped"}, "under other addresses than the rest"},
	}
	for _, tt := range tests {
		dir := filepath.Join("../fixtures", tt.pair)
		r, err := compare(t, dir, readTruths(t, dir)[dir])
		if err != nil {
			t.Fatal(err)
		}
		var patterns []string
		for _, f := range r.Findings {
			if f.Kind != tt.kind || f.ReceivedAt != tt.at {
				continue
			}
			patterns = append(patterns, f.Pattern)
			checkAdvice(t, tt.pair, &f)
			if !strings.Contains(f.PatternWhy, tt.why) {
				t.Errorf("%s, frame %d: %q, want something of %q", tt.pair, f.Frame, f.PatternWhy, tt.why)
			}
		}
		slices.Sort(patterns)
		patterns = slices.Compact(patterns)
		if !slices.Equal(patterns, tt.patterns) {
			t.Errorf("%s: %s received at the %s: patterns %q, want %q", tt.pair, tt.kind, tt.at, patterns, tt.patterns)
		}
	}
}

// checkAdvice wants one sentence on what to check next with every pattern.
func checkAdvice(t *testing.T, where string, f *report.Finding) {
	t.Helper()
	if f.Advice == "" || !strings.HasSuffix(f.Advice, ".") || strings.Count(f.Advice, ". ") > 0 {
		t.Errorf("%s, frame %d: pattern %q comes with the advice %q, want one sentence", where, f.Frame, f.Pattern, f.Advice)
	}
}
