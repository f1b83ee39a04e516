package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// keep makes of a fixture's capture what bothcap watch would have kept of the
// connection whose SYN has a number, or whose SYN is the n-th; it returns the number.
func keep(t *testing.T, from, to, why string, number uint32, nth int) uint32 {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapng.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var kept *testimony.Kept
	var p capture.Packet
	for syns := 0; r.Next(&p) == nil && kept == nil; {
		var s segment.Segment
		if segment.Decode(&p, &s) != segment.TCP || s.Flags&(segment.SYN|segment.ACK) != segment.SYN {
			continue
		}
		if syns++; s.Seq == number || number == 0 && syns == nth {
			isn := s.Seq
			kept = &testimony.Kept{Why: why, Client: s.Src.AddrPort(), Server: s.Dst.AddrPort(), ClientISN: &isn, At: time.Unix(0, s.TimeNS).UTC()}
		}
	}
	if kept == nil {
		t.Fatalf("%s: no such SYN", from)
	}
	var out bytes.Buffer
	none := func(int64) []string { return nil }
	if err := pcapng.Annotate(&out, bytes.NewReader(b), pcapng.Notes{Packet: none, Section: testimony.Record{Event: testimony.Keeping, Kept: kept}.Line()}); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	return *kept.ClientISN
}

// The truth is that of the fixtures: in starttls-2012 the second connection is reset
// on the way, and the second of genuine-server-linger by the server itself.
func TestFoldersOfTwoFlightRecordersAreCompared(t *testing.T) {
	pairs := filepath.Join(repository(t), "fixtures", "pairs")
	for _, perDay := range []bool{false, true} {
		dir := t.TempDir()
		for _, end := range []string{"client", "server"} {
			if err := os.MkdirAll(filepath.Join(dir, end, "kept"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		name := func(end, file string) string {
			if perDay {
				file = "2026-11-28_0001"
			}
			return filepath.Join(dir, end, "kept", file+".pcapng")
		}
		for _, k := range []struct {
			pair string
			nth  int
		}{{"starttls-2012", 2}, {"genuine-server-linger", 2}} {
			isn := keep(t, filepath.Join(pairs, k.pair, "client.pcapng"), name("client", k.pair), "reset", 0, k.nth)
			keep(t, filepath.Join(pairs, k.pair, "server.pcapng"), name("server", k.pair), "reset", isn, 0)
		}
		keep(t, filepath.Join(pairs, "genuine-client-linger", "server.pcapng"), name("server", "alone"), "stuck", 0, 1)
		client, server := filepath.Join(dir, "client"), filepath.Join(dir, "server")

		out, complaints, status := runIn(t, dir, "compare", "--format", "json", client, server)
		if status != 1 || complaints != "" {
			t.Fatalf("exit status %d: %s", status, complaints)
		}
		endings := map[string]int{}
		decoder := json.NewDecoder(strings.NewReader(out))
		for {
			var line struct {
				Schema, Client string
				ClientFile     string `json:"client_file"`
				Status         int
				Ending         *struct{ Kind, Confidence string }
				Report         *struct{ Schema string }
			}
			if err := decoder.Decode(&line); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			kind := "none"
			if line.Ending != nil {
				kind = line.Ending.Kind + " " + line.Ending.Confidence
			}
			endings[kind] = line.Status
			if _, err := netip.ParseAddrPort(line.Client); err != nil || line.Schema != "bothends.kept/1" || line.ClientFile != "" && (line.Report == nil || line.Report.Schema != "bothends.report/2") {
				t.Errorf("%+v", line)
			}
		}
		if len(endings) != 3 || endings["reset-on-the-way proven"] != 1 || endings["none"] != 3 || strings.Count(out, "\n") != 3 {
			t.Errorf("endings and statuses: %v", endings)
		}

		text, _, status := runIn(t, dir, "compare", client, server)
		for _, want := range []string{"Interference: 1 of 3 connections", "reset on the way, proven", "reset by server", "stuck", "kept at the server only", "2 at both ends"} {
			if status != 1 || !strings.Contains(text, want) {
				t.Errorf("exit status %d, and it does not say %q:\n%s", status, want, text)
			}
		}
		details, _, _ := runIn(t, dir, "compare", "--details", client, server)
		if !strings.Contains(details, "WHAT TO DO NEXT") || strings.Contains(details, os.TempDir()+"/bothends-") || len(details) < 2*len(text) {
			t.Errorf("details: %s", details)
		}
	}
}

func TestFoldersInWhichNothingWasKeptAreAnError(t *testing.T) {
	dir := t.TempDir()
	_, complaints, status := runIn(t, dir, "compare", dir, dir)
	if status != 2 || !strings.Contains(complaints, "nothing that bothcap watch kept is in it") || !strings.Contains(complaints, "hint: ") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	_, complaints, status = runIn(t, dir, "compare", "--html", "page.html", dir, dir)
	if status != 2 || !strings.Contains(complaints, "of one pair") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
}
