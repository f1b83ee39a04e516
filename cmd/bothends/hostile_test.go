package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A server may greet with anything, and a file may have any name: in no view is it more
// than text. The greeting of the demo's server is replaced in both captures.
func TestWhatAServerGreetsWithIsTextInEveryView(t *testing.T) {
	const host, evil = "mail.example.org", "<script>\x1b[31m\u202e" // of one length
	if len(host) != len(evil) {
		t.Fatal("the packets would change their lengths")
	}
	dir := t.TempDir()
	var files []string
	for _, end := range []string{"client", "server"} {
		content, err := os.ReadFile(filepath.Join(repository(t), "fixtures", "pairs", "starttls-2012", end+".pcapng"))
		if err != nil {
			t.Fatal(err)
		}
		spoiled := bytes.ReplaceAll(content, []byte(host), []byte(evil))
		if bytes.Equal(spoiled, content) {
			t.Fatal("the greeting is not there")
		}
		path := filepath.Join(dir, end+"<script>\x1b[31m\u202e.pcapng")
		if err := os.WriteFile(path, spoiled, 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	views := map[string]string{}
	for name, args := range map[string][]string{
		"text": {"compare", "--html", "page.html", "--annotate", "annotated"}, "details": {"compare", "--details", "--show-payload"},
		"json": {"compare", "--format", "json"}, "ladder": {"ladder", "--all"}, "info": {"info"},
	} {
		out, complaints, _ := runIn(t, dir, append(args, files...)...)
		views[name], views[name+"'s complaints"] = out, complaints
	}
	views["page"] = read(t, filepath.Join(dir, "page.html"))
	if _, err := exec.LookPath("tshark"); err == nil {
		out, err := exec.Command("tshark", "-r", filepath.Join(dir, "annotated", "client.pcapng"), "-T", "fields", "-e", "frame.comment").Output()
		if err != nil {
			t.Fatal(err)
		}
		views["annotated"] = string(out)
	}
	for name, text := range views {
		for _, never := range []string{"\x1b", "\u202e"} {
			if strings.Contains(text, never) {
				t.Errorf("%s holds %q", name, never)
			}
		}
	}
	if strings.Contains(views["page"], "<script") || !strings.Contains(views["page"], "&lt;script&gt;") {
		t.Error("the page has a script, or does not show the text")
	}
	for _, name := range []string{"text", "json", "ladder", "info"} {
		if !strings.Contains(views[name], "<script>") {
			t.Errorf("%s does not show the text", name)
		}
	}
	// Of a greeting only a host's name that is one is shown.
	if !strings.Contains(views["ladder"], "- 220 greeting -") {
		t.Errorf("the ladder shows of the greeting more than that it is one:\n%s", views["ladder"])
	}
}
