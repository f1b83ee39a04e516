package judge

import (
	"fmt"

	"bothends/correlate/align"
	"bothends/correlate/witness"
)

func order(f *Facts) Result {
	a := &f.Answer
	if !a.Acknowledges || a.LeftNS.Number == 0 || a.Reached != align.Never || f.OneSided || len(f.Sending.OtherNames) > 0 {
		return Result{}
	}
	// What the sender's capture shows of both directions: a recorder's own counters do
	// not say what it lost of this one.
	inbound := witness.MissBound(f.Getting.Witness.Passed, 0)
	whole := f.Sending.Deaf == 0 && f.Sending.Drops == 0 && f.Sending.Missed == 0 && f.Sending.Witness.Missed == 0
	if !whole || renumbered(f).Outcome != Refuted || max(inbound, f.Sending.share()) > witness.MissStrong || notRunning(f).Outcome != Refuted {
		return Result{}
	}
	refutes := without(causal, KernelUnseen)
	if !f.everyWayOut() {
		// What it acknowledges may have come in by another interface, and have been
		// answered there.
		refutes = without(refutes, OtherInterface, OwnFirewall)
	}
	if remapped(f).Outcome != Refuted {
		// What it acknowledges may have come under an address that the capture leaves out.
		refutes = without(refutes, Remapped, OtherInterface)
	}
	return supports(refutes, "it %s what left the %s in frame %d and never came to the %s", f.names(), f.Receiver, a.LeftNS.Number, f.Sender).
		with(map[string]any{"acknowledged_frame": a.LeftNS.Number})
}

func lightCone(f *Facts) Result {
	a := &f.Answer
	if !a.Acknowledges || a.Reached != align.Seen || !f.Clocks.Bracketed {
		return Result{}
	}
	late := a.ReachedAt.TimeNS - f.Frame.TimeNS - f.Clocks.BesideNS
	if late <= 2*f.Clocks.TickNS || f.Sending.Drops > 0 || f.Sending.Deaf > 0 {
		return Result{}
	}
	once := f.Error.came() && f.Error.Copies[f.Receiver] == 1 && f.Getting.whole()
	if slow := a.ReachedAt.TimeNS - a.LeftNS.TimeNS - f.Clocks.BesideNS; !once && (a.LeftNS.Number == 0 || slow > f.Clocks.MinRTTNS/2) {
		return Result{} // an earlier copy may have come, and be missing
	}
	return supports(append([]Name{Cluster}, causal...), "it %s bytes that reached the %s (frame %d there) only %s after it had reached the %s, by the packets right before and right after it",
		f.names(), f.Sender, a.ReachedAt.Number, readable(late), f.Receiver).
		with(map[string]any{"acknowledged_frame": a.ReachedAt.Number, "too_late_ns": late})
}

func oneClock(f *Facts) Result {
	a := &f.Answer
	if !a.Acknowledges || a.LeftNS.Number == 0 || f.Getting.Drops > 0 || f.Getting.Missed > 0 || f.Getting.Lacking > 0 || a.Trips < enoughTrips || a.ClockSet {
		return Result{}
	}
	took := f.Frame.TimeNS - a.LeftNS.TimeNS
	if took < 0 || 2*took+2*f.Clocks.TickNS >= a.FastestNS {
		return Result{}
	}
	return supports(append([]Name{Cluster}, causal...), "it %s what left here %s before (frame %d); the fastest round trip between the two taps took %s, by %d packets and more each way, before it and after it",
		f.names(), readable(took), a.LeftNS.Number, readable(a.FastestNS), a.Trips).
		with(map[string]any{"answered_after_ns": took, "min_rtt_ns": a.FastestNS})
}

func senderContradiction(f *Facts) Result {
	after := &f.After
	if f.Kind == "syn" && after.Established && after.Passed && !f.Numbers.Begins {
		return supports(unsent, "the %s's TCP went on with the connection of these addresses and ports (frame %d there, %s, %s later, and what it sent arrived): as long as it holds that one it opens no other",
			f.Sender, after.Sent.Number, after.Flags, readable(after.LaterNS)).with(map[string]any{"sent_frame": after.Sent.Number, "after_ns": after.LaterNS})
	}
	if f.Kind != "rst" || after.Sent.Number == 0 || !after.Established || !f.Numbers.InStream {
		return Result{}
	}
	text := fmt.Sprintf("the %s still sent on this connection %s after this packet must have left (frame %d there, %s)",
		f.Sender, readable(after.LaterNS), after.Sent.Number, after.Flags)
	values := map[string]any{"sent_frame": after.Sent.Number, "after_ns": after.LaterNS}
	if after.TriggerUnseen.Number != 0 {
		// What a NAT gave another port, or its capture missed, the sender answers as a
		// stranger's, and goes on with the connection that it knows.
		return supports(nil, "%s; but what the %s sent before it (frame %d) did not reach the %s as far as that end's capture shows, where it may have been answered all the same",
			text, f.Receiver, after.TriggerUnseen.Number, f.Sender).with(values).void()
	}
	refutes := []Name{KernelUnseen}
	stranger := f.Answer.Stateless && !f.silentBefore() && !(f.cameWhole() && (f.Numbers.Ahead > 0 || f.Stated.has(NoReject)))
	if !stranger {
		// No firewall and no stranger's reset looks like this, and its socket did not
		// send it: nothing of the host did.
		refutes = unsent
	}
	return supports(refutes, "%s", text).with(values)
}

func kernelCount(f *Facts) Result {
	k := &f.Kernel
	if !k.Known || f.Kind != "rst" || k.Counted != k.Captured {
		return Result{}
	}
	if f.Log.Unseen != nil || f.Log.UnseenThen != nil {
		return Result{} // it was counted at another time: a clock was set between packet and count
	}
	return supports([]Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped}, "from %s to %s the %s's kernel counted %s sent by its TCP, and its capture holds %d",
		clockTime(k.FromNS), clockTime(k.UntilNS), f.Sender, count(int64(k.Counted), "reset"), k.Captured).
		with(map[string]any{"from": stamp(k.FromNS), "until": stamp(k.UntilNS), "counted": k.Counted, "captured": k.Captured})
}

func kernelLog(f *Facts) Result {
	l := &f.Log
	if f.Kind != "rst" || !l.complete() {
		return Result{}
	}
	refutes := []Name{Missed, BothMissed, OtherInterface, KernelUnseen}
	if !l.Elsewhere {
		refutes = append(refutes, Remapped)
	}
	return supports(refutes, "%s", l.said(f.Sender)).with(l.values())
}

func otherBytes(f *Facts) Result {
	if f.Numbers.Rival.Number == 0 {
		return Result{}
	}
	said := "in this place of the stream the %s sent other bytes (frame %d there), which arrived too"
	if f.Kind == "syn-ack" {
		said = "the %s answered with the same sequence number, and acknowledged another one (frame %d there), and that arrived too"
	}
	return supports(unsent, said, f.Sender, f.Numbers.Rival.Number).
		with(map[string]any{"sent_frame": f.Numbers.Rival.Number})
}

func sameAsGenuine(f *Facts) Result {
	if f.Numbers.Alike.Number == 0 {
		return Result{}
	}
	return contradicts("the %s did send resets of this very kind on this connection (frame %d there)", f.Sender, f.Numbers.Alike.Number).
		with(map[string]any{"sent_frame": f.Numbers.Alike.Number})
}

func bothEndsHit(f *Facts) Result {
	if !f.Way.BothHit || onePlace(f).Outcome != "" {
		return Result{} // nothing more than that says
	}
	why := "and nothing came after it that could have called for this one"
	if f.Way.OtherLate > 0 {
		why = fmt.Sprintf("%s after this one must have left: it is no answer to it", readable(f.Way.OtherLate))
	}
	return supports(nil, "the %s, too, received a reset that the %s never sent (frame %d there), %s", f.Sender, f.Receiver, f.Way.OtherHit.Number, why).
		with(map[string]any{"other_frame": f.Way.OtherHit.Number})
}

// halfway is what the captures of the receiver and of that tap say by themselves. All that
// the sender sends passes the tap, or that comparison would have said so; so no row
// stands that has the sender, or a host at the sender's address behind that tap, make
// the packet. What the sender's own kernel tells of this connection's resets outweighs
// it.
func halfway(f *Facts) Result {
	h := &f.Halfway
	if h.Tap == "" || f.Log.Unseen != nil {
		return Result{}
	}
	return supports(beforeHalfway, "compared with the tap at %q alone, it was made on the %s's side of that tap, in the %s's name (%s): it did not pass there either",
		h.Tap, f.Receiver, f.Sender, h.Confidence).with(map[string]any{"tap": h.Tap, "confidence": string(h.Confidence)})
}

// beforeHalfway are the rows by which the packet would have passed a tap on the way.
var beforeHalfway = []Name{
	NotRunning, Filtered, Missed, BothMissed, Renumbered, OtherInterface, OwnFirewall, KernelUnseen, Remapped,
	BelowTap, OtherHost, Cluster, AddressOwner,
}

func taken(f *Facts) Result {
	q := f.Error.Quoted
	if f.Kind != "icmp" || !f.Error.came() || q.Copies[f.Sender] != 1 || q.Taken.Number == 0 {
		return Result{}
	}
	return supports([]Name{OtherInterface, OwnFirewall, BelowTap}, "the %s's TCP took what it quotes, of which one copy came (frame %d there), and acknowledged it (frame %d): a host that refuses a packet does not take it",
		f.Sender, q.Came.Number, q.Taken.Number).with(map[string]any{"came_frame": q.Came.Number, "taken_frame": q.Taken.Number})
}
