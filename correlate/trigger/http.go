package trigger

import (
	"bytes"
	"slices"
)

// methods are those of RFC 9110 section 9 and RFC 5789, and two that WebDAV clients
// begin with.
var methods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "REPORT"}

// preface is what an HTTP/2 client begins with (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// http reads the first line of a request or a response (RFC 9112) and the Host
// field. Path, query and all other fields are left out: they hold tokens.
func http(s *Segment) (Message, bool) {
	m := Message{Protocol: "HTTP"}
	if s.FromServer {
		status, ok := statusCode(s.Head)
		m.Name = "HTTP response"
		m.say("status", status)
		return m, ok
	}
	if bytes.HasPrefix(s.Head, []byte(preface)) {
		m.Name = "HTTP/2 preface"
		return m, true
	}
	first := firstLine(s.Head)
	if !slices.Contains(methods, first.word) || !bytes.HasPrefix(s.Head, []byte(first.word)) {
		return m, false
	}
	if first.ended {
		at := bytes.LastIndexByte(first.rest, ' ')
		if at < 1 || !bytes.HasPrefix(first.rest[at+1:], []byte("HTTP/1.")) {
			return m, false
		}
	} else if !s.cut() || len(first.rest) == 0 {
		return m, false
	}
	m.Name = "HTTP request"
	m.say("method", first.word)
	switch host, found, ended := hostField(&first); {
	case found && hostLike(host):
		m.add("Host", host)
	case found:
		m.say("Host", "not shown: it is no host name")
	case !ended && s.cut():
		m.Cut = true
		m.say("Host", "not in the bytes that were kept")
	default:
		m.say("Host", "none")
	}
	return m, true
}

// hostField finds the Host field of a request. ended tells that all fields were
// there.
func hostField(first *line) (host []byte, found, ended bool) {
	for field := range bytes.Lines(first.after) {
		if !bytes.HasSuffix(field, []byte("\n")) {
			return nil, false, false
		}
		field = bytes.TrimRight(field, "\r\n")
		if len(field) == 0 {
			return nil, false, true
		}
		name, value, _ := bytes.Cut(field, []byte(":"))
		if upper(name) == "HOST" {
			return bytes.TrimSpace(value), true, true
		}
	}
	return nil, false, false
}

// statusCode of "HTTP/1.1 302 Found".
func statusCode(b []byte) (string, bool) {
	first := firstLine(b)
	code, _, _ := bytes.Cut(first.rest, []byte(" "))
	if first.word != "HTTP/1.1" && first.word != "HTTP/1.0" || len(code) != 3 || !digit(code[0]) || !digit(code[1]) || !digit(code[2]) {
		return "", false
	}
	return string(code), true
}
