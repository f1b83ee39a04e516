package judge

import (
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// A shape is what a TCP stack gives its resets beside the numbers that the
// connection dictates.
type shape struct {
	ack, window, ipid, df, timestamps bool // present, or not zero
}

func shapeOf(h *align.Header) shape {
	return shape{
		ack: h.Flags&segment.ACK != 0, window: h.Window != 0, ipid: h.IPID != 0, df: h.DF,
		timestamps: h.Options&segment.Timestamps != 0,
	}
}

// Linux resets come in two shapes: the abort of a connection it holds, and the
// answer to a segment of one that it does not. netfilter's REJECT looks like the
// latter, and so do many forgers': that shape alone proves nothing.
func (s shape) String() string {
	switch {
	case s.ack && s.window:
		return "the abort of a held connection"
	case !s.window && !s.ipid && !s.timestamps:
		return "the answer of a host without state"
	}
	return "neither an abort nor an answer without state as Linux makes them"
}

// fingerprint compares the reset with those that the same host is known to have
// sent in these captures. It tells stacks apart, not hosts, so that it weighs
// nothing.
func (h *hearing) fingerprint(a *accusation) testimony {
	known := h.shapes[h.sender]
	if a.reset == nil || len(known) == 0 {
		return testimony{}
	}
	mine := shapeOf(&a.Header)
	values := map[string]any{"window": a.Window, "ip_id": a.IPID, "df": a.DF, "timestamps": mine.timestamps, "genuine_resets": total(known)}
	if n := known[mine]; n > 0 {
		return testimony{weightless: true, Step: Step{Outcome: Contradicts, Values: values}.because(
			"its shape (%s) is that of %d of %s that the %s is known to have sent; forgers use it too", mine, n, count(total(known), "reset"), h.sender)}
	}
	t := supports("its shape (%s: window %d, IP-ID %d, %s) is not that of any of %s that the %s is known to have sent",
		mine, a.Window, a.IPID, withOrWithout(mine.timestamps), count(total(known), "reset"), h.sender)
	t.Values, t.weightless = values, true
	return t
}

func withOrWithout(timestamps bool) string {
	if timestamps {
		return "with timestamps"
	}
	return "without timestamps"
}

func total(shapes map[shape]int) (n int) {
	for _, count := range shapes {
		n += count
	}
	return n
}

// noteSent collects the resets that each end's own capture shows it to have sent.
func (b *Bench) noteSent() {
	for end := range b.shapes {
		b.shapes[end], b.resetTTLs[end], b.sentAt[end] = map[shape]int{}, map[uint8]bool{}, nil
	}
	for i := range b.Cases {
		if b.Cases[i].Connection == nil {
			continue
		}
		for end := range b.Cases[i].Streams {
			for _, r := range b.Cases[i].Streams[end].Resets[end] {
				b.shapes[end][shapeOf(&r.Header)]++
				b.resetTTLs[end][r.TTL] = true
				b.sentAt[end] = append(b.sentAt[end], r.TimeNS)
			}
		}
	}
	for end := range b.sentAt {
		slices.Sort(b.sentAt[end])
	}
}

// Offsets from the next expected number at which known boxes place their resets.
var knownOffsets = []struct {
	ahead int64
	box   string
}{
	{12503, "Sandvine equipment"},         // Weaver, Sommer and Paxson 2009
	{1460, "the Great Firewall of China"}, // the same
	{4380, "the Great Firewall of China"}, // the same
}

// belowTrigger is how far below the trigger's some boxes set the IP-ID.
const belowTrigger = 26

// resembles names published habits of boxes. A habit can be copied, so that it
// weighs nothing.
func (h *hearing) resembles(a *accusation) testimony {
	if a.reset == nil {
		return testimony{}
	}
	ahead := a.reset.Position - a.reset.Next
	for _, k := range knownOffsets {
		if ahead == k.ahead {
			t := supports("its sequence number is %d beyond the next expected one: resembles what %s was seen to do", ahead, k.box)
			t.Values, t.weightless = map[string]any{"ahead": ahead}, true
			return t
		}
	}
	for _, m := range a.reset.Own {
		if m != nil && !m.IPv6 && m.IPID != 0 && a.IPID == m.IPID-belowTrigger {
			t := supports("its IP-ID is %d below that of what it may answer (frame %d): resembles boxes that were seen to count so", belowTrigger, m.Number)
			t.Values, t.weightless = map[string]any{"ip_id": a.IPID, "trigger_ip_id": m.IPID}, true
			return t
		}
	}
	if string(a.reset.Head) == "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x00" {
		t := supports("it carries the ten bytes 01 to 09 and 00: resembles the resets seen in Henan")
		t.weightless = true
		return t
	}
	return testimony{}
}
