package judge

import (
	"fmt"
	"slices"

	"bothends/correlate/align"
	"bothends/correlate/segment"
)

// A corroborator is something other than the silence of the sender's capture.
// It returns a Step with no Outcome if it has nothing to say.
var corroborators = []struct {
	name  string
	apply func(*hearing, *accusation) testimony
}{
	{"light-cone", (*hearing).lightCone},
	{"sender-contradiction", (*hearing).senderContradiction},
	{"both-ends-hit", (*hearing).bothEndsHit},
	{"hop-count", (*hearing).hopCount},
	{"never-sent-so-far", (*hearing).neverSentSoFar},
	{"growing-seq", (*hearing).growingSeq},
	{"kernel-testimony", (*hearing).kernelTestimony},
	{"other-bytes", (*hearing).otherBytes},
	{"same-as-genuine", (*hearing).likeGenuine},
	{"fingerprint", (*hearing).fingerprint},
	{"resembles", (*hearing).resembles},
}

// testimony is a corroborator's step, and how much it weighs.
type testimony struct {
	Step
	conclusive bool // enough without many packets (Strong)
	alone      bool // proves whatever the sender's capture missed
	// weightless: worth saying, but it decides nothing, not even with others.
	weightless bool
	// firewall: the sender's own firewall, answering for its TCP, would leave
	// the same trace.
	firewall bool
	// uplink: so would the sender itself, by an interface that was not recorded and
	// from which the way is another.
	uplink bool
	// silence: it rests on the sender's capture as much as the absence of the packet
	// does. A burst of packets that it lost together with this one would leave the
	// same trace, where the others did not arrive.
	silence bool
}

func supports(format string, args ...any) testimony {
	return testimony{Step: Step{Outcome: Supports}.because(format, args...)}
}

// lightCone: the reset knows of bytes that had not reached the sender when it
// must have left there.
func (h *hearing) lightCone(a *accusation) testimony {
	r := a.reset
	if r == nil || a.Header.Flags&segment.ACK == 0 || !h.comparable(a.TimeNS) {
		return testimony{}
	}
	strip := h.stripAt(a.TimeNS)
	if r.AckSent.Number != 0 && h.receiverComplete() {
		// A round trip is the fastest answer there is. As the smallest one seen
		// may still have waited somewhere, only half of it counts as certain.
		if took := a.TimeNS - r.AckSent.TimeNS; took >= 0 && 2*took < strip.MinRTT() {
			t := supports("it acknowledges what left here %s before (frame %d); the fastest round trip between the two taps took %s",
				readable(took), r.AckSent.Number, readable(strip.MinRTT()))
			t.conclusive, t.alone = true, true
			t.Values = map[string]any{"answered_after_ns": took, "min_rtt_ns": strip.MinRTT()}
			return t
		}
	}
	latest := h.latestSent(a.TimeNS)
	if r.AckReached != align.Seen || r.AckArrived.TimeNS <= latest+h.margin(a.TimeNS) {
		return testimony{}
	}
	t := supports("it acknowledges bytes that reached the %s (frame %d there) only %s after it must have left",
		h.sender, r.AckArrived.Number, readable(r.AckArrived.TimeNS-latest))
	t.conclusive = true
	t.Values = map[string]any{"acknowledged_frame": r.AckArrived.Number, "too_late_ns": r.AckArrived.TimeNS - latest}
	return t
}

// receiverComplete tells whether the receiver's capture has all that its host
// sent and the sender acknowledged. One that lacks a first copy dates the second.
func (h *hearing) receiverComplete() bool {
	return h.receiving.Drops == 0 && h.receiving.Missed == 0 && h.back.Sent.Missing(h.back.AckedAtSender) == 0
}

// senderContradiction: the sender went on as if it had sent no such packet. That
// says little where its capture lacks what the packet can have answered.
func (h *hearing) senderContradiction(a *accusation) testimony {
	last := h.stream.LastSent
	if last.Number == 0 || a.kind != "rst" || !h.comparable(a.TimeNS) {
		return testimony{}
	}
	margin := h.margin(a.TimeNS)
	after := last.TimeNS - h.latestSent(a.TimeNS)
	if after <= margin || a.position < h.stream.Sent.First || a.position > h.stream.Sent.Next+maxWindow {
		return testimony{}
	}
	t := supports("the %s still sent on this connection %s after this reset must have left (frame %d there, %s)",
		h.sender, readable(after), last.Number, last.Flags)
	t.Values = map[string]any{"sent_frame": last.Number, "after_ns": after}
	t.conclusive, t.firewall = true, true
	if m := a.reset.Own[0]; m != nil && m.Reached == align.Never {
		// What a NAT gave another port, or its capture missed, the sender answers
		// as a stranger's, and goes on with the connection that it knows.
		t.weightless = true
		t.Text += fmt.Sprintf("; but what the %s sent before it (frame %d) did not reach the %s as far as that end's capture shows, where it may have been answered all the same",
			h.sender.Other(), m.Number, h.sender)
		t.Values["unseen_frame"] = m.Number
	}
	return t
}

// maxWindow is the largest receive window without scaling (RFC 9293): a reset
// farther ahead belongs to no state of this connection.
const maxWindow = 1 << 16

// bothEndsHit: the sender, too, received a reset that this end never sent, and
// this one is no consequence of that: a host that was reset by a forger answers
// whatever still comes with resets of its own, but not resets (RFC 9293 section
// 3.10.7.1).
func (h *hearing) bothEndsHit(a *accusation) testimony {
	if a.kind != "rst" || !a.first || !h.comparable(a.TimeNS) {
		return testimony{}
	}
	hits := h.opposite.unmatched
	if len(hits) == 0 {
		return testimony{}
	}
	latest, margin := h.latestSent(a.TimeNS), h.margin(a.TimeNS)
	why := "and nothing came after it that could have called for this one"
	for _, r := range hits {
		if !h.provoked(r) {
			continue
		}
		if r.TimeNS <= latest+margin {
			return testimony{}
		}
		why = fmt.Sprintf("%s after this one must have left: it is no answer to it", readable(r.TimeNS-latest))
	}
	t := supports("the %s, too, received a reset that the %s never sent (frame %d there), %s", h.sender, h.sender.Other(), hits[0].Number, why)
	t.Values = map[string]any{"other_frame": hits[0].Number}
	return t
}

// provoked tells whether anything but resets reached the sender after it was hit,
// or may have without its capture showing it: each such segment calls for a
// reset by a host that no longer knows the connection.
func (h *hearing) provoked(hit *align.Reset) bool {
	return h.back.LastGot.TimeNS >= hit.TimeNS || h.back.LastPassedNS < h.back.LastSent.TimeNS
}

// hopCount: it came another way than everything else from the sender.
func (h *hearing) hopCount(a *accusation) testimony {
	p := &h.stream.Path
	if !p.HopsKept() {
		return testimony{}
	}
	hops := hopsTravelled(a.TTL)
	genuine := hopsTravelled(p.TTL)
	values := map[string]any{"ttl": a.TTL, "genuine_ttl": p.TTL, "hops": hops, "genuine_hops": genuine, "path_hops": p.Hops}
	if hops == genuine {
		return testimony{}
	}
	t := supports("it arrived with TTL %d, %s from an initial value; all %s from the %s arrived with TTL %d, %s", a.TTL, count(hops, "hop"),
		count(p.HopsSame, "other packet"), h.sender, p.TTL, count(genuine, "hop"))
	t.Values = values
	t.uplink = h.anotherWay(a)
	return t
}

// longestPath is beyond any path of today's Internet, in routers.
const longestPath = 32

// anotherWay tells whether the sender's own packets could arrive with this TTL by
// another way than the recorded one: it is one that the sender begins with, less
// the routers of some path. Its resets may begin with another than its data, as
// those of some load balancers do. Where the recorded way translates the sender's
// address, no other one would translate it alike.
func (h *hearing) anotherWay(a *accusation) bool {
	if h.Cases[h.index].Translated[h.sender] {
		return false
	}
	begin := map[int]bool{int(h.stream.Path.TTL) + h.stream.Path.Hops: true}
	for ttl := range h.resetTTLs[h.sender] {
		begin[int(ttl)] = true
	}
	for initial := range begin {
		if hops := initial - int(a.TTL); hops >= 0 && hops <= longestPath {
			return true
		}
	}
	return false
}

// hopsTravelled infers the number of routers passed from the initial TTLs in use.
func hopsTravelled(ttl uint8) int {
	for _, initial := range []int{32, 64, 128, 255} {
		if int(ttl) <= initial {
			return initial - int(ttl)
		}
	}
	return 0
}

// neverSentSoFar: its sequence number lies beyond everything that the sender had
// sent, by either capture. A host resets at its next number or, answering a
// stray segment, at the number that this one acknowledged (RFC 9293 section
// 3.10.7): never ahead of itself.
func (h *hearing) neverSentSoFar(a *accusation) testimony {
	if a.reset == nil || h.stream.Passed == 0 {
		return testimony{}
	}
	ahead := h.ahead(a.reset)
	if ahead <= 0 {
		return testimony{}
	}
	t := supports("its sequence number is %d ahead of everything that the %s ever sent", ahead, h.sender)
	t.Values, t.silence = map[string]any{"ahead": ahead}, true
	return t
}

// ahead is how far a reset's number lies beyond all that either capture, or an
// acknowledgment in it, shows the sender to have sent; 0 if it does not.
func (h *hearing) ahead(r *align.Reset) int64 {
	s := h.stream
	highest := max(s.Sent.Next, s.Got.Next, s.AckedAtReceiver, s.AckedAtSender)
	if d := r.Position - highest; d > 0 && d < maxAhead {
		return d
	}
	return 0
}

// maxAhead is how far ahead a number can be told from one behind.
const maxAhead = 1 << 30

// growingSeq: several resets in a row with growing numbers, some ahead of the
// stream, as a box sends them that guesses at the receiver's window (Weaver,
// Sommer and Paxson 2009). A host that answers stray segments one by one also
// sends growing numbers, but none ahead of itself.
func (h *hearing) growingSeq(a *accusation) testimony {
	if a.steps < 2 || !a.guesses {
		return testimony{}
	}
	t := supports("it is one of %d resets within two seconds whose sequence numbers grow beyond what was sent: no host resets a connection like that", a.steps)
	t.Values = map[string]any{"resets": a.steps}
	t.silence = !slices.ContainsFunc(h.forged, func(r *align.Reset) bool { return growing(r, a.reset) })
	return t
}

// otherBytes: the sender's own stream has other bytes in this place.
func (h *hearing) otherBytes(a *accusation) testimony {
	if a.leftover == nil || a.leftover.Rival.Number == 0 {
		return testimony{}
	}
	t := supports("in this place of the stream the %s sent other bytes (frame %d there), which arrived too", h.sender, a.leftover.Rival.Number)
	t.Values = map[string]any{"sent_frame": a.leftover.Rival.Number}
	t.conclusive = true
	return t
}

// likeGenuine: the sender is known to have sent such resets on this connection,
// so that one which its capture lacks is no surprise.
func (h *hearing) likeGenuine(a *accusation) testimony {
	if a.reset == nil {
		return testimony{}
	}
	for _, s := range h.stream.Resets[h.sender] {
		if s.Window == a.Window && s.Options == a.Options && hopsTravelled(s.TTL)+h.stream.Path.Hops == hopsTravelled(a.TTL) && h.sentBefore(s.TimeNS, a.TimeNS) {
			return testimony{Step: Step{Outcome: Contradicts, Values: map[string]any{"sent_frame": s.Number}}.because(
				"the %s did send resets of this very kind on this connection (frame %d there)", h.sender, s.Number)}
		}
	}
	return testimony{}
}
