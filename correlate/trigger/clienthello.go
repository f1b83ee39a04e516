package trigger

import "strings"

// Extensions (RFC 8446 section 4.2, RFC 6066, RFC 7301, RFC 9849).
const (
	serverName           = 0
	alpn                 = 16
	supportedVersions    = 43
	encryptedClientHello = 0xfe0d
)

// maxALPN is how many protocol names are shown.
const maxALPN = 8

// readClientHello reads the message of RFC 8446 section 4.1.2.
func readClientHello(m *Message, c *cursor) {
	version := c.u16()
	versions := 0   // the highest of the extension
	c.take(32)      // random
	c.take(c.u8())  // session
	c.take(c.u16()) // cipher suites
	c.take(c.u8())  // compression methods
	name := ""
	var protocols []string
	encrypted := false
	if c.left > 0 { // SSL 3.0 has no extensions
		extensions := c.vector(c.u16())
		for extensions.more() {
			kind := extensions.u16()
			body := extensions.vector(extensions.u16())
			switch kind {
			case serverName:
				if name == "" {
					name = hostName(&body)
				}
			case alpn:
				protocols = protocolNames(&body)
			case supportedVersions:
				versions = highestVersion(&body)
			case encryptedClientHello:
				encrypted = true
			}
			extensions.join(&body)
		}
		c.join(&extensions)
	}
	switch {
	case name != "":
		m.say("SNI", name)
	case c.failed():
		m.say("SNI", "not in the bytes that were kept")
	default:
		m.say("SNI", "none")
	}
	if len(protocols) > 0 {
		m.say("ALPN", strings.Join(protocols, " "))
	}
	switch {
	case versions > 0:
		m.say("version", versionName(versions))
	case !c.failed(): // an extension that was not kept would have the last word
		m.say("version", versionName(version))
	}
	if encrypted {
		m.say("ECH", "yes")
	}
}

// hostName is the first name of type host_name (RFC 6066 section 3).
func hostName(body *cursor) string {
	const hostNameType = 0
	list := body.vector(body.u16())
	defer body.join(&list)
	for list.more() {
		kind := list.u8()
		length := list.u16()
		name := list.take(length)
		if kind == hostNameType && len(name) > 0 {
			text := foreign(name, maxValue)
			if len(name) < length {
				text += "..."
			}
			return text
		}
	}
	return ""
}

// protocolNames are those that the client offers (RFC 7301 section 3.1).
func protocolNames(body *cursor) []string {
	list := body.vector(body.u16())
	defer body.join(&list)
	var names []string
	for list.more() && len(names) < maxALPN {
		if name := list.take(list.u8()); len(name) > 0 && !list.failed() {
			names = append(names, foreign(name, maxValue))
		}
	}
	return names
}

// highestVersion is the highest that the client offers (RFC 8446 section 4.2.1),
// values of RFC 8701 left out, which stand for none.
func highestVersion(body *cursor) int {
	list := body.vector(body.u8())
	defer body.join(&list)
	highest := 0
	for list.more() {
		if v := list.u16(); v>>8 == 3 {
			highest = max(highest, v)
		}
	}
	return highest
}

// A cursor reads what a message should hold and the capture kept of it. Past
// either end it yields zeros and notes which it was.
type cursor struct {
	b    []byte // what was kept
	left int    // what should be there; at least len(b)
	cut  bool   // the capture ended before the message
	bad  bool   // a length leaves the message
}

func (c *cursor) failed() bool { return c.cut || c.bad }

// more reports whether there is something left to read.
func (c *cursor) more() bool { return c.left > 0 && !c.failed() }

// take returns the next n bytes, or those of them that were kept.
func (c *cursor) take(n int) []byte {
	if c.failed() {
		return nil
	}
	if n < 0 || n > c.left {
		c.bad = true
		return nil
	}
	kept := c.b[:min(n, len(c.b))]
	c.cut = len(kept) < n
	c.b, c.left = c.b[len(kept):], c.left-n
	return kept
}

func (c *cursor) u8() int  { return c.number(1) }
func (c *cursor) u16() int { return c.number(2) }

// number is a big-endian one, or -1 if it is not wholly there.
func (c *cursor) number(size int) int {
	b := c.take(size)
	if len(b) < size {
		return -1
	}
	n := 0
	for _, x := range b {
		n = n<<8 | int(x)
	}
	return n
}

// vector is a cursor over the next n bytes, as far as they were kept. What goes
// wrong within is brought back with join.
func (c *cursor) vector(n int) cursor {
	if c.failed() {
		return cursor{}
	}
	if n < 0 || n > c.left {
		c.bad = true
		return cursor{}
	}
	kept := c.b[:min(n, len(c.b))]
	c.b, c.left = c.b[len(kept):], c.left-n
	return cursor{b: kept, left: n}
}

func (c *cursor) join(inner *cursor) {
	c.cut = c.cut || inner.cut
	c.bad = c.bad || inner.bad
}
