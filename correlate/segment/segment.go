// Package segment turns the bytes of a captured frame into one flat TCP
// segment. It never fails and never allocates: what it cannot decode it names,
// so that the caller can count it.
package segment

import (
	"net/netip"
	"strings"

	"bothends/capture"
)

// A Segment is one TCP segment as a tap saw it. It holds no pointers but
// Header and Payload, which alias the frame it was decoded from.
//
// Every field is valid when Decode returned TCP, but those marked with a
// condition.
type Segment struct {
	TimeNS    int64             // when the tap saw it, Unix nanoseconds by the tap's clock
	Frame     int64             // its number in its file, from 1
	Offset    int64             // of its record in that file
	File      int32             // which file of a rotated set
	Interface int32             // index into the capture's interfaces
	Direction capture.Direction // recorded by the file, or told by a Linux cooked header
	Loopback  bool              // a Linux cooked header says that it passed the loopback device, so that it never came from a network

	Src, Dst Endpoint
	Seq      uint32
	Ack      uint32 // valid if Flags has ACK
	Window   uint16 // as sent, not scaled
	Flags    Flags
	Checksum uint16 // as it stands; a card may have been left to fill it in

	TTL      uint8  // IPv6: hop limit
	TOS      uint8  // IPv6: traffic class; the low two bits are ECN
	IPID     uint16 // IPv4 only
	IPv6     bool
	DF       bool // IPv4 only
	Fragment bool // the first fragment of several, not put together: Payload is its part only
	Cut      bool // the capture kept less than the packet: Payload is shorter than PayloadLen, or options are missing
	Overlong bool // the IP header claims more than the frame's original length; the claim is believed, and Cut is set

	Wrapping Wrapping // the tunnels that it was in

	Options Options

	PayloadLen int    // bytes on the wire, from the IP header
	Payload    []byte // those that were captured, at most PayloadLen
	Header     []byte // of TCP with its options, as far as it was captured
	Digest     []byte // what redaction left in their place, or nil
}

// An Endpoint is an IP address and a port, comparable and without pointers.
type Endpoint struct {
	IP   [16]byte // IPv4 as ::ffff:a.b.c.d
	Port uint16
}

// AddrPort gives the endpoint in its usual form, IPv4 unmapped.
func (e Endpoint) AddrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom16(e.IP).Unmap(), e.Port)
}

func (e Endpoint) String() string { return e.AddrPort().String() }

// Flags are the TCP header's flag bits (RFC 9293 section 3.1, RFC 3168).
type Flags uint8

const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// String gives the set flags as one letter each, in the order Wireshark's
// summaries have them backwards: "S", "SA", "RA", "PA", "FA".
func (f Flags) String() string {
	const order = "SFRPAUEC"
	bits := [...]Flags{SYN, FIN, RST, PSH, ACK, URG, ECE, CWR}
	text := make([]byte, 0, len(bits))
	for i, bit := range bits {
		if f&bit != 0 {
			text = append(text, order[i])
		}
	}
	return string(text)
}

// SeqLen is how much of the sequence space the segment occupies: its payload,
// and one each for SYN and FIN (RFC 9293 section 3.4). A reset occupies none,
// whatever it carries.
func (s *Segment) SeqLen() uint32 {
	if s.Flags&RST != 0 {
		return 0
	}
	n := uint32(s.PayloadLen)
	if s.Flags&SYN != 0 {
		n++
	}
	if s.Flags&FIN != 0 {
		n++
	}
	return n
}

// Options are the TCP options that matter to a comparison. Has tells which.
type Options struct {
	Has          OptionSet
	MSS          uint16       // if Has&MSS
	WindowScale  uint8        // if Has&WindowScale
	SACKCount    uint8        // blocks in SACK
	TSVal, TSEcr uint32       // if Has&Timestamps
	SACK         [4][2]uint32 // left and right edge; the first SACKCount are valid
}

// OptionSet is a set of TCP options that were present.
type OptionSet uint8

const (
	MSS OptionSet = 1 << iota
	WindowScale
	SACKPermitted
	SACK
	Timestamps
	FastOpen   // RFC 7413, kind 34 or experimental 254
	MPTCP      // RFC 8684, kind 30
	BadOptions // a length that leaves the header, or zero: decoding stopped there
)

// Result is what Decode found in a frame.
type Result uint8

const (
	TCP           Result = iota // a segment; its fixed TCP header was there
	NotIP                       // ARP, LLDP, PPP control, ...
	NotTCP                      // IP, but another protocol
	LaterFragment               // IP fragment without the TCP header; to a Decoder, any that does not complete its packet
	HeadersCut                  // the capture kept, or the first fragment has, too little to see the TCP header
	Malformed                   // lengths or versions that contradict each other
	UnknownLink                 // a link type that Decode does not know
	results                     // how many there are
)

var resultNames = [results]string{"TCP", "not IP", "not TCP", "part of a fragmented packet", "headers cut", "malformed", "unknown link type"}

func (r Result) String() string {
	if r < results {
		return resultNames[r]
	}
	return "unknown"
}

// Counts tells how many frames ended in each Result.
type Counts [results]int64

// String names the options of the set, "MSS, SACK permitted".
func (o OptionSet) String() string {
	names := []string{"MSS", "window scale", "SACK permitted", "SACK", "timestamps", "TCP Fast Open", "MPTCP", "malformed options"}
	var present []string
	for i, name := range names {
		if o&(1<<i) != 0 {
			present = append(present, name)
		}
	}
	return strings.Join(present, ", ")
}
