package segment

import (
	"encoding/hex"
	"strings"
	"testing"

	"bothends/capture"
)

// Frames written by hand after RFC 792, RFC 1191 and RFC 4443: raw IP, from 192.0.2.1 or
// 2001:db8::1, about 192.0.2.9:50000 -> 198.51.100.2:587 or the like in IPv6, number
// 0x01020304.
const (
	aboutTCP  = "c350 024b 01020304"
	aboutIPv4 = "4500 05dc 1234 4000 40 06 0000 c0000209 c6336402"
	errorIPv4 = "4500 0038 0000 0000 40 01 0000 c0000201 c0000209"
	aboutIPv6 = "60000000 05b4 06 40 20010db8000000000000000000000009 20010db8000000000000000000000002"
	errorIPv6 = "60000000 0038 3a 40 20010db8000000000000000000000001 20010db8000000000000000000000009"
)

func TestAnErrorIsToldWithThePacketThatItQuotes(t *testing.T) {
	for name, c := range map[string]struct {
		hex                  string
		ok, tooBig, reaching bool
		mtu                  uint16
	}{
		"fragmentation needed":           {errorIPv4 + "03 04 0000 0000 0514" + aboutIPv4 + aboutTCP, true, true, true, 1300},
		"forbidden by rule":              {errorIPv4 + "03 0d 0000 00000000" + aboutIPv4 + aboutTCP, true, false, false, 0},
		"time exceeded":                  {errorIPv4 + "0b 00 0000 00000000" + aboutIPv4 + aboutTCP, true, false, true, 0},
		"an echo":                        {errorIPv4 + "08 00 0000 00000000" + aboutIPv4 + aboutTCP, false, false, true, 0},
		"about a datagram":               {errorIPv4 + "03 03 0000 00000000" + strings.Replace(aboutIPv4, "40 06", "40 11", 1) + aboutTCP, false, false, true, 0},
		"about a later fragment":         {errorIPv4 + "03 03 0000 00000000" + strings.Replace(aboutIPv4, "4000", "0010", 1) + aboutTCP, false, false, true, 0},
		"cut within the quoted numbers":  {errorIPv4 + "03 03 0000 00000000" + aboutIPv4 + aboutTCP[:12], false, false, true, 0},
		"cut within the quoted header":   {errorIPv4 + "03 03 0000 00000000" + aboutIPv4[:20], false, false, true, 0},
		"cut within the error":           {errorIPv4 + "03 03 00", false, false, true, 0},
		"IPv6: packet too big":           {errorIPv6 + "02 00 0000 00000500" + aboutIPv6 + aboutTCP, true, true, true, 1280},
		"IPv6: administratively":         {errorIPv6 + "01 01 0000 00000000" + aboutIPv6 + aboutTCP, true, false, false, 0},
		"IPv6: neighbour solicitation":   {errorIPv6 + "87 00 0000 00000000" + aboutIPv6 + aboutTCP, false, false, true, 0},
		"IPv4 whose error is of IPv6":    {errorIPv4 + "02 00 0000 00000500" + aboutIPv6 + aboutTCP, false, false, true, 0},
		"IPv4 that is told of by ICMPv6": {errorIPv6 + "01 00 0000 00000000" + aboutIPv4 + aboutTCP, false, false, true, 0},
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(c.hex, " ", ""))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		link := capture.LinkType(101) // raw IP
		q, ok := Quoted(&capture.Packet{LinkType: link, Data: data, OrigLen: len(data)})
		if ok != c.ok {
			t.Errorf("%s: %v", name, ok)
			continue
		}
		if !ok {
			continue
		}
		from, src, dst := "192.0.2.1:0", "192.0.2.9:50000", "198.51.100.2:587"
		if q.IPv6 {
			from, src, dst = "[2001:db8::1]:0", "[2001:db8::9]:50000", "[2001:db8::2]:587"
		}
		if by := (Endpoint{IP: q.From}); by.String() != from || q.Src.String() != src || q.Dst.String() != dst || q.Seq != 0x01020304 {
			t.Errorf("%s: from %s about %s -> %s, number %#x", name, by, q.Src, q.Dst, q.Seq)
		}
		if q.TooBig() != c.tooBig || q.Unreachable() == c.reaching || q.MTU != c.mtu {
			t.Errorf("%s: too big %v, unreachable %v, MTU %d", name, q.TooBig(), q.Unreachable(), q.MTU)
		}
	}
}

func FuzzQuoted(f *testing.F) {
	for _, s := range []string{errorIPv4 + "03 04 0000 0000 0514" + aboutIPv4 + aboutTCP, errorIPv6 + "02 00 0000 00000500" + aboutIPv6 + aboutTCP} {
		data, _ := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		Quoted(&capture.Packet{LinkType: 101, Data: data, OrigLen: len(data)})
	})
}
