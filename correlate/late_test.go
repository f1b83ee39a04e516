package correlate_test

import (
	"path/filepath"
	"testing"
	"time"

	"bothends/correlate/report"
	"bothends/fixtures/bulk"
)

// lossless writes a pair of captures of sessions of which every packet arrived, and
// copies the server's with edit applied to each packet. Some packets take a way of
// one router more, as two recordings that are alike are not laid over each other.
func lossless(t *testing.T, o bulk.Options, edit func(n int, r record) bool) (client, server string) {
	t.Helper()
	dir := t.TempDir()
	if _, err := bulk.Write(dir, o); err != nil {
		t.Fatal(err)
	}
	server = filepath.Join(dir, "edited.pcap")
	rewrite(t, filepath.Join(dir, "server.pcap"), server, func(n int, r record) bool {
		if n%7 == 0 {
			r.bytes[ttlAt]--
		}
		return edit(n, r)
	})
	return filepath.Join(dir, "client.pcap"), server
}

// ttlAt is where a record of Ethernet and IPv4 has its TTL, behind its own header.
const ttlAt = 16 + 14 + 8

// lostIn adds up what a report calls lost, and what it says of those findings.
func lostIn(r *report.Report) (segments int64, findings int) {
	for i := range r.Connections {
		if l := r.Connections[i].Ledger; l != nil {
			segments += l.Lost
		}
	}
	return segments, r.Summary.Lost
}

// A server's clock that is set forward by 15 s makes all that follows arrive later
// than anything is under way.
func TestNothingIsLostThatTheOtherFileHoldsWhenAClockIsSet(t *testing.T) {
	for _, by := range []time.Duration{15 * time.Second, 10 * time.Minute, -15 * time.Second} {
		const packets = 6000
		client, server := lossless(t, bulk.Options{Packets: packets, Concurrent: 100, PerSession: 20}, func(n int, r record) bool {
			if n >= packets/2 {
				r.set(by)
			}
			return true
		})
		r := compareFiles([]string{client}, []string{server})
		if r == nil {
			t.Fatal("not compared")
		}
		if segments, findings := lostIn(r); segments > 0 || findings > 0 {
			t.Errorf("set by %v: %d segments and %d findings are called lost", by, segments, findings)
		}
		if r.Summary.Injected+r.Summary.Modified > 0 {
			t.Errorf("set by %v: %+v", by, r.Summary)
		}
	}
}

// A path may hold more than is kept in flight: all of it arrives all the same.
func TestNothingIsLostThatTheOtherFileHoldsWhenMuchIsUnderWay(t *testing.T) {
	const segments = 100_000
	dir := t.TempDir()
	if err := bulk.WriteShape(dir, "in-flight", segments); err != nil {
		t.Fatal(err)
	}
	client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
	unlike := filepath.Join(dir, "unlike.pcap") // else the two are not laid over each other
	rewrite(t, server, unlike, func(n int, r record) bool {
		if n == segments/2 {
			r.bytes[ttlAt]--
		}
		return true
	})
	r := compareFiles([]string{client}, []string{unlike})
	if r == nil || r.Summary.Paired != 1 {
		t.Fatal("not compared")
	}
	if l := r.Connections[0].Ledger; l.Matched != 2*(segments+3) {
		t.Errorf("of %d segments, all of which arrived: %+v", segments+3, l)
	}
}
