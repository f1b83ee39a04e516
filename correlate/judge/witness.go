package judge

import (
	"bothends/correlate/tap"
	"strings"
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
	// AllInterfaces tells that whatever the host sent passed this tap, or one of its
	// taps: it was made on Linux's "any" device, or NoOther.
	AllInterfaces bool
	// NoOther tells that its recorder found no other interface up on the host, at
	// its beginning and every time that it looked.
	NoOther bool

	// Kernel is what the host's kernel counted, by time, where the recorder
	// wrote it down.
	Kernel []KernelCount
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

// gapAt is a gap that overlaps the time from one to the other, or nil.
func (w *Witness) gapAt(from, to int64) *Gap {
	for i := range w.Gaps {
		if g := &w.Gaps[i]; g.FromNS <= to && from <= g.UntilNS {
			return g
		}
	}
	return nil
}

// FiltersFlags tells whether the capture filter looks at TCP flags, by the names
// that libpcap's language has for them, so that it may leave out resets.
func (w *Witness) FiltersFlags() bool {
	return strings.Contains(w.Filter, "tcpflags") || strings.Contains(w.Filter, "tcp[13]") || strings.Contains(w.Filter, "tcp-rst")
}
