// Package said notes what the client of each connection said, by the names of
// package trigger, from the client's own capture. A comparison names what a cut
// connection was cut for; what the others said, only this tells.
package said

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"bothends/capture"
	"bothends/correlate/segment"
	"bothends/correlate/trigger"
)

// Bounds of what is noted of one connection. Sessions are told apart by how they
// begin; the thousandth request of a long one is no more than load.
const (
	mostSegments = 200
	mostNames    = 24
)

// A Connection is one whose client's messages are noted.
type Connection struct {
	Client, Server segment.Endpoint // as the client's capture has them
	ServerPort     uint16           // as the server end has it
	FirstNS        int64            // by the clock of the client's capture
	LastNS         int64

	// Messages are the names of what the client said, each once, in their order.
	Messages []string
	// ServerName is the one that the client asked for in a TLS ClientHello.
	ServerName string

	segments int
}

// unnamed are the names of what has none.
var unnamed = []string{"", "unknown", "no data", "SYN", "SYN/ACK"}

// Collect reads the client's capture once and fills in what the clients said.
func Collect(ctx context.Context, r capture.Reader, connections []*Connection) error {
	by := map[route][]*Connection{}
	for _, c := range connections {
		by[route{c.Client, c.Server}] = append(by[route{c.Client, c.Server}], c)
	}
	for _, list := range by {
		slices.SortFunc(list, func(a, b *Connection) int { return cmp.Compare(a.FirstNS, b.FirstNS) })
	}
	var p capture.Packet
	var s segment.Segment
	for n := 0; ; n++ {
		if n%ctxEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		err := r.Next(&p)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if segment.Decode(&p, &s) != segment.TCP || s.PayloadLen == 0 {
			continue
		}
		if list := by[route{s.Src, s.Dst}]; len(list) > 0 {
			if c := at(list, s.TimeNS); c != nil {
				c.note(&s)
			}
		}
	}
}

// ctxEvery is after how many packets ctx is asked.
const ctxEvery = 1 << 12

// A route is the direction from client to server.
type route struct{ client, server segment.Endpoint }

// at finds the connection of a time among those that used the same ports one
// after the other.
func at(list []*Connection, timeNS int64) *Connection {
	for i := len(list) - 1; i >= 0; i-- {
		if c := list[i]; timeNS >= c.FirstNS {
			if timeNS > c.LastNS {
				return nil
			}
			return c
		}
	}
	return nil
}

// note adds one segment of the client. A copy of one adds nothing new.
func (c *Connection) note(s *segment.Segment) {
	if c.segments == mostSegments {
		return
	}
	c.segments++
	m := trigger.Name(trigger.Segment{Head: s.Payload, Length: s.PayloadLen, Flags: s.Flags, ServerPort: c.ServerPort})
	c.add(m.Name)
	for _, name := range pipelined(m.Get("followed by")) {
		c.add(name)
	}
	// What is no name is told in several words.
	if name := m.Get("SNI"); c.ServerName == "" && name != "none" && !strings.Contains(name, " ") {
		c.ServerName = name
	}
}

func (c *Connection) add(name string) {
	if slices.Contains(unnamed, name) || slices.Contains(c.Messages, name) || len(c.Messages) == mostNames {
		return
	}
	c.Messages = append(c.Messages, name)
}

// pipelined takes commands apart that were sent in one segment: "MAIL FROM RCPT TO
// DATA".
func pipelined(list string) (names []string) {
	words := strings.Fields(list)
	for i := 0; i < len(words); i++ {
		name := words[i]
		if i+1 < len(words) && (name == "MAIL" || name == "RCPT") {
			i++
			name += " " + words[i]
		}
		names = append(names, name)
	}
	return names
}
