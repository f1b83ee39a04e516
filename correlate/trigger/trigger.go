// Package trigger names a segment by the first bytes of its payload: the
// STARTTLS, the ClientHello, the request after which a connection was cut.
//
// Names and details are for reports. They leave out passwords, mail addresses and
// messages: arguments of commands that can hold any, and all of what is not
// recognised. Every byte that came from the network is printable ASCII in
// them, or escaped: they are safe on a terminal.
package trigger

import (
	"fmt"
	"strings"

	"bothends/correlate/segment"
)

// Enough is how many payload bytes of a segment are of use. Of a ClientHello less
// may miss the server's name: with a post-quantum key share the hello alone is
// about 1700 bytes, and the name may stand anywhere in it. Most without
// one fit in 600.
const Enough = 1460

// A Segment is what is known of the one to be named.
type Segment struct {
	Head       []byte // the first bytes of its payload, as far as they were kept
	Length     int    // bytes of its payload on the wire
	Flags      segment.Flags
	FromServer bool   // sent by the end that accepted the connection
	ServerPort uint16 // of that end, as the server end sees it
	// ShowPayload tells that the user wants to see the first bytes of a segment that
	// nothing recognises, whatever they hold.
	ShowPayload bool
}

// A Message is what a segment carries, as its first bytes show it.
type Message struct {
	Protocol string // "SMTP", "TLS", ...; empty if unknown
	// Name is one of a fixed set: a command ("STARTTLS", "MAIL FROM"), a kind of
	// message ("TLS ClientHello"), "SYN", "no data", or "unknown".
	Name    string
	Details []Detail
	// Cut tells that bytes of the segment were missing that would have been read.
	Cut bool
}

// A Detail is something that the message says, such as SNI or Host.
type Detail struct{ Key, Value string }

// Get returns the value of a detail, or "".
func (m *Message) Get(key string) string {
	for _, d := range m.Details {
		if d.Key == key {
			return d.Value
		}
	}
	return ""
}

// String is the name with its details: `TLS ClientHello (SNI mail.example.org)`.
func (m Message) String() string {
	if len(m.Details) == 0 {
		return m.Name
	}
	var parts []string
	for _, d := range m.Details {
		parts = append(parts, d.Key+" "+d.Value)
	}
	return fmt.Sprintf("%s (%s)", m.Name, strings.Join(parts, ", "))
}

// add appends a detail made of foreign bytes.
func (m *Message) add(key string, value []byte) { m.say(key, foreign(value, maxValue)) }

// say appends a detail whose value is known to be safe.
func (m *Message) say(key, value string) { m.Details = append(m.Details, Detail{key, value}) }

// recognisers are tried in this order: the surer a sign, the earlier.
var recognisers = []func(*Segment) (Message, bool){
	tls,
	ssh,
	http,
	openVPN,
	commands,
	replies,
}

// Name says what a segment is.
func Name(s Segment) Message {
	s.Head = s.Head[:max(0, min(len(s.Head), s.Length, Enough))]
	if s.Length <= 0 {
		return bare(s.Flags)
	}
	for _, recognise := range recognisers {
		if m, ok := recognise(&s); ok {
			return m
		}
	}
	return unknown(&s)
}

// bare names a segment without payload.
func bare(f segment.Flags) Message {
	switch {
	case f&(segment.SYN|segment.ACK) == segment.SYN|segment.ACK:
		return Message{Protocol: "TCP", Name: "SYN/ACK"}
	case f&segment.SYN != 0:
		return Message{Protocol: "TCP", Name: "SYN"}
	}
	return Message{Protocol: "TCP", Name: "no data"}
}

// cut reports whether the capture kept less than the segment.
func (s *Segment) cut() bool { return len(s.Head) < s.Length }
