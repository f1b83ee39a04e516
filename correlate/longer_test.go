package correlate_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/tap"
)

// Behind a message that became longer on the way everything has other numbers: what arrived
// with them was not dropped by the recorder at the end that sent it.
func TestNothingDroppedIsNotContradictedByAMessageThatBecameLonger(t *testing.T) {
	const talk, fileHead, recordHead, ethernet, seqAt, ackAt = 40218, 24, 16, 14, 4, 8
	from, added := "../fixtures/cases/checksums-spoiled", []byte("XYZ")
	dir := t.TempDir()
	client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
	rewrite(t, filepath.Join(from, "server.pcap"), server, func(int, record) bool { return true })

	var out []byte
	behind, found := uint32(0), false // the number behind the message
	later := func(tcp []byte, at int) {
		if n := binary.BigEndian.Uint32(tcp[at:]); found && int32(n-behind) >= 0 {
			binary.BigEndian.PutUint32(tcp[at:], n+uint32(len(added)))
		}
	}
	rewrite(t, filepath.Join(from, "client.pcap"), client, func(_ int, r record) bool {
		s, ok := ethernetIn(r)
		switch {
		case ok && s.port() == talk:
			later(s.tcp, ackAt)
			s.put(s.right())
		case ok && binary.BigEndian.Uint16(s.tcp[2:]) == talk:
			header := int(s.tcp[12]>>4) * 4
			if said := s.tcp[header:]; !found && bytes.HasPrefix(said, []byte("250")) {
				found, behind = true, binary.BigEndian.Uint32(s.tcp[seqAt:])+uint32(len(said))
				r.bytes = slices.Insert(slices.Clone(r.bytes), recordHead+ethernet+20+header+4, added...)
				for _, at := range []int{8, 12} { // how long the record is
					r.order.PutUint32(r.bytes[at:], uint32(len(r.bytes)-recordHead))
				}
				ip := r.bytes[recordHead+ethernet:]
				binary.BigEndian.PutUint16(ip[2:], uint16(len(ip)))
				s, _ = ethernetIn(r)
			} else {
				later(s.tcp, seqAt)
			}
			s.put(s.right())
		}
		out = append(out, r.bytes...)
		return true
	})
	head := plainBytes(t, filepath.Join(from, "client.pcap"))[:fileHead]
	if err := os.WriteFile(client, append(slices.Clone(head), out...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{client, server} {
		without(t, path, 40242)
	}
	o := correlate.Options{FixedEnds: true, Stated: []judge.Statement{{End: tap.Server, Fact: judge.NoDrops}}}
	if r := compareWith([]string{client}, []string{server}, o); r == nil || r.Outcome().Status() != outcome.Interference {
		t.Errorf("found %v, refused %v", found, r == nil)
	}
}
