package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	demoClient    = "fixtures/pairs/starttls-2012/client.pcapng"
	demoServer    = "fixtures/pairs/starttls-2012/server.pcapng"
	goldenText    = "testdata/demo.golden"
	goldenDetails = "testdata/demo-details.golden"
)

// TestTheDemoReadsAsShown holds the whole text against a copy that people have
// read, and the README's example against the same.
func TestTheDemoReadsAsShown(t *testing.T) {
	root := repository(t)
	got, complaints, status := runIn(t, root, "compare", demoClient, demoServer)
	if complaints != "" || status != 1 {
		t.Errorf("exit status %d, want 1; standard error %q, want nothing", status, complaints)
	}
	if *update {
		write(t, goldenText, got)
	}
	if diff := cmp.Diff(strings.Split(read(t, goldenText), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the report differs from %s; if it is better now, run go test ./cmd/bothends -update (-want +got):\n%s", goldenText, diff)
	}
	example := beginning(got, mostSampleLines)
	if strings.Count(example, "\n") < mostSampleLines/3 {
		t.Errorf("the README shows next to nothing of a report:\n%s", example)
	}
	checkSection(t, "example output", "```\n"+example+"...\n```\n")
}

// mostSampleLines is how much of a report the README shows.
const mostSampleLines = 25

// beginning are the first paragraphs of a text that fit in so many lines.
func beginning(text string, most int) (first string) {
	for paragraph := range strings.SplitAfterSeq(text, "\n\n") {
		if strings.Count(first+paragraph, "\n") > most {
			break
		}
		first += paragraph
	}
	return first
}

// TestTheDemoFitsOneScreen holds what is told unasked to what a reader sees without
// scrolling back: the verdict is the first line and the last.
func TestTheDemoFitsOneScreen(t *testing.T) {
	root := repository(t)
	got, _, _ := runIn(t, root, "compare", demoClient, demoServer)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if len(lines) > 45 {
		t.Errorf("%d lines, want at most 45:\n%s", len(lines), got)
	}
	if first, last := lines[0], lines[len(lines)-1]; first != last || !strings.HasPrefix(first, "Interference") {
		t.Errorf("the first line is %q, the last is %q", first, last)
	}
	brief, _, status := runIn(t, root, "compare", "--brief", demoClient, demoServer)
	if n := strings.Count(brief, "\n"); n > 20 || !strings.HasPrefix(brief, lines[0]) || strings.Contains(brief, "PROOF") || status != 1 {
		t.Errorf("status %d; briefly it is %d lines:\n%s", status, n, brief)
	}
}

// TestTheDetailsReadAsShown holds the whole text against a copy that people have
// read.
func TestTheDetailsReadAsShown(t *testing.T) {
	got, _, _ := runIn(t, repository(t), "compare", "--details", demoClient, demoServer)
	if *update {
		write(t, goldenDetails, got)
	}
	if diff := cmp.Diff(strings.Split(read(t, goldenDetails), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the report differs from %s; if it is better now, run go test ./cmd/bothends -update (-want +got):\n%s", goldenDetails, diff)
	}
}

// TestTheREADMEListsTheExitStatusesOfTheHelp holds the two lists equal.
func TestTheREADMEListsTheExitStatusesOfTheHelp(t *testing.T) {
	readme := read(t, filepath.Join(repository(t), "README.md"))
	for _, s := range exitStatuses.List {
		if row := "| " + s.Code + " | " + s.Meaning + " |\n"; !strings.Contains(readme, row) {
			t.Errorf("README.md lacks the row %q", row)
		}
	}
	if n := len(exitStatuses.List); n != 5 {
		t.Errorf("%d exit statuses in the help, want 5", n)
	}
}

// cutSection divides a document into what comes before a part that is generated, the
// part, and what comes after.
func cutSection(t *testing.T, document, name string) (before, part, after string) {
	t.Helper()
	begin, end := "<!-- "+name+": begin -->\n", "<!-- "+name+": end -->"
	before, rest, begins := strings.Cut(document, begin)
	part, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("there is nothing between %q and %q", begin, end)
	}
	return before + begin, part, end + after
}

// checkSection holds a part of the README against what it is generated from.
func checkSection(t *testing.T, name, want string) {
	t.Helper()
	checkSectionOf(t, "README.md", name, want)
}

// checkSectionOf does so with another document.
func checkSectionOf(t *testing.T, document, name, want string) {
	t.Helper()
	path := filepath.Join(repository(t), filepath.FromSlash(document))
	before, got, after := cutSection(t, read(t, path), name)
	if *update {
		write(t, path, before+want+after)
		return
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s: %s are not those of the program; run go test ./cmd/bothends -update (-program +document):\n%s", document, name, diff)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
