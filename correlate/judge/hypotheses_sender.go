package judge

import (
	"fmt"
	"strings"

	"bothends/correlate/witness"
)

func notRunning(f *Facts) Result {
	c, r := &f.Clocks, &f.Sending
	switch {
	case !c.Known:
		return open("the two clocks cannot be compared: no packets passed in both directions")
	case !c.Comparable:
		return open("the two clocks cannot be compared at that time: one of them was set, or too little passed")
	}
	values := map[string]any{
		"latest_sent": stamp(c.LatestNS), "capture_begins": stamp(r.FirstNS), "capture_ends": stamp(r.LastNS), "clock_uncertainty_ns": c.DoubtNS,
	}
	switch {
	case r.Gap != nil:
		return fits("the %s's capture says that it recorded nothing from %s to %s, when the packet may have left", f.Sender, clockTime(r.Gap.FromNS), clockTime(r.Gap.UntilNS)).
			with(map[string]any{"gap_begins": stamp(r.Gap.FromNS), "gap_ends": stamp(r.Gap.UntilNS), "latest_sent": stamp(c.LatestNS), "clock_uncertainty_ns": c.DoubtNS})
	case c.LatestNS > r.LastNS && f.Others.VolleyForged.Number != 0:
		return refuted("the %s's capture ends %s before the latest moment at which the packet can have left there, but another reset of the same volley (frame %d) is found injected while it was running",
			f.Sender, readable(c.LatestNS-r.LastNS), f.Others.VolleyForged.Number).with(values)
	case c.LatestNS > r.LastNS:
		return fits("the %s's capture ends %s before the latest moment at which the packet can have left there", f.Sender, readable(c.LatestNS-r.LastNS)).with(values)
	case c.LatestNS-c.MinRTTNS < r.FirstNS && !r.FromSYN:
		return fits("the %s's capture begins too late to have seen the packet leave", f.Sender).with(values)
	}
	return refuted("the %s's capture was running when the packet would have left, at %s by its own clock at the latest; it goes on for another %s",
		f.Sender, clockTime(c.LatestNS), readable(r.LastNS-c.LatestNS)).with(values)
}

func filtered(f *Facts) Result {
	r := &f.Sending
	values := map[string]any{"resets_recorded": r.Resets}
	if r.Filter != "" {
		values["filter"] = r.Filter
	}
	switch {
	case r.HeadersCut > 0:
		return fits("the %s's capture cut %s so short that the TCP header is missing", f.Sender, count(r.HeadersCut, "packet")).with(values)
	case r.Witness.Passed == 0:
		return fits("the %s's capture holds nothing that this end sent and the other one received", f.Sender).with(values)
	case f.Kind == "icmp":
		return errorsFiltered(f).with(values)
	case f.Kind != "rst":
		return refuted("the %s's capture admits this direction", f.Sender).with(values)
	case r.FiltersFlags() && r.Resets == 0:
		return fits("the %s's capture was filtered by TCP flags (%q) and holds no reset of any kind", f.Sender, r.Filter).with(values)
	case r.FiltersFlags():
		return open("the %s's capture was filtered by TCP flags: %q", f.Sender, r.Filter).with(values)
	case f.Stated.has(Filter) && r.Resets == 0 && !(&witness.Witness{Filter: f.Stated[Filter]}).AdmitsResets():
		return fits("the %s's capture was recorded with the filter %q, as is stated, which may leave out resets, and it holds none", f.Sender, f.Stated[Filter]).with(values)
	case r.Resets > 0:
		return refuted("the %s's capture admits this direction, and resets", f.Sender).with(values)
	case r.AdmitsResets():
		return refuted("the %s's capture was recorded with the filter %q, which leaves out no reset", f.Sender, r.Filter).with(values)
	case f.Stated.has(Filter) && (&witness.Witness{Filter: f.Stated[Filter]}).AdmitsResets():
		return attested("the %s's capture was recorded with the filter %q, as is stated", f.Sender, f.Stated[Filter]).with(values)
	}
	return open("the %s's capture holds this direction, but no reset of any kind, so that a filter against resets cannot be excluded", f.Sender).with(values)
}

func missed(f *Facts) Result {
	r, receiver := &f.Sending, f.Receiver
	all, allMissed := r.Witness.Passed, r.Witness.Missed
	share := r.share()
	values := map[string]any{
		"n": r.Passed, "missed": r.Missed, "n_pooled": all, "missed_pooled": allMissed, "miss_bound": r.bound(),
		"clusters": r.Clusters, "miss_bound_overall": r.overall(), "clusters_near": r.ClustersNear, "miss_bound_near": r.near(), "genuine_resets": r.GenuineResets,
		"counters_known": r.DropsKnown, "drops": r.Drops, "ip_id_steps": r.IPIDs.Steps, "ip_id_jumps": r.IPIDs.Jumps,
	}
	switch {
	case r.Drops > 0:
		return fits("the %s's capture says of itself that it lost %s", f.Sender, count(r.Drops, "packet")).with(values)
	case r.Missed > 0:
		return fits("the %s's capture lacks %d of %s of this connection that the %s received from it, so it may lack this one too",
			f.Sender, r.Missed, count(r.Passed+r.Missed, "packet"), receiver).with(values)
	case r.MoreResets > 0 && f.Kind == "rst":
		return fits("%s", tooManyResets).with(values)
	case r.Unexplained > 0:
		return fits("the %s's capture lacks %s of this connection that the %s received and that nothing marks as forged, so it may lack this one too", f.Sender, count(r.Unexplained, "other segment"), receiver).with(values)
	case r.Lacking > 0:
		return fits("the %s acknowledged %s that the %s's capture lacks, so it may lack this packet too", receiver, count(r.Lacking, "byte"), f.Sender).with(values)
	case r.Deaf > 0:
		return fits("the %s acknowledged %s that its own capture never saw arrive, so that capture is incomplete", f.Sender, count(r.Deaf, "byte")).with(values)
	case r.IPIDs.Counting() && r.IPIDs.Jumps > 0:
		return fits("the %s counts IP-IDs for each connection, and they jump %s: packets left that its capture lacks", f.Sender, count(r.IPIDs.Jumps, "time")).with(values)
	case allMissed > 0 && share > witness.MissStrong:
		return open("the %s's capture lacks %d of %s that the %s received from it on other connections, so it may lack this one too",
			f.Sender, allMissed, count(all+allMissed, "packet"), receiver).with(values)
	}
	counters := "it has no counters of its own"
	switch {
	case f.Stated.has(NoDrops) && !r.DropsKnown:
		counters = "that it dropped none is stated"
	case r.DropsKnown && !r.counted(f.Stated):
		counters = "its counters say zero, but nothing shows that it was made on the host itself, and a mirror loses before it counts"
	case r.DropsKnown:
		counters = "its own counters say zero"
	}
	lacks := "none"
	if allMissed > 0 {
		lacks = fmt.Sprint(allMissed)
	}
	if allMissed == 0 && r.DropsKnown && r.counted(stated{}) { // a bound of few packets says less than the counters do
		return refuted("of %s that the %s is known to have sent its capture lacks none, and its own counters say that nothing was lost", count(all, "packet"), f.Sender).with(values)
	}
	said := fmt.Sprintf("of %s that the %s is known to have sent its capture lacks %s; %s. %s",
		count(all, "packet"), f.Sender, lacks, counters, r.boundInWords())
	res := refuted("%s", said).with(values)
	res.Attested = r.sound(f.Stated) && !r.sound(stated{})
	return res
}

// boundInWords tells the miss bound and what it rests on. One that is not known to be
// below one half is no bound.
func (r *RecordingFacts) boundInWords() string {
	said := fmt.Sprintf("They left in %s of ten milliseconds, %d of them within a second of this packet, and %d of them were resets",
		count(r.Clusters, "cluster"), r.ClustersNear, r.GenuineResets)
	if bound := r.bound(); bound < 0.5 {
		return said + fmt.Sprintf(": the chance that it missed any one packet like them is below %.2g %% (95 %% confidence)", 100*bound)
	}
	return said + ", which is too few to bound the chance that it missed any one packet"
}

func bothMissed(f *Facts) Result {
	if f.Numbers.Ahead <= 0 && f.Numbers.Burst == 0 {
		return Result{}
	}
	values := map[string]any{"miss_bound": f.Sending.share(), "miss_bound_receiver": f.Getting.share()}
	switch {
	case f.Sending.counted(stated{}) && !f.Sending.lacks(), f.Getting.counted(stated{}) && !f.Getting.lacks():
		return refuted("the counters of one capture say that it lost nothing").with(values)
	case f.Sending.share() <= witness.MissStrong, f.Getting.share() <= witness.MissStrong:
		return refuted("one capture is known to be complete within 5 %%").with(values)
	}
	if f.Sending.counted(f.Stated) && !f.Sending.lacks() || f.Getting.counted(f.StatedThere) && !f.Getting.lacks() {
		return attested("that one capture lost nothing is stated").with(values)
	}
	return open("its number is ahead of all that either capture shows, and neither is known to be complete: data before it may have been lost to both").with(values)
}

// enoughSegments is how many other segments must show the same mapping.
const enoughSegments = 3

func renumbered(f *Facts) Result {
	n := &f.Numbers
	values := map[string]any{"segments": n.There, "segments_back": n.Back, "seq_shift": n.Shift[f.Sender], "ack_shift": n.Shift[f.Receiver]}
	if f.OneSided {
		return open("the %s's capture holds no packet of this connection, neither from it nor to it: nothing shows how the path maps it", f.Sender)
	}
	shifted := "sequence numbers are the same at both ends"
	if n.Shift != [2]uint32{} {
		shifted = "sequence numbers differ by a constant"
	}
	switch {
	case n.IsShift:
		return fits("its number is off by just what the path adds to the %s's numbers (%d): it got past what rewrites them", f.Sender, int32(n.Shift[f.Sender])).with(values)
	case n.There >= enoughSegments && n.Back >= enoughSegments:
		return refuted("%s on %s from the %s and %d to it", shifted, count(n.There, "other segment"), f.Sender, n.Back).with(values)
	case n.Shift == [2]uint32{} && n.There > 0 && n.Back > 0 && n.There+n.Back >= enoughSegments:
		// Equal numbers need no series to be recognised as such.
		return refuted("%s on %s from the %s and %d to it", shifted, count(n.There, "other segment"), f.Sender, n.Back).with(values)
	case n.Shift == [2]uint32{} && f.Sending.Witness.Passed >= enoughSegments && f.Getting.Witness.Passed >= enoughSegments:
		return refuted("%s, here on %s from the %s and %d to it, and on %d and %d of all connections",
			shifted, count(n.There, "segment"), f.Sender, n.Back, f.Sending.Witness.Passed, f.Getting.Witness.Passed).with(values)
	case n.There > 0 && n.Back > 0 && min(n.Agreed[f.Sender], n.Agreed[f.Receiver]) >= enoughSegments && !n.Unarrived:
		// The peer's acknowledgments show a stream's numbers as well as its own segments do;
		// and what would have been renumbered otherwise must have left.
		return refuted("%s on %d numbers of the %s's stream and %d of the %s's, in segments or acknowledged, and no reset left the %s that did not arrive as it was",
			shifted, n.Agreed[f.Sender], f.Sender, n.Agreed[f.Receiver], f.Receiver, f.Sender).with(values)
	}
	return open("only %s from the %s and %d to it passed both ends: too few to know how the path changes them", count(n.There, "segment"), f.Sender, n.Back).with(values)
}

func altered(f *Facts) Result {
	n := &f.Numbers
	switch {
	case n.Damaged:
		return fits("%s", damagedAtReceiver(f.Receiver))
	case f.Error.Other.Number != 0:
		return fits("the %s did send an ICMP error about this connection (frame %d there) that did not arrive as it was: this may be that one, changed on the way",
			f.Sender, f.Error.Other.Number).with(map[string]any{"sent_frame": f.Error.Other.Number})
	case n.Altered != nil:
		return fits("the %s did send a reset before (frame %d, seq %d) that did not arrive as it was: this may be that one, changed on the way",
			f.Sender, n.Altered.Number, n.Altered.Header.Seq).with(map[string]any{"sent_frame": n.Altered.Number})
	case n.Mistimed != nil:
		return fits("the %s sent one that differs from this one by its time alone (frame %d there): a clock that was set in between would explain that",
			f.Sender, n.Mistimed.Number).with(map[string]any{"sent_frame": n.Mistimed.Number})
	case n.Rival.Number != 0 && f.Kind == "syn-ack":
		return refuted("what the %s sent in its place (frame %d) acknowledges another number, and arrived as well", f.Sender, n.Rival.Number).with(map[string]any{"sent_frame": n.Rival.Number})
	case n.Rival.Number != 0:
		return refuted("what the %s sent in its place (frame %d) carries other bytes, and arrived as well", f.Sender, n.Rival.Number).with(map[string]any{"sent_frame": n.Rival.Number})
	}
	return refuted("nothing that the %s sent is this packet altered, late or doubled", f.Sender)
}

func otherInterface(f *Facts) Result {
	r := &f.Sending
	values := map[string]any{"interfaces": r.Interfaces, "any": r.AllInterfaces && !r.NoOther, "no_other": r.NoOther}
	switch {
	case r.Host.Elsewhere > 0:
		values["namespaces"] = r.Host.Elsewhere
		return open("%s of the %s's host %s one of its addresses, and may have interfaces of their own",
			count(r.Host.Elsewhere, "other network namespace"), f.Sender, has(r.Host.Elsewhere)).with(values)
	case r.NoOther:
		return refuted("the %s's recorder found no interface up on that host that it did not record", f.Sender).with(values)
	case r.AllInterfaces:
		return refuted("the %s recorded all its interfaces at once", f.Sender).with(values)
	case f.Stated.has(OneWayOut):
		return attested("that the %s has no other way out is stated", f.Sender).with(values)
	case len(r.OtherNames) > 0:
		values["unrecorded"] = r.OtherNames
		return open("the %s had other interfaces up that were not recorded: %s", f.Sender, strings.Join(r.OtherNames, ", ")).with(values)
	}
	return open("the %s's capture covers %s; it does not say whether the host has another that can send from this address", f.Sender, count(r.Interfaces, "interface")).with(values)
}

func ownFirewall(f *Facts) Result {
	switch f.Kind {
	case "rst":
	case "icmp":
		return ownFirewallsError(f)
	default:
		return refuted("a firewall rejects with resets and ICMP errors only")
	}
	switch {
	case !f.Answer.Reject:
		return refuted("it has a window or timestamps, and the reset of a firewall has neither")
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s: a firewall only answers", f.Receiver, readable(f.Answer.IdleNS))
	case f.everyWayOut() && f.Sending.sound(f.Stated):
		r := refuted("the %s's capture holds every way out and lacks nothing: what its firewall sends passes there", f.Sender)
		r.Attested = !f.Sending.AllInterfaces || !f.Sending.sound(stated{})
		return r
	case f.Stated.has(NoReject):
		return attested("that no firewall of the %s's rejects with a reset is stated", f.Sender)
	case f.Sending.Host.NoRejects():
		return refuted("the %s's packet filters had no rule that rejects with a reset, neither when its recording began nor when it ended", f.Sender)
	case f.Sending.Host.ResetRules > 0 && !f.everyWayOut():
		return open("the %s's packet filters have %s with a reset, and not every way out was recorded", f.Sender, rules(f.Sending.Host.ResetRules)).
			with(map[string]any{"reset_rules": f.Sending.Host.ResetRules})
	case !f.everyWayOut():
		return open("the %s's own firewall, and not its TCP, may have sent it, by an interface that was not recorded", f.Sender)
	}
	return open("the %s's own firewall, and not its TCP, may have sent it, and its capture is too small to exclude that it missed it (%s, no counters)", f.Sender, count(f.Sending.Witness.Passed, "packet"))
}

func kernelUnseen(f *Facts) Result {
	k, l := &f.Kernel, &f.Log
	switch {
	case f.Kind != "rst":
		return Result{}
	case l.Unseen != nil:
		return fits("the %s's kernel tells of a reset that it sent on this connection at %s (%s), which its capture does not hold",
			f.Sender, clockTime(l.Unseen.Time.UnixNano()), reasonOf(l.Unseen)).with(l.valuesAt(l.Unseen.Time))
	case l.UnseenThen != nil:
		return open("the %s's kernel tells of a reset that it sent on this connection at %s, at another time, which its capture does not hold: a clock may have been set",
			f.Sender, clockTime(l.UnseenThen.Time.UnixNano())).with(l.valuesAt(l.UnseenThen.Time))
	case l.UnseenElsewhere != nil:
		e := l.UnseenElsewhere
		return open("the %s's kernel tells of a reset from %s to %s at %s, which its capture does not hold", f.Sender, e.Local, e.Remote, clockTime(e.Time.UnixNano())).with(l.valuesAt(e.Time))
	case l.Known && l.Unlisted > 0:
		return open("the %s's kernel counted %s then on connections that were not recorded, and does not list them: the host may have given one of its own another end, as of a container",
			f.Sender, count(int64(l.Unlisted), "reset")).with(l.values())
	case l.Known:
		return refuted("%s", l.said(f.Sender)).with(l.values())
	case !k.Known:
		return Result{}
	}
	values := map[string]any{"from": stamp(k.FromNS), "until": stamp(k.UntilNS), "counted": k.Counted, "captured": k.Captured}
	if k.Counted > k.Captured {
		return open("from %s to %s the %s's kernel counted %s sent by its TCP, and its capture holds %d of them: others left unseen",
			clockTime(k.FromNS), clockTime(k.UntilNS), f.Sender, count(int64(k.Counted), "reset"), k.Captured).with(values)
	}
	if k.Counted > 0 && k.Captured > k.Counted {
		return open("from %s to %s the %s's capture holds %s, of which its kernel counted %d: what its firewall sends is not counted, and hides what is missing",
			clockTime(k.FromNS), clockTime(k.UntilNS), f.Sender, count(int64(k.Captured), "reset"), k.Counted).with(values)
	}
	return refuted("the %s's kernel counted no reset that its capture does not hold", f.Sender).with(values)
}

func remapped(f *Facts) Result {
	r := &f.Sending
	switch {
	case f.Kind != "rst" && f.Kind != "icmp":
		return refuted("a host resets what it does not know, and sends nothing else to it")
	case !f.Answer.Stateless:
		return refuted("%s", ofASocket)
	case f.OneSided:
		return open("the %s's capture holds nothing of this connection: nothing shows under what address it came there", f.Sender)
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that could have come under another address", f.Receiver, readable(f.Answer.IdleNS))
	case f.cameWhole():
		return refuted("all that the %s sent before it came to the %s under the connection's own addresses", f.Receiver, f.Sender)
	case !f.Way.TranslatedR && !f.Numbers.Remapped:
		return refuted("nothing on the path translates the %s's address", f.Receiver)
	case f.Stated.has(Filter) && !witness.NamesHost(f.Stated[Filter]):
		return attested("no such reset left the %s under any address, by the filter %q as it is stated", f.Sender, f.Stated[Filter])
	case witness.NamesHost(r.Filter):
		return open("the %s was recorded with a filter that names a host (%q): a packet of the %s's that came under another address, and the reset that answered it, would not be in it", f.Sender, r.Filter, f.Receiver)
	case r.Filter == "" && r.OnlyPeer:
		return open("a NAT translates the %s's address, and the %s's capture holds one remote address only, so that its filter may name it: a packet that came under another, and the reset that answered it, would not be in it", f.Receiver, f.Sender)
	}
	return refuted("no such reset left the %s under any address", f.Sender)
}

// tooManyResets: of a flood only the first are kept, so that the partner of one
// may be among those that were only counted.
const tooManyResets = "there are more resets on this connection than are kept apart"

// ofASocket is why a reset is not that of a host that does not know the connection.
const ofASocket = "it has timestamps, or a window and the next IP-ID of the connection, which the reset of a host that does not know it has not"
