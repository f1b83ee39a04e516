package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// contract lists the names that programs may rely on in the JSON report, as
// paths; [] stands for the elements of an array. Others may be added, none of
// these may go or change its type.
var contract = map[string]string{
	"schema": "string",

	"captures.client.files": "array", "captures.client.packets": "number", "captures.client.first": "string",
	"captures.client.last": "string", "captures.client.link_types": "array", "captures.client.snaplen": "number",
	"captures.client.drops": "object", "captures.client.end_state": "string", "captures.client.health": "object",
	"captures.server.files": "array", "captures.server.packets": "number", "captures.server.first": "string",
	"captures.server.last": "string", "captures.server.link_types": "array", "captures.server.snaplen": "number",
	"captures.server.drops": "object", "captures.server.end_state": "string", "captures.server.health": "object",

	"clock.offset_ns": "number", "clock.uncertainty_ns": "number", "clock.skew_ppm": "number", "clock.points": "number",

	"connections[].id": "number", "connections[].client_view.client": "string", "connections[].client_view.server": "string",
	"connections[].server_view.client": "string", "connections[].server_view.server": "string",
	"connections[].matched_by": "string", "connections[].verdict": "string", "connections[].ledger": "object",

	"findings[].id": "number", "findings[].connection": "number", "findings[].kind": "string", "findings[].verdict": "string",
	"findings[].confidence": "string", "findings[].received_at": "string", "findings[].claimed_sender": "string",
	"findings[].src": "string", "findings[].dst": "string", "findings[].seq": "number", "findings[].ack": "number",
	"findings[].flags": "string", "findings[].time": "string", "findings[].file": "string", "findings[].frame": "number",
	"findings[].evidence[].rule": "string", "findings[].evidence[].outcome": "string", "findings[].evidence[].text": "string",
	"findings[].pattern": "string",

	"summary.connections": "number", "summary.paired": "number", "summary.injected": "number", "summary.modified": "number",
	"summary.lost": "number", "summary.indeterminate": "number",
}

// mayBeNull are part of the contract, and null where there is nothing to say.
var mayBeNull = []string{"findings[].trigger", "findings[].location"}

// vocabulary is what the contract's enumerations may say.
var vocabulary = map[string]string{
	"schema":                        "bothends.report/2",
	"connections[].matched_by":      "isn client-isn seq-range seq-shift payload syn-only none",
	"connections[].verdict":         "clean interfered interposed inconclusive one-sided",
	"findings[].kind":               "rst fin syn syn-ack data ack",
	"findings[].verdict":            "injected conditional by-address-owner by-receiver modified lost duplicated genuine interposed indeterminate",
	"findings[].confidence":         "proven strong supported indeterminate",
	"findings[].received_at":        "client server",
	"findings[].claimed_sender":     "client server",
	"findings[].evidence[].outcome": "refuted fits open supports contradicts",
}

func TestTheJSONReportKeepsItsContract(t *testing.T) {
	out, complaints, status := runIn(t, repository(t), "compare", "--format", "json", demoClient, demoServer)
	if complaints != "" || status != 1 {
		t.Fatalf("exit status %d, want 1; standard error %q, want nothing", status, complaints)
	}
	var report any
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	seen := map[string][]any{}
	walk("", report, seen)
	for path, want := range contract {
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
	for _, path := range mayBeNull {
		if _, found := seen[path]; !found {
			t.Errorf("%s is missing", path)
		}
	}
	for path, words := range vocabulary {
		for _, v := range seen[path] {
			if !slices.Contains(strings.Fields(words), fmt.Sprint(v)) {
				t.Errorf("%s is %q, want one of %s", path, v, words)
			}
		}
	}
}

// walk collects every value of a JSON document by its path.
func walk(path string, value any, seen map[string][]any) {
	if path != "" {
		seen[path] = append(seen[path], value)
	}
	switch v := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			walk(strings.TrimPrefix(path+"."+name, "."), v[name], seen)
		}
	case []any:
		for _, element := range v {
			walk(path+"[]", element, seen)
		}
	}
}

func typeOf(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", value)
}
