package correlate_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bothends/correlate/outcome"
	"bothends/correlate/report"
)

// What the captures cut off shows in the TCP checksum alone. It is held against the path only
// where other packets show that both taps saw checksums as they are on the wire.
func TestBytesChangedBehindTheSnapLengthAreFoundByTheChecksum(t *testing.T) {
	const dynamic, changed, snapLen, nth = 20000, 40218, 14 + 20 + 32 + 2, 6
	type edit = func(s ethernetSegment)
	asItIs := func(ethernetSegment) {}
	ofClient := func(change edit) edit {
		return func(s ethernetSegment) {
			if s.port() >= dynamic {
				change(s)
			}
		}
	}
	// other puts other bytes behind the snap length into the sixth message of the client's, and
	// the checksum that fits them, as a box does.
	other := func() edit {
		n := 0
		return func(s ethernetSegment) {
			header := int(s.tcp[12]>>4) * 4
			if s.port() != changed || len(s.tcp) == header {
				return
			}
			if n++; n == nth {
				s.tcp[header+3] ^= 0x20
				s.put(s.right())
			}
		}
	}
	both := func(edits ...edit) edit {
		return func(s ethernetSegment) {
			for _, e := range edits {
				e(s)
			}
		}
	}
	unfilled := ofClient(func(s ethernetSegment) { s.put(s.pseudo()) })
	cleared := func(s ethernetSegment) { s.put(0) }
	// The client's address is another one at the server: behind a NAT, which mends the checksum,
	// and in a capture that was made anonymous, in which nothing did.
	renamed := func(s ethernetSegment) {
		at := 16
		if s.port() >= dynamic {
			at = 12
		}
		copy(s.ip[at:], []byte{198, 51, 100, 77})
	}
	natted := both(renamed, func(s ethernetSegment) { s.put(s.right()) })
	damaged := func() edit { // one bit, and its checksum is that of what was sent
		n := 0
		return func(s ethernetSegment) {
			if s.port() == changed {
				if n++; n == nth {
					s.tcp[len(s.tcp)-1] ^= 0x20
				}
			}
		}
	}
	for name, c := range map[string]struct {
		client, server edit
		want           outcome.Status
	}{
		"as it was":                            {asItIs, asItIs, outcome.Clean},
		"other bytes":                          {asItIs, other(), outcome.Interference},
		"other bytes behind a NAT":             {asItIs, both(other(), natted), outcome.Interference},
		"a NAT":                                {asItIs, natted, outcome.Clean},
		"the client's card fills checksums in": {unfilled, asItIs, outcome.Clean},
		"a card, and other bytes: nobody can say":   {unfilled, other(), outcome.Clean},
		"nobody fills them in":                      {unfilled, unfilled, outcome.Clean},
		"cleared at the server":                     {asItIs, cleared, outcome.Clean},
		"anonymous at the server":                   {asItIs, renamed, outcome.Clean},
		"anonymous at the client":                   {renamed, asItIs, outcome.Clean},
		"damaged, which the checksum does not show": {asItIs, damaged(), outcome.Clean},
	} {
		dir, from := t.TempDir(), "../fixtures/cases/checksums-spoiled"
		client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
		for file, change := range map[string]edit{client: c.client, server: c.server} {
			whole := filepath.Join(dir, "whole")
			rewrite(t, filepath.Join(from, filepath.Base(file)), whole, func(_ int, r record) bool {
				s, ok := ethernetIn(r)
				if ok && s.port() != 40242 && binary.BigEndian.Uint16(s.tcp[2:]) != 40242 { // that is told of otherwise
					change(s)
					return true
				}
				return false
			})
			cut(t, whole, file, snapLen)
		}
		r := compareFiles([]string{client}, []string{server})
		if r == nil {
			t.Errorf("%s: not compared", name)
			continue
		}
		if got := r.Outcome().Status(); got != c.want {
			t.Errorf("%s: status %d, want %d: %s", name, got, c.want, textOf(t, r, report.Details))
		}
		told := slices.ContainsFunc(r.Findings, func(f report.Finding) bool { return f.Kind == "data" && f.Verdict == "modified" })
		if told != (c.want == outcome.Interference) {
			t.Errorf("%s: a change is told: %v", name, told)
		}
	}
}

// cut copies a pcap capture as one with a snapshot length.
func cut(t *testing.T, from, to string, snapLen int) {
	t.Helper()
	const fileHeader, recordHeader, capturedLen = 24, 16, 8
	data := plainBytes(t, from)
	out := slices.Clone(data[:fileHeader])
	rewrite(t, from, from, func(_ int, r record) bool {
		kept := min(snapLen, len(r.bytes)-recordHeader)
		r.order.PutUint32(r.bytes[capturedLen:], uint32(kept))
		out = append(out, r.bytes[:recordHeader+kept]...)
		return true
	})
	if err := os.WriteFile(to, out, 0o600); err != nil {
		t.Fatal(err)
	}
}
