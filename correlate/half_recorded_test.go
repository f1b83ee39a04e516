package correlate_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"bothends/correlate/outcome"
	"bothends/correlate/segment"
)

// ethernetTCP is the TCP header of a record of the pcapng fixtures that hold plain IPv4 in
// Ethernet, and what follows it.
func ethernetTCP(r record) []byte {
	const enhancedPacketHead, ethernet, ipv4 = 28, 14, 20
	return r.bytes[enhancedPacketHead+ethernet+ipv4:]
}

// A capture that lacks a direction, or what ended a connection, clears nobody of what it does
// not hold. One that lacks a packet here and there does.
func TestNothingIsClearedOfWhatOneCaptureDoesNotHold(t *testing.T) {
	const flagsAt, dataAt, dynamic = 13, 12, 20000
	flags := func(r record) segment.Flags { return segment.Flags(ethernetTCP(r)[flagsAt]) }
	fromClient := func(r record) bool { return binary.BigEndian.Uint16(ethernetTCP(r)) >= dynamic }
	carries := func(r record) bool {
		header, total := ethernetTCP(r), binary.BigEndian.Uint16(r.bytes[28+14+2:])
		return int(total)-20 > int(header[dataAt]>>4)*4
	}
	all := func(int, record) bool { return true }
	noResets := func(_ int, r record) bool { return flags(r)&segment.RST == 0 }
	status := func(client, server string) outcome.Status {
		if r := compareFiles([]string{client}, []string{server}); r != nil {
			return r.Outcome().Status()
		}
		return outcome.Failed
	}
	const fixture = "../fixtures/pairs/genuine-server-linger/"
	for name, c := range map[string]struct {
		client, server func(n int, r record) bool // what is left of the captures
		want           outcome.Status
	}{
		"both whole": {all, all, outcome.Clean},
		"the client's holds what it received alone":    {func(_ int, r record) bool { return !fromClient(r) }, all, outcome.Unproved},
		"the client's holds what it sent alone":        {func(_ int, r record) bool { return fromClient(r) }, all, outcome.Unproved},
		"the server's holds what it received alone":    {all, func(_ int, r record) bool { return fromClient(r) }, outcome.Unproved},
		"the server's holds what it sent alone":        {all, func(_ int, r record) bool { return !fromClient(r) }, outcome.Unproved},
		"the client's counts them as lost":             {noResets, all, outcome.Clean},
		"the client's holds no more than handshakes":   {func(_ int, r record) bool { return flags(r)&(segment.SYN|segment.FIN|segment.RST) != 0 }, all, outcome.Unproved},
		"the server's holds no more than handshakes":   {all, func(_ int, r record) bool { return flags(r)&(segment.SYN|segment.FIN|segment.RST) != 0 }, outcome.Unproved},
		"the server's lacks bare acknowledgments":      {all, func(_ int, r record) bool { return flags(r) != segment.ACK || carries(r) }, outcome.Clean},
		"the client's lacks its first message":         {func(n int, _ record) bool { return n != 3 }, all, outcome.Clean},
		"the client's lacks the server's last message": {func(n int, _ record) bool { return n != 19 }, all, outcome.Clean},
	} {
		client, server := filepath.Join(t.TempDir(), "client.pcapng"), filepath.Join(t.TempDir(), "server.pcapng")
		rewrite(t, fixture+"client.pcapng", client, c.client)
		rewrite(t, fixture+"server.pcapng", server, c.server)
		if got := status(client, server); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}

	// Without its counters a capture does not show that it ran on.
	client := filepath.Join(t.TempDir(), "client.pcapng")
	rewrite(t, fixture+"client.pcapng", client, noResets)
	withoutStatistics(t, client)
	if got := status(client, fixture+"server.pcapng"); got != outcome.Unproved {
		t.Errorf("the client's ends before the resets: status %d", got)
	}
}

// withoutStatistics takes the interface statistics out of a pcapng file.
func withoutStatistics(t *testing.T, name string) {
	t.Helper()
	const lengthAt, statistics = 4, 5
	var kept []byte
	for data := plainBytes(t, name); len(data) > lengthAt; {
		block := data[:binary.LittleEndian.Uint32(data[lengthAt:])]
		if data = data[len(block):]; binary.LittleEndian.Uint32(block) != statistics {
			kept = append(kept, block...)
		}
	}
	if err := os.WriteFile(name, kept, 0o600); err != nil {
		t.Fatal(err)
	}
}

// One of three connections of the client's is in both captures, as one of the two recordings
// began late or ended early: nothing wrong with that one clears the others.
func TestAPartOfAClientsConnectionsClearsNotAllOfThem(t *testing.T) {
	const fixture, ofFirst, ofAll = "../fixtures/synthetic/plain/", 20, 63 // packets
	for name, c := range map[string]struct {
		end      string
		from, to int
		want     outcome.Status
	}{
		"both hold all":            {"client", 0, ofAll, outcome.Clean},
		"the client's ended early": {"client", 0, ofFirst, outcome.Unproved},
		"the client's began late":  {"client", ofFirst, ofAll, outcome.Unproved},
		"the server's ended early": {"server", 0, ofFirst, outcome.Unproved},
		"the server's began late":  {"server", ofFirst, ofAll, outcome.Unproved},
	} {
		files := map[string]string{"client": fixture + "client.pcap", "server": fixture + "server.pcap"}
		whole := files[c.end]
		files[c.end] = filepath.Join(t.TempDir(), c.end+".pcap")
		rewrite(t, whole, files[c.end], func(n int, _ record) bool { return n >= c.from && n < c.to })
		r := compareFiles([]string{files["client"]}, []string{files["server"]})
		if got := r.Outcome().Status(); got != c.want {
			t.Errorf("%s: status %d, want %d", name, got, c.want)
		}
	}
}

// What came from another address than the client's is other people's.
func TestOtherPeoplesConnectionsAreNotMissed(t *testing.T) {
	const fixture = "../fixtures/synthetic/plain/"
	server := filepath.Join(t.TempDir(), "server.pcap")
	rewrite(t, fixture+"server.pcap", server, func(n int, r record) bool {
		for _, at := range []int{16 + 14 + 12, 16 + 14 + 16} { // source and destination
			if n >= 46 && r.bytes[at] == 198 {
				r.bytes[at+3]++
			}
		}
		return true
	})
	client := filepath.Join(t.TempDir(), "client.pcap")
	rewrite(t, fixture+"client.pcap", client, func(n int, _ record) bool { return n < 46 })
	if got := compareFiles([]string{client}, []string{server}).Outcome().Status(); got != outcome.Clean {
		t.Errorf("status %d, want %d", got, outcome.Clean)
	}
}
