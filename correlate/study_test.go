package correlate_test

import (
	"path/filepath"
	"testing"

	"bothends/correlate/report"
)

// Stages and signatures as the study of connection tampering (Sundara Raman et al., SIGCOMM
// 2023) names them, by hand from what each scenario lets come to the server.
func TestEndingsHaveTheNamesOfTheStudyOfTampering(t *testing.T) {
	for name, want := range map[string][2]string{
		"plain":                                  {"post-data", ""},
		"genuine-refusal-of-a-closed-port":       {"post-syn", ""}, // the reset goes to the client, which the study does not see
		"syn-swallowed":                          {"post-syn", ""}, // nor does it see what never comes
		"genuine-reset-by-the-client":            {"post-data", "<PSH+ACK; Data -> RST+ACK>"},
		"genuine-reset-answering-late-data":      {"post-data", "<PSH+ACK; Data -> RST>"},
		"starttls-swallowed-and-all-else-passes": {"post-data", "<PSH+ACK; Data -> nothing>"},
		"syn-answered-by-a-forged-reset":         {"post-syn", "<SYN -> RST>"}, // the client resets the answer
	} {
		dir := filepath.Join("..", "fixtures", "synthetic", name)
		tr := readTruth(t, dir)
		r, err := compare(t, dir, tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range tr.Connections {
			if c.ClientView.Client != "198.51.100.17:40002" {
				continue
			}
			e := endingOf(r, report.View(c.ClientView))
			if e == nil || e.StudyStage != want[0] || e.Signature != want[1] {
				t.Errorf("%s: %+v, want %s %s", name, e, want[0], want[1])
			}
		}
	}
}
