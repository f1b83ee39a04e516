//go:build cgo || windows

package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/store"
)

func TestPortsAreNumbersOrServices(t *testing.T) {
	for text, want := range map[string]ports{
		"587": {587}, "smtp": {25}, "25,https": {25, 443}, "SMTP": {25},
		"0": nil, "65536": nil, "-1": nil, "smpt": nil, "": nil, "25,": nil, "18446744073709551616": nil,
	} {
		var got ports
		if err := got.Set(text); (err == nil) != (want != nil) {
			t.Errorf("%q: %v", text, err)
		} else if err == nil && !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestARotatedSetIsNamedByOnePatternIfThatNamesNothingElse(t *testing.T) {
	dir := t.TempDir()
	s := summary{write: filepath.Join(dir, "c.pcapng"), end: "client", status: agent.Status{Packets: 1}}
	for _, name := range []string{"c_00001_20261128120000.pcapng", "c_00002_20261128120100.pcapng"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s.sums = append(s.sums, store.Sum{Path: path})
	}
	if got, want := s.next(), "bothends compare '"+dir+"/c_*.pcapng' SERVER.pcapng"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if err := os.WriteFile(filepath.Join(dir, "c_00001_20251128120000.pcapng"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want := "bothends compare --client " + s.sums[0].Path + " --client " + s.sums[1].Path + " --server SERVER.pcapng"
	if got := s.next(); got != want {
		t.Errorf("with an older set beside it: %s\nwant %s", got, want)
	}
}
