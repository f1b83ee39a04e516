package trigger

import (
	"bytes"
	"strings"
)

// imapCommands are those of RFC 9051 and RFC 3501, and the extensions that every
// client uses.
var imapCommands = map[string]bool{
	"CAPABILITY": true, "NOOP": true, "LOGOUT": true, "STARTTLS": true, "AUTHENTICATE": true, "LOGIN": true, "ENABLE": true,
	"SELECT": true, "EXAMINE": true, "CREATE": true, "DELETE": true, "RENAME": true, "SUBSCRIBE": true, "UNSUBSCRIBE": true,
	"LIST": true, "LSUB": true, "NAMESPACE": true, "STATUS": true, "APPEND": true, "IDLE": true, "CLOSE": true,
	"UNSELECT": true, "EXPUNGE": true, "SEARCH": true, "FETCH": true, "STORE": true, "COPY": true, "MOVE": true, "UID": true,
	"CHECK": true, "ID": true, "COMPRESS": true, "SORT": true, "THREAD": true, "GETQUOTAROOT": true,
}

// imapAlone are commands that no other protocol has in second place.
var imapAlone = map[string]bool{"CAPABILITY": true, "STARTTLS": true, "AUTHENTICATE": true, "LOGIN": true, "SELECT": true, "EXAMINE": true}

// maxTag is a bound for the tag before a command; clients use a few characters.
const maxTag = 20

// imapCommand reads a tag and a command (RFC 9051 section 2.2.1). The arguments
// are names, passwords and messages and are left out, the tag with them.
func imapCommand(m *Message, l line, home bool) bool {
	second, rest, _ := bytes.Cut(l.rest, []byte(" "))
	name := upper(second)
	if len(l.word) > maxTag || strings.ContainsAny(l.word, `(){%*"\]+`) || !imapCommands[name] || !home && !imapAlone[name] {
		return false
	}
	m.Name = "IMAP " + name
	switch name {
	case "STARTTLS":
		m.Name = name
	case "AUTHENTICATE":
		m.mechanism(rest)
	case "UID":
		if third, _, _ := bytes.Cut(rest, []byte(" ")); imapCommands[upper(third)] {
			m.Name += " " + upper(third)
		}
	}
	return true
}

// imapStatus are the results of commands (RFC 9051 section 7.1).
var imapStatus = map[string]bool{"OK": true, "NO": true, "BAD": true, "BYE": true, "PREAUTH": true}

// imapReply reads a greeting, a tagged or an untagged response (RFC 9051 section
// 2.2.2), and shows nothing of what may be a message.
func imapReply(m *Message, s *Segment, home bool) bool {
	l := firstLine(s.Head)
	if !l.text() {
		return false
	}
	second, rest, _ := bytes.Cut(l.rest, []byte(" "))
	status := upper(second)
	switch {
	case l.word == "*" && (status == "OK" || status == "PREAUTH"):
		// A later untagged OK looks the same; it carries a code in brackets that
		// greetings do not have, but for the list of capabilities.
		m.Name = "IMAP greeting"
		if bytes.HasPrefix(rest, []byte("[")) && !bytes.HasPrefix(bytes.ToUpper(rest), []byte("[CAPABILITY")) {
			m.Name = "IMAP response"
		}
		m.say("status", status)
	case l.word == "*" && (home || status == "CAPABILITY" || status == "BYE"):
		m.Name = "IMAP response"
	case home && l.word == "+":
		m.Name = "IMAP continuation request"
	case home && len(l.word) <= maxTag && imapStatus[status]:
		m.Name = "IMAP response"
		m.say("status", status)
	default:
		return false
	}
	return true
}
