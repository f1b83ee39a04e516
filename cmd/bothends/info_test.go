package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestInspectionsReadAsShown holds the whole text against copies that people
// have read.
func TestInspectionsReadAsShown(t *testing.T) {
	for golden, capture := range map[string]string{
		"testdata/info-good.golden":  "pcapng-with-counters-on-both-sides/server.pcapng",
		"testdata/info-holes.golden": "server-capture-that-counts-its-drops/server.pcapng",
		"testdata/info-late.golden":  "server-capture-starting-late/server.pcap",
	} {
		t.Run(golden, func(t *testing.T) {
			dir, name := filepath.Split(filepath.Join(repository(t), "fixtures", "synthetic", capture))
			got, complaints, status := runIn(t, dir, "info", name)
			if complaints != "" || status != 0 {
				t.Errorf("exit status %d, want 0; standard error %q, want nothing", status, complaints)
			}
			if *update {
				write(t, golden, got)
			}
			if diff := cmp.Diff(strings.Split(read(t, golden), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("it differs from %s; if it is better now, run go test ./cmd/bothends -update (-want +got):\n%s", golden, diff)
			}
		})
	}
}

// infoContract lists the names that programs may rely on in the JSON form of an
// inspection, as contract does for a comparison.
var infoContract = map[string]string{
	"schema": "string", "captures[].fitness": "string",
	"captures[].reasons[].weight": "string", "captures[].reasons[].what": "string", "captures[].reasons[].text": "string", "captures[].reasons[].advice": "string",
	"captures[].files[].path": "string", "captures[].files[].sha256": "string", "captures[].files[].end_state": "string",
	"captures[].packets": "number", "captures[].first": "string", "captures[].last": "string", "captures[].duration_ns": "number",
	"captures[].end_state": "string", "captures[].interfaces[].link_type": "string", "captures[].interfaces[].snaplen": "number",
	"captures[].drops.known": "bool", "captures[].drops.packets": "number", "captures[].tap.end": "string", "captures[].tap.decided_by": "string",
	"captures[].tap.hosts": "array", "captures[].seen.acknowledged_bytes": "number", "captures[].seen.acknowledged_unseen_bytes": "number",
	"captures[].connections.total": "number", "captures[].connections.complete_handshake": "number", "captures[].connections.no_handshake": "number",
	"captures[].connections.one_direction_only": "number", "captures[].connections.open_at_the_end": "number",
	"captures[].resets.from_host": "number", "captures[].resets.to_host": "number", "captures[].resets.unknown": "number",
	"captures[].filter": "object", "captures[].segments": "number", "captures[].cut": "number", "captures[].repeated": "number",
	"captures[].untimed": "number", "captures[].clock.disorder_ns": "number",
}

var infoVocabulary = map[string]string{
	"schema":                      "bothends.info/1",
	"captures[].fitness":          "good limited unfit",
	"captures[].reasons[].weight": "disqualifies limits remark",
	"captures[].tap.end":          "client server unknown",
}

func TestTheJSONInspectionKeepsItsContract(t *testing.T) {
	holes := "fixtures/synthetic/server-capture-with-random-holes/server.pcap"
	out, complaints, status := runIn(t, repository(t), "info", "--format", "json", demoClient, holes)
	if complaints != "" || status != 0 {
		t.Fatalf("exit status %d, want 0; standard error %q, want nothing", status, complaints)
	}
	var inspected any
	if err := json.Unmarshal([]byte(out), &inspected); err != nil {
		t.Fatal(err)
	}
	seen := map[string][]any{}
	walk("", inspected, seen)
	for path, want := range infoContract {
		values, found := seen[path]
		if !found {
			t.Errorf("%s is missing", path)
		}
		for _, v := range values {
			if got := typeOf(v); got != want {
				t.Errorf("%s is %s (%v), want %s", path, got, v, want)
			}
		}
	}
	for path, words := range infoVocabulary {
		for _, v := range seen[path] {
			if !slices.Contains(strings.Fields(words), fmt.Sprint(v)) {
				t.Errorf("%s is %q, want one of %s", path, v, words)
			}
		}
	}
}
