package contrast

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// one is a report of one connection, with what the table below adds to it.
const one = `{"schema": %q, "connections": [{"id": 1, "client_view": {"client": "192.0.2.1:40000", "server": "198.51.100.25:587"},
	"server_view": {"client": "", "server": ""}, "first": "2026-03-02T09:30:00Z", "last": "2026-03-02T09:30:01Z", %s}], "findings": [%s]}`

func TestWhatBecameOfAConnectionIsReadFromItsEnding(t *testing.T) {
	const v1, v2 = "bothends.report/1", "bothends.report/2"
	for _, c := range []struct {
		schema, connection, findings string
		want                         outcome
		why                          string
	}{
		{v2, `"verdict": "clean", "ending": {"kind": "closed", "confidence": "proven"}`, ``, completed, ""},
		{v2, `"ending": {"kind": "reset-on-the-way", "confidence": "strong"}`, ``, reset, ""},
		{v2, `"ending": {"kind": "refused-on-the-way", "confidence": "supported"}`, ``, reset, ""},
		{v2, `"ending": {"kind": "reset-on-the-way", "confidence": "conditional"}`, ``, other, "reset on the way, which is not decided"},
		{v2, `"ending": {"kind": "swallowed-content", "confidence": "indeterminate"}`, ``, other, "swallowed content, which is not decided"},
		{v2, `"ending": {"kind": "swallowed-content", "confidence": "strong"}`, ``, swallowed, ""},
		{v2, `"ending": {"kind": "syn-not-arrived", "confidence": "supported"}`, ``, swallowed, ""},
		{v2, `"ending": {"kind": "open-at-end", "confidence": "proven"}`, ``, other, "open at end"},
		{v2, `"ending": {"kind": "reset-by-server", "confidence": "proven"}`, ``, other, "reset by server"},
		// The ending counts where there is one, whatever the verdict says.
		{v2, `"verdict": "interfered", "ending": {"kind": "closed", "confidence": "proven"}`, `{"connection": 1, "kind": "rst", "verdict": "injected"}`, completed, ""},

		{v1, `"verdict": "clean"`, ``, completed, ""},
		{v1, `"verdict": "clean"`, `{"connection": 1, "kind": "rst", "verdict": "genuine", "pattern": "late-data", "claimed_sender": "server"}`, completed, ""},
		{v1, `"verdict": "clean"`, `{"connection": 1, "kind": "rst", "verdict": "genuine", "pattern": "closed-port", "claimed_sender": "server"}`, other, "reset by the server"},
		{v1, `"verdict": "clean"`, `{"connection": 2, "kind": "rst", "verdict": "injected"}`, completed, ""},
		{v1, `"verdict": "interfered"`, `{"connection": 1, "kind": "rst", "verdict": "injected"}`, reset, ""},
		{v1, `"verdict": "interfered"`, `{"connection": 1, "kind": "data", "verdict": "modified"}`, other, "altered or answered on the way, and not by a reset"},
		{v1, `"verdict": "inconclusive"`, `{"connection": 1, "kind": "rst", "verdict": "indeterminate"}`, other, "inconclusive"},
		{v1, `"verdict": "one-sided"`, ``, other, "in one recording only"},
		{v1, `"verdict": "one-sided"`, `{"connection": 1, "kind": "syn", "verdict": "lost", "pattern": "blocked-port"}`, swallowed, ""},
	} {
		var all Collection
		if err := all.Read(strings.NewReader(fmt.Sprintf(one, c.schema, c.connection, c.findings))); err != nil {
			t.Fatal(err)
		}
		if s := all.sessions[0]; s.outcome != c.want || s.why != c.why {
			t.Errorf("%s %s %s: outcome %d %q, want %d %q", c.schema, c.connection, c.findings, s.outcome, s.why, c.want, c.why)
		}
	}
}

func TestAConnectionCountsOnce(t *testing.T) {
	report := fmt.Sprintf(one, "bothends.report/2", `"ending": {"kind": "closed"}`, ``)
	var all Collection
	for range 2 { // the same report in two files, and twice in each
		if err := all.Read(strings.NewReader(report + "\n" + report)); err != nil {
			t.Fatal(err)
		}
	}
	if r := Of(&all, Options{}); r.Outcomes.Completed != 1 || r.Outcomes.Twice != 3 || r.Reports != 4 {
		t.Errorf("%+v of %d reports", r.Outcomes, r.Reports)
	}
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	good := fmt.Sprintf(one, "bothends.report/2", `"ending": {"kind": "closed"}`, ``)
	for input, want := range map[string]string{
		`{"schema": "bothends.info/1"}`:          `at byte 0: schema "bothends.info/1" is neither`,
		good + `{"schema": "bothends.report/3"}`: fmt.Sprintf(`at byte %d: schema "bothends.report/3" is neither`, len(good)),
		good[:50]:                                "at byte 0: ends within a JSON object",
		"not JSON":                               "at byte 0: invalid character",
		`[` + good:                               "at byte 0: ",
	} {
		var all Collection
		if err := all.Read(strings.NewReader(input)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s: error %v, want %q", input, err, want)
		}
	}
	var all Collection
	if err := all.Read(strings.NewReader(`{"schema": "x"}`)); !errors.Is(err, ErrSchema) {
		t.Errorf("error %v is not ErrSchema", err)
	}
	// A pair that could not be compared is counted, and no report.
	if err := all.Read(strings.NewReader(`{"schema": "bothends.campaign/1", "id": "7", "error": "no such file"}`)); err != nil || all.Failed != 1 || all.Reports != 0 {
		t.Errorf("error %v, %d failed, %d reports", err, all.Failed, all.Reports)
	}
}

// Foreign text reaches neither the terminal nor the JSON as it is.
func TestForeignTextIsEscaped(t *testing.T) {
	var lines bytes.Buffer
	for i, kind := range []string{"closed", "reset-on-the-way"} {
		report := fmt.Sprintf(one, "bothends.report/2", `"ending": {"kind": "`+kind+`"}`, ``)
		report = strings.Replace(report, "40000", fmt.Sprint(40000+i), 1)
		fmt.Fprintf(&lines, `{"schema": "bothends.campaign/1", "factors": {"red\u001b[31m": "a\n%d"}, "report": %s}`, i, report)
	}
	r := result(t, lines.Bytes())
	var text, encoded bytes.Buffer
	if err := errors.Join(r.WriteText(&text), r.WriteJSON(&encoded)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `red\x1b[31m`) || strings.Contains(text.String()+encoded.String(), "\x1b") || strings.Contains(text.String(), "a\n1") {
		t.Errorf("not escaped: %q", text.String())
	}
	if !json.Valid(encoded.Bytes()) {
		t.Error("the JSON is none")
	}
}
