//go:build linux && cgo

package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/seal"
)

func sealOf(t *testing.T, path string) seal.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	about, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.Read(context.Background(), f, about.Size())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A key that only root may read signs, though bothcap is nobody by then.
func TestASealedRecordingIsSigned(t *testing.T) {
	l := newLab(t)
	key := filepath.Join(l.dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Skipf("ssh-keygen: %v: %s", err, out)
	}
	path := filepath.Join(l.dir, "client.pcapng")
	status, _, stderr := l.around(append([]string{"-i", "v0", "--port", "587", "-w", path, "--sign", key}, l.talker(server4, 100000)...)...)
	s := sealOf(t, path)
	if status != 3 || s.State != seal.Intact || !s.Last || s.Frames == 0 || s.Signature == "" {
		t.Fatalf("exit status %d, %+v: %s", status, s, stderr)
	}
	for _, want := range []string{"head " + s.Head, "seal     " + s.Value + ", signed"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("it does not print %q: %s", want, stderr)
		}
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	allowed, signature := filepath.Join(l.dir, "allowed"), filepath.Join(l.dir, "signature")
	os.WriteFile(allowed, []byte("mail@example.org "+string(public)), 0o600)
	os.WriteFile(signature, []byte(s.Signature), 0o600)
	verify := func(statement string) error {
		cmd := exec.Command("ssh-keygen", "-Y", "verify", "-f", allowed, "-I", "mail@example.org", "-n", "bothcap", "-s", signature)
		cmd.Stdin = strings.NewReader(statement)
		return cmd.Run()
	}
	if err := verify(s.Statement); err != nil {
		t.Errorf("ssh-keygen -Y verify: %v", err)
	}
	if verify(strings.Replace(s.Statement, "file 1", "file 2", 1)) == nil {
		t.Error("ssh-keygen -Y verify: another statement is signed, too")
	}
	status, _, stderr = l.around("-i", "v0", "--port", "587", "-w", path+"2", "--sign", allowed, "--", "true")
	if _, err := os.Stat(path + "2"); status != 125 || err == nil || !strings.Contains(stderr, "hint: name a private key") {
		t.Errorf("with a key that is none: exit status %d: %s", status, stderr)
	}
}

// What a killed recorder leaves behind is no sign that anybody changed it.
func TestAKilledRecorderLeavesAnOpenSeal(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--port", "587", "-w", path)
	l.talk(server4, 0) // a reset, after which the state is noted within a second or two
	eventually(t, "packets are sealed", func() bool { return sealOf(t, path).Frames > 0 })
	l.talk(server4, 10000)
	time.Sleep(time.Second)
	r.stop(syscall.SIGKILL)
	s := sealOf(t, path)
	packets, _ := read(t, path)
	if s.State != seal.Open || s.Frames == 0 || s.Frames >= int64(len(packets)) {
		t.Errorf("%+v of %d packets", s, len(packets))
	}
}

func TestARotatedRecordingIsOneChain(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--port", "587", "-w", path, "--rotate-interval", "300ms")
	for range 10 {
		l.talk(server4, 50000)
		time.Sleep(200 * time.Millisecond)
	}
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d", status)
	}
	var all []seal.File
	for _, f := range files(t, filepath.Join(l.dir, "client_*.pcapng")) {
		s := sealOf(t, f)
		if s.State != seal.Intact {
			t.Errorf("%s: %+v", f, s)
		}
		if _, r := read(t, f); r.End().Kind != capture.Complete {
			t.Errorf("%s: %v", f, r.End())
		}
		all = append(all, s)
	}
	c := seal.Join(all)
	if len(all) < 4 || c.Head == "" || c.Earlier != 0 || c.Missing != nil || c.Later || c.Unlinked != nil || !strings.Contains(r.stderr.String(), "seal     "+all[len(all)-1].Value) {
		t.Errorf("%d files, %+v: %s", len(all), c, r.stderr)
	}
}
