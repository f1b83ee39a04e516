package segment

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
)

// FuzzDecode holds that no bytes make Decode panic, invent payload, leave a
// field of an earlier segment standing, see something else in a shorter piece of
// the same frame, or see otherwise at once than layer by layer.
func FuzzDecode(f *testing.F) {
	everyFrame(func(_ string, p *capture.Packet) {
		f.Add(uint16(p.LinkType), uint8(0), uint32(p.OrigLen), p.Data)
	})
	f.Fuzz(func(t *testing.T, link uint16, kept uint8, origLen uint32, data []byte) {
		p := capture.Packet{
			TimeNS: 1, Frame: 2, Offset: 3, File: 4, Interface: 5,
			LinkType: capture.LinkType(link), OrigLen: int(origLen), Data: data,
		}
		var clean, layered Segment
		result := Decode(&p, &clean)
		if slow := decodeLayers(&p, &layered, nil); slow != result {
			t.Fatalf("%v, but %v layer by layer", result, slow)
		}
		if result >= results {
			t.Fatalf("result %d", result)
		}
		if result != TCP {
			return
		}
		checkSegment(t, &p, &clean)
		if diff := cmp.Diff(layered, clean); diff != "" {
			t.Errorf("otherwise than layer by layer (-layers +decoded):\n%s", diff)
		}

		stale := dirty()
		Decode(&p, &stale)
		if diff := cmp.Diff(clean, stale); diff != "" {
			t.Errorf("left over from the segment before (-clean +stale):\n%s", diff)
		}

		if p.OrigLen >= len(data) {
			checkCut(t, "fuzzed", &p, &clean, min(int(kept), len(data)))
		}
	})
}
