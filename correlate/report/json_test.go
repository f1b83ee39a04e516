package report

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// The slow twin of WriteJSON is encoding/json over the whole report.
func TestTheJSONFormIsThatOfEncodingJSON(t *testing.T) {
	many := sample(30, finding(1, "rst", "injected", "strong"), finding(2, "rst", "genuine", "proven"))
	many.Connections[3].Ledger = &Ledger{Segments: 7, ToServer: &Ledger{Segments: 3}}
	many.Program = "bothends 1.2.3"
	many.Connections[4].Notes = []string{"<one> & another"}
	many.Taps, many.Crossings = []PathTap{{Name: "router"}}, []Crossing{{From: "client", To: "router"}}
	many.Stated = []string{"server:one-way-out"}
	many.Connections[5].Log = []LogLine{{Log: 1, Line: 7, Program: "postfix/smtpd", Text: "lost <connection>", Shared: true}}
	many.Connections[5].Ending = &Ending{Kind: "swallowed-content", What: "STARTTLS", Evidence: []Evidence{}}
	many.Further = []Further{{Kind: "rst", Verdict: "injected", Findings: 3}}
	for name, r := range map[string]*Report{"nothing": {Connections: []Connection{}, Findings: []Finding{}}, "many": many, "hostile": hostile()} {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			if err := r.WriteJSON(&got); err != nil {
				t.Fatal(err)
			}
			whole, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(decoded(t, whole), decoded(t, []byte(got.String()))); diff != "" {
				t.Errorf("(-encoding/json +WriteJSON)\n%s", diff)
			}
		})
	}
}

// Whoever looks for one connection among many has a line for each.
func TestEachConnectionHasALineOfItsOwn(t *testing.T) {
	var out strings.Builder
	if err := sample(30).WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out.String(), "\"connections\": [\n")
	list, _, _ := strings.Cut(rest, "\n  ]")
	lines := strings.Split(list, "\n")
	if len(lines) != 30 {
		t.Fatalf("%d lines for 30 connections", len(lines))
	}
	for i, line := range lines {
		c := decoded(t, []byte(strings.TrimSuffix(line, ","))).(map[string]any)
		if c["id"] != float64(i+1) {
			t.Errorf("line %d has connection %v", i, c["id"])
		}
	}
}

func decoded(t *testing.T, encoded []byte) (value any) {
	t.Helper()
	if err := json.Unmarshal(encoded, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestAWriteThatFailsEndsTheJSONForm(t *testing.T) {
	full := errors.New("no space left on device")
	w := &failing{after: 3, err: full}
	if err := sample(30).WriteJSON(w); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
	if w.after != 0 {
		t.Errorf("%d writes before the failure are missing", w.after)
	}
}

// Whoever pipes a million connections into head shall not wait for the rest.
func TestNothingIsEncodedAfterAWriteThatFailed(t *testing.T) {
	o := newObject(&failing{after: 5, err: errors.New("broken pipe")})
	encoded := 0
	o.list("connections", 1000, func(int) any { encoded++; return encoded })
	if o.close() == nil || encoded > 5 {
		t.Errorf("%d values were encoded for a writer that takes five pieces", encoded)
	}
}

// failing takes so many writes and then no more.
type failing struct {
	after int
	err   error
}

func (f *failing) Write(b []byte) (int, error) {
	if f.after == 0 {
		return 0, f.err
	}
	f.after--
	return len(b), nil
}
