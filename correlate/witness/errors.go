package witness

import "strings"

// Admission is what a filter does with packets of a kind.
type Admission uint8

const (
	PerhapsAdmitted Admission = iota // it does not say, or nobody knows the filter
	Admitted
	LeftOut
)

// AdmitsErrors is what a filter in the language of pcap-filter(7) does with the ICMP
// errors, of ICMPv6 if six, about connections that it admits. One that speaks of TCP or
// of ports leaves them out, as those look into no header that an error quotes, unless it
// names ICMP as well.
func AdmitsErrors(filter string, six bool) Admission {
	words := filterTokens(filter)
	if len(words) == 0 {
		return PerhapsAdmitted
	}
	plain, byBothcap, or, addressesOnly := "icmp", "icmp[17] = 6", false, true
	if six {
		plain, byBothcap = "icmp6", "ip6[40] < 128"
	}
	if strings.Contains(strings.ToLower(filter), byBothcap) {
		return Admitted // whatever it leaves out besides
	}
	named := false
	for i, word := range words {
		switch word {
		case "not", "!", "!=", "inbound", "outbound", "less", "greater", "len":
			return PerhapsAdmitted
		case plain:
			named = named || i+1 == len(words) || endsTest(words[i+1])
		case "or":
			or = true
		case "tcp", "udp", "sctp", "icmp", "icmp6", "arp", "port", "portrange", "proto":
			addressesOnly = false
		}
		addressesOnly = addressesOnly && !strings.Contains(word, "[")
	}
	switch {
	case named, addressesOnly:
		return Admitted
	case or:
		return PerhapsAdmitted
	}
	return LeftOut
}
