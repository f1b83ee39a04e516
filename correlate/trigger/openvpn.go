package trigger

import "encoding/binary"

// openVPNPort is registered with IANA. Only there are packets but the first taken
// for OpenVPN's.
const openVPNPort = 1194

// hardResets are the operation codes that open a session (OpenVPN's
// ssl_pkt.h), and what the rest of the byte, the key number, must be: 0.
var hardResets = map[byte]string{
	1 << 3: "client, version 1", 2 << 3: "server, version 1",
	7 << 3: "client, version 2", 8 << 3: "server, version 2", 10 << 3: "client, version 3",
}

// openVPNCodes are the other operation codes in use.
var openVPNCodes = map[byte]string{3: "soft reset", 4: "control", 5: "acknowledgment", 6: "data", 9: "data", 11: "wrapped client key"}

// smallestReset: operation code, session, number of acknowledgments, packet
// number.
const smallestReset = 1 + 8 + 1 + 4

// openVPN reads a packet in TCP's framing: two bytes of length, then the packet,
// whose first byte holds operation code and key number.
func openVPN(s *Segment) (Message, bool) {
	m := Message{Protocol: "OpenVPN"}
	if len(s.Head) < 3 {
		return m, false
	}
	length := int(binary.BigEndian.Uint16(s.Head))
	if kind, ok := hardResets[s.Head[2]]; ok && length >= smallestReset && length == s.Length-2 {
		m.Name = "OpenVPN hard reset"
		m.say("kind", kind)
		return m, true
	}
	kind, ok := openVPNCodes[s.Head[2]>>3]
	if !ok || s.ServerPort != openVPNPort || length == 0 {
		return m, false
	}
	m.Name = "OpenVPN packet"
	m.say("kind", kind)
	return m, true
}
