package schema_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"bothends/correlate/contrast"
	"bothends/correlate/report"
	"bothends/correlate/schema"
	"bothends/correlate/schema/generate"
	"bothends/correlate/schema/validate"
)

var update = flag.Bool("update", false, "make the schemas anew")

// The schemas are those of the types, with their comments as descriptions. Those of
// what the program adds around a report are held beside it.
func TestTheSchemasAreThoseOfTheTypes(t *testing.T) {
	for name, root := range map[string]any{"report": report.Report{}, "info": report.Info{}, "contrast": contrast.Result{}} {
		want := generate.Schema(t, filepath.Join("..", ".."), root)
		if *update {
			if err := os.WriteFile(name+".json", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, _ := schema.Of(name); !bytes.Equal(got, want) {
			t.Errorf("%s.json is not what the types say; go test ./correlate/schema -update makes it anew", name)
		}
	}
}

// A document with a field that the schema does not know, or of another type, is
// refused: so that a field cannot be added without it.
func TestAnUnknownFieldIsRefused(t *testing.T) {
	good := `{"schema": "bothends.info/1", "captures": []}`
	if n, err := validate.Documents([]byte(good)); n != 1 || err != nil {
		t.Errorf("%d documents checked, %v", n, err)
	}
	for _, bad := range []string{
		`{"schema": "bothends.info/1", "captures": [], "more": 1}`, `{"schema": "bothends.info/1"}`, `{"schema": "bothends.info/1", "captures": {}}`,
		`{"schema": "bothends.info/1", "captures": [{}]}`, `{"schema": "bothends.report/2"}`, `{"id": "x", "report": {"schema": "bothends.report/2"}}`,
		`{"schema": "bothends.error/1", "error": "no", "more": 1}`, `{"schema": "bothends.warning/1", "warning": 1}`, `{"schema": "bothends.kept/1"}`,
		`{"schema": "bothends.campaign/1", "id": "x"}`, `{"schema": "bothends.contrast/1"}`, `{"schema": "bothends.verdict/1"}`,
	} {
		if _, err := validate.Documents([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
