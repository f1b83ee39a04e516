package correlate_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Duplicate acknowledgments that an end never sent make the other one send again and slow
// down. They are held against the path only where the end's count of IP-IDs shows that its
// capture did not miss them, and are no all-clear where nothing shows it.
func TestAStormOfAcknowledgmentsThatNobodySentIsNotCleared(t *testing.T) {
	const stormy, idAt, flagsAt, windowAt, after = 40218, 4, 13, 14, 12
	type edit = func(nth int, s ethernetSegment)
	asItIs := func(int, ethernetSegment) {}
	renumbered := func(by uint16) edit { // the client's packets behind the storm
		return func(nth int, s ethernetSegment) {
			if nth >= after {
				binary.BigEndian.PutUint16(s.ip[idAt:], binary.BigEndian.Uint16(s.ip[idAt:])+by)
			}
		}
	}
	noID := func(_ int, s ethernetSegment) { binary.BigEndian.PutUint16(s.ip[idAt:], 0) }
	// write copies a capture, with a storm of so many, each as change makes it.
	write := func(from, to string, edit edit, storm int, change func(i int, s ethernetSegment)) {
		var out []byte
		nth := 0
		rewrite(t, from, to, func(_ int, r record) bool {
			s, ok := ethernetIn(r)
			if !ok || s.port() != stormy {
				out = append(out, r.bytes...)
				return true
			}
			edit(nth, s)
			out = append(out, r.bytes...)
			if nth++; nth != after {
				return true
			}
			header, seq := int(s.tcp[12]>>4)*4, uint32(len(s.tcp))
			seq = binary.BigEndian.Uint32(s.tcp[4:]) + seq - uint32(header)
			for i := range storm {
				again := record{slices.Clone(r.bytes), r.order, r.pcapng, r.perSec}
				again.set(time.Duration(i+1) * 100 * time.Microsecond)
				s, _ := ethernetIn(again)
				cut := len(s.tcp) - header
				again.bytes = again.bytes[:len(again.bytes)-cut]
				for _, at := range []int{8, 12} { // how long the record is
					r.order.PutUint32(again.bytes[at:], uint32(len(again.bytes)-16))
				}
				binary.BigEndian.PutUint16(s.ip[2:], uint16(20+header))
				binary.BigEndian.PutUint32(s.tcp[4:], seq)
				s.tcp[flagsAt] = byte(segment.ACK)
				change(i, s)
				out = append(out, again.bytes...)
			}
			return true
		})
		head := plainBytes(t, from)[:24]
		if err := os.WriteFile(to, append(slices.Clone(head), out...), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := func(first uint16) func(int, ethernetSegment) {
		return func(i int, s ethernetSegment) { binary.BigEndian.PutUint16(s.ip[idAt:], first+uint16(i)) }
	}
	const many = 12
	for name, c := range map[string]struct {
		client, server edit
		sent, came     int // copies
		change         func(i int, s ethernetSegment)
		want           outcome.Status
	}{
		"the client's count lacks none":        {asItIs, asItIs, 0, many, id(7), outcome.Interference},
		"it counts none":                       {noID, noID, 0, many, id(0), outcome.Unproved},
		"its count lacks them":                 {renumbered(many), renumbered(many), 0, many, id(7), outcome.Clean},
		"it sent them":                         {asItIs, asItIs, many, many, id(7), outcome.Clean},
		"a few":                                {asItIs, asItIs, 0, 3, id(7), outcome.Clean},
		"the network doubled one that it sent": {asItIs, asItIs, 1, many, func(_ int, s ethernetSegment) { id(7)(0, s) }, outcome.Clean},
		"windows that open": {noID, noID, 0, many, func(i int, s ethernetSegment) {
			s.ip[idAt], s.ip[idAt+1] = 0, 0
			binary.BigEndian.PutUint16(s.tcp[windowAt:], uint16(600+i))
		}, outcome.Clean},
	} {
		dir, from := t.TempDir(), "../fixtures/cases/checksums-spoiled"
		client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
		write(filepath.Join(from, "client.pcap"), client, c.client, c.sent, c.change)
		write(filepath.Join(from, "server.pcap"), server, c.server, c.came, c.change)
		for _, name := range []string{client, server} { // the connection that is told of otherwise
			without(t, name, 40242)
		}
		r := compareFiles([]string{client}, []string{server})
		if r == nil {
			t.Errorf("%s: not compared", name)
			continue
		}
		o := correlate.Options{FixedEnds: true, Stated: []judge.Statement{{End: tap.Client, Fact: judge.NoDrops}}}
		if c.want == outcome.Interference && compareWith([]string{client}, []string{server}, o) == nil {
			t.Errorf("%s: that nothing was dropped is refused", name)
		}
		if got := r.Outcome().Status(); got != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, got, c.want, textOf(t, r, report.Details))
		}
	}
}

// without takes the packets of a port out of a pcap fixture in Ethernet.
func without(t *testing.T, name string, port uint16) {
	t.Helper()
	rewrite(t, name, name, func(_ int, r record) bool {
		s, ok := ethernetIn(r)
		return !ok || s.port() != port && binary.BigEndian.Uint16(s.tcp[2:]) != port
	})
}
