package correlate_test

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"bothends/correlate/outcome"
	"bothends/correlate/report"
)

// A packet whose checksum is wrong was damaged, on the way or in a file, and accuses nobody:
// no TCP takes it. A box that changes something mends the checksum.
func TestADamagedPacketIsNotOneThatABoxChanged(t *testing.T) {
	const dynamic, spoiled, flagsAt, dataAt, reset, push = 20000, 40242, 13, 12, 0x04, 0x08
	type edit = func(s ethernetSegment)
	asItIs := func(ethernetSegment) {}
	second := func(change edit) edit { // of the packets with data of the client's
		n := 0
		return func(s ethernetSegment) {
			if s.port() < dynamic || s.tcp[flagsAt]&push == 0 {
				return
			}
			if n++; n == 2 {
				change(s)
			}
		}
	}
	letter := func(s ethernetSegment) { s.tcp[int(s.tcp[dataAt]>>4)*4] ^= 0x20 }
	toReset := func(s ethernetSegment) { s.tcp[flagsAt] = s.tcp[flagsAt]&^push | reset }
	mended := func(change edit) edit { return func(s ethernetSegment) { change(s); s.put(s.right()) } }
	unfilled := func(change edit) edit {
		return func(s ethernetSegment) {
			if change(s); s.port() >= dynamic {
				s.put(s.pseudo())
			}
		}
	}
	for name, c := range map[string]struct {
		client, server edit
		want           outcome.Status
		says           string
	}{
		"nothing":                                  {asItIs, asItIs, outcome.Clean, ""},
		"at the receiver":                          {asItIs, second(letter), outcome.Unproved, "its TCP checksum does not fit what it holds"},
		"by a box, which mended the checksum":      {asItIs, second(mended(letter)), outcome.Interference, "sent other bytes in this place"},
		"in the sender's capture":                  {second(letter), asItIs, outcome.Unproved, "that capture was damaged"},
		"in the sender's, whose card fills in":     {unfilled(second(letter)), asItIs, outcome.Interference, "sent other bytes in this place"},
		"at the receiver, and made a reset":        {asItIs, second(toReset), outcome.Unproved, "its TCP checksum does not fit what it holds"},
		"made a reset, with the right checksum":    {asItIs, second(mended(toReset)), outcome.Interference, ""},
		"at the receiver, where nothing is filled": {asItIs, unfilled(second(letter)), outcome.Interference, "sent other bytes in this place"},
	} {
		dir, from := t.TempDir(), "../fixtures/cases/checksums-spoiled"
		client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
		for file, change := range map[string]edit{client: c.client, server: c.server} {
			rewrite(t, filepath.Join(from, filepath.Base(file)), file, func(_ int, r record) bool {
				s, ok := ethernetIn(r)
				if !ok || s.port() == spoiled || binary.BigEndian.Uint16(s.tcp[2:]) == spoiled {
					return false
				}
				change(s)
				return true
			})
		}
		r := compareFiles([]string{client}, []string{server})
		if r == nil {
			t.Errorf("%s: not compared", name)
			continue
		}
		if text := textOf(t, r, report.Details); r.Outcome().Status() != c.want || !strings.Contains(strings.Join(strings.Fields(text), " "), c.says) {
			t.Errorf("%s: status %d, want %d and %q in\n%s", name, r.Outcome().Status(), c.want, c.says, text)
		}
	}
}
