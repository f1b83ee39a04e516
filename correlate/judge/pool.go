package judge

import (
	"context"
	"slices"

	"bothends/capture"
	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

func poolAll(ctx context.Context, in *Input) (*pooled, error) {
	all := &pooled{Input: in, Witnesses: in.Witnesses, ledgers: map[int][2]align.Ledger{}}
	for end := range all.stated {
		all.stated[end] = statedOf(in.Stated, tap.End(end))
	}
	all.countPassed()
	all.roundTripNS = in.Trips.RoundTripNS()
	return all, all.noteSent(ctx)
}

// countPassed adds up, over all connections, how many packets of each end passed, and
// how many of those its capture lacks.
func (all *pooled) countPassed() {
	for i := range all.Cases {
		if p := all.Cases[i].Pair; !p.Paired() || p.Method == pair.Payload {
			continue // a proxy's legs have packets of their own
		}
		sum := all.Cases[i].Summary()
		for end := range all.Witnesses {
			all.Witnesses[end].Passed += sum.Passed[end]
			all.Witnesses[end].Missed += sum.Missed[end]
		}
	}
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
			if route := all.Cases[i].Summary().Routes[end]; route.Known {
				all.sentTTLs[end][route.TTL+uint8(route.Hops)] = true
			}
		}
		if all.Cases[i].Connection == nil {
			continue
		}
		if p := all.Cases[i].Pair; p.Paired() && p.Method != pair.Payload {
			for end := range all.Cases[i].Streams {
				receiver := tap.End(end).Other()
				for _, r := range all.Cases[i].Streams[end].Resets[receiver] {
					all.told[receiver][r.Frame] = true
				}
			}
		}
		for end := range all.Cases[i].Streams {
			all.hollow[end] += all.Cases[i].Streams[end].Acks.Hollow
			all.unlost[end] += unlost(&all.Cases[i].Streams[end])
			sent[end] = sent[end].Union(all.Cases[i].Streams[end].SentTTLs)
			for _, r := range all.Cases[i].Streams[end].Resets[end] {
				all.shapes[end][shapeOf(&r.Header)]++
			}
			all.resetsInBoth[end] += inBoth(&all.Cases[i].Streams[end], tap.End(end))
		}
	}
	for end := range sent {
		for _, ttl := range sent[end].List() {
			all.sentTTLs[end][ttl] = true
		}
	}
	return nil
}

// inBoth is how many resets of a stream, by their numbers, both captures hold.
func inBoth(s *align.Stream, sender tap.End) (n int64) {
	if len(s.Resets[sender]) == 0 || len(s.Resets[sender.Other()]) == 0 {
		return 0
	}
	sent := map[resetKey]int64{}
	for _, r := range s.Resets[sender] {
		sent[keyOf(r.Seq0, r.Ack0, r.Flags)]++
	}
	for _, r := range s.Resets[sender.Other()] {
		if key := keyOf(r.Seq0, r.Ack0, r.Flags); sent[key] > 0 {
			sent[key]--
			n++
		}
	}
	return n
}

// unlost is how many packets a sender's capture seems to lack that do not show that it lost
// any: where a box made a message longer or shorter, what follows has other numbers; and
// acknowledgments that it never sent.
func unlost(s *align.Stream) int64 {
	switch {
	case rewritten(s):
		return s.Missed
	case s.Storm.Told() && s.IPIDs.WithoutGap():
		return s.Acks.Hollow + s.Storm.Acks
	}
	return s.Acks.Hollow
}
