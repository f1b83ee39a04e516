// Package witness says what a capture is worth as a witness: when it was running, what
// it left out, what it lost, and what its recorder noted of the host.
package witness

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"bothends/capture/testimony"
	"bothends/correlate/tap"
)

// A Witness is one end's capture, as far as its fitness to testify goes.
type Witness struct {
	tap.Coverage
	Complete   bool  // the file ends as a recorder leaves it
	Drops      int64 // packets that the capture's own counters say were lost
	DropsKnown bool  // it has such counters, and they were written at the end
	Resets     int64 // resets recorded, in whatever direction
	Unseen     int64 // bytes that were acknowledged, and that it never saw
	HeadersCut int64 // packets whose TCP header was not kept
	Malformed  int64
	Filter     string
	Interfaces int
	OnHost     bool // it was made on the host itself, as recorded directions show, and not on a mirror
	// OtherNames are interfaces that its recorder found up on the host and did not record.
	OtherNames []string
	Peers      int // remote addresses that it holds packets of, as far as it matters: 0, 1 or 2
	// AllInterfaces says that whatever the host sent passed this tap, or one of its
	// taps: it was made on Linux's "any" device, or NoOther.
	AllInterfaces bool
	// NoOther says that its recorder found no other interface up on the host, at
	// its beginning and every time that it looked.
	NoOther bool

	// Kernel is what the host's kernel counted, by time, where the recorder
	// wrote it down.
	Kernel []KernelCount
	// Addresses are those of the recorded interfaces, as their recorder wrote them down;
	// empty if it did not.
	Addresses map[netip.Addr]bool
	// Log is what the host's kernel told of the resets that it sent and took, nil where
	// nobody asked; Host what else there could send.
	Log  *testimony.KernelLog
	Host Host
	// Gaps are times in which the recorder says it recorded nothing.
	Gaps []Gap

	Passed int64 // packets of this end that the other end's capture shows, and this one too
	Missed int64 // and that this one lacks, though it covers them
}

// A KernelCount is how many resets the host's TCP had sent at a time, by the
// host's clock (Tcp: OutRsts in /proc/net/snmp, RFC 4022). Those of a packet
// filter are not in it.
type KernelCount struct {
	TimeNS int64
	Resets uint64
}

// A Gap is a time in which nothing was recorded, by the host's clock.
type Gap struct{ FromNS, UntilNS int64 }

// GapAt is a gap that overlaps the time from one to the other, or nil.
func (w *Witness) GapAt(from, to int64) *Gap {
	for i := range w.Gaps {
		if g := &w.Gaps[i]; g.FromNS <= to && from <= g.UntilNS {
			return g
		}
	}
	return nil
}

// FiltersFlags reports whether the capture filter looks into the TCP header beyond
// its ports, so that it may leave out resets: by the names that libpcap's language has
// for that, or by offsets that lie behind the headers below TCP's.
func (w *Witness) FiltersFlags() bool {
	f := strings.ToLower(w.Filter)
	if strings.Contains(f, "tcpflags") || strings.Contains(f, "tcp-rst") {
		return true
	}
	errors6 := strings.Contains(f, "ip6[6] = 58") // as bothcap asks for errors of ICMPv6 that quote TCP
	for _, m := range offsets.FindAllStringSubmatch(f, -1) {
		at, err := strconv.ParseInt(m[2], 0, 32)
		if err == nil && m[1] == "ip6" && errors6 && at >= quotedNext6 {
			continue
		}
		if err != nil || at >= beyond[m[1]] {
			return true
		}
	}
	return false
}

// quotedNext6 is where the header that an ICMPv6 error quotes names what follows it: 40
// bytes of IPv6, 8 of ICMPv6, and the seventh of the quoted ones (RFC 4443 section 3).
const quotedNext6 = 54

// offsets are the accesses to header bytes in a filter: "tcp[13]", "ip[6:2]".
var offsets = regexp.MustCompile(`\b(tcp|ip|ip6|ether|link)\s*\[\s*([^\]:&]*?)\s*[\]:&]`)

// beyond is from which offset on an access may reach into a TCP header behind its
// ports.
var beyond = map[string]int64{"tcp": 4, "ip": 20, "ip6": 44, "ether": 34, "link": 34}

// AdmitsResets reports whether the filter is known, and leaves out no reset of the
// connections that it admits.
func (w *Witness) AdmitsResets() bool {
	f := strings.ToLower(w.Filter)
	return f != "" && !w.FiltersFlags() && !strings.Contains(f, "inbound") && !strings.Contains(f, "outbound") &&
		!strings.Contains(f, "less") && !strings.Contains(f, "greater") && !strings.Contains(f, "len")
}

// NamesHost reports whether a filter names an address or a network, so that what
// comes under another one is left out.
func NamesHost(filter string) bool {
	f := " " + strings.ToLower(filter) + " "
	for _, word := range []string{" host ", " net ", " src ", " dst ", " gateway ", " ether "} {
		if strings.Contains(f, word) && !onlyPorts(f, word) {
			return true
		}
	}
	return false
}

// onlyPorts reports whether each word of a direction qualifies a port.
func onlyPorts(filter, word string) bool {
	if word != " src " && word != " dst " {
		return false
	}
	for rest := filter; ; {
		_, after, found := strings.Cut(rest, word)
		if !found {
			return true
		}
		next, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		if next != "port" && next != "portrange" && next != "or" && next != "and" {
			return false
		}
		rest = " " + after
	}
}

// Around returns the last count before from and the first after to.
func (w *Witness) Around(from, to int64) (before, after *KernelCount) {
	for i := range w.Kernel {
		k := &w.Kernel[i]
		if k.TimeNS < from {
			before = k
		}
		if k.TimeNS > to && after == nil {
			after = k
		}
	}
	return before, after
}
