package trigger

import (
	"bytes"
	"slices"
	"strings"
)

// A service is a protocol of command lines and replies, and where it is spoken in
// clear.
type service struct {
	protocol string
	ports    []uint16
	// command reads a client's line. On a port that is not the protocol's only
	// commands that no other protocol has are taken for its own.
	command func(m *Message, line line, home bool) bool
	// reply reads what a server says.
	reply func(m *Message, s *Segment, home bool) bool
}

// services are tried in this order where the port does not say which it is.
var services = []service{
	{"SMTP", []uint16{25, 587, 2525}, smtpCommand, smtpReply},
	{"IMAP", []uint16{143}, imapCommand, imapReply},
	{"POP3", []uint16{110}, pop3Command, pop3Reply},
	{"FTP", []uint16{21}, ftpCommand, ftpReply},
}

// at lists the services with the one of the port first.
func at(port uint16) []service {
	list := slices.Clone(services)
	slices.SortStableFunc(list, func(a, b service) int {
		switch home, other := slices.Contains(a.ports, port), slices.Contains(b.ports, port); {
		case home && !other:
			return -1
		case other && !home:
			return 1
		}
		return 0
	})
	return list
}

// commands reads the line that a client of a mail or file service begins with.
func commands(s *Segment) (Message, bool) {
	if s.FromServer {
		return Message{}, false
	}
	first := firstLine(s.Head)
	if !first.text() || !first.ended && !s.cut() {
		return Message{}, false
	}
	for _, service := range at(s.ServerPort) {
		m := Message{Protocol: service.protocol, Cut: !first.ended}
		if service.command(&m, first, slices.Contains(service.ports, s.ServerPort)) {
			return m, true
		}
	}
	return Message{}, false
}

// replies reads what a server of those services says.
func replies(s *Segment) (Message, bool) {
	if !s.FromServer {
		return Message{}, false
	}
	for _, service := range at(s.ServerPort) {
		m := Message{Protocol: service.protocol}
		if service.reply(&m, s, slices.Contains(service.ports, s.ServerPort)) {
			return m, true
		}
	}
	return Message{}, false
}

// A line is the beginning of a segment up to its first line end.
type line struct {
	word  string // up to the first space, in capitals
	rest  []byte // behind that space
	after []byte // what follows the line in the segment
	ended bool   // the line end was there
}

func firstLine(b []byte) line {
	var l line
	before, after, ended := bytes.Cut(b, []byte("\n"))
	before = bytes.TrimSuffix(before, []byte("\r"))
	word, rest, _ := bytes.Cut(before, []byte(" "))
	l.word, l.rest, l.after, l.ended = upper(word), rest, after, ended
	return l
}

// upper gives ASCII letters in capitals and leaves all else.
func upper(b []byte) string { return strings.ToUpper(string(b)) }

// text reports whether the line begins with a word of printable ASCII.
func (l *line) text() bool {
	for i := range len(l.word) {
		if l.word[i] <= ' ' || l.word[i] > '~' {
			return false
		}
	}
	return l.word != ""
}

// mechanisms are the SASL mechanisms registered with IANA that are in use, and
// two that only Microsoft and Google registered with their customers. A name that
// is not here may be a password out of place, and is not shown.
var mechanisms = []string{
	"ANONYMOUS", "CRAM-MD5", "DIGEST-MD5", "EXTERNAL", "GS2-KRB5", "GS2-KRB5-PLUS", "GSS-SPNEGO", "GSSAPI", "KERBEROS_V4",
	"LOGIN", "NTLM", "OAUTHBEARER", "OTP", "PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256",
	"SCRAM-SHA-256-PLUS", "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "XOAUTH", "XOAUTH2",
}

// mechanism notes the mechanism that an authentication asks for, and nothing of
// what follows it.
func (m *Message) mechanism(arguments []byte) {
	name, _, _ := bytes.Cut(arguments, []byte(" "))
	if known := upper(name); slices.Contains(mechanisms, known) {
		m.say("mechanism", known)
	} else if len(name) > 0 {
		m.say("mechanism", "not a known one")
	}
}

// hostLike reports whether a word can be a host name or an address literal, and so
// be shown: nothing else has a right to stand there.
func hostLike(word []byte) bool {
	for _, c := range word {
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9':
		case c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']':
		default:
			return false
		}
	}
	return len(word) > 0
}
