//go:build linux && cgo

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bothends/capture"
)

func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	l := newLab(t)
	disk := filepath.Join(l.dir, "disk")
	os.Mkdir(disk, 0o777)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "bc-disk", disk).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", disk).Run() })
	path := filepath.Join(disk, "client.pcapng")
	status, _, stderr := l.around(append([]string{"-i", "v0", "--port", "587", "-w", path}, l.talker(server4, 20<<20)...)...)
	if status != 125 || !strings.Contains(stderr, "disk is full") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	packets, f := read(t, path)
	if len(packets) < 10 || f.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v", len(packets), f.End())
	}
	tool(t, "capinfos", path)
}

func TestRotationStaysWithinItsLimit(t *testing.T) {
	l := newLab(t)
	r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, "client.pcapng"), "--rotate-size", "1M", "--keep", "3")
	for range 4 {
		l.talk(server4, 3<<20)
		if n := len(files(t, l.dir+"/client_*.pcapng")); n > 3 {
			t.Errorf("%d files", n)
		}
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	list := files(t, l.dir+"/client_*.pcapng")
	if len(list) != 3 {
		t.Errorf("files %q, want 3", list)
	}
	for _, path := range list {
		about, _ := os.Stat(path)
		packets, f := read(t, path)
		if about.Size() > 1<<20 || len(packets) == 0 || f.End().Kind != capture.Complete || !f.Interfaces()[0].Counters.Delivered.Known {
			t.Errorf("%s: %d bytes, %d packets, %v", path, about.Size(), len(packets), f.End())
		}
		tool(t, "capinfos", path)
	}
}

// Root records in root's folder, and goes on as nobody.
func TestRotationInAFolderOfRoot(t *testing.T) {
	l := newLab(t)
	os.Chmod(l.dir, 0o700)
	r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, "client.pcapng"), "--rotate-size", "1M", "--keep", "3")
	l.talk(server4, 6<<20)
	capable := 0
	for _, task := range files(t, fmt.Sprintf("/proc/%d/task/*/status", r.Process.Pid)) {
		status, _ := os.ReadFile(task)
		if !bytes.Contains(status, []byte("CapPrm:\t0000000000000000")) {
			capable++
			if !bytes.Contains(status, []byte("CapPrm:\t0000000000000002")) { // CAP_DAC_OVERRIDE
				t.Errorf("%s", status)
			}
		}
	}
	if capable != 1 || !strings.Contains(r.stderr.String(), "keeps the privilege") {
		t.Errorf("%d threads have privileges; it says %s", capable, r.stderr)
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	list := files(t, l.dir+"/*")
	if len(list) != 3 || strings.Count(r.stderr.String(), "sha256   ") != 3 {
		t.Errorf("files %q, want 3: %s", list, r.stderr)
	}
	for _, path := range list {
		if _, f := read(t, path); f.End().Kind != capture.Complete {
			t.Errorf("%s: %v", path, f.End())
		}
	}
}

func TestADirectoryThatCannotTakeARotationIsRefusedAtOnce(t *testing.T) {
	l := newLab(t)
	// Not even a capability makes files there.
	full := filepath.Join(l.dir, "full")
	os.Mkdir(full, 0o777)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "nr_inodes=2,mode=777", "bc-full", full).CombinedOutput(); err != nil {
		t.Fatalf("mount: %v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", full).Run() })
	status, _, stderr := l.around("-i", "v0", "--port", "587", "-w", filepath.Join(full, "a.pcapng"), "--rotate-size", "1M")
	if status != 2 || !strings.Contains(stderr, "no further file can be created") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
	if left := files(t, full+"/*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Who may run bothcap by sudo may not thereby remove what is not his.
func TestForceReplacesWhatTheCallerMayReplace(t *testing.T) {
	l := newLab(t)
	t.Setenv("SUDO_UID", "12345")
	t.Setenv("SUDO_GID", "12346")
	for _, test := range []struct {
		name     string
		mode     os.FileMode // of root's folder
		owner    int         // of the file
		replaced bool
	}{
		{"his file in a folder for all", 0o777, 12345, true},
		{"another's file in a folder for all", 0o777, 0, true},
		{"another's file in a folder where each removes his own", 0o777 | os.ModeSticky, 0, false},
		{"another's file in another's folder", 0o755, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(l.dir, strings.ReplaceAll(test.name, " ", "-"))
			path := filepath.Join(dir, "client.pcapng")
			os.Mkdir(dir, 0o700)
			os.Chmod(dir, test.mode)
			os.WriteFile(path, []byte("old"), 0o644)
			os.Chown(path, test.owner, test.owner)
			status, _, stderr := l.around("-i", "v0", "--port", "587", "--force", "-w", path, "--", "true")
			text, _ := os.ReadFile(path)
			if replaced := string(text) != "old"; replaced != test.replaced || (status == 0) != test.replaced {
				t.Errorf("replaced: %v, want %v; exit status %d: %s", replaced, test.replaced, status, stderr)
			}
		})
	}
}

// The user as whom bothcap goes on cannot enter root's folder.
func TestARecordingInAFolderOfRootAloneHasItsChecksum(t *testing.T) {
	l := newLab(t)
	private := filepath.Join(l.dir, "private")
	if err := os.Mkdir(private, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(private, "client.pcapng")
	status, _, stderr := l.around(append([]string{"-i", "v0", "--port", "587", "-w", path}, l.talker(server4, 1000)...)...)
	sum, err := exec.Command("sha256sum", path).Output()
	if err != nil || status != 3 {
		t.Fatalf("%v; exit status %d: %s", err, status, stderr)
	}
	for _, want := range []string{"file     " + path, "sha256   " + strings.Fields(string(sum))[0], "next     bothends compare " + path} {
		if !strings.Contains(stderr, want) {
			t.Errorf("the summary does not say %q:\n%s", want, stderr)
		}
	}
}
