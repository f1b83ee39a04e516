package trigger

// pop3Commands are those of RFC 1939, 2449, 2595 and 5034. Those marked are
// POP3's alone.
var pop3Commands = map[string]bool{
	"APOP": true, "CAPA": true, "STLS": true, "UIDL": true, "TOP": true, "RETR": false, "DELE": false,
	"USER": false, "PASS": false, "AUTH": false, "STAT": false, "LIST": false, "NOOP": false, "RSET": false, "QUIT": false,
}

// pop3Command names a command. Arguments are names and passwords, or numbers of
// messages, and are left out.
func pop3Command(m *Message, l line, home bool) bool {
	alone, known := pop3Commands[l.word]
	if !known || !alone && !home {
		return false
	}
	m.Name = "POP3 " + l.word
	if l.word == "AUTH" {
		m.mechanism(l.rest)
	}
	return true
}

// pop3Reply reads a status indicator (RFC 1939 section 3). What follows may be a
// message.
func pop3Reply(m *Message, s *Segment, home bool) bool {
	l := firstLine(s.Head)
	switch {
	case l.word == "+OK" || l.word == "-ERR":
		m.Name = "POP3 " + l.word
	case home && l.word == "+":
		m.Name = "POP3 continuation request"
	default:
		return false
	}
	return true
}
