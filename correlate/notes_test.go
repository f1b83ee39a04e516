package correlate_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate"
	"bothends/correlate/inspect"
	"bothends/correlate/report"
)

// noted copies a capture with a note of the end at which it was made.
func noted(t *testing.T, path, end string) string {
	t.Helper()
	return changed(t, path, end, func(*capture.Packet) {})
}

// changed does so and changes its packets.
func changed(t *testing.T, path, end string, change func(*capture.Packet)) string {
	t.Helper()
	in, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(filepath.Join(t.TempDir(), filepath.Base(path)))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	r, err := pcapng.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	w, err := pcapng.NewWriter(out, capture.Section{})
	if err != nil {
		t.Fatal(err)
	}
	described := 0
	for {
		var p capture.Packet
		if err := r.Next(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for ; described < len(r.Interfaces()); described++ {
			about := r.Interfaces()[described]
			about.Comments = []string{testimony.Record{Event: testimony.Start, End: end}.Line()}
			if _, err := w.AddInterface(about); err != nil {
				t.Fatal(err)
			}
		}
		change(&p)
		if err := w.WritePacket(&p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}

// Who gives a capture as the server's that says itself that it is the client's has
// mistaken the one or the other.
func TestACaptureIsNotGivenAsTheOtherEnds(t *testing.T) {
	const folder = "../fixtures/pairs/starttls-2012/"
	client, server := noted(t, folder+"client.pcapng", "client"), noted(t, folder+"server.pcapng", "server")
	for _, test := range []struct {
		client, server string
		fixed, refused bool
	}{{client, server, true, false}, {server, client, true, true}, {server, client, false, false}, {client, folder + "server.pcapng", true, false}} {
		var sets [2]*file.Set
		for i, path := range []string{test.client, test.server} {
			var err error
			if sets[i], err = file.Open(context.Background(), []string{path}); err != nil {
				t.Fatal(err)
			}
			defer sets[i].Close()
		}
		_, err := correlate.Compare(context.Background(), sets[0], sets[1], correlate.Options{FixedEnds: test.fixed})
		if errors.Is(err, correlate.ErrNotThatEnd) != test.refused || !test.refused && err != nil {
			t.Errorf("%s as the client's, ends given: %v: %v", test.client, test.fixed, err)
		}
	}
}

// A host that forwards the session shows each connection from both sides, and half of
// what its packets say speaks for either end. Then the user's note decides.
func TestTheNoteTellsTheEndWherePacketsDoNot(t *testing.T) {
	const client = "../fixtures/pairs/starttls-2012/client.pcapng"
	n := 0
	undecided := func(p *capture.Packet) {
		p.Direction = capture.DirectionUnknown
		p.TimeNS = 1e18 + int64(n)*1e9 // no round trip tells
		n++
		if len(p.Data) > 22 {
			p.Data[22] = 50 // nor a TTL
		}
	}
	for _, end := range []string{"client", "server", ""} {
		n = 0
		i := inspected(t, changed(t, client, end, undecided))
		if want := cmp.Or(end, "unknown"); i.Tap.End != want || (end != "") != (i.Tap.DecidedBy == "what its recorder was told") {
			t.Errorf("noted as the %q: it is the %s's, by %s", end, i.Tap.End, i.Tap.DecidedBy)
		}
	}
}

func inspected(t *testing.T, path string) *report.Inspection {
	t.Helper()
	set, err := file.Open(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	info, err := inspect.Captures(context.Background(), []*file.Set{set}, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	return &info.Captures[0]
}
