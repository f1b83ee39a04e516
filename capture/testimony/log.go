package testimony

import (
	"cmp"
	"slices"
	"time"

	"bothends/capture/internal/sparse"
)

// A Log is what the records of one interface add up to. It takes the same room for
// a minute as for a month: what is kept of a series is bounded, and so coarse where
// the recording is long.
type Log struct {
	Begun time.Time // of the run, which the files of a rotated set have in common
	// Session and End are the notes that the user had it make, the first of each.
	Session, End string
	// Clock is the worst that the host's clock was, or nil.
	Clock *Clock
	// Uplinks are the interfaces by which the host could ever send, each once.
	Uplinks []string
	// AlwaysLooked tells that whenever the recorder wrote down the host's state, it
	// named interfaces by which it could send.
	AlwaysLooked bool
	// Looks is how often it did: 0, 1, or 2 for several times.
	Looks int
	Gaps  []Span // in the order of the file
	// Kernel is the kernel's own log of resets, if this is the interface with which
	// it was written; see [JoinKernel].
	Kernel KernelLog
	// Hosts are what else on the host could send in its name, at each look at it: at
	// the start and the end of the recording.
	Hosts []HostFacts

	resets   sparse.Series[ResetCount]
	lastLook time.Time
	open     bool // the last of Gaps has not ended
}

// Resets are the host's counts of resets in the order of the file. Where there are very
// many, what lies between two can be said of a longer time only, but stays true.
func (l *Log) Resets() []ResetCount { return l.resets.Kept }

// A ResetCount is how many resets the host's TCP had sent at a time (Tcp: OutRsts,
// RFC 4022).
type ResetCount struct {
	Time   time.Time
	Resets uint64
}

// A Span is a time in which nothing was recorded. Until is zero if it did not end.
type Span struct{ From, Until time.Time }

// Bounds on what a Log keeps. A count every ten seconds fills maxCounts in a week.
const (
	maxCounts  = 1 << 16
	maxGaps    = 1 << 14
	maxUplinks = 1 << 10
	maxName    = 64 // bytes; Linux's have 15 (IFNAMSIZ)
	maxHosts   = 16
	maxNote    = 256 // bytes
)

// NewLog returns the log of an interface of which nothing is known.
func NewLog() *Log { return &Log{AlwaysLooked: true} }

// Add takes the records in one comment.
func (l *Log) Add(comment string) {
	for _, r := range Parse([]string{comment}) {
		l.add(&r)
	}
}

func (l *Log) add(r *Record) {
	if r.Event == Start {
		l.Begun = r.Time
		l.Session, l.End = cmp.Or(l.Session, shortened(r.Session)), cmp.Or(l.End, shortened(r.End))
	}
	if r.Clock != nil {
		l.clock(r.Clock)
	}
	switch r.Event {
	case Start, Statistics, End:
		l.look(r)
	}
	if resets, known := r.Kernel["Tcp.OutRsts"]; known {
		l.resets.Add(ResetCount{r.Time, resets}, maxCounts)
	}
	if r.Gap != nil {
		l.gap(r)
	}
	if r.KernelLog != nil {
		l.Kernel.read(r.KernelLog)
	}
	if r.Host != nil && len(l.Hosts) < maxHosts {
		l.Hosts = append(l.Hosts, *r.Host)
	}
}

// shortened is a note that takes no more room than a line.
func shortened(note string) string { return note[:min(len(note), maxNote)] }

func (l *Log) clock(now *Clock) {
	if l.Clock == nil {
		c := *now
		l.Clock = &c
		return
	}
	l.Clock.Synchronised = l.Clock.Synchronised && now.Synchronised
	l.Clock.EstimatedErrorNS = max(l.Clock.EstimatedErrorNS, now.EstimatedErrorNS)
	l.Clock.MaximumErrorNS = max(l.Clock.MaximumErrorNS, now.MaximumErrorNS)
}

func (l *Log) look(r *Record) {
	if l.Looks == 0 || l.Looks == 1 && !r.Time.Equal(l.lastLook) {
		l.Looks++
	}
	l.lastLook = r.Time
	l.AlwaysLooked = l.AlwaysLooked && len(r.Uplinks) > 0
	for _, name := range r.Uplinks {
		name = name[:min(len(name), maxName)]
		if len(l.Uplinks) < maxUplinks && !slices.Contains(l.Uplinks, name) {
			l.Uplinks = append(l.Uplinks, name)
		}
	}
}

// gap notes when the interface began and ceased to be blind. Once there are too
// many, two become one that spans both, for what lies between is little known.
func (l *Log) gap(r *Record) {
	last := len(l.Gaps) - 1
	switch {
	case r.Event == GapEnds && l.open:
		l.Gaps[last].Until, l.open = r.Gap.Until, false
		return
	case r.Event == GapEnds && last+1 == maxGaps:
		l.Gaps[last].Until = r.Gap.Until
		return
	case r.Event == GapEnds:
		l.Gaps = append(l.Gaps, Span{r.Gap.From, r.Gap.Until})
		return
	case r.Event != GapBegins:
		return
	}
	l.open = true
	if last+1 == maxGaps {
		l.Gaps[last].Until = time.Time{}
		return
	}
	l.Gaps = append(l.Gaps, Span{From: r.Gap.From})
}
