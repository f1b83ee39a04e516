package pcapng

import (
	"bytes"
	"io"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"bothends/capture"
)

func TestOurReaderGivesBackWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zäß0-9 :{}"]{0,40}`)
		section := capture.Section{Hardware: text.Draw(t, "hardware"), OS: text.Draw(t, "os"), Application: text.Draw(t, "application"),
			Comments: comments(t, "section")}
		var out bytes.Buffer
		w, err := NewWriter(&out, section)
		if err != nil {
			t.Fatal(err)
		}
		count := rapid.IntRange(1, 3).Draw(t, "interfaces")
		var interfaces []capture.Interface
		for n := range count {
			i := drawInterface(t, text)
			interfaces = append(interfaces, i)
			if got, err := w.AddInterface(i); err != nil || got != n {
				t.Fatalf("interface %d became %d: %v", n, got, err)
			}
		}
		var packets []capture.Packet
		var packetComments [][]string
		for range rapid.IntRange(0, 20).Draw(t, "packets") {
			p, notes := drawPacket(t, interfaces), comments(t, "packet")
			p.Frame, p.Offset = int64(len(packets)+1), w.Size()
			if err := w.WritePacket(&p, notes...); err != nil {
				t.Fatal(err)
			}
			packets, packetComments = append(packets, p), append(packetComments, notes)
		}
		remarked := make([][]string, len(interfaces))
		for n := range interfaces {
			c := capture.Counters{StartNS: 1e15, EndNS: 1e15 + 2e9, Received: drawCount(t), IfDropped: drawCount(t),
				Accepted: drawCount(t), OSDropped: drawCount(t), Delivered: drawCount(t)}
			said := comments(t, "statistics")
			if err := w.WriteStatistics(n, 1e15+3e9, c, said...); err != nil {
				t.Fatal(err)
			}
			interfaces[n].Counters, remarked[n] = c, said
			interfaces[n].Hardware, interfaces[n].Application = either(interfaces[n].Hardware, section.Hardware), section.Application
			interfaces[n].OS = either(interfaces[n].OS, section.OS)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		readBack(t, out.Bytes(), section, interfaces, packets, packetComments)
		if diff := cmp.Diff(remarked, remarks(t, out.Bytes(), len(interfaces)), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("comments of statistics blocks (-written +read):\n%s", diff)
		}
	})
}

func readBack(t *rapid.T, file []byte, section capture.Section, interfaces []capture.Interface, packets []capture.Packet, notes [][]string) {
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for n := range packets {
		var got capture.Packet
		if err := r.Next(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(packets[n], got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("packet %d (-written +read):\n%s", n, diff)
		}
		if diff := cmp.Diff(notes[n], r.Comments(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("comments of packet %d (-written +read):\n%s", n, diff)
		}
	}
	var p capture.Packet
	if err := r.Next(&p); err != io.EOF || r.End().Kind != capture.Complete {
		t.Errorf("after the last packet: %v, %v", err, r.End())
	}
	if diff := cmp.Diff([]capture.Section{section}, r.Sections(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("section (-written +read):\n%s", diff)
	}
	if diff := cmp.Diff(interfaces, r.Interfaces(), cmpopts.EquateEmpty(), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmpopts.IgnoreFields(capture.Counters{}, "Missing")); diff != "" {
		t.Errorf("interfaces (-written +read):\n%s", diff)
	}
}

func comments(t *rapid.T, of string) []string {
	return rapid.SliceOfN(rapid.StringMatching(`[a-zü0-9 ]{1,30}`), 0, 3).Draw(t, of+" comments")
}

func either(own, section string) string {
	if own != "" {
		return own
	}
	return section
}

func drawCount(t *rapid.T) capture.Count {
	if rapid.Bool().Draw(t, "known") {
		return known(rapid.Uint64().Draw(t, "count"))
	}
	return capture.Count{}
}

func drawInterface(t *rapid.T, text *rapid.Generator[string]) capture.Interface {
	four := netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "IPv4")))
	six := netip.AddrFrom16([16]byte(append([]byte{0x20}, rapid.SliceOfN(rapid.Byte(), 15, 15).Draw(t, "IPv6")...)))
	return capture.Interface{
		LinkType:    rapid.SampledFrom([]capture.LinkType{capture.LinkEthernet, capture.LinkRaw, capture.LinkLinuxSLL2}).Draw(t, "link type"),
		SnapLen:     rapid.IntRange(0, 262144).Draw(t, "snaplen"),
		Name:        text.Draw(t, "name"),
		Description: text.Draw(t, "description"),
		Filter:      text.Draw(t, "filter"),
		OS:          text.Draw(t, "interface os"),
		Hardware:    text.Draw(t, "interface hardware"),
		MAC:         rapid.SampledFrom([][]byte{nil, {2, 0, 0, 0, 0, 1}}).Draw(t, "MAC"),
		Addresses: []netip.Prefix{netip.PrefixFrom(four, rapid.IntRange(0, 32).Draw(t, "IPv4 bits")),
			netip.PrefixFrom(six, rapid.IntRange(0, 128).Draw(t, "IPv6 bits"))},
		Resolution: rapid.SampledFrom([]uint64{1e6, 1e9, 1 << 20, 1e12}).Draw(t, "resolution"),
		OffsetSec:  rapid.SampledFrom([]int64{0, -5, 1_000_000}).Draw(t, "offset"),
		Comments:   comments(t, "interface"),
	}
}

// drawPacket has a time that its interface's resolution can hold.
func drawPacket(t *rapid.T, interfaces []capture.Interface) capture.Packet {
	n := rapid.IntRange(0, len(interfaces)-1).Draw(t, "interface")
	i := interfaces[n]
	ticks := rapid.Uint64Range(1e9, 1e12).Draw(t, "ticks")
	if i.Resolution == 1e12 {
		ticks = ticks / 1000 * 1000
	}
	data := rapid.SliceOfN(rapid.Byte(), 0, 70).Draw(t, "data")
	return capture.Packet{
		TimeNS: nanoseconds(ticks, i.Resolution) + i.OffsetSec*1e9, Interface: n, LinkType: i.LinkType,
		Direction: rapid.SampledFrom([]capture.Direction{capture.DirectionUnknown, capture.Inbound, capture.Outbound}).Draw(t, "direction"),
		OrigLen:   len(data) + rapid.IntRange(0, 2000).Draw(t, "cut"), Data: data,
	}
}
