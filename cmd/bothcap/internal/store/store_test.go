package store

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAFileIsForItsOwnerOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.pcapng")
	o := Options{}
	if os.Geteuid() == 0 {
		o.Chown, o.UID, o.GID = true, 12345, 54321
	}
	f, err := Create(path, o)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	about, err := os.Lstat(path)
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", about.Mode(), err)
	}
	if o.Chown {
		out, err := exec.Command("stat", "-c", "%u %g", path).Output()
		if err != nil || strings.TrimSpace(string(out)) != "12345 54321" {
			t.Errorf("owner %q, %v", out, err)
		}
	}
}

func TestNothingThatIsThereIsLost(t *testing.T) {
	for _, test := range []struct {
		name        string
		prepare     func(t *testing.T, path string)
		force, made bool
	}{
		{"a file", plant, false, false},
		{"a file that may go", plant, true, true},
		{"a symbolic link to a file", link, false, false},
		{"a symbolic link, even if it may go", link, true, false},
		{"a symbolic link to nowhere", func(t *testing.T, path string) { check(t, os.Symlink(path+".nowhere", path)) }, false, false},
		{"a directory, even if it may go", func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) }, true, false},
		{"nothing, and it may go", func(*testing.T, string) {}, true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "client.pcapng")
			test.prepare(t, path)
			f, err := Create(path, Options{Force: test.force})
			if (err == nil) != test.made {
				t.Fatalf("got error %v", err)
			}
			if err != nil && !errors.Is(err, ErrExists) {
				t.Errorf("got error %v, want %v", err, ErrExists)
			}
			if f != nil {
				f.Write([]byte("new"))
				check(t, f.Close())
			}
			for _, outside := range []string{path + ".nowhere", path + ".target"} {
				if text, err := os.ReadFile(outside); err == nil && string(text) != "old" {
					t.Errorf("%s was written to: %q", outside, text)
				}
			}
			if _, err := os.Stat(path + ".nowhere"); err == nil {
				t.Error("a file was made through the link")
			}
			if text, err := os.ReadFile(path); err == nil && !test.made && string(text) != "old" {
				t.Errorf("what was there is now %q", text)
			}
		})
	}
}

func plant(t *testing.T, path string) { check(t, os.WriteFile(path, []byte("old"), 0o600)) }

func link(t *testing.T, path string) {
	check(t, os.WriteFile(path+".target", []byte("old"), 0o600))
	check(t, os.Symlink(path+".target", path))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clockAtRest() time.Time { return time.Unix(0, 0) }

func TestRotationKeepsTheNewestFiles(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2024, 5, 1, 2, 3, 4, 0, time.UTC)
	f, err := Create(filepath.Join(dir, "server.pcapng"), Options{Rotate: true, Keep: 2, Now: func() time.Time { return now }})
	check(t, err)
	for n := range 3 {
		f.Write([]byte{byte('1' + n)})
		now = now.Add(time.Hour)
		check(t, f.Rotate())
		if there, _ := os.ReadDir(dir); len(there) > 2 {
			t.Errorf("%d files on the disk, want at most 2", len(there))
		}
	}
	f.Write([]byte("4"))
	check(t, f.Close())
	want := []string{filepath.Join(dir, "server_00003_20240501040304.pcapng"), filepath.Join(dir, "server_00004_20240501050304.pcapng")}
	if got := f.Paths(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	sums, err := f.Sums()
	check(t, err)
	// printf 3 | sha256sum, printf 4 | sha256sum
	if len(sums) != 2 || sums[0].SHA256 != "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce" ||
		sums[1].SHA256 != "4b227777d4dd1fc61c6f884f48641d02b4d121d3fd328cb08b5531fcacdabf8a" || sums[0].Size != 1 {
		t.Errorf("got %+v", sums)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "a.pcapng"), Options{})
	check(t, err)
	check(t, f.Probe())
	f.Discard()
	if there, _ := os.ReadDir(dir); len(there) != 0 {
		t.Errorf("left behind: %v", there)
	}
}

func TestAStreamHasTheFingerprintOfWhatWasSent(t *testing.T) {
	var out strings.Builder
	s := NewStream(&out, Options{})
	s.Write([]byte("3"))
	sums, _ := s.Sums()
	if sums[0].SHA256 != "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce" || out.String() != "3" {
		t.Errorf("got %+v of %q", sums, out.String())
	}
}
