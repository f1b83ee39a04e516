package report

import (
	"encoding/json"
	"strings"
	"testing"
)

// Readers of the contract look into these objects without asking whether they
// are there.
func TestObjectsOfTheContractAreEmptyAndNeverNull(t *testing.T) {
	var out strings.Builder
	r := Report{Connections: []Connection{{ID: 1}}, Findings: []Finding{{ID: 1, Evidence: []Evidence{}}}}
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Connections []map[string]json.RawMessage
		Findings    []map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]json.RawMessage{
		"ledger": got.Connections[0]["ledger"], "trigger": got.Findings[0]["trigger"], "location": got.Findings[0]["location"],
	} {
		if string(value) != "{}" {
			t.Errorf("%s is %q, want {}", name, value)
		}
	}
	if id := string(got.Findings[0]["id"]); id != "1" {
		t.Errorf("the finding's other fields are lost: id is %q", id)
	}
}
