package trigger

import (
	"bytes"
	"fmt"
	"strings"
)

// Content types of TLS records (RFC 8446 section 5.1).
const (
	changeCipherSpec = 20
	alert            = 21
	handshake        = 22
	applicationData  = 23
)

// maxRecord is the longest record: 2^14 bytes, and 2048 that encryption may add
// (RFC 5246 section 6.2.3).
const maxRecord = 1<<14 + 2048

const recordHeader = 5

// tls reads a segment that begins with a TLS record (SSL 3.0 to TLS 1.3).
func tls(s *Segment) (Message, bool) {
	b := s.Head
	if len(b) < recordHeader || b[1] != 3 || b[2] > 4 {
		return Message{}, false
	}
	length := int(b[3])<<8 | int(b[4])
	if length == 0 || length > maxRecord {
		return Message{}, false
	}
	m := Message{Protocol: "TLS"}
	switch b[0] {
	case changeCipherSpec:
		if length != 1 {
			return Message{}, false
		}
		m.Name = "TLS ChangeCipherSpec"
	case alert:
		m.Name = "TLS alert"
		if length == 2 && len(b) >= recordHeader+2 {
			m.say("alert", alertName(b[recordHeader], b[recordHeader+1]))
		}
	case applicationData:
		m.Name = "TLS application data"
	case handshake:
		readHandshake(&m, handshakeBytes(b))
	default:
		return Message{}, false
	}
	return m, true
}

// handshakeBytes joins the contents of the handshake records that b begins with:
// a message may be spread over several (RFC 8446 section 5.1).
func handshakeBytes(b []byte) []byte {
	var joined []byte
	for len(b) > recordHeader && b[0] == handshake && b[1] == 3 {
		length := int(b[3])<<8 | int(b[4])
		end := min(recordHeader+length, len(b))
		joined = append(joined, b[recordHeader:end]...)
		b = b[end:]
	}
	return joined
}

// Handshake messages (RFC 8446 section 4).
const (
	clientHello = 1
	serverHello = 2
)

// readHandshake reads the first handshake message, as far as it is there.
func readHandshake(m *Message, b []byte) {
	m.Name = "TLS handshake"
	if len(b) < 4 {
		m.Cut = true
		return
	}
	c := cursor{b: b[4:], left: int(b[1])<<16 | int(b[2])<<8 | int(b[3])}
	c.b = c.b[:min(len(c.b), c.left)]
	if c.left > maxHello {
		return // an encrypted message: type and length are noise
	}
	switch b[0] {
	case clientHello:
		m.Name = "TLS ClientHello"
		readClientHello(m, &c)
	case serverHello:
		m.Name = "TLS ServerHello"
		readServerHello(m, &c)
	default:
		return
	}
	m.Cut = c.cut
	if c.bad {
		m.say("malformed", "a length in it contradicts another")
	}
}

// maxHello bounds what is taken for a hello: four records full.
const maxHello = 4 << 14

// helloRetryRequest is the random value of a ServerHello that is none: the
// SHA-256 of "HelloRetryRequest" (RFC 8446 section 4.1.3).
var helloRetryRequest = []byte{
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
}

// readServerHello reads the message of RFC 8446 section 4.1.3.
func readServerHello(m *Message, c *cursor) {
	version := c.u16()
	if bytes.Equal(c.take(32), helloRetryRequest) {
		m.say("hello retry request", "yes")
	}
	c.take(c.u8())
	c.take(2 + 1) // cipher suite, compression
	if c.left > 0 {
		extensions := c.vector(c.u16())
		for extensions.more() {
			kind := extensions.u16()
			body := extensions.vector(extensions.u16())
			if kind == supportedVersions {
				version = body.u16()
			}
			extensions.join(&body)
		}
		c.join(&extensions)
	}
	if !c.failed() {
		m.say("version", versionName(version))
	}
}

// versionName is a protocol version's usual name.
func versionName(v int) string {
	switch v {
	case 0x0300:
		return "SSL 3.0"
	case 0x0301, 0x0302, 0x0303, 0x0304:
		return fmt.Sprintf("TLS 1.%d", v-0x0301)
	}
	return fmt.Sprintf("0x%04x", v)
}

// alertNames are the alert descriptions of RFC 8446 section 6 and RFC 5246
// section 7.2.
var alertNames = map[byte]string{
	0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 22: "record_overflow", 40: "handshake_failure",
	42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired",
	46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error",
	51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
	86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
	110: "unsupported_extension", 112: "unrecognized_name", 113: "bad_certificate_status_response",
	115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}

func alertName(level, description byte) string {
	var words []string
	switch level {
	case 1:
		words = append(words, "warning")
	case 2:
		words = append(words, "fatal")
	default:
		return "encrypted"
	}
	name, known := alertNames[description]
	if !known {
		name = fmt.Sprint(description)
	}
	return strings.Join(append(words, name), " ")
}
