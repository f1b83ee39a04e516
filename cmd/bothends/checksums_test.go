package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate/report"
)

// Whatever runs beside what, each file of the report has the sum that sha256sum prints.
func TestTheReportHasTheChecksumOfEachFile(t *testing.T) {
	folder := filepath.Join(repository(t), "fixtures", "pairs", "starttls-2012")
	out, complaints, _ := runIn(t, folder, "compare", "--format", "json", "server.pcapng", "client.pcapng")
	var r struct{ Captures report.Captures }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err, complaints)
	}
	for _, c := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range c.Files {
			printed, err := exec.Command("sha256sum", filepath.Join(folder, f.Path)).Output()
			if err != nil {
				t.Skip(err)
			}
			if want, _, _ := strings.Cut(string(printed), " "); f.SHA256 != want {
				t.Errorf("%s: %q, and sha256sum prints %s", f.Path, f.SHA256, want)
			}
		}
	}
}

// A comparison may end before it has read the captures once, and they may be closed
// before their sums are known.
func TestChecksumsOfClosedCapturesAreAnErrorAndNoHang(t *testing.T) {
	var sets [2]*file.Set
	for i, name := range []string{"client.pcapng", "server.pcapng"} {
		path := filepath.Join(repository(t), "fixtures", "pairs", "starttls-2012", name)
		set, err := file.Open(context.Background(), []string{path})
		if err != nil {
			t.Fatal(err)
		}
		sets[i] = set
	}
	s := sum(context.Background(), sets)
	for _, set := range sets {
		if err := set.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.note(context.Background(), &report.Report{}); err == nil || !strings.Contains(err.Error(), os.ErrClosed.Error()) {
		t.Errorf("%v, want that the files are closed", err)
	}
}

func TestChecksumsAreNotWaitedForOnceInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := &checksums{begin: func() {}, done: make(chan struct{})} // as if a disk did not answer
	if err := s.note(ctx, &report.Report{}); err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
