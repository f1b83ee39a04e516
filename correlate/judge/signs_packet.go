package judge

import (
	"fmt"
	"math"
)

func ahead(f *Facts) Result {
	n := &f.Numbers
	if n.Ahead <= 0 || n.IsShift {
		return Result{}
	}
	refutes := []Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner}
	if f.ofAnother() {
		refutes = without(refutes, OtherHost)
	}
	text := fmt.Sprintf("its sequence number is %d ahead of everything that the %s ever sent", n.Ahead, f.Sender)
	if n.Burst > 1 {
		text += fmt.Sprintf("; it is one of %d resets within two seconds whose numbers no host counts like that", n.Burst)
	}
	if n.Guesses > 1 {
		// A socket resets once, and what has none never ahead of what it answers.
		refutes = append(refutes, without(unsent, BothMissed)...)
		text += ", as a socket resets once"
	}
	return supports(refutes, "%s", text).with(map[string]any{"ahead": n.Ahead, "resets": n.Burst})
}

func outOfSilence(f *Facts) Result {
	n := &f.Numbers
	if f.Kind != "rst" || !f.silentBefore() || n.Behind <= 0 {
		return Result{}
	}
	return supports(append([]Name{OwnFirewall, Remapped}, unsent...), "nothing had passed for %s that it could answer, and its number lies %d behind what the %s had sent: its TCP resets at its next number",
		readable(f.Answer.IdleNS), n.Behind, f.Sender).with(map[string]any{"idle_ns": f.Answer.IdleNS, "behind": n.Behind})
}

// longestPath is beyond any path of today's Internet, in routers.
const longestPath = 32

func strangeTTL(f *Facts) Result {
	w, ttl := &f.Way, int(f.Packet.TTL)
	if !w.Known || f.OneSided {
		return Result{}
	}
	hops, usual := f.hops(), hopsTravelled(w.TTL)
	if hops == usual || w.Initials[ttl+w.Hops] || w.Seen {
		return Result{}
	}
	byAnyWay := true
	for initial := range w.Initials {
		if d := initial - ttl; d >= 0 && d <= longestPath {
			byAnyWay = false
		}
	}
	values := map[string]any{"ttl": ttl, "genuine_ttl": w.TTL, "hops": hops, "genuine_hops": usual, "path_hops": w.Hops}
	text := fmt.Sprintf("it arrived with TTL %d, %s from an initial value; all %s from the %s arrived with TTL %d, %s", ttl, count(hops, "hop"),
		count(w.Same, "other packet"), f.Sender, w.TTL, count(usual, "hop"))
	if !byAnyWay && f.Sending.AllInterfaces && !(f.Sending.NoOther && f.Sending.Interfaces == 1) {
		return supports(nil, "%s; several ways out were recorded", text).with(values)
	}
	if !byAnyWay {
		refutes := []Name{NotRunning, Filtered, Missed, BothMissed}
		if f.everyWayOut() {
			// It did not leave by the recorded way, and there is no other.
			refutes = append(refutes, OwnFirewall, KernelUnseen)
		}
		return supports(refutes, "%s", text).with(values)
	}
	if f.leftUnseen() {
		// A service may send with a TTL of its own (IP_TTL), and the kernel, for what it has
		// no socket for, with another.
		return supports([]Name{NotRunning, Filtered, Missed, BothMissed}, "%s; but its kernel sent resets that its capture does not hold, and with what TTL nothing shows", text).with(values)
	}
	return supports(causal, "%s: by no way can a packet of the %s's arrive like that", text, f.Sender).with(values)
}

// longestUnderway is how long a packet may be under way, in seconds: the maximum segment
// lifetime of RFC 9293 section 3.4.1.
const longestUnderway = 120

func timestamp(f *Facts) Result {
	t := &f.Stamp
	if f.Kind != "rst" || !t.Known || !f.Numbers.InStream || t.Ahead <= t.Off && t.Ahead >= -longestUnderway-t.Off {
		return Result{}
	}
	side := "ahead of"
	if t.Ahead < 0 {
		side = "behind"
	}
	return supports(unsent, "its timestamp is %s %s what the %s's clock showed then, which %s of this connection show to go on at %g ticks a second",
		readable(int64(math.Abs(t.Ahead)*1e9)), side, f.Sender, count(t.Of, "segment"), t.Rate).
		with(map[string]any{"ahead_s": t.Ahead, "off_s": t.Off, "ticks_per_second": t.Rate})
}

// leftUnseen reports whether the sender's kernel is known to have sent a reset that its
// capture lacks: its log names one of this connection, or it counted more than were
// captured while an interface was up that was not recorded.
func (f *Facts) leftUnseen() bool {
	return f.Log.Unseen != nil || f.Log.UnseenThen != nil ||
		f.Kernel.Known && f.Kernel.Counted > f.Kernel.Captured && len(f.Sending.OtherNames) > 0
}

func volleySign(f *Facts) Result {
	forged := f.Others.VolleyForged
	if forged.Number == 0 || !f.Others.VolleyHere || !f.Way.Known || f.hops() == hopsTravelled(f.Way.TTL) {
		return Result{}
	}
	return supports([]Name{OtherInterface, OwnFirewall}, "it came with a reset that is found injected (frame %d): with the same TTL, unlike all that the %s sends, and of the same shape", forged.Number, f.Sender).
		with(map[string]any{"forged_frame": forged.Number})
}

func onePlace(f *Facts) Result {
	w := &f.Way
	if !w.Known || w.OtherEnd == 0 || f.hops() == 0 {
		return Result{}
	}
	if sum := f.hops() + w.OtherEnd; sum != w.Hops && sum != w.Hops-1 {
		return Result{}
	}
	return supports([]Name{OtherHost, Cluster, BelowTap}, "the %s, too, received a reset that the %s never sent (frame %d there), and the routers that the two have passed, %d and %d, add up to the path: both were made at one place",
		f.Sender, f.Receiver, w.OtherHit.Number, f.hops(), w.OtherEnd).with(map[string]any{"hops": f.hops(), "hops_other_end": w.OtherEnd, "path_hops": w.Hops})
}

func nearer(f *Facts) Result {
	o := &f.Others
	sooner, fewer := &o.Sooner, &o.FewerHops
	if !f.OneSided || !o.Expected || !sooner.Known || !fewer.Known {
		return Result{}
	}
	return supports([]Name{BothMissed, Renumbered, Altered, OtherInterface, OwnFirewall, KernelUnseen, Remapped, BelowTap, OtherHost, Cluster},
		"something nearer than the %s answered for it: it answers the SYN (frame %d) after %s; the fastest round trip between the two taps took %s, by %d packets and more in each direction; it arrived with TTL %d, %s from an initial value; all %s from the %s to this client came over %s, by both taps; and all of %s to this address came to the %s, where it is the host's own address",
		f.Sender, sooner.SYN, readable(sooner.TookNS), readable(sooner.LeastNS), sooner.Timed,
		f.Packet.TTL, count(fewer.Hops, "hop"), count(fewer.Packets, "packet"), f.Sender, count(fewer.UsualHops, "hop"),
		count(o.Neighbours, "other connection"), f.Sender).
		with(map[string]any{
			"connections_there": o.Neighbours,
			"answered_after_ns": sooner.TookNS, "min_rtt_ns": sooner.LeastNS, "timed_packets": sooner.Timed,
			"ttl": f.Packet.TTL, "hops": fewer.Hops, "genuine_ttl": fewer.UsualTTL, "path_hops": uint8(fewer.UsualHops),
		})
}

func shapeSign(f *Facts) Result {
	n := &f.Numbers
	if f.Kind != "rst" || n.ShapeAll == 0 {
		return Result{}
	}
	mine := shapeOf(&f.Packet)
	values := map[string]any{"window": f.Packet.Window, "ip_id": f.Packet.IPID, "df": f.Packet.DF, "timestamps": mine.timestamps, "genuine_resets": n.ShapeAll}
	if n.ShapeSame > 0 {
		return contradicts("its shape (%s) is that of %d of %s that the %s is known to have sent; forgers use it too", mine, n.ShapeSame, count(n.ShapeAll, "reset"), f.Sender).with(values)
	}
	return supports(nil, "its shape (%s: window %d, IP-ID %d, %s) is not that of any of %s that the %s is known to have sent",
		mine, f.Packet.Window, f.Packet.IPID, withOrWithout(mine.timestamps), count(n.ShapeAll, "reset"), f.Sender).with(values)
}

func resembles(f *Facts) Result {
	if f.Kind != "rst" {
		return Result{}
	}
	n := &f.Numbers
	for _, k := range knownOffsets {
		if n.Offset == k.ahead {
			return supports(nil, "its sequence number is %d beyond the next expected one: resembles what %s was seen to do", n.Offset, k.box).with(map[string]any{"ahead": n.Offset})
		}
	}
	if n.IPIDBelow.Number != 0 {
		return supports(nil, "its IP-ID is %d below that of what it may answer (frame %d): resembles boxes that were seen to count so", belowTrigger, n.IPIDBelow.Number).
			with(map[string]any{"ip_id": f.Packet.IPID, "trigger_ip_id": n.TriggerIPID})
	}
	if n.HenanPayload {
		return supports(nil, "it carries the ten bytes 01 to 09 and 00: resembles the resets seen in Henan")
	}
	return Result{}
}
