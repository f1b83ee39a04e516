package segment

import (
	"encoding/binary"
	"testing"

	"bothends/capture"
)

// FuzzDecoder holds that no frames, in whatever order, make a Decoder panic, hold more
// than its bound or count what it does not hold, or find a segment whose parts do not
// fit each other.
func FuzzDecoder(f *testing.F) {
	var seed []byte
	add := func(frame []byte) {
		seed = binary.BigEndian.AppendUint16(seed, uint16(len(frame)))
		seed = append(seed, frame...)
	}
	// Short ones: what the engine finds of interest it then makes shorter, at length.
	for _, packet := range []string{ipv4Hello, ipv6Hello, outer4(47, "0000 0800"+ipv4Hello)} {
		for _, part := range split(unhex(packet), 16) {
			add(part)
		}
		f.Add(seed, uint8(0))
		seed = nil
	}
	for _, c := range tunnelCases {
		if c.link == capture.LinkRaw && len(c.hex) < 300 {
			add(unhex(c.hex))
			f.Add(seed, uint8(0))
			seed = nil
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, cut uint8) {
		var (
			d      Decoder
			s      Segment
			frames int64
		)
		data = data[:min(len(data), 1<<14)]
		for len(data) >= 2 {
			size := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
			frame := data[2 : 2+size]
			data = data[2+size:]
			frames++
			p := capture.Packet{LinkType: capture.LinkRaw, TimeNS: frames * 1e6, OrigLen: size, Data: frame[:max(0, size-int(cut))]}
			if d.Decode(&p, &s) != TCP {
				continue
			}
			if len(s.Payload) > s.PayloadLen || len(s.Payload) < s.PayloadLen && !s.Cut || s.PayloadLen < 0 || s.PayloadLen > maxOffloaded {
				t.Fatalf("captured %d bytes of a payload of %d, cut %v", len(s.Payload), s.PayloadLen, s.Cut)
			}
			if s.Wrapping.Depth() > MaxDepth {
				t.Fatalf("%d deep", s.Wrapping.Depth())
			}
		}
		held := 0
		for _, packet := range d.fragments.held {
			held += packet.size
		}
		if held != d.fragments.size || held > maxHeld+maxPacket4 {
			t.Errorf("%d bytes held, %d counted", held, d.fragments.size)
		}
		if c := d.Fragments(); c.Received > (MaxDepth+1)*frames || c.Packets+c.Incomplete+c.Overlapping+c.Repeated > c.Received {
			t.Errorf("of %d frames: %+v", frames, c)
		}
	})
}
