package correlate_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/tap"
)

// The filter of a recording decides what its silence is worth, so that a wrong word about
// it must not pass: this file holds connections to the ports 8001 and 8004.
func TestAStatedFilterIsHeldAgainstWhatTheFileHolds(t *testing.T) {
	folder := filepath.Join("..", "fixtures", "cases", "fragmentation")
	for filter, refused := range map[string]bool{
		"tcp":                         false,
		"tcp port 8001 or 8004":       false,
		"tcp port 8001":               true,
		"host 192.0.2.77":             true,
		"tcp[tcpflags] & tcp-rst = 0": false,
		"port 8001 and tcp[tcpflags] & tcp-rst = 0": true,
		"host mail.example.com":                     false,
	} {
		client, server := open(t, folder, "client.pcap"), open(t, folder, "server.pcap")
		_, err := correlate.Compare(context.Background(), client, server, correlate.Options{
			FixedEnds: true, Stated: []judge.Statement{{End: tap.Server, Fact: judge.Filter, Value: filter}},
		})
		switch {
		case refused && (!errors.Is(err, correlate.ErrContradicted) || !strings.Contains(err.Error(), "holds packets between")):
			t.Errorf("%q: %v; the file holds what it leaves out", filter, err)
		case !refused && err != nil:
			t.Errorf("%q: %v", filter, err)
		}
	}
}

// That a recorder dropped nothing is not contradicted by acknowledgments that somebody on the
// way made in its host's name: what they acknowledge never came there. It is by packets that
// the other end received and that were taken out of the file.
func TestNothingDroppedIsContradictedOnlyByWhatACaptureLacks(t *testing.T) {
	for folder, refused := range map[string]bool{"cases/acknowledged-on-the-way": false, "cases/fin-taken": false, "synthetic/server-capture-with-random-holes": true} {
		dir := filepath.Join("..", "fixtures", folder)
		tr := readTruths(t, dir)[dir]
		client, server := open(t, dir, tr.Client[0]), open(t, dir, tr.Server[0])
		_, err := correlate.Compare(context.Background(), client, server, correlate.Options{
			FixedEnds: true, Stated: []judge.Statement{{End: tap.Server, Fact: judge.NoDrops}},
		})
		if (err != nil) != refused || refused && !errors.Is(err, correlate.ErrContradicted) {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

// What did not pass the tap at one interface may have come to another. That nothing does
// is the host's own word, which the report shows; here it would not be true.
func TestSwallowedIsOpenWhereAnotherInterfaceWasUpUnlessOneWayInIsStated(t *testing.T) {
	folder := filepath.Join("..", "fixtures", "cases", "dropped-by-the-server-at-its-second-interface")
	for _, tt := range []struct {
		stated     []judge.Statement
		confidence judge.Confidence
		outcome    judge.Outcome
	}{
		{nil, judge.Unsure, judge.Open},
		{[]judge.Statement{{End: tap.Client, Fact: judge.OneWayOut}}, judge.Unsure, judge.Open},
		// What else of the connection would have passed nobody knows, as nothing else was sent.
		{[]judge.Statement{{End: tap.Server, Fact: judge.OneWayOut}}, judge.Supported, judge.Refuted},
	} {
		client, server := open(t, folder, "client.pcapng"), open(t, folder, "server.pcapng")
		r, err := correlate.Compare(context.Background(), client, server, correlate.Options{FixedEnds: true, Stated: tt.stated})
		if err != nil {
			t.Fatal(err)
		}
		swallowed := 0
		for i := range r.Connections {
			e := r.Connections[i].Ending
			if e == nil || e.Kind != string(ending.SwallowedContent) {
				continue
			}
			swallowed++
			step := e.Evidence[len(e.Evidence)-1]
			if e.Proved != (tt.outcome == judge.Refuted) {
				t.Errorf("%v: proved: %v", tt.stated, e.Proved)
			}
			if e.Confidence != string(tt.confidence) || step.Rule != string(judge.OtherInterface) || step.Outcome != string(tt.outcome) || step.Attested != (tt.outcome == judge.Refuted) {
				t.Errorf("%v: %s, %s %s (attested: %v); want %s, %s", tt.stated, e.Confidence, step.Rule, step.Outcome, step.Attested, tt.confidence, tt.outcome)
			}
		}
		if swallowed != 1 {
			t.Errorf("%v: %d connections of which something was swallowed, want 1", tt.stated, swallowed)
		}
	}
}

func open(t *testing.T, folder, name string) *file.Set {
	t.Helper()
	in, err := file.Open(context.Background(), []string{filepath.Join(folder, name)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}
