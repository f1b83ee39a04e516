// Package testimony is what bothcap writes down beside the packets: who
// recorded what, how good the clock was, which offloads were in force, what the
// kernel's own counters and its log of resets said, and when nothing could be
// recorded.
//
// Each record is one line of JSON behind [Prefix] in a pcapng comment. (A custom
// block would need a number assigned by IANA, and Wireshark's editcap and
// mergecap drop statistics blocks and blocks they do not know. They keep the
// comments of sections and interfaces; mergecap joins those of sections with
// line feeds.) So what is known at the start stands in the section's and in
// every interface's comment, and survives both; what is learned later stands in
// the comments of the interface statistics blocks, and does not.
package testimony

import (
	"encoding/json"
	"net/netip"
	"strings"
	"time"
)

// Prefix begins every line that holds a record.
const Prefix = "bothends: "

// Schema is the version of Record. Fields may be added under the same number.
const Schema = "bothends.recording/1"

// Event says why a record was made.
type Event string

const (
	Start      Event = "start"      // in section and interface comments
	Statistics Event = "statistics" // every few seconds, in statistics blocks
	End        Event = "end"        // in the last statistics block of an interface
	GapBegins  Event = "gap-begins" // from here on the interface recorded nothing
	GapEnds    Event = "gap-ends"
	Resets     Event = "resets" // what the kernel's log told of, as soon as it did
	Sealing    Event = "seal"   // a seal and nothing else
	Signature  Event = "signature"
	Keeping    Event = "kept" // in the section comment of what a flight recorder kept
)

// A Record is one statement of the recorder. What it does not know it leaves
// out.
type Record struct {
	Schema      string            `json:"schema"`
	Event       Event             `json:"event"`
	Time        time.Time         `json:"time"` // by the recording host's clock
	Session     string            `json:"session,omitempty"`
	End         string            `json:"end,omitempty"` // "client" or "server"
	Peers       []Peer            `json:"peers,omitempty"`
	Ports       []uint16          `json:"ports,omitempty"`
	HeadersOnly bool              `json:"headers_only,omitempty"`
	Libpcap     string            `json:"libpcap,omitempty"`
	Interface   string            `json:"interface,omitempty"`
	Nanoseconds *bool             `json:"nanoseconds,omitempty"` // libpcap granted them
	Direction   string            `json:"direction,omitempty"`   // how inbound and outbound were told apart
	Offloads    map[string]bool   `json:"offloads,omitempty"`    // "tso", "gso", "gro", "lro"
	Clock       *Clock            `json:"clock,omitempty"`
	Kernel      map[string]uint64 `json:"kernel,omitempty"` // "Tcp.OutRsts", "TcpExt.TCPAbortOnData", ...
	// Uplinks are the interfaces by which the host could send at that moment, whether
	// they were recorded or not.
	Uplinks []string `json:"uplinks,omitempty"`
	Gap     *Gap     `json:"gap,omitempty"`
	// KernelLog and Host are of the whole host and given with its first interface:
	// the log with each record of the host's state, Host at the start and the end.
	KernelLog *KernelReading `json:"kernel_log,omitempty"`
	Host      *HostFacts     `json:"host,omitempty"`
	// Sealed at the start says that seals follow. Signed is the signature of the
	// statement of the last of them, as ssh-keygen -Y sign writes it.
	Sealed bool   `json:"sealed,omitempty"`
	Seal   *Seal  `json:"seal,omitempty"`
	Signed string `json:"signed,omitempty"`
	Kept   *Kept  `json:"kept,omitempty"`
}

// Kept says for which connection a flight recorder kept a part of its recording.
type Kept struct {
	// Why is "reset", "unanswered" (a SYN, or its answer) or "stuck" (bytes that were
	// sent again and again and not acknowledged).
	Why    string         `json:"why"`
	Client netip.AddrPort `json:"client"` // who sent the SYN; if nobody saw it, who has the higher port
	Server netip.AddrPort `json:"server"`
	// ClientISN and ServerISN are the initial sequence numbers, as far as they were seen.
	ClientISN *uint32   `json:"client_isn,omitempty"`
	ServerISN *uint32   `json:"server_isn,omitempty"`
	Began     time.Time `json:"began"` // the first packet that was seen of it
	At        time.Time `json:"at"`    // when it ended badly, or when it had begun to be stuck
	// From and Until are between which times everything is here that Filter admits. Of
	// what came before, only the connection's first packets may be.
	From   time.Time    `json:"from"`
	Until  time.Time    `json:"until"`
	OnlyOf []netip.Addr `json:"only_of,omitempty"` // if there was too much for more than these two hosts
}

// A Peer is a name as it was given and the addresses it then had.
type Peer struct {
	Name      string       `json:"name"`
	Addresses []netip.Addr `json:"addresses"`
}

// A Clock is the state of the host's clock (adjtimex(2)).
type Clock struct {
	Synchronised     bool  `json:"synchronised"`
	EstimatedErrorNS int64 `json:"estimated_error_ns"`
	MaximumErrorNS   int64 `json:"maximum_error_ns"`
}

// A Gap is a time in which an interface recorded nothing.
type Gap struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until,omitzero"` // once it is over
	Reason string    `json:"reason"`
}

// Line is the record as a comment.
func (r Record) Line() string {
	r.Schema = Schema
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // no field can fail but a time beyond the year 9999
	}
	return Prefix + string(text)
}

// Parse finds the records in comments, in the order in which they stand there.
// Lines that are something else, or that this version does not understand, are
// passed over.
func Parse(comments []string) []Record {
	var records []Record
	for _, comment := range comments {
		for line := range strings.Lines(comment) {
			text, ours := strings.CutPrefix(strings.TrimSpace(line), Prefix)
			var r Record
			if ours && json.Unmarshal([]byte(text), &r) == nil && r.Schema == Schema {
				records = append(records, r)
			}
		}
	}
	return records
}
