package report

import (
	"fmt"
	"io"
)

// InfoSchema names the shape of Info. Fields are added without changing it; it
// changes when one is renamed or removed.
const InfoSchema = "bothends.info/1"

// Info is what single captures are worth as witnesses. Its JSON form is a
// contract.
type Info struct {
	Schema   string       `json:"schema"`
	Captures []Inspection `json:"captures"`
}

// Inspection is what one capture holds, and how good a witness it is.
//
// Unless said otherwise packets are frames of the file, and segments are TCP
// segments, each recorded packet counted once.
type Inspection struct {
	Fitness     string            `json:"fitness"` // "good", "limited" or "unfit"
	Reasons     []Reason          `json:"reasons"` // the gravest first; none that is more than a remark if the fitness is good
	Files       []InspectedFile   `json:"files"`   // in the order of their first packets
	Seams       []Seam            `json:"seams,omitempty"`
	Packets     int64             `json:"packets"`
	First       string            `json:"first"` // RFC 3339 with nanoseconds, by this end's clock; empty if no packet has a time
	Last        string            `json:"last"`
	DurationNS  int64             `json:"duration_ns"`
	EndState    string            `json:"end_state"` // of the first file that did not end as it should, or "complete"
	LinkTypes   map[string]int64  `json:"link_types"`
	Interfaces  []Interface       `json:"interfaces"`
	Recorders   []Recorder        `json:"recorders,omitempty"`
	Drops       InspectedDrops    `json:"drops"`
	Gaps        []InspectedGap    `json:"gaps,omitempty"`       // as the recorder noted them, by interface and time
	Recording   *Recording        `json:"recording,omitempty"`  // if the recorder says anything of itself
	KernelLog   *KernelLog        `json:"kernel_log,omitempty"` // if the recorder tried to have one
	Seal        *Seal             `json:"seal,omitempty"`       // if the recorder sealed it
	Sealed      SealedStatement   `json:"-"`
	Tap         Tap               `json:"tap"`
	Seen        Seen              `json:"seen"`
	Connections InspectedSessions `json:"connections"`
	Resets      Resets            `json:"resets"`
	Filter      InspectedFilter   `json:"filter"`
	Segments    int64             `json:"segments"`
	Cut         int64             `json:"cut"`                                // segments kept shorter than they were
	Repeated    int64             `json:"repeated"`                           // second recordings of one packet, left out
	Routed      int64             `json:"repeated_across_a_router,omitempty"` // of those, with a TTL one lower or higher
	Untimed     int64             `json:"untimed"`                            // packets without a time, left out
	Tunnels     map[string]int64  `json:"tunnels,omitempty"`                  // segments by the tunnels that they were in, from the outermost
	Fragments   *Fragments        `json:"fragments,omitempty"`                // of IP, if there were any
	NotTCP      map[string]int64  `json:"passed_over,omitempty"`
	Clock       InspectedClock    `json:"clock"`
}

// Fitness of a capture, as the gravest of its reasons makes it.
const (
	FitnessGood    = "good"    // fit to prove that a packet was never sent, as far as it can be told from it alone
	FitnessLimited = "limited" // fit, but not for all of what was recorded, or not for everything
	FitnessUnfit   = "unfit"   // what it does not show may have been sent all the same
)

// A Reason is something that the capture is not perfect in.
type Reason struct {
	Weight string `json:"weight"` // "disqualifies", "limits" or "remark"
	What   string `json:"what"`   // a word for programs: "bytes-unseen", "cut-short", ...
	Text   string `json:"text"`   // a clause: "it lacks 12 bytes that the hosts acknowledged"
	Advice string `json:"advice"` // what to do about it, as a sentence without a full stop
}

// Weights of a reason.
const (
	Disqualifies = "disqualifies"
	Limits       = "limits"
	Remark       = "remark"
)

// InspectedFile is one file of a capture.
type InspectedFile struct {
	File
	First      string `json:"first,omitempty"`
	Last       string `json:"last,omitempty"`
	StillGrows bool   `json:"still_grows,omitempty"` // it grew while it was read
}

// Interface is one place at which the capture was recorded. What the file does
// not say is empty; a SnapLen of 0 is no limit.
type Interface struct {
	Name        string         `json:"name,omitempty"`
	Description string         `json:"description,omitempty"`
	LinkType    string         `json:"link_type"`
	Packets     int64          `json:"packets"`
	SnapLen     int            `json:"snaplen"`
	Filter      string         `json:"filter,omitempty"`
	FilterCoded bool           `json:"filter_coded,omitempty"`     // there is a filter, in a form that is not text
	Resolution  uint64         `json:"ticks_per_second,omitempty"` // of the stored times
	OffsetSec   int64          `json:"time_offset_sec,omitempty"`  // if_tsoffset, already added
	Drops       InspectedDrops `json:"drops"`
}

// InspectedDrops are what the recorder says was lost. Known is false if it does
// not say, which is not the same as none.
type InspectedDrops struct {
	Known       bool   `json:"known"`
	Packets     uint64 `json:"packets"`      // the sum of the following
	ByInterface uint64 `json:"by_interface"` // isb_ifdrop
	ByKernel    uint64 `json:"by_kernel"`    // isb_osdrop
	ByPacket    uint64 `json:"by_packet"`    // epb_dropcount
}

// InspectedGap is a time in which an interface recorded nothing, as its recorder
// noted.
type InspectedGap struct {
	Interface string `json:"interface"`
	From      string `json:"from"`            // RFC 3339 with nanoseconds
	Until     string `json:"until,omitempty"` // empty if it lasted to the end
}

// KernelLog is what the recording host's own TCP said of resets while recording.
type KernelLog struct {
	Missing  string `json:"missing,omitempty"` // why there is none; nothing else is given then
	From     string `json:"from,omitempty"`    // RFC 3339 with nanoseconds
	Until    string `json:"until,omitempty"`
	Complete bool   `json:"complete"`            // it has every reset that TCP sent in that time to the hosts and ports recorded
	Sent     int    `json:"sent"`                // resets sent, of those connections
	Received int    `json:"received"`            // and taken
	Others   uint64 `json:"others"`              // events of other connections, which are not in the file
	Lost     uint64 `json:"lost"`                // events lost
	NotShown string `json:"not_shown,omitempty"` // kinds of resets that this kernel does not show
}

// Recorder is what wrote a capture, as far as it says so.
type Recorder struct {
	Application string `json:"application,omitempty"`
	OS          string `json:"os,omitempty"`
	Hardware    string `json:"hardware,omitempty"`
}

// Tap is where the capture was recorded.
type Tap struct {
	End       string   `json:"end"`        // "client" or "server" of most connections, or "unknown"
	DecidedBy string   `json:"decided_by"` // what told, in words
	For       int      `json:"for"`        // connections that say so
	Against   int      `json:"against"`    // connections that say the opposite
	Unknown   int      `json:"unknown"`    // connections that do not tell
	Hosts     []string `json:"hosts"`      // addresses of the tap's own host, the busiest first
}

// Seen says how much of what the hosts are known to have received was recorded.
type Seen struct {
	Acknowledged int64 `json:"acknowledged_bytes"`            // since the capture saw each stream begin; SYN and FIN count one each
	Unseen       int64 `json:"acknowledged_unseen_bytes"`     // those of them that the capture lacks
	Connections  int   `json:"connections_with_unseen_bytes"` // in so many connections
	FromHost     int64 `json:"segments_from_host"`            // segments that the tap's own host sent, where it is known
}

// Share is how much of what was acknowledged the capture lacks, as "16 %".
func (s *Seen) Share() string {
	percent := 100.0
	if s.Unseen < s.Acknowledged {
		percent *= float64(s.Unseen) / float64(s.Acknowledged)
	}
	switch {
	case percent >= 10:
		return fmt.Sprintf("%.0f %%", percent)
	case percent < 0.001:
		return "below 0.001 %"
	}
	return fmt.Sprintf("%.2g %%", percent)
}

// InspectedSessions counts connections. The first four of its parts add up to
// Total.
type InspectedSessions struct {
	Total       int `json:"total"`
	Complete    int `json:"complete_handshake"` // SYN, its answer and what the answer led to were seen
	Partial     int `json:"partial_handshake"`  // a SYN was seen, but not all of that
	NoHandshake int `json:"no_handshake"`       // no SYN was seen: it had begun before
	ResetsOnly  int `json:"resets_only"`        // nothing but resets was seen
	OneWay      int `json:"one_direction_only"` // one host was not seen, though the other acknowledged what it sent
	Open        int `json:"open_at_the_end"`    // neither a FIN nor a reset was seen, and it was active to the end
}

// Resets counts TCP resets by who sent them, as the tap saw it.
type Resets struct {
	FromHost int64 `json:"from_host"` // by the tap's own host
	ToHost   int64 `json:"to_host"`   // received by it
	Unknown  int64 `json:"unknown"`   // where it is not known which host is the tap's own
}

// InspectedFilter is what was not recorded on purpose.
type InspectedFilter struct {
	Recorded []string `json:"recorded,omitempty"` // in libpcap's language, as the file says
	Inferred string   `json:"inferred,omitempty"` // as the packets look, in words
}

// InspectedClock is what the capture says of the clock that stamped it.
type InspectedClock struct {
	Resolution uint64 `json:"ticks_per_second,omitempty"` // the coarsest of all interfaces; 0 if unknown
	DisorderNS int64  `json:"disorder_ns"`                // how far behind an earlier packet a later one lies in time
}

// WriteJSON writes the inspections as one indented JSON object and a line end.
func (i *Info) WriteJSON(w io.Writer) error {
	o := newObject(w)
	o.field("schema", i.Schema)
	o.list("captures", len(i.Captures), func(n int) any { return &i.Captures[n] })
	return o.close()
}
