package judge

import (
	"context"
	"slices"

	"bothends/capture"
	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A shape is what a TCP stack gives its resets beside the numbers that the
// connection dictates.
type shape struct {
	ack, window, ipid, df, timestamps bool // present, or not zero
}

func shapeOf(s *align.Header) shape {
	return shape{
		ack: s.Flags&segment.ACK != 0, window: s.Window != 0, ipid: s.IPID != 0, df: s.DF,
		timestamps: s.Options&segment.Timestamps != 0,
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

// noteSent collects the resets that each end's own capture shows it to have sent, and
// the TTLs with which its packets leave.
func (all *pooled) noteSent(ctx context.Context) error {
	for end := range all.shapes {
		all.shapes[end], all.sentTTLs[end], all.byNumbers[end] = map[shape]int{}, map[uint8]bool{}, map[resetKey][]int32{}
		all.gotByNumbers[end], all.told[end] = map[resetKey][]int32{}, map[tap.Frame]bool{}
		for i := range all.Resets[end] {
			if err := ctx.Err(); err != nil {
				return err
			}
			r := &all.Resets[end][i]
			if !r.Loopback && r.Direction != capture.Outbound && !all.Own[end][r.Src.IP] {
				key := keyOf(r.Seq, r.Ack, r.Flags)
				all.gotByNumbers[end][key] = append(all.gotByNumbers[end][key], int32(i))
			}
			if r.Loopback || r.Direction == capture.Inbound || !all.Own[end][r.Src.IP] {
				continue
			}
			all.sentAt[end] = append(all.sentAt[end], r.TimeNS)
			all.sentTTLs[end][r.TTL] = true
			key := keyOf(r.Seq, r.Ack, r.Flags)
			all.byNumbers[end][key] = append(all.byNumbers[end][key], int32(i))
		}
		slices.Sort(all.sentAt[end])
	}
	var sent [2]align.TTLs
	for i := range all.Cases {
		if err := ctx.Err(); err != nil {
			return err
		}
		for end := range all.shapes {
			if route := all.Cases[i].Routes[end]; route.Known {
				all.sentTTLs[end][route.TTL+uint8(route.Hops)] = true
			}
		}
		if all.Cases[i].Connection == nil {
			continue
		}
		if p := &all.Cases[i].Pair; p.Paired() && p.Method != pair.Payload {
			for end := range all.Cases[i].Streams {
				receiver := tap.End(end).Other()
				for _, r := range all.Cases[i].Streams[end].Resets[receiver] {
					all.told[receiver][r.Frame] = true
				}
			}
		}
		for end := range all.Cases[i].Streams {
			sent[end] = sent[end].Union(all.Cases[i].Streams[end].SentTTLs)
			for _, r := range all.Cases[i].Streams[end].Resets[end] {
				all.shapes[end][shapeOf(&r.Header)]++
			}
		}
	}
	for end := range sent {
		for _, ttl := range sent[end].List() {
			all.sentTTLs[end][ttl] = true
		}
	}
	return nil
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

// henanPayload is what the resets seen in Henan carry.
const henanPayload = "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x00"
