// Package ladder tells what passed on one connection as a sequence of steps
// between two taps, for views to draw: each segment crosses, ends on the way or
// begins there. It decides nothing: what a segment that matters is, the report
// says, and the rest is laid side by side by its sequence numbers.
package ladder

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"time"

	"bothends/capture/file"
	"bothends/correlate/report"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/trigger"
)

// A Ladder is one connection.
type Ladder struct {
	Connection *report.Connection
	Steps      []Step
	More       int // segments beyond those that are kept
}

// A Step is one segment, or several in a row that are told as one.
type Step struct {
	FromServer bool   // the end that it names as its sender
	Label      string // what it is: "STARTTLS", "reset", "87 bytes"
	// SentNS is when it passed the tap of its sender, and GotNS that of its receiver,
	// by the client's clock; 0 if it is not there.
	SentNS, GotNS       int64
	SentFrame, GotFrame int64
	Finding             *report.Finding // what the report says of it, or nil
	Triggers            []int           // findings that answer it
	Pieces              []int64         // further frames in which it arrived, if the way or a network card cut it
	Folded              int             // how many segments stand behind it, if several do
	plain               bool            // it may be folded
}

// At is when the step begins.
func (s *Step) At() int64 {
	if s.SentNS != 0 {
		return s.SentNS
	}
	return s.GotNS
}

// Crossed reports whether both taps saw it.
func (s *Step) Crossed() bool { return s.SentNS != 0 && s.GotNS != 0 }

// maxSegments bounds what one connection costs, at each end.
const maxSegments = 20000

// seen is one segment at one tap.
type seen struct {
	segment.Segment
	at      int64 // the client's clock
	end     int   // 0 the client's tap, 1 the server's
	label   string
	finding *report.Finding
	fired   []int
	used    uint32 // of SeqLen, matched
	whole   bool   // matched
}

// Build reads the segments of the connections with the given numbers again.
func Build(ctx context.Context, r *report.Report, sets [2]*file.Set, ids []int) ([]Ladder, error) {
	b := &builder{report: r, wanted: map[[2]segment.Endpoint][]*line{}}
	for _, id := range ids {
		b.open(&r.Connections[id-1])
	}
	for end, set := range sets {
		if err := b.read(ctx, end, set); err != nil {
			return nil, err
		}
	}
	var ladders []Ladder
	for _, l := range b.lines {
		ladders = append(ladders, l.ladder())
	}
	return ladders, nil
}

type builder struct {
	report *report.Report
	lines  []*line
	wanted map[[2]segment.Endpoint][]*line
}

// line is a connection being gathered.
type line struct {
	connection *report.Connection
	client     [2]segment.Endpoint // as each end sees it
	server     [2]segment.Endpoint
	first      int64 // by the client's clock, with some slack
	last       int64
	findings   map[frame]*report.Finding
	fired      map[frame][]int
	kept       [2][]*seen
	more       int
}

type frame struct {
	path   string
	number int64
}

// slackNS is added to both ends of a connection's time: what the clocks may be
// off, and the way.
const slackNS = int64(5 * time.Second)

func (b *builder) open(c *report.Connection) {
	l := &line{connection: c, findings: map[frame]*report.Finding{}, fired: map[frame][]int{},
		first: int64(c.First) - slackNS, last: int64(c.Last) + slackNS}
	for end, v := range []report.View{c.ClientView, c.ServerView} {
		client, errClient := netip.ParseAddrPort(v.Client)
		server, errServer := netip.ParseAddrPort(v.Server)
		if errClient != nil || errServer != nil {
			continue
		}
		l.client[end], l.server[end] = endpoint(client), endpoint(server)
		for _, key := range [][2]segment.Endpoint{{l.client[end], l.server[end]}, {l.server[end], l.client[end]}} {
			if !slices.Contains(b.wanted[key], l) {
				b.wanted[key] = append(b.wanted[key], l)
			}
		}
	}
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		if f.Connection != c.ID {
			continue
		}
		l.findings[frame{f.File, f.Frame}] = f
		if f.TwinFrame != 0 {
			l.findings[frame{f.TwinFile, f.TwinFrame}] = f
		}
		if t := f.Trigger; t.Sure() && t.Frame != 0 {
			key := frame{t.File, t.Frame}
			l.fired[key] = append(l.fired[key], f.ID)
		}
	}
	b.lines = append(b.lines, l)
}

func endpoint(a netip.AddrPort) segment.Endpoint {
	return segment.Endpoint{IP: a.Addr().As16(), Port: a.Port()}
}

func (b *builder) read(ctx context.Context, end int, set *file.Set) error {
	source := survey.NewSource(set.Reader(), nil, ctx.Err)
	files := set.Files()
	var s segment.Segment
	for {
		if err := source.Next(&s); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		at := s.TimeNS
		if end == 1 {
			at = b.clientTime(at)
		}
		key := frame{files[s.File].Path, s.Frame}
		lines := b.wanted[[2]segment.Endpoint{s.Src, s.Dst}]
		if len(lines) == 0 && s.Flags&segment.RST != 0 { // under other addresses, as the report found it
			lines = b.lines
		}
		for _, l := range lines {
			l.take(end, at, key, &s)
		}
	}
}

// clientTime brings a time of the server's clock to the client's.
func (b *builder) clientTime(ns int64) int64 {
	c := &b.report.Clock
	first, err := time.Parse(time.RFC3339Nano, b.report.Captures.Server.First)
	if err != nil {
		return ns - c.OffsetNS
	}
	return ns - c.OffsetNS - int64(float64(ns-first.UnixNano())*c.SkewPPM/1e6)
}

func (l *line) take(end int, at int64, key frame, s *segment.Segment) {
	finding := l.findings[key]
	mine := s.Src == l.client[end] && s.Dst == l.server[end] || s.Src == l.server[end] && s.Dst == l.client[end]
	if finding == nil && (!mine || at < l.first || at > l.last) {
		return
	}
	if len(l.kept[end]) == maxSegments {
		l.more++
		return
	}
	one := &seen{Segment: *s, at: at, end: end, finding: finding, fired: l.fired[key]}
	one.label = l.label(one)
	one.Payload = nil
	l.kept[end] = append(l.kept[end], one)
}

// fromServer reports whether it names the server as its sender.
func (l *line) fromServer(s *seen) bool {
	if s.finding != nil {
		return s.finding.ClaimedSender == "server"
	}
	return s.Src == l.server[s.end]
}

func (l *line) label(s *seen) string {
	switch {
	case s.Flags&segment.RST != 0:
		return "reset"
	case s.PayloadLen > 0:
		m := trigger.Name(trigger.Segment{Head: s.Payload, Length: s.PayloadLen, Flags: s.Flags, FromServer: l.fromServer(s), ServerPort: l.server[s.end].Port})
		if m.Name != "unknown" {
			return m.String()
		}
		return count(s.PayloadLen, "byte")
	case s.Flags&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK:
		return "SYN/ACK"
	case s.Flags&segment.SYN != 0:
		return "SYN"
	case s.Flags&segment.FIN != 0:
		return "FIN"
	}
	return "ACK"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ladder lays the two ends side by side.
func (l *line) ladder() Ladder {
	out := Ladder{Connection: l.connection, More: l.more}
	for _, fromServer := range []bool{false, true} {
		sender := 0
		if fromServer {
			sender = 1
		}
		var sent, got []*seen
		for end := range l.kept {
			for _, s := range l.kept[end] {
				if l.fromServer(s) != fromServer {
					continue
				}
				if end == sender {
					sent = append(sent, s)
				} else {
					got = append(got, s)
				}
			}
		}
		out.Steps = append(out.Steps, match(sent, got, fromServer)...)
	}
	slices.SortStableFunc(out.Steps, func(a, b Step) int { return cmp.Compare(a.At(), b.At()) })
	return out
}
