package trigger

import (
	"bytes"
	"encoding/binary"
)

// maxBanner is the longest identification string (RFC 4253 section 4.2).
const maxBanner = 255

// ssh reads the identification string, or the key exchange packet that follows it
// in clear.
func ssh(s *Segment) (Message, bool) {
	m := Message{Protocol: "SSH"}
	if bytes.HasPrefix(s.Head, []byte("SSH-2.0-")) || bytes.HasPrefix(s.Head, []byte("SSH-1.")) {
		banner, _, ended := bytes.Cut(s.Head[:min(len(s.Head), maxBanner)], []byte("\n"))
		m.Name = "SSH banner"
		m.Cut = !ended && s.cut()
		m.add("banner", bytes.TrimSuffix(banner, []byte("\r")))
		return m, true
	}
	m.Name = "SSH KEXINIT"
	return m, keyExchange(s.Head)
}

// maxPacket is what every implementation must accept (RFC 4253 section 6.1).
const maxPacket = 35000

// keyExchange reports whether b begins with SSH_MSG_KEXINIT (RFC 4253 section 7.1):
// packet length, padding length, the message number, a cookie, and a list of
// names.
func keyExchange(b []byte) bool {
	const (
		kexInit  = 20
		namesAt  = 4 + 1 + 1 + 16
		smallest = namesAt + 4 + 8
	)
	if len(b) < smallest || b[5] != kexInit {
		return false
	}
	length, names := binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[namesAt:])
	if length > maxPacket || b[4] < 4 || names == 0 || names > length-namesAt {
		return false
	}
	list := b[namesAt+4:]
	list = list[:min(len(list), int(names))]
	return !bytes.ContainsFunc(list, func(r rune) bool { return r <= ' ' || r > '~' })
}
