package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"bothends/fixtures/scenarios"
)

// TestACampaignNamesWhatTheBoxLooksAt goes the whole way: captures of a box that
// looks at STARTTLS, on whatever port and over whatever uplink, are compared, and
// the contrast names that and nothing else. BOTHENDS_PAIRS says how many.
func TestACampaignNamesWhatTheBoxLooksAt(t *testing.T) {
	pairs := 120
	if n, err := strconv.Atoi(os.Getenv("BOTHENDS_PAIRS")); err == nil {
		pairs = n
	}
	dir := t.TempDir()
	if err := scenarios.WriteCampaign(dir, pairs, 1); err != nil {
		t.Fatal(err)
	}
	if out, complaints, status := runIn(t, dir, "campaign", "manifest.csv", "-o", "lines.jsonl"); out != "" || complaints != "" || status != 0 {
		t.Fatalf("exit status %d, output %q, complaints %q", status, out, complaints)
	}
	out, complaints, status := runIn(t, dir, "contrast", "--format", "json", "lines.jsonl")
	if complaints != "" || status != 0 {
		t.Fatalf("exit status %d, complaints %q", status, complaints)
	}
	var contrast struct {
		Claims   []string
		Outcomes struct {
			Reset     int `json:"reset_on_the_way"`
			Completed int
		}
		Factors []struct {
			Name     string
			SameAs   []string `json:"same_as"`
			Adjusted float64  `json:"p_adjusted"`
		}
	}
	if err := json.Unmarshal([]byte(out), &contrast); err != nil {
		t.Fatal(err)
	}
	if got := contrast.Outcomes.Reset + contrast.Outcomes.Completed; got != pairs {
		t.Errorf("%d of %d sessions were cut or completed", got, pairs)
	}
	if cut := forgedAgainst(t, dir, pairs); cut != contrast.Outcomes.Reset {
		t.Errorf("%d sessions were cut, by the truth %d", contrast.Outcomes.Reset, cut)
	}
	if len(contrast.Claims) != 1 || contrast.Factors[0].Name != "content" {
		t.Errorf("it claims %q", contrast.Claims)
	}
	for _, f := range contrast.Factors[1:] {
		if f.Adjusted <= 0.05 {
			t.Errorf("%s is named with p %v", f.Name, f.Adjusted)
		}
	}
}

// forgedAgainst counts the sessions of which the truth has an injected packet.
func forgedAgainst(t *testing.T, dir string, pairs int) (n int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "truth.json"))
	if err != nil || len(files) != pairs {
		t.Fatalf("%d truths of %d pairs, error %v", len(files), pairs, err)
	}
	for _, path := range files {
		var truth struct {
			Packets []struct{ Origin string }
		}
		if err := json.Unmarshal([]byte(read(t, path)), &truth); err != nil {
			t.Fatal(err)
		}
		for _, p := range truth.Packets {
			if p.Origin == "injected" {
				n++
				break
			}
		}
	}
	return n
}
