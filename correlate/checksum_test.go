package correlate_test

import (
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"bothends/correlate/outcome"
	"bothends/correlate/report"
)

// An ethernetSegment is the IPv4 packet of a record of a pcap fixture in Ethernet.
type ethernetSegment struct{ ip, tcp []byte }

func ethernetIn(r record) (s ethernetSegment, ok bool) {
	const recordHead, ethernet, ipv4, protocolAt, tcp = 16, 14, 20, 9, 6
	ip := r.bytes[recordHead+ethernet:]
	if binary.BigEndian.Uint16(r.bytes[recordHead+ethernet-2:]) != 0x0800 || ip[protocolAt] != tcp {
		return s, false
	}
	ip = ip[:binary.BigEndian.Uint16(ip[2:])] // no padding
	return ethernetSegment{ip, ip[ipv4:]}, true
}

func (s ethernetSegment) port() uint16     { return binary.BigEndian.Uint16(s.tcp) }
func (s ethernetSegment) checksum() uint16 { return binary.BigEndian.Uint16(s.tcp[16:]) }
func (s ethernetSegment) put(sum uint16)   { binary.BigEndian.PutUint16(s.tcp[16:], sum) }

// words adds up 16 bits after 16 bits, as RFC 1071 has it.
func words(sum uint32, b []byte) uint32 {
	for i := range b {
		sum += uint32(b[i]) << (8 * (1 - i%2))
		sum = sum&0xffff + sum>>16
	}
	return sum
}

// pseudo is what a host leaves to its card.
func (s ethernetSegment) pseudo() uint16 {
	const tcp = 6
	return uint16(words(words(uint32(len(s.tcp)+tcp), s.ip[12:20]), nil))
}

// right is the checksum that the packet should have.
func (s ethernetSegment) right() uint16 {
	s.put(0)
	return ^uint16(words(uint32(s.pseudo()), s.tcp))
}

// A wrong checksum at the receiver's tap is held against the path only where nothing at
// either end explains it, and clears nobody where it cannot be told.
func TestWrongChecksumsAreHeldAgainstThePathOnlyIfNoCardAndNoToolExplainsThem(t *testing.T) {
	const dynamic, spoiled = 20000, 40242
	type edit = func(s ethernetSegment) bool
	asItIs := func(ethernetSegment) bool { return true }
	ofClient := func(change func(s ethernetSegment)) edit {
		return func(s ethernetSegment) bool {
			if s.port() >= dynamic {
				change(s)
			}
			return true
		}
	}
	unfilled := ofClient(func(s ethernetSegment) { s.put(s.pseudo()) })
	cleared := ofClient(func(s ethernetSegment) { s.put(0) })
	shifted := ofClient(func(s ethernetSegment) { s.put(uint16(words(uint32(s.checksum()), []byte{0x12, 0x34}))) })
	repaired := ofClient(func(s ethernetSegment) { s.put(s.right()) })
	only := func(port uint16, change edit) edit {
		return func(s ethernetSegment) bool { return s.port() != port || change(s) }
	}
	without := func(port uint16, change edit) edit {
		return func(s ethernetSegment) bool {
			return s.port() != port && binary.BigEndian.Uint16(s.tcp[2:]) != port && change(s)
		}
	}
	from := func(nth int, change edit) edit { // of those that the client sent on the spoiled connection
		n := 0
		return func(s ethernetSegment) bool {
			if s.port() != spoiled {
				return true
			}
			n++
			return n < nth || change(s)
		}
	}
	acknowledged := func(change edit) edit { // by the last packet of the server's there
		n := 0
		return func(s ethernetSegment) bool {
			if binary.BigEndian.Uint16(s.tcp[2:]) == spoiled {
				if n++; n == 13 {
					binary.BigEndian.PutUint32(s.tcp[8:], binary.BigEndian.Uint32(s.tcp[8:])+uint32(len("BOOM\r\n")))
					s.put(s.right())
				}
			}
			return change(s)
		}
	}
	const lookThere = "On 1 connection what one end sent came to the other again and again without being acknowledged. Look at the server"
	for name, c := range map[string]struct {
		client, server edit
		want           outcome.Status
		says           string
	}{
		"spoiled on the way":                           {asItIs, asItIs, outcome.Interference, "left the client with the right TCP checksum"},
		"right, and dropped by the server":             {asItIs, repaired, outcome.Clean, lookThere},
		"wrong already as they left":                   {only(spoiled, shifted), only(spoiled, func(s ethernetSegment) bool { return repaired(s) && shifted(s) }), outcome.Clean, lookThere},
		"the client's card fills them in":              {unfilled, asItIs, outcome.Unproved, "card may have made it wrong"},
		"the client's card, and dropped by the server": {unfilled, repaired, outcome.Clean, lookThere},
		"nobody fills them in":                         {unfilled, unfilled, outcome.Clean, lookThere},
		"cleared at the server":                        {asItIs, cleared, outcome.Clean, lookThere},
		"addresses changed in the server's capture":    {asItIs, shifted, outcome.Unproved, "without the checksums"},
		"addresses changed in the client's capture":    {shifted, asItIs, outcome.Unproved, "card may have made it wrong"},
		"and all was acknowledged":                     {without(spoiled, asItIs), without(spoiled, shifted), outcome.Clean, ""},
		"cards at both ends, and all was acknowledged": {without(spoiled, unfilled), without(spoiled, shifted), outcome.Clean, ""},
		"the first copies alone":                       {acknowledged(asItIs), acknowledged(from(16, repaired)), outcome.Unproved, "nothing shows that the server dropped it"},
	} {
		dir, from := t.TempDir(), "../fixtures/cases/checksums-spoiled"
		client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
		for file, change := range map[string]edit{client: c.client, server: c.server} {
			rewrite(t, filepath.Join(from, filepath.Base(file)), file, func(_ int, r record) bool {
				s, ok := ethernetIn(r)
				return !ok || change(s)
			})
		}
		r := compareFiles([]string{client}, []string{server})
		if r == nil {
			t.Errorf("%s: not compared", name)
			continue
		}
		text := textOf(t, r, report.Screen) + textOf(t, r, report.Details)
		if c.says == lookThere && strings.Contains(text, allClears[0]) {
			t.Errorf("%s: sends the reader away in\n%s", name, text)
		}
		if got := r.Outcome().Status(); got != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: status %d, want %d, and %q in\n%s", name, got, c.want, c.says, text)
		}
	}
}
