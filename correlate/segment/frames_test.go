package segment

import (
	"encoding/hex"
	"strings"

	"bothends/capture"
)

// unhex reads hexadecimal bytes, spaces ignored.
func unhex(text string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func packet(link capture.LinkType, frame string) *capture.Packet {
	data := unhex(frame)
	return &capture.Packet{LinkType: link, OrigLen: len(data), Data: data}
}

// Frames written by hand from the formats' specifications. 192.0.2.1 (c0000201)
// port 50000 (c350) speaks to 198.51.100.2 (c6336402) port 587 (024b).
const (
	macs     = "02005e000001 02005e000002"
	payload5 = "68656c6c6f" // "hello"

	// An acknowledging segment with 5 bytes, TTL 63, TOS 0x10, IP-ID 0x1234, DF.
	ipv4Hello = "45 10 002d 1234 4000 3f 06 0000 c0000201 c6336402" + tcpHello
	tcpHello  = "c350 024b 01020304 a1a2a3a4 50 18 2000 0000 0000" + payload5

	// The same with NOP NOP timestamps, 52 + 5 bytes.
	ipv4Timestamps = "45 10 0039 1234 4000 3f 06 0000 c0000201 c6336402" + tcpTimestamps
	tcpTimestamps  = "c350 024b 01020304 a1a2a3a4 80 18 2000 0000 0000 0101 080a 11223344 55667788" + payload5

	// A SYN: MSS 1460, SACK permitted, timestamps, NOP, window scale 7.
	ipv4SYN = "45 00 003c 0001 4000 40 06 0000 c0000201 c6336402" +
		"c350 024b 01020304 00000000 a0 02 faf0 0000 0000 0204 05b4 0402 080a 11223344 00000000 01 0303 07"

	// An acknowledgement with timestamps and two SACK blocks.
	ipv4SACK = "45 00 0048 0002 4000 40 06 0000 c0000201 c6336402" +
		"c350 024b 01020304 a1a2a3a4 d0 10 faf0 0000 0000 0101 080a 11223344 55667788" +
		"0101 0512 00001000 00002000 00003000 00004000"

	ipv6Addresses  = "20010db8000000000000000000000001 20010db8000000000000000000000002"
	ipv6Hello      = "60012345 0019 06 40" + ipv6Addresses + tcpHello // traffic class 0, flow label 0x12345
	ipv6Timestamps = "60012345 0025 06 40" + ipv6Addresses + tcpTimestamps
)
