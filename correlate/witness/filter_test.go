package witness

import (
	"net/netip"
	"testing"
)

// The table is what libpcap 1.10 does with SYN, ACK and RST each way between these
// endpoints (tcpdump 4.99 -r FILE FILTER: no output), where it is not doubtful.
func TestAFilterLeavesOutWhatLibpcapLeavesOut(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.10:40000"), netip.MustParseAddrPort("198.51.100.25:587")
	client6, server6 := netip.MustParseAddrPort("[2001:db8::10]:40000"), netip.MustParseAddrPort("[2001:db8::25]:587")
	for _, c := range []struct {
		filter   string
		out, v6  bool
		doubtful bool // libpcap leaves more out, or does not compile it
	}{
		{"", false, false, false},
		{"tcp", false, false, false},
		{"tcp port 587", false, false, false},
		{"tcp port 25", true, true, false},
		{"port 25 or 587", false, false, false},
		{"port 25 or 465", true, true, false},
		{"tcp and (port 25 or port 465)", true, true, false},
		{"host 192.0.2.10", false, true, false},
		{"host 192.0.2.11", true, true, false},
		{"host 192.0.2.11 or 198.51.100.25", false, true, false},
		{"not port 587", true, true, false},
		{"not port 25", false, false, false},
		{"! host 192.0.2.10 and port 587", true, false, false},
		{"src host 198.51.100.25", false, true, false}, // it holds the answers
		{"src host 198.51.100.25 and dst port 587", true, true, false},
		{"src or dst port 587", false, false, false},
		{"src and dst port 587", true, true, false},
		{"src 192.0.2.10", false, true, false},
		{"net 192.0.2.0/24", false, true, false},
		{"net 203.0.113.0/24", true, true, false},
		{"portrange 500-600", false, false, false},
		{"tcp dst portrange 20-30", true, true, false},
		{"udp port 587", true, true, false},
		{"icmp or tcp port 587", false, false, false},
		{"icmp", true, true, false},
		{"ip", false, true, false},
		{"ip6", true, false, false},
		{"ip host 192.0.2.10", false, true, false},
		{"host 2001:db8::25", true, false, false},
		{"port 25 and tcp[13] & 4 != 0", true, true, false},
		{"port 587 and tcp[13] & 4 != 0", false, false, true},
		{"port 25 or tcp[tcpflags] & (tcp-rst|tcp-syn) != 0", false, false, true},
		{"tcp port 25 or less 100", false, false, false},
		{"host mail.example.com", false, false, true},
		{"port submission", false, false, false},
		{"(port 25", false, false, true}, // a syntax error
		{"port", false, false, true},
		// "and" and "or" bind alike, from the left: (port 25 or port 587) and port 465
		{"port 25 or port 587 and port 465", true, true, false},
		{"port 465 and port 25 or port 587", false, false, false},
	} {
		f := ParseFilter(c.filter)
		if got := f.LeavesOut(client, server); got != c.out {
			t.Errorf("%q leaves out an IPv4 connection: %v, want %v", c.filter, got, c.out)
		}
		if got := f.LeavesOut(server6, client6); got != c.v6 {
			t.Errorf("%q leaves out an IPv6 connection: %v, want %v", c.filter, got, c.v6)
		}
	}
}
