package redact

import (
	"net/netip"
	"testing"
)

// The key and the addresses are those of the sample that comes with Crypto-PAn
// 1.0 (Georgia Tech, sample.cpp and sample_trace_sanitized.dat).
func TestAddressesAreMappedAsCryptoPAnMapsThem(t *testing.T) {
	m, err := newMapping([32]byte{21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
		216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"128.11.68.132":   "135.242.180.132",
		"129.118.74.4":    "134.136.186.123",
		"130.132.252.244": "133.68.164.234",
		"141.223.7.43":    "141.167.8.160",
		"141.233.145.108": "141.129.237.235",
		"152.163.225.39":  "151.140.114.167",
	} {
		if got := m.Addr(netip.MustParseAddr(in)); got != netip.MustParseAddr(want) {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

func TestAddressesThatShareTheirBeginningGoOnDoingSo(t *testing.T) {
	m, _ := newMapping([32]byte{1, 2, 3})
	list := []string{"10.0.0.1", "10.0.0.2", "10.0.128.1", "11.0.0.1", "192.168.43.17"}
	six := []string{"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "fe80::1", "2001:db9::1"}
	for _, list := range [][]string{list, six} {
		for _, a := range list {
			for _, b := range list {
				one, two := netip.MustParseAddr(a), netip.MustParseAddr(b)
				if before, after := shared(one, two), shared(m.Addr(one), m.Addr(two)); before != after {
					t.Errorf("%s and %s share %d bits, mapped %d", a, b, before, after)
				}
			}
		}
	}
	group := []byte{0x03, 0, 0, 0, 0, 1}
	m.mac(group)
	if group[0]&3 != 3 || string(group[1:]) == "\x00\x00\x00\x00\x01" {
		t.Errorf("a group's hardware address becomes %x", group)
	}
}

func shared(a, b netip.Addr) int {
	for bits := a.BitLen(); bits >= 0; bits-- {
		if p, _ := a.Prefix(bits); p.Contains(b) {
			return bits
		}
	}
	return -1
}

func TestAPassPhraseGivesTheSameKeys(t *testing.T) {
	one, again, other := NewKeys([]byte("correct horse")), NewKeys([]byte("correct horse")), NewKeys([]byte("battery staple"))
	if *one != *again || *one == *other || one.addresses == [32]byte{} || one.payload == [32]byte{} || [32]byte(one.payload) == one.addresses {
		t.Error("the keys of a pass phrase differ, or those of two do not")
	}
}
