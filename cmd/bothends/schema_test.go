package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"bothends/cmd/bothends/internal/campaign"
	"bothends/correlate/schema"
	"bothends/correlate/schema/generate"
	"bothends/correlate/schema/validate"
)

// What the program puts around reports, and says beside them, is as its schemas say,
// with the comments of the types as descriptions.
func TestTheSchemasOfWhatStandsAroundReportsAreThoseOfTheTypes(t *testing.T) {
	root := repository(t)
	for name, document := range map[string]any{"campaign": campaign.Line{}, "kept": keptPair{}, "error": message{}} {
		want := generate.Schema(t, root, document)
		if *update {
			if err := os.WriteFile(filepath.Join(root, "correlate", "schema", name+".json"), want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, _ := schema.Of(name); !bytes.Equal(got, want) {
			t.Errorf("%s.json is not what the types say; go test ./cmd/bothends -update makes it anew", name)
		}
	}
}

// Errors and warnings of runs that print JSON are JSON, and as their schema says.
func TestErrorsAndWarningsAreAsTheirSchemaSays(t *testing.T) {
	dir := repository(t)
	for name, args := range map[string][]string{
		"an error with a hint":     {"compare", "--format", "json", demoClient, demoClient},
		"an error without a hint":  {"info", "--format", "json", "no-such-file"},
		"a flag that is not known": {"compare", "--format", "json", "--fromat", "text", demoClient, demoServer},
		"a flag of another verb":   {"contrast", "--format", "json", "--port", "25", "x"},
	} {
		_, complaints, status := runIn(t, dir, args...)
		if n, err := validate.Documents([]byte(complaints)); status != 2 || n != 1 || err != nil {
			t.Errorf("%s: exit status %d; of %q %d documents are as their schema says: %v", name, status, complaints, n, err)
		}
	}
}
