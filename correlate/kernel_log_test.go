package correlate_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// withoutKernelLog copies a pair. In the copies the recorder's notes are as they would be
// had it kept no log of the kernel: its readings have a name that nobody reads.
func withoutKernelLog(t *testing.T, folder string, tr *truth.Truth) string {
	t.Helper()
	into := t.TempDir()
	for _, name := range slices.Concat(tr.Client, tr.Server) {
		data, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		const key = `"kernel_log":`
		if !bytes.Contains(data, []byte(key)) {
			t.Fatalf("%s holds no log of the kernel", name)
		}
		data = bytes.ReplaceAll(data, []byte(key), []byte(`"kernel_xxx":`))
		if err := os.WriteFile(filepath.Join(into, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return into
}

// outcomes are those of a finding's evidence, by rule.
func outcomes(f *report.Finding) map[string]string {
	all := map[string]string{}
	for _, e := range f.Evidence {
		all[e.Rule] = string(e.Outcome)
	}
	return all
}

// The forger copies what the server's own packets look like, the server has an interface
// that was not recorded, and its kernel sent other resets that its capture leaves out.
// So neither silence nor the count of resets excludes that the server sent it.
func TestTheKernelsLogAloneTellsThatTheServerSentNoReset(t *testing.T) {
	const folder = "../fixtures/pairs/kernel-log-alone"
	tr := readTruth(t, folder)
	at := slices.IndexFunc(tr.Packets, func(p truth.Packet) bool { return p.Origin == "injected" && p.ReceivedAt == "client" })
	forged := tr.Packets[at]
	finding := func(folder string) *report.Finding {
		r, err := compare(t, folder, tr)
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.Findings {
			if f := &r.Findings[i]; f.ReceivedAt == "client" && f.Frame == forged.Frame {
				return f
			}
		}
		t.Fatalf("%s: no finding for frame %d", folder, forged.Frame)
		return nil
	}

	with := finding(folder)
	if got := outcomes(with); with.Verdict != "injected" || got["kernel-unseen"] != "refuted" || got["kernel-log"] != "supports" {
		t.Errorf("with the log: %s, %v", with.Verdict, got)
	}
	sign := with.Evidence[slices.IndexFunc(with.Evidence, func(e report.Evidence) bool { return e.Rule == "kernel-log" })]
	if !slices.Contains(sign.Refutes, "other-interface") {
		t.Errorf("the log refutes %v, not the interface that was not recorded", sign.Refutes)
	}
	without := finding(withoutKernelLog(t, folder, tr))
	if got := outcomes(without); without.Verdict != "indeterminate" || got["kernel-unseen"] != "open" || got["other-interface"] != "open" || got["kernel-log"] != "" {
		t.Errorf("without the log: %s, %v", without.Verdict, got)
	}
}

// The server in that scenario is the lab's own program, which closed with data unread.
func TestTheKernelsLogNamesTheProgramThatAborted(t *testing.T) {
	const folder = "../fixtures/pairs/genuine-abort-named"
	tr := readTruth(t, folder)
	said := func(folder string) string {
		r, err := compare(t, folder, tr)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			if f.Verdict != "genuine" {
				t.Errorf("%s: %s", folder, f.Verdict)
			}
			for _, e := range f.Evidence {
				if e.Rule == "kernel-said" {
					return e.Text
				}
			}
		}
		return ""
	}
	if text := said(folder); !strings.Contains(text, `"lab"`) || !strings.Contains(text, "with data unread") {
		t.Errorf("the cause of the abort is %q", text)
	}
	if text := said(withoutKernelLog(t, folder, tr)); text != "" {
		t.Errorf("without the log: %q", text)
	}
}
