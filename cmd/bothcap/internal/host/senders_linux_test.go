package host

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A table as Linux 6.1 prints it, shortened.
const fibTrie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.7
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
        |-- 192.0.2.7
           /32 host LOCAL
`

const ifInet6 = `00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
fe80000000000000020000fffe000001 02 40 20 80     eth0
`

func TestANamespacesAddressesAreItsLocalOnes(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "fib_trie"), []byte(fibTrie), 0o600)
	os.WriteFile(filepath.Join(dir, "if_inet6"), []byte(ifInet6), 0o600)
	want := []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")}
	if got := localAddresses(dir); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// ip(8) asks the same kernel by code of its own.
func TestRoutesAndRulesAreThoseOfIP(t *testing.T) {
	count := func(arguments ...string) (n int) {
		out, err := exec.Command("ip", arguments...).Output()
		if err != nil {
			t.Skipf("ip: %v", err)
		}
		for line := range strings.Lines(string(out)) {
			if arguments[1] == "rule" || strings.HasPrefix(line, "default") {
				n++
			}
		}
		return n
	}
	routes := count("-4", "route", "show", "table", "all") + count("-6", "route", "show", "table", "all")
	rules := max(0, count("-4", "rule", "show")-3) + max(0, count("-6", "rule", "show")-2)
	gotRoutes, gotRules := routing()
	if gotRoutes == nil || *gotRoutes != routes || gotRules == nil || *gotRules != rules {
		t.Errorf("got %v default routes and %v rules, ip says %d and %d", gotRoutes, gotRules, routes, rules)
	}
}

func TestSocketsOfThisProcessAreNotForeign(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a packet socket")
	}
	before := packetSockets()
	own := mustPacketSocket(t)
	defer own()
	if after := packetSockets(); before == nil || after == nil || *after != *before {
		t.Errorf("%v foreign packet sockets, and %v with one of our own", before, after)
	}
}

func mustPacketSocket(t *testing.T) (closeIt func()) {
	t.Helper()
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	return func() { unix.Close(s) }
}
