package judge

import (
	"fmt"

	"bothends/capture"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/witness"
)

// The signs, in the order in which they are shown.
const (
	Order               Name = "order"
	LightCone           Name = "light-cone"
	OneClock            Name = "light-cone-one-clock"
	SenderContradiction Name = "sender-contradiction"
	KernelCounted       Name = "kernel-count"
	KernelLogged        Name = "kernel-log"
	Ahead               Name = "ahead"
	OutOfSilence        Name = "out-of-silence"
	StrangeTTL          Name = "ttl"
	Volley              Name = "volley"
	OnePlace            Name = "one-place"
	OtherBytes          Name = "other-bytes"
	Nearer              Name = "nearer-than-sender"
	BothEndsHit         Name = "both-ends-hit"
	SameAsGenuine       Name = "same-as-genuine"
	Shape               Name = "shape"
	Resembles           Name = "resembles"
)

// causal are the rows that a sign refutes which says what the sender could not know:
// those of its own machine, but for another packet changed on the way.
var causal = []Name{NotRunning, Filtered, Missed, BothMissed, OtherInterface, OwnFirewall, KernelUnseen, Remapped}

// unsent are those of its own machine that a socket of its would make.
var unsent = []Name{NotRunning, Filtered, Missed, BothMissed, OtherInterface, KernelUnseen}

// Signs is the table of what speaks for the accusation beside the silence of the
// sender's capture.
var Signs = []Sign{
	{
		Name: Order, Weight: true, Causal: true,
		Claim:   "it acknowledges what came to the sender in no copy",
		Refutes: causal,
		VoidIf:  "the sender's capture has a gap, or another way in; the shift of the numbers is not known",
		Source:  "RFC 9293 section 3.10.7: what was not received is not acknowledged",
		Test:    order,
	},
	{
		Name: LightCone, Weight: true, Causal: true,
		Claim:   "it acknowledges bytes that came to the sender after it had come to the receiver",
		Refutes: append([]Name{Cluster}, causal...),
		VoidIf:  "no packet on either side of it bounds the clocks; less than both ticks",
		Source:  "both clocks, by the bound alone: no packet arrives before it was sent",
		Test:    lightCone,
	},
	{
		Name: OneClock, Weight: true, Causal: true,
		Claim:   "it answers sooner than half of the smallest round trip",
		Refutes: append([]Name{Cluster}, causal...),
		VoidIf:  "fewer than ten trips each way, before and after; the link woke up",
		Source:  "the receiver's clock alone",
		Test:    oneClock,
	},
	{
		Name: SenderContradiction, Weight: true,
		Claim:   "the sender's TCP went on with the connection afterwards",
		Refutes: unsent,
		VoidIf:  "the connection was not established; what it answers did not come to the sender",
		Source:  "RFC 9293 section 3.10.7: a socket that resets is closed, and one that is open opens no other",
		Test:    senderContradiction,
	},
	{
		Name: KernelCounted, Weight: true,
		Claim:   "the sender's kernel counted no reset that its capture does not hold",
		Refutes: []Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped},
		VoidIf:  "no counts around the moment; another network namespace",
		Source:  "RFC 4022 tcpOutRsts",
		Test:    kernelCount,
	},
	{
		Name: KernelLogged, Weight: true,
		Claim:   "the log of the sender's kernel holds each reset that it sent, and not this one",
		Refutes: []Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped},
		VoidIf:  "records lost; a kind of reset that this kernel does not tell of",
		Source:  "Linux tracepoint tcp:tcp_send_reset, which spans interfaces and network namespaces",
		Test:    kernelLog,
	},
	{
		Name: Ahead, Weight: true, Silence: true,
		Claim:   "its number is ahead of all that the sender sent",
		Refutes: []Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner},
		VoidIf:  "that is just what the path adds to the numbers",
		Source:  "RFC 9293 section 3.10.7; Weaver, Sommer and Paxson 2009",
		Test:    ahead,
	},
	{
		Name: OutOfSilence, Weight: true,
		Claim:   "it came out of silence, with a number that the sender had passed",
		Refutes: append([]Name{OwnFirewall, Remapped}, unsent...),
		VoidIf:  "the receiver had sent anything that it could answer",
		Source:  "RFC 9293 section 3.10.7: a socket resets at its next number, a host without one at the number of what it answers",
		Test:    outOfSilence,
	},
	{
		Name: StrangeTTL, Weight: true,
		Claim:   "it arrived with a TTL that no packet of the sender's can have",
		Refutes: append([]Name{}, causal...),
		VoidIf:  "the sender's packets arrive with several; it has come as many hops as they",
		Source:  "initial TTLs 32, 64, 128 and 255",
		Test:    strangeTTL,
	},
	{
		Name: Volley, Weight: true,
		Claim:   "it came with a reset that is found injected: the same TTL, unlike the sender's, the same shape",
		Refutes: []Name{OtherInterface, OwnFirewall},
		VoidIf:  "its TTL is that of the sender's packets",
		Source:  "one box, one event",
		Test:    volleySign,
	},
	{
		Name: OnePlace, Weight: true, Silence: true,
		Claim:   "both ends were hit, and the hops from each add up to the path",
		Refutes: []Name{OtherHost, Cluster, BelowTap},
		VoidIf:  "a TTL that begins with no usual value",
		Source:  "Weaver, Sommer and Paxson 2009",
		Test:    onePlace,
	},
	{
		Name: OtherBytes, Weight: true,
		Claim:   "in its place the sender sent other bytes, which arrived too",
		Refutes: unsent,
		VoidIf:  "a probe of one byte; a sender that overlaps itself",
		Source:  "RFC 9293 section 3.4",
		Test:    otherBytes,
	},
	{
		Name: Nearer, Weight: true,
		Claim:   "it answered sooner, and from nearer, than the sender can",
		Refutes: []Name{BothMissed, Renumbered, Altered, OtherInterface, OwnFirewall, KernelUnseen, Remapped, BelowTap, OtherHost, Cluster},
		VoidIf:  "fewer than three other connections to that address, or one of them translated or elsewhere",
		Source:  "the fastest round trip and the fewest routers to the sender",
		Test:    nearer,
	},
	{
		Name:   BothEndsHit,
		Claim:  "the sender, too, received a reset that the other end never sent",
		Source: "one factor: it is worth the other end's miss bound",
		Test:   bothEndsHit,
	},
	{
		Name:   SameAsGenuine,
		Claim:  "the sender did send resets of this very kind",
		Source: "the sender's own capture",
		Test:   sameAsGenuine,
	},
	{
		Name:   Shape,
		Claim:  "its window, IP-ID and options against those of the sender's own resets",
		Source: "Linux tcp_v4_send_reset; it tells stacks apart, not hosts",
		Test:   shapeSign,
	},
	{
		Name:   Resembles,
		Claim:  "a habit of boxes that was published",
		Source: "Weaver, Sommer and Paxson 2009",
		Test:   resembles,
	},
}

func order(f *Facts) Result {
	a := &f.Answer
	if !a.Acknowledges || a.LeftNS.Number == 0 || a.Reached != align.Never || f.OneSided || len(f.Sending.OtherNames) > 0 {
		return Result{}
	}
	// What the sender's capture shows of both directions: a recorder's own counters do
	// not say what it lost of this one.
	inbound := witness.MissBound(f.Getting.Witness.Passed, 0)
	whole := f.Sending.Deaf == 0 && f.Sending.Drops == 0 && f.Sending.Missed == 0 && f.Sending.Witness.Missed == 0
	if !whole || renumbered(f).Outcome != Refuted || max(inbound, f.Sending.bound()) > witness.MissStrong || notRunning(f).Outcome != Refuted {
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
	return supports(refutes, "it acknowledges what left the %s in frame %d and never came to the %s", f.Receiver, a.LeftNS.Number, f.Sender).
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
	if slow := a.ReachedAt.TimeNS - a.LeftNS.TimeNS - f.Clocks.BesideNS; a.LeftNS.Number == 0 || slow > f.Clocks.MinRTTNS/2 {
		return Result{} // an earlier copy may have come, and be missing
	}
	return supports(append([]Name{Cluster}, causal...), "it acknowledges bytes that reached the %s (frame %d there) only %s after it had reached the %s, by the packets right before and right after it",
		f.Sender, a.ReachedAt.Number, readable(late), f.Receiver).
		with(map[string]any{"acknowledged_frame": a.ReachedAt.Number, "too_late_ns": late})
}

// enoughTrips is how many packets must have been timed in each direction, before and
// after, before the fastest of them stands for the path.
const enoughTrips = 10

func oneClock(f *Facts) Result {
	a := &f.Answer
	if !a.Acknowledges || a.LeftNS.Number == 0 || f.Getting.Drops > 0 || f.Getting.Missed > 0 || f.Getting.Lacking > 0 || a.Trips < enoughTrips {
		return Result{}
	}
	took := f.Frame.TimeNS - a.LeftNS.TimeNS
	if took < 0 || 2*took+2*f.Clocks.TickNS >= a.FastestNS {
		return Result{}
	}
	return supports(append([]Name{Cluster}, causal...), "it acknowledges what left here %s before (frame %d); the fastest round trip between the two taps took %s, by %d packets and more each way, before it and after it",
		readable(took), a.LeftNS.Number, readable(a.FastestNS), a.Trips).
		with(map[string]any{"answered_after_ns": took, "min_rtt_ns": a.FastestNS})
}

func senderContradiction(f *Facts) Result {
	after := &f.After
	if f.Kind == "syn" && after.Established && after.Passed {
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
	if !l.Unlisted {
		refutes = append(refutes, Remapped)
	}
	return supports(refutes, "%s", l.said(f)).with(l.values())
}

func ahead(f *Facts) Result {
	n := &f.Numbers
	if n.Ahead <= 0 || n.IsShift {
		return Result{}
	}
	refutes := []Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner}
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
	return supports(causal, "%s: by no way can a packet of the %s's arrive like that", text, f.Sender).with(values)
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

func otherBytes(f *Facts) Result {
	if f.Numbers.Rival.Number == 0 {
		return Result{}
	}
	return supports(unsent, "in this place of the stream the %s sent other bytes (frame %d there), which arrived too", f.Sender, f.Numbers.Rival.Number).
		with(map[string]any{"sent_frame": f.Numbers.Rival.Number})
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

func sameAsGenuine(f *Facts) Result {
	if f.Numbers.Alike.Number == 0 {
		return Result{}
	}
	return contradicts("the %s did send resets of this very kind on this connection (frame %d there)", f.Sender, f.Numbers.Alike.Number).
		with(map[string]any{"sent_frame": f.Numbers.Alike.Number})
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

// wentOut reports whether the receiver's capture recorded it as sent by that host.
func (f *Facts) wentOut() bool { return f.Packet.Direction == capture.Outbound }

// rejectLike reports whether a reset looks like that of a firewall: it has neither a
// window nor timestamps (Linux nf_reject_ipv4.c; pf.conf(5)), nor have those of Linux,
// Windows and BSD for what they know no connection of.
func rejectLike(h *align.Header) bool {
	return h.Window == 0 && h.Options&segment.Timestamps == 0
}

// ofASocket is why a reset is not that of a host that does not know the connection.
const ofASocket = "it has timestamps, or a window and the next IP-ID of the connection, which the reset of a host that does not know it has not"

// nextIPIDs is how far behind the IP-ID of the last message the next one of a socket
// may be: acknowledgments in between count, too.
const nextIPIDs = 64

// statelessReset reports whether a reset may be that of a host that knows no
// connection. It has no timestamps; small stacks give it a window (lwIP tcp_rst), so that
// only a window together with the IP-ID that is next on the connection tells a socket.
func statelessReset(r *align.Reset) bool {
	if rejectLike(&r.Header) {
		return true
	}
	if r.Options&segment.Timestamps != 0 {
		return false
	}
	for _, m := range r.Alleged {
		if m != nil && !m.IPv6 && m.IPID != 0 && r.IPID-m.IPID-1 < nextIPIDs {
			return false
		}
	}
	return true
}

func without(names []Name, out ...Name) (kept []Name) {
next:
	for _, n := range names {
		for _, o := range out {
			if n == o {
				continue next
			}
		}
		kept = append(kept, n)
	}
	return kept
}
