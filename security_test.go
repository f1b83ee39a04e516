package bothends_test

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A promise without a test is a wish.
func TestEachPromiseNamesATestThatExists(t *testing.T) {
	promises, err := os.ReadFile("SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, found := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(source, -1) {
			known[string(found[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(promises)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| Promise") || strings.HasPrefix(line, "| ---") {
			continue
		}
		rows++
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test is named in %q", line)
		}
		for _, name := range named {
			if !known[name[1]] {
				t.Errorf("there is no %s, of %q", name[1], line)
			}
		}
	}
	if rows < 10 {
		t.Errorf("%d promises found; is their table still there?", rows)
	}
}

// The flag library links package net to parse addresses; nothing of ours may use it.
// Other programs are started in one place only: the user's pager, a campaign's
// command that fetches captures, and this program itself as its workers.
func TestTheCorrelatorReachesNeitherTheNetworkNorOtherPrograms(t *testing.T) {
	for _, p := range list(t, "-deps", "./cmd/bothends") {
		if !within(p.ImportPath, "bothends") {
			continue
		}
		for _, imported := range p.Imports {
			if imported == "os/exec" && p.ImportPath == "bothends/cmd/bothends/internal/outside" {
				continue
			}
			if slices.Contains([]string{"net", "net/http", "os/exec", "plugin", "unsafe"}, imported) {
				t.Errorf("%s imports %s: bothends reads captures of strangers, and neither speaks to anybody nor starts anything", p.ImportPath, imported)
			}
		}
	}
}

// Whoever doubts a binary can build it again, wherever: the second build shares
// neither folder nor cache with the first, and so takes a minute.
func TestTheSameSourceGivesTheSameProgramFromAnyFolder(t *testing.T) {
	if os.Getenv("BOTHENDS_REPRODUCIBLE") == "" {
		t.Skip("it builds the standard library twice; BOTHENDS_REPRODUCIBLE=required runs it")
	}
	var sums [2][]byte
	for i, folder := range []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "another", "much-longer-folder")} {
		copySource(t, folder)
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", "bothends", "./cmd/bothends")
		build.Dir = folder
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOCACHE="+filepath.Join(t.TempDir(), "cache"))
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", build, err, out)
		}
		program, err := os.ReadFile(filepath.Join(folder, "bothends"))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(program, []byte(filepath.Dir(folder))) {
			t.Errorf("the program names the folder in which it was built")
		}
		sum := sha256.Sum256(program)
		sums[i] = sum[:]
	}
	if !bytes.Equal(sums[0], sums[1]) {
		t.Errorf("two builds of the same source differ: %x and %x", sums[0], sums[1])
	}
}

// copySource copies what a build of bothends needs.
func copySource(t *testing.T, to string) {
	t.Helper()
	for _, root := range []string{"go.mod", "go.sum", "VERSION", "version.go", "capture", "correlate", "cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := os.ReadFile(path)
			if err == nil {
				err = os.MkdirAll(filepath.Join(to, filepath.Dir(path)), 0o700)
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(to, path), content, 0o600)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
