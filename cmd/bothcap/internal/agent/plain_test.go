package agent

import (
	"bytes"
	"encoding/hex"
	"testing"

	"bothends/capture"
	"bothends/correlate/segment"
)

// Headers of an IPv4 segment with two words of options, and of IPv6 ones with and
// without an extension header, up to the TCP flags.
const (
	ethernet       = "020000000001" + "020000000002"
	optionsToFlags = ethernet + "0800" + "470000300000400040060000c0000201c6336402" + "0101010101010100" + "024b9c40000000010000000050"
	sixToFlags     = ethernet + "86dd" + "6000000000140640" + "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "024b9c40000000010000000050"
	routingToFlags = ethernet + "86dd" + "60000000001c0040" + "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "0600010400000000" + "024b9c40000000010000000050"
	rest           = "040000000000" + "64617461"
)

func TestPlainFramesNeedNotBeDecoded(t *testing.T) {
	for _, test := range []struct {
		name, frame string
		want        bool
	}{
		{"an acknowledgement over IPv4", toServer + "50" + ack + rest, true},
		{"the same with IP options", optionsToFlags + ack + rest, true},
		{"the same over IPv6", sixToFlags + ack + rest, true},
		{"a reset over IPv4", toServer + "50" + rst + rest, false},
		{"a FIN behind IP options", optionsToFlags + fin + rest, false},
		{"a SYN over IPv6", sixToFlags + syn + rest, false},
		{"an acknowledgement behind an extension header", routingToFlags + ack + rest, false},
		{"a frame cut within its TCP header", sixToFlags + ack, false},
		{"what is not TCP", ethernet + "0806" + sixToFlags + rest, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			frame, err := hex.DecodeString(test.frame)
			if err != nil {
				t.Fatal(err)
			}
			if got := plain(&capture.Packet{LinkType: capture.LinkEthernet, OrigLen: len(frame), Data: frame}); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// Decode is the twin that looks at everything.
func FuzzPlainHidesNoBeginningAndNoEnd(f *testing.F) {
	for _, flags := range []string{fin, syn, rst, ack} {
		for _, head := range []string{toServer + "50", optionsToFlags, sixToFlags, routingToFlags} {
			frame, err := hex.DecodeString(head + flags + rest)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(uint16(capture.LinkEthernet), frame)
			f.Add(uint16(capture.LinkRaw), frame[14:])
			f.Add(uint16(capture.LinkEthernet), bytes.Replace(frame, []byte{0x08, 0}, []byte{0x81, 0, 0, 5, 8, 0}, 1))
		}
	}
	f.Fuzz(func(t *testing.T, link uint16, frame []byte) {
		p := capture.Packet{LinkType: capture.LinkType(link), OrigLen: len(frame), Data: frame}
		var s segment.Segment
		if segment.Decode(&p, &s) != segment.TCP || !plain(&p) {
			return
		}
		if s.Flags&(segment.SYN|segment.FIN|segment.RST) != 0 {
			t.Errorf("a segment with flags %s is called plain: %x", s.Flags, frame)
		}
	})
}
