package trigger

import (
	"bytes"
	"fmt"
	"slices"
)

// shown is how many bytes of an unknown segment are shown: formats that can be
// told by their first bytes can be told by these.
const shown = 16

// loginPorts are those of protocols that send passwords, or people's messages, as
// they are (IANA service names): there, nothing unknown is shown.
var loginPorts = []uint16{
	21, 23, 25, 106, 109, 110, 119, 143, 194, 220, 389, 465, 512, 513, 514, 587, 993, 995, 1080, 1883, 2000, 2525,
	3306, 4190, 5222, 5269, 5432, 6379, 6667, 11211,
}

func unknown(s *Segment) Message {
	m := Message{Name: "unknown", Cut: s.cut()}
	switch {
	case len(s.Head) == 0:
		m.say("bytes", "none kept by the capture")
	case s.private():
		m.say("bytes", fmt.Sprintf("%d, not shown: they may hold a password or a message", s.Length))
	default:
		m.say("bytes", `"`+printable(s.Head[:min(len(s.Head), shown)], shown)+`"`)
		if s.Length > shown {
			m.Details[0].Value += "..."
		}
	}
	return m
}

// private tells whether the bytes may be what nobody but the two ends should
// read.
func (s *Segment) private() bool {
	return slices.Contains(loginPorts, s.ServerPort) || socksLogin(s.Head) || loneToken(s.Head) || namesSecret(s.Head)
}

// socksLogin: user name and password for a SOCKS server (RFC 1929 section 2).
func socksLogin(b []byte) bool {
	if len(b) < 3 || b[0] != 1 {
		return false
	}
	user := int(b[1])
	return user+3 <= len(b) && int(b[user+2])+user+3 == len(b)
}

// loneToken: one word alone on its line, as the answers to an AUTH command are.
func loneToken(b []byte) bool {
	word := bytes.TrimRight(b, "\r\n")
	return len(word) > 0 && !bytes.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' })
}

// namesSecret: text that speaks of a password, whatever the protocol.
func namesSecret(b []byte) bool {
	lower := bytes.ToLower(b)
	for _, word := range []string{"auth", "cookie", "login", "pass", "pwd", "secret", "token", "user"} {
		if bytes.Contains(lower, []byte(word)) {
			return true
		}
	}
	return false
}
