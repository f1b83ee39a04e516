package bothends_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Whoever looks for the place of a thing looks here first: each package must be named, and
// each file that is named must be there.
func TestTheArchitectureNamesWhatThereIs(t *testing.T) {
	text := read(t, "ARCHITECTURE.md")
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, "bothends/")
		switch {
		case within(name, "fixtures"), within(name, "packaging"), within(name, "capture/internal"):
			continue // of tests and of packages; helpers of the readers
		}
		if !strings.Contains(text, "`"+name+"`") {
			t.Errorf("ARCHITECTURE.md does not name %s", name)
		}
	}
	for _, document := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md"} {
		for _, path := range named(read(t, document)) {
			if !exists(t, path) {
				t.Errorf("%s names %s, which is not there", document, path)
			}
		}
	}
}

// named are the files and folders that a document names in backquotes.
func named(text string) (paths []string) {
	for _, found := range regexp.MustCompile("`([\\w./-]+)`").FindAllStringSubmatch(text, -1) {
		path := found[1]
		if strings.Contains(path, "/") || strings.HasSuffix(path, ".go") || strings.HasSuffix(path, ".md") {
			paths = append(paths, path)
		}
	}
	return paths
}

// exists reports whether a path is there as a document writes it: whole, without the
// package that it speaks of, or from a folder below.
func exists(t *testing.T, path string) bool {
	t.Helper()
	for _, folder := range []string{"", "correlate", "correlate/judge", "correlate/segment", "cmd/bothends", "cmd/bothcap", "correlate/*", "cmd/bothends/*"} {
		found, err := filepath.Glob(filepath.Join(folder, path))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return true
		}
	}
	return false
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
