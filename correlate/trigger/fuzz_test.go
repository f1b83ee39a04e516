package trigger

import (
	"testing"

	"bothends/correlate/segment"
)

// Whatever a segment holds, its name is bounded and safe on a terminal.
func FuzzName(f *testing.F) {
	for _, name := range []string{"clienthello-openssl-tls13", "serverhello-openssl-tls13", "hardreset-openvpn", "request-curl", "banner-openssh"} {
		f.Add([]byte(recorded(f, name)), 2000, uint16(443), false)
	}
	for _, text := range []string{"EHLO a\r\n", "a1 LOGIN x y\r\n", "250-x\r\n250 STARTTLS\r\n", "* OK [CAPABILITY] x\r\n", "AUTH PLAIN x\r\n", "\x1b[2J\u202e"} {
		f.Add([]byte(text), len(text), uint16(25), false)
		f.Add([]byte(text), len(text), uint16(143), true)
	}
	f.Fuzz(func(t *testing.T, head []byte, length int, port uint16, fromServer bool) {
		m := Name(Segment{Head: head, Length: length, ServerPort: port, FromServer: fromServer, Flags: segment.ACK})
		if m.Name == "" {
			t.Error("no name")
		}
		text := m.String()
		// Every detail is bounded; the longest are a few names of four characters a byte.
		if len(text) > (maxALPN+2)*(4*maxValue+20)+200 {
			t.Errorf("%d bytes", len(text))
		}
		for i := range len(text) {
			if text[i] < ' ' || text[i] > '~' {
				t.Fatalf("%q at %d of %q", text[i], i, text)
			}
		}
	})
}
