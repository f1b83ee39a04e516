package trigger

import (
	"bytes"
	"strings"
)

// smtpCommands are those of RFC 5321, 3207, 4954, 3030 and 2033. Those marked are
// SMTP's alone.
var smtpCommands = map[string]bool{
	"EHLO": true, "HELO": true, "LHLO": true, "STARTTLS": true, "MAIL": true, "RCPT": true, "BDAT": true, "AUTH": true,
	"VRFY": true, "EXPN": true, "DATA": true, "RSET": false, "NOOP": false, "QUIT": false, "HELP": false,
}

// maxPipelined is how many commands of one segment are listed (RFC 2920).
const maxPipelined = 8

func smtpCommand(m *Message, l line, home bool) bool {
	alone, known := smtpCommands[l.word]
	if !known || !alone && !home {
		return false
	}
	name, ok := smtpName(l)
	if !ok {
		return false
	}
	m.Name = name
	switch l.word {
	case "EHLO", "HELO", "LHLO":
		if argument := bytes.TrimSpace(l.rest); hostLike(argument) {
			m.add("host", argument)
			if !l.ended {
				m.Details[0].Value += "..."
			}
		}
	case "AUTH":
		m.mechanism(l.rest)
	}
	if more := pipelined(l); len(more) > 0 {
		m.say("followed by", strings.Join(more, " "))
	}
	return true
}

// smtpName is a command's name without its arguments.
func smtpName(l line) (string, bool) {
	switch l.word {
	case "MAIL":
		return "MAIL FROM", strings.HasPrefix(upper(l.rest), "FROM:")
	case "RCPT":
		return "RCPT TO", strings.HasPrefix(upper(l.rest), "TO:")
	}
	_, known := smtpCommands[l.word]
	return l.word, known
}

// pipelined names the commands that follow the first in the same segment.
func pipelined(l line) []string {
	var names []string
	for l.ended && len(names) < maxPipelined && len(l.after) > 0 {
		l = firstLine(l.after)
		name, ok := smtpName(l)
		if !ok {
			break
		}
		names = append(names, name)
	}
	return names
}

// smtpReply reads a reply (RFC 5321 section 4.2). Of its text only what the
// server says of itself is shown: others repeat addresses.
func smtpReply(m *Message, s *Segment, home bool) bool {
	code, text, ok := replyLine(s.Head)
	if !ok {
		return false
	}
	if !home && !bytes.Contains(bytes.ToUpper(text), []byte("SMTP")) && !offersExtensions(s.Head) {
		return false
	}
	switch {
	case code == "220" && greets(text):
		m.Name = "220 greeting"
		if host, _, _ := bytes.Cut(text, []byte(" ")); hostLike(host) {
			m.add("host", host)
		}
	case code == "220":
		m.Name = "220 ready for TLS"
	case offersExtensions(s.Head):
		m.Name = "EHLO reply"
		m.Cut = s.cut() && !keyword(s.Head, "STARTTLS")
		m.say("STARTTLS", offered(s, "STARTTLS"))
	default:
		m.Name = "SMTP reply"
		m.say("code", code)
	}
	return true
}

// replyLine splits the first line of a reply of SMTP or FTP.
func replyLine(b []byte) (code string, text []byte, ok bool) {
	first, _, _ := bytes.Cut(b, []byte("\n"))
	first = bytes.TrimRight(first, "\r ")
	if len(first) < 3 || first[0] < '1' || first[0] > '5' || !digit(first[1]) || !digit(first[2]) {
		return "", nil, false
	}
	if len(first) == 3 {
		return string(first), nil, true
	}
	if first[3] != ' ' && first[3] != '-' {
		return "", nil, false
	}
	return string(first[:3]), first[4:], true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// greets tells a greeting from the answer to STARTTLS, which has the same code.
// A greeting begins with the server's name (RFC 5321 section 4.2) and never with
// an enhanced status code (RFC 2034 section 4); the answer has such a code or
// free text, in practice with the word TLS or without any name.
func greets(text []byte) bool {
	word, _, _ := bytes.Cut(text, []byte(" "))
	if enhancedCode(word) {
		return false
	}
	if bytes.Contains(bytes.ToUpper(text), []byte("SMTP")) {
		return true
	}
	return bytes.IndexByte(word, '.') > 0 && hostLike(word) || len(word) > 0 && word[0] == '['
}

// enhancedCode: "2.0.0" and the like (RFC 3463 section 2).
func enhancedCode(word []byte) bool {
	parts := bytes.Split(word, []byte("."))
	if len(parts) != 3 {
		return false
	}
	for _, p := range parts {
		if len(p) == 0 || len(p) > 3 || bytes.ContainsFunc(p, func(r rune) bool { return r < '0' || r > '9' }) {
			return false
		}
	}
	return true
}

// offersExtensions reports whether a reply lists extensions: the answer to EHLO
// (RFC 5321 section 4.1.1.1). Every server of today has one of these.
func offersExtensions(b []byte) bool {
	if !bytes.HasPrefix(b, []byte("250-")) {
		return false
	}
	return keyword(b, "STARTTLS") || keyword(b, "PIPELINING") || keyword(b, "SIZE") || keyword(b, "8BITMIME") || keyword(b, "AUTH")
}

// keyword reports whether a line of a reply begins with a word.
func keyword(b []byte, word string) bool {
	for l := range bytes.Lines(b) {
		l = bytes.TrimRight(l, "\r\n")
		if len(l) < 4 {
			continue
		}
		if first, _, _ := bytes.Cut(l[4:], []byte(" ")); upper(first) == word {
			return true
		}
	}
	return false
}

// offered puts into words whether a list that may be cut has a keyword.
func offered(s *Segment, word string) string {
	switch {
	case keyword(s.Head, word):
		return "offered"
	case s.cut():
		return "not in the bytes that were kept"
	}
	return "not offered"
}
