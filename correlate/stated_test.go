package correlate_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
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

func open(t *testing.T, folder, name string) *file.Set {
	t.Helper()
	in, err := file.Open(context.Background(), []string{filepath.Join(folder, name)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}
