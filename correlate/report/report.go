// Package report puts the outcome of a comparison into one struct and renders
// it: as text for people, as JSON for programs. Nothing is decided here.
package report

import (
	"bothends/capture/file"
	"bothends/correlate/outcome"
)

// Schema names the shape of Report. Fields are added without changing it; it
// changes when one is renamed or removed.
const Schema = "bothends.report/2"

// A Report is what comparing two captures came to. Its JSON form is a contract.
type Report struct {
	Schema      string       `json:"schema"`
	Program     string       `json:"program,omitempty"` // what made the report, with its version
	Ends        Ends         `json:"ends"`
	Captures    Captures     `json:"captures"`
	Clock       Clock        `json:"clock"`
	Connections []Connection `json:"connections"`
	Findings    []Finding    `json:"findings"`
	Further     []Further    `json:"further,omitempty"` // findings that are only counted, beside thousands like them
	Logs        []Log        `json:"logs,omitempty"`    // of which lines are quoted beside the connections
	Summary     Summary      `json:"summary"`
	Taps        []PathTap    `json:"taps,omitempty"`      // of more than two on the path, from the client's to the server's
	Crossings   []Crossing   `json:"crossings,omitempty"` // between each two of those that follow each other
	Stated      []string     `json:"stated,omitempty"`    // what the user stated and no capture can show

	outcome outcome.Outcome

	counted map[int]bool // by ID: connections with findings that are counted and not listed
}

// Ends says how it was decided which capture is the client's.
type Ends struct {
	DecidedBy string `json:"decided_by"` // what told, in words
	Swapped   bool   `json:"swapped"`    // the captures were given in the other order
	For       int    `json:"for"`        // connections that say so
	Against   int    `json:"against"`    // connections that say the opposite
	SamePlace bool   `json:"same_place"` // both captures look as if taken at one place
}

// Captures are the two witnesses.
type Captures struct {
	Client Capture `json:"client"`
	Server Capture `json:"server"`
}

// Capture is one end's recording: one file, or several of a rotated set.
type Capture struct {
	Files     []File   `json:"files"`
	Packets   int64    `json:"packets"`
	First     string   `json:"first"` // RFC 3339 with nanoseconds, by this end's clock
	Last      string   `json:"last"`
	LinkTypes []string `json:"link_types"`
	SnapLen   int      `json:"snaplen"` // the smallest of its interfaces; 0 is no limit
	Drops     Drops    `json:"drops"`
	EndState  string   `json:"end_state"` // "complete", "truncated at offset N" or "damaged at offset N"
	Health    Health   `json:"health"`
}

// File is one file of a capture.
type File struct {
	Path        string `json:"path"`
	Format      string `json:"format"`
	Compression string `json:"compression,omitempty"`
	Bytes       int64  `json:"bytes"`
	Packets     int64  `json:"packets"`
	EndState    string `json:"end_state"`
	EndReason   string `json:"end_reason,omitempty"`
	SHA256      string `json:"sha256,omitempty"` // of the bytes as given, in hexadecimal; empty if they could not be had again, or were not read once more
}

// Drops are what the capture says it lost. Known is false if it does not say.
type Drops struct {
	Known       bool   `json:"known"`
	ByInterface uint64 `json:"by_interface"`
	ByKernel    uint64 `json:"by_kernel"`
}

// Fragments are what became of packets that arrived in parts.
type Fragments struct {
	Received    int64 `json:"received"`            // fragments
	Packets     int64 `json:"packets"`             // put together
	Repeated    int64 `json:"repeated"`            // fragments recorded twice
	Overlapping int64 `json:"packets_overlapping"` // left out, because their fragments claim the same bytes
	Incomplete  int64 `json:"packets_incomplete"`  // left out, because a fragment is missing
	Unread      int64 `json:"packets_unread"`      // of these and the overlapping ones, those that carry TCP
}

// Health is what bears on the capture's fitness as a witness.
type Health struct {
	Connections  int              `json:"connections"`
	Resets       int64            `json:"resets"`
	Filter       string           `json:"filter,omitempty"`
	Completeness                  // over all connections
	Unseen       int64            `json:"acknowledged_unseen_bytes"`
	Cut          int64            `json:"cut"`                                // segments kept shorter than they were
	Repeated     int64            `json:"repeated"`                           // second recordings of one packet, left out
	Routed       int64            `json:"repeated_across_a_router,omitempty"` // of those, with a TTL one lower or higher
	LeftOut      int64            `json:"left_out,omitempty"`                 // segments of connections that did not fit into the memory limit
	Untimed      int64            `json:"untimed"`
	Tunnels      map[string]int64 `json:"tunnels,omitempty"`     // segments by the tunnels that they were in, from the outermost: "GRE around MPLS"
	Fragments    *Fragments       `json:"fragments,omitempty"`   // of IP, if there were any
	NotTCP       map[string]int64 `json:"passed_over,omitempty"` // frames without a TCP segment, by what they are
	Interfaces   []string         `json:"interfaces,omitempty"`
	Seams        []Seam           `json:"seams,omitempty"`
	Recording    *Recording       `json:"recording,omitempty"` // if the recorder says anything of itself
	DisorderNS   int64            `json:"disorder_ns"`         // how far behind an earlier frame a later one lies in time
	ObservedEnds string           `json:"-"`
}

// Completeness is what the other end's capture shows of how much this one missed.
type Completeness struct {
	Passed    int64   `json:"passed"`     // packets this end sent that the other received and this capture has
	Missed    int64   `json:"missed"`     // and that this capture lacks
	MissBound float64 `json:"miss_bound"` // chance of missing any one packet, at 95 % confidence
}

// ConnectionHealth is how complete each capture is as far as the packets of one
// connection tell; few of them bound little.
type ConnectionHealth struct {
	Client Completeness `json:"client"`
	Server Completeness `json:"server"`
}

// Seam is the time between two files of a rotated set; negative if they overlap.
type Seam struct {
	After  string `json:"after"`
	Before string `json:"before"`
	GapNS  int64  `json:"gap_ns"`
	Joined bool   `json:"joined,omitempty"` // the recorder's counters show that no file is missing in between
}

// SeamOf is a seam as the reader found it.
func SeamOf(s file.Seam) Seam { return Seam{s.After, s.Before, s.GapNS, s.Joined} }

// Clock is the server's clock against the client's at the first shared packet.
type Clock struct {
	Known         bool    `json:"known"`
	OffsetNS      int64   `json:"offset_ns"` // server's less client's
	UncertaintyNS int64   `json:"uncertainty_ns"`
	SkewPPM       float64 `json:"skew_ppm"`
	Points        int     `json:"points"` // packets it rests on
	Steps         int     `json:"steps"`  // times that a clock was set while recording
	MinRTTNS      int64   `json:"min_rtt_ns"`
	SetBackNS     int64   `json:"set_back_ns,omitempty"` // how far at least one was set back while recording, so that nothing else is known
}

// View is a connection as one end sees it; empty where that end's capture lacks it.
type View struct {
	Client string `json:"client"`
	Server string `json:"server"`
}

// Connection is one TCP connection, seen at both ends or at one.
type Connection struct {
	ID         int      `json:"id"`
	ClientView View     `json:"client_view"`
	ServerView View     `json:"server_view"`
	MatchedBy  string   `json:"matched_by"`
	Odds       float64  `json:"odds"` // bound on the chance that unrelated connections match like that
	Verdict    string   `json:"verdict"`
	Why        string   `json:"why,omitempty"` // why it has no partner
	First      Moment   `json:"first"`         // by the client's clock, or the server's if the client's capture lacks it
	Last       Moment   `json:"last"`
	Ledger     *Ledger  `json:"ledger"`          // nil if it is at one end only
	Notes      []string `json:"notes,omitempty"` // what the path changed without harm
	// Health is nil if it is at one end only, or if a proxy makes two of it.
	Health *ConnectionHealth `json:"health,omitempty"`
	Ending *Ending           `json:"ending"`
	// Log are the lines of the logs given that speak of it, in their order.
	Log []LogLine `json:"log,omitempty"`
}

// Log is a program's log of which lines are quoted.
type Log struct {
	Path       string `json:"path"`
	End        string `json:"end"`      // whose it is by the addresses that it names: "client" or "server"
	AheadNS    int64  `json:"ahead_ns"` // of UTC: how its times were read
	ZoneStated bool   `json:"zone_stated"`
	YearStated bool   `json:"year_stated"`
	Lines      int    `json:"lines"` // that speak of a connection
}

// LogLine is one line of a log.
type LogLine struct {
	Log     int    `json:"log"`  // which of the report's logs, from 1
	Line    int64  `json:"line"` // from 1
	Time    string `json:"time"` // as it was read, in UTC
	Program string `json:"program,omitempty"`
	Text    string `json:"text"`
	Shared  bool   `json:"shared,omitempty"` // it may as well be about another connection, which has it, too
}

// Ending is what ended a connection.
type Ending struct {
	Kind       string     `json:"kind"`
	Stage      string     `json:"stage"`               // how far it had come: "syn", "handshake", "first-data", "tls" or "later"
	StudyStage string     `json:"study_stage"`         // the stage, as the study of connection tampering of SIGCOMM 2023 names it: "post-syn", "post-ack", "post-psh" or "post-data"
	Signature  string     `json:"signature,omitempty"` // and what the server's tap saw, as that study writes it: "<PSH+ACK -> RST+ACK>"
	Confidence string     `json:"confidence"`
	Text       string     `json:"text"`              // in one clause
	What       string     `json:"what,omitempty"`    // the message that was swallowed, as a decoder names it: "STARTTLS"
	Finding    int        `json:"finding,omitempty"` // the ID of the finding that it rests on
	ByThePath  bool       `json:"by_the_path"`       // it was brought about between the two taps
	Evidence   []Evidence `json:"evidence"`
	Advice     string     `json:"advice,omitempty"`
	Pattern    string     `json:"pattern,omitempty"` // what troubled the connection, beside what ended it: "deferred-accept"
	Stretch    *Stretch   `json:"stretch,omitempty"` // between which of several taps; nil if there are two
	Proved     bool       `json:"-"`                 // the path is known to have ended it
}

// Ledger has each segment of both captures in one bucket; they add up to Segments.
type Ledger struct {
	Segments        int64   `json:"segments"`
	Matched         int64   `json:"matched"`
	Modified        int64   `json:"modified"`
	Duplicated      int64   `json:"duplicated"`
	Lost            int64   `json:"lost"`
	ReceivedNotSent int64   `json:"received_not_sent"`
	SentNotCaptured int64   `json:"sent_not_captured"`
	LostBytes       int64   `json:"lost_bytes"`
	ToServer        *Ledger `json:"to_server,omitempty"`
	ToClient        *Ledger `json:"to_client,omitempty"`
}

// Finding is one packet that means something: every reset of a paired
// connection, and whatever else arrived without having been sent like that.
type Finding struct {
	ID            int        `json:"id"`
	Connection    int        `json:"connection"`
	Kind          string     `json:"kind"`
	Verdict       string     `json:"verdict"`
	Confidence    string     `json:"confidence"`
	ReceivedAt    string     `json:"received_at"`
	ClaimedSender string     `json:"claimed_sender"`
	Src           string     `json:"src"` // raw, as seen where Frame is
	Dst           string     `json:"dst"`
	Seq           uint32     `json:"seq"`
	Ack           uint32     `json:"ack"`
	Flags         string     `json:"flags"`
	TTL           uint8      `json:"ttl"`
	IPID          uint16     `json:"ip_id"`
	Window        uint16     `json:"window"`
	Payload       int        `json:"payload"` // bytes
	Time          string     `json:"time"`
	File          string     `json:"file"`
	Frame         int64      `json:"frame"`
	TwinFile      string     `json:"twin_file,omitempty"` // the same packet in the other end's capture
	TwinFrame     int64      `json:"twin_frame,omitempty"`
	Filters       Filters    `json:"filters"`
	Effect        string     `json:"effect,omitempty"`     // of a reset: "ended" the connection, or "none"; empty if it came after the end, or nothing shows it
	EffectWhy     string     `json:"effect_why,omitempty"` // how it is known that it ended nothing
	Evidence      []Evidence `json:"evidence"`
	Needs         []string   `json:"needs,omitempty"` // statements that would make an injected of a conditional one
	Trigger       *Trigger   `json:"trigger"`
	Location      *Location  `json:"location"`
	Pattern       string     `json:"pattern"`               // what the circumstances resemble, if anything
	PatternWhy    string     `json:"pattern_why,omitempty"` // which circumstances
	Advice        string     `json:"advice,omitempty"`      // what to check next

	Stretch *Stretch `json:"stretch,omitempty"` // between which of several taps; nil if there are two

	seenAt    string // "client" or "server"
	undecided bool   // see judge.Sort.Undecided
	absence   string // how well it is founded that it did not pass the other end's tap; empty if it may have
}

// Evidence is one hypothesis or one sign, in words and numbers. A hypothesis is
// refuted, fits or stays open; a sign supports or contradicts.
type Evidence struct {
	Rule      string         `json:"rule"`
	Outcome   string         `json:"outcome"`
	Refutes   []string       `json:"refutes,omitempty"`    // the hypotheses that a sign refutes here
	RefutedBy []string       `json:"refuted_by,omitempty"` // the signs that refute a hypothesis
	Decides   bool           `json:"decides,omitempty"`    // the verdict is what it is because of this
	Attested  bool           `json:"attested,omitempty"`   // it rests on a statement of the user's
	Text      string         `json:"text"`
	Values    map[string]any `json:"values,omitempty"`
}

// Trigger is the packet that a reset answers. Text is safe on a terminal and
// leaves out passwords, addresses and messages.
type Trigger struct {
	Name     string `json:"name"`     // one of a fixed set: "STARTTLS", "TLS ClientHello", "SYN", "unknown"
	Protocol string `json:"protocol"` // "SMTP", "TLS", ...; empty if unknown
	Text     string `json:"text"`     // the name and what else it says: "TLS ClientHello (SNI mail.example.org)"
	ToldBy   string `json:"told_by"`  // "numbers": those of the reset continue it and nothing else, and came promptly; "order": it was the last before the reset, which may answer something else
	SentAt   string `json:"sent_at"`  // the end whose capture holds Frame: "client" or "server"
	File     string `json:"file"`
	Frame    int64  `json:"frame"`
	Seq      uint32 `json:"seq"`             // as seen there
	Length   int    `json:"length"`          // bytes of payload
	Reached  string `json:"reached_far_end"` // "yes", "no" or "unknown"
	Box      string `json:"box"`             // "on-path": it leaves the trigger alone; "in-path": it holds it back; or "unknown"
}

// Sure reports whether the reset answers this packet and nothing else can have called for it.
func (g *Trigger) Sure() bool { return g != nil && g.ToldBy == "numbers" }

// Summary counts connections and findings.
type Summary struct {
	Connections   int `json:"connections"`
	Paired        int `json:"paired"`
	Injected      int `json:"injected"`
	Modified      int `json:"modified"`
	Lost          int `json:"lost"`
	Duplicated    int `json:"duplicated"`
	Genuine       int `json:"genuine"`
	Interposed    int `json:"interposed"`
	Indeterminate int `json:"indeterminate"`
	// Conditional ones are injected if one or two facts hold that only a statement
	// can give.
	Conditional    int `json:"conditional"`
	ByAddressOwner int `json:"by_address_owner"`
	ByReceiver     int `json:"by_receiver"`
	// ByThePath connections are known to have been ended between the two taps, Doubtful
	// ones perhaps; NotCompared ones went to the server and are in one capture only, or one
	// of the two lacks most of one direction of them, or what ended them.
	ByThePath   int `json:"by_the_path"`
	Doubtful    int `json:"doubtful"`
	NotCompared int `json:"not_compared"`
	// Endings are the connections, by the kind of their ending.
	Endings map[string]int `json:"endings"`
}

// ExitStatus is what the program ends with after this report.
func (r *Report) ExitStatus() int { return int(r.outcome.Status()) }

// Outcome is what the comparison comes to as a whole.
func (r *Report) Outcome() *outcome.Outcome { return &r.outcome }
