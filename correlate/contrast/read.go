package contrast

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Collection is the connections of any number of reports.
type Collection struct {
	Reports int // comparisons read
	Failed  int // lines of a campaign that hold an error
	Twice   int // connections that a report before had, too

	sessions []*session
	seen     map[string]bool
}

// A session is one connection, as far as a contrast goes.
type session struct {
	outcome    outcome
	why        string // why it is left out
	receivedAt string
	trigger    string
	stage      string

	between string    // the two hosts, as the client sees them
	begun   time.Time // zero if not known
	cut     time.Time // when it was, if it was

	values map[string]string // by factor; what is not known is not in it
	kinds  map[string]Kind
	said   map[string]bool // messages of the client; nil if not known
}

// A document is what may stand in the input: a report of compare, or a line of
// campaign with one in it.
type document struct {
	Schema  string            `json:"schema"`
	ID      string            `json:"id"`
	Factors map[string]string `json:"factors"`
	Error   string            `json:"error"`
	Report  *comparison       `json:"report"`
	Said    []said            `json:"said"`
	comparison
}

// A comparison has the names of the report's contract that are used here.
type comparison struct {
	Connections []connection `json:"connections"`
	Findings    []finding    `json:"findings"`
}

type connection struct {
	ID         int    `json:"id"`
	ClientView view   `json:"client_view"`
	ServerView view   `json:"server_view"`
	Verdict    string `json:"verdict"`
	First      string `json:"first"`
	Last       string `json:"last"`
	Ending     struct {
		Kind       string `json:"kind"`
		Stage      string `json:"stage"`
		Confidence string `json:"confidence"`
	} `json:"ending"`
}

type view struct {
	Client string `json:"client"`
	Server string `json:"server"`
}

type finding struct {
	Connection    int    `json:"connection"`
	Kind          string `json:"kind"`
	Verdict       string `json:"verdict"`
	ReceivedAt    string `json:"received_at"`
	ClaimedSender string `json:"claimed_sender"`
	Time          string `json:"time"`
	Pattern       string `json:"pattern"`
	Trigger       struct {
		Name   string `json:"name"`
		ToldBy string `json:"told_by"`
	} `json:"trigger"`
}

// said is what a campaign noted of one connection.
type said struct {
	Connection int      `json:"connection"`
	Messages   []string `json:"messages"`
	ServerName string   `json:"server_name"`
}

// Schemas that can be read.
var (
	comparisons = []string{"bothends.report/1", "bothends.report/2"}
	campaigns   = []string{"bothends.campaign/1"}
)

// ErrSchema is wrapped where a document is none that can be read.
var ErrSchema = errors.New("is neither a report of compare nor a line of campaign")

// Read adds the reports of a stream: one JSON object, or several one after the
// other. An error says at which byte its document began.
func (c *Collection) Read(r io.Reader) error {
	decoder := json.NewDecoder(r)
	for {
		at := decoder.InputOffset()
		var d document
		err := decoder.Decode(&d)
		if err == io.EOF {
			return nil
		}
		if err == io.ErrUnexpectedEOF {
			err = errors.New("ends within a JSON object")
		}
		if err == nil {
			err = c.add(&d)
		}
		if err != nil {
			return fmt.Errorf("at byte %d: %w", at, err)
		}
	}
}

func (c *Collection) add(d *document) error {
	from := &d.comparison
	switch {
	case slices.Contains(comparisons, d.Schema):
	case slices.Contains(campaigns, d.Schema):
		if d.Error != "" {
			c.Failed++
		}
		if d.Report == nil {
			return nil
		}
		from = d.Report
	default:
		return fmt.Errorf("schema %q %w", d.Schema, ErrSchema)
	}
	if d.Error == "" {
		c.Reports++
	}
	findings := map[int][]*finding{}
	for i := range from.Findings {
		f := &from.Findings[i]
		findings[f.Connection] = append(findings[f.Connection], f)
	}
	messages := map[int]*said{}
	for i := range d.Said {
		messages[d.Said[i].Connection] = &d.Said[i]
	}
	for i := range from.Connections {
		one := &from.Connections[i]
		if c.twice(one) {
			continue
		}
		s := one.session(findings[one.ID])
		s.declare(d.Factors)
		if m := messages[one.ID]; m != nil {
			s.listen(m)
		}
		c.sessions = append(c.sessions, s)
	}
	return nil
}

// twice reports whether a connection was read before: the same captures compared
// again, or recordings that overlap.
func (c *Collection) twice(one *connection) bool {
	key := strings.Join([]string{one.ClientView.Client, one.ClientView.Server, one.ServerView.Client, one.ServerView.Server, one.First}, " ")
	if c.seen[key] {
		c.Twice++
		return true
	}
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	c.seen[key] = true
	return false
}

func (c *connection) session(findings []*finding) *session {
	s := &session{values: map[string]string{}, kinds: map[string]Kind{}, stage: c.Ending.Stage}
	s.outcome, s.why = c.outcome(findings)
	s.begun = moment(c.First)
	if s.outcome.hit() {
		s.receivedAt, s.trigger, s.cut = receivedAt(findings), triggerOf(findings), moment(c.Last)
	}
	c.circumstances(s)
	return s
}

// moment is zero for what is no time.
func moment(stamp string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// host and port are empty for what is no address.
func host(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	return at.Addr().String()
}

func port(address string) string {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return ""
	}
	return fmt.Sprint(at.Port())
}
