package judge

import (
	"fmt"
	"strings"
)

// The innocent explanations, in the order in which they are tried: the sender's own
// machine, unseen (A), then someone honest who answers for its address (B).
const (
	NotRunning     Name = "not-running"
	Filtered       Name = "filtered"
	Missed         Name = "missed"
	BothMissed     Name = "both-missed"
	Renumbered     Name = "renumbered"
	Altered        Name = "altered"
	OtherInterface Name = "other-interface"
	OwnFirewall    Name = "own-firewall"
	KernelUnseen   Name = "kernel-unseen"
	Remapped       Name = "remapped"
	Proxy          Name = "proxy"
	BelowTap       Name = "below-tap"
	OtherHost      Name = "other-host"
	Cluster        Name = "cluster"
	AddressOwner   Name = "address-owner"
	Receiver       Name = "receiver"
)

// Hypotheses is the table: a packet is injected only if each of its rows is refuted,
// by its own test or by a sign.
var Hypotheses = []Hypothesis{
	{
		Name: NotRunning, Maker: Sender,
		Claim:     "its capture was not running then",
		Short:     "a capture that was not running then",
		Predicts:  "the moment of sending lies outside of the time that the sender's capture covers",
		RefutedBy: "packets or notes of the recorder before and after the latest moment of sending, the clocks' error included; or a reset of the same volley that is found injected",
		Source:    "RFC 9293 section 3.10.7; the recorder's own notes",
		Advice:    "Record again, starting both ends before the session and stopping them ten seconds after it.",
		Test:      notRunning,
	},
	{
		Name: Filtered, Maker: Sender, MayStayOpen: true,
		Claim:     "its capture leaves such packets out",
		Short:     "a filter",
		Predicts:  "the filter, the snap length or a direction that was not recorded hides it",
		RefutedBy: "the filter's text, or resets and both directions in the file; whole headers",
		Source:    "pcap-filter(7)",
		Advice:    "Record again with a filter for the port alone, both directions, and whole headers. If the filter is known: --attest END:filter=EXPR.",
		Test:      filtered,
	},
	{
		Name: Missed, Maker: Sender,
		Claim:     "its capture missed it",
		Short:     "a packet that the capture missed",
		Predicts:  "other packets of the sender are missing from its capture",
		RefutedBy: "zero counters of a recorder on the host, or n packets known to have passed of which none is missing: any one is missed with a chance below 1 - 0.05^(1/n)",
		Source:    "Clopper and Pearson 1934; pcap_stats(3PCAP)",
		Advice:    "Record again with a larger buffer. If the recorder printed zero drops: --attest END:drops=0.",
		Test:      missed,
	},
	{
		Name: BothMissed, Maker: Sender,
		Claim:     "both captures lack packets before it",
		Short:     "data that both captures lack",
		Predicts:  "few packets, no counters, and a number that only looks as if it were ahead",
		RefutedBy: "at one end at least zero counters, or a miss bound of 5 %",
		Source:    "two weak bounds do not support each other",
		Advice:    "Record longer sessions, or with a recorder that counts what it drops.",
		Test:      bothMissed,
	},
	{
		Name: Renumbered, Maker: Sender,
		Claim:     "the path changes its numbers in no constant way",
		Short:     "numbers that the path changes",
		Predicts:  "the shift between the two ends varies",
		RefutedBy: "a constant shift on three segments each way",
		Source:    "SYN proxies and firewalls that randomise initial sequence numbers",
		Advice:    "Record a longer session, from its SYN on.",
		Test:      renumbered,
	},
	{
		Name: Altered, Maker: Sender,
		Claim:     "this is another packet of its, altered, late or doubled",
		Short:     "a packet altered, late or doubled",
		Predicts:  "the sender sent a packet that did not arrive, or one that is the same",
		RefutedBy: "nothing like it left, by number, time and count, on any connection and under any address",
		Source:    "RFC 9293 section 3.10.7",
		Advice:    "Compare the frames named here by hand.",
		Test:      altered,
	},
	{
		Name: OtherInterface, Maker: Sender,
		Claim:     "it left by another interface",
		Short:     "another interface",
		Predicts:  "the host has another one that can carry the address; a reset without a socket follows the default route",
		RefutedBy: "every interface recorded, the kernel's own count, a sign that no packet of the host can be, or a statement",
		Source:    "Linux ip_route_output_flow; ip-rule(8)",
		Advice:    "Record every interface at once: bothcap does, or tcpdump -i any. If there is no other way out: --attest END:one-way-out (ip -br a; ip rule; ip r s table all).",
		Test:      otherInterface,
	},
	{
		Name: OwnFirewall, Maker: Sender,
		Claim:     "its own firewall sent it in the place of its TCP",
		Short:     "the sender's own firewall",
		Predicts:  "a number taken from the packet that it answers, no options, IP-ID 0; the host's TCP goes on, and its count of resets does not move",
		RefutedBy: "a complete capture of every way out; a window or timestamps, which no REJECT has; a number ahead of the stream; or a statement",
		Source:    "Linux nf_reject_ipv4.c; pf.conf(5) return-rst",
		Advice:    "Look for rules that reject with a reset (nft list ruleset). If there is none: --attest END:no-reject.",
		Test:      ownFirewall,
	},
	{
		Name: KernelUnseen, Maker: Sender,
		Claim:     "its kernel sent more resets than its capture holds",
		Short:     "a reset that its kernel counted and its capture lacks",
		Predicts:  "the kernel's count of resets rose by more than the file has",
		RefutedBy: "equal counts",
		Source:    "RFC 4022 tcpOutRsts; /proc/net/snmp",
		Advice:    "Record every interface, so that each counted reset stands in the file.",
		Test:      kernelUnseen,
	},
	{
		Name: Remapped, Maker: Sender,
		Claim:     "a NAT gave the connection other addresses, and it reset what came from those",
		Short:     "a NAT that changed its mapping",
		Predicts:  "packets of the receiver's reach the sender under other addresses",
		RefutedBy: "all that the receiver sent came under its own; or no such reset left under any address, by a filter that names no host",
		Source:    "RFC 4787; Linux nf_conntrack",
		Advice:    "Record by the service's port alone, not by the other end's address. If the filter is known: --attest END:filter=EXPR.",
		Test:      remapped,
	},
	{
		Name: Proxy, Maker: SomeoneElse,
		Claim:     "a proxy speaks for it",
		Short:     "a proxy",
		Predicts:  "two sequence spaces, or acknowledgments that it never sent",
		RefutedBy: "one sequence space",
		Source:    "RFC 3135",
		Advice:    "Record also at the proxy, on both its sides.",
		Test:      proxy,
	},
	{
		Name: BelowTap, Maker: SomeoneElse,
		Claim:     "something below its tap answered: XDP, its network card, a hypervisor, a device in front of it",
		Short:     "something below the tap",
		Predicts:  "what it answers never comes to the tap, and it stands no router, or one, from the sender",
		RefutedBy: "what it can answer came to the sender's tap; or two routers and more between",
		Source:    "Linux XDP; Intel AMT; cloud security groups",
		Advice:    "Look for XDP programs (ip -d link; ss --xdp) and ask who runs the hypervisor. If there is none: --attest END:no-bypass.",
		Test:      belowTap,
	},
	{
		Name: OtherHost, Maker: SomeoneElse,
		Claim:     "another host behind the same address got what it did not, and reset what it does not know",
		Short:     "another host behind the address",
		Predicts:  "a packet of the receiver's left before the reset came and never reached the sender",
		RefutedBy: "none was astray in that time; made at the receiver's first router; resets to both ends from one place; or a statement",
		Source:    "RFC 7690; anycast (RFC 4786), ECMP, load balancers, fail-over",
		Advice:    "Ask whether a balancer, anycast or a fail-over pair serves this address. If no other machine answers for it: --attest END:one-host.",
		Test:      otherHost,
	},
	{
		Name: Cluster, Maker: SomeoneElse,
		Claim:     "every node of a cluster got the packet, and another node reset it",
		Short:     "another node of a cluster",
		Predicts:  "nothing astray; hops and time as the sender's; the answer of a host without a socket",
		RefutedBy: "hops that differ by more than one; sooner than the sender could; a window or timestamps; a number ahead of the stream; or a statement",
		Source:    "Microsoft NLB; iptables CLUSTERIP; switches that flood",
		Advice:    "Ask whether this address belongs to a cluster. If no other machine answers for it: --attest END:one-host.",
		Test:      cluster,
	},
	{
		Name: AddressOwner, Maker: SomeoneElse,
		Claim:     "the host that owns its address on the way, a NAT or a balancer, answered for it",
		Short:     "the owner of the address on the way",
		Predicts:  "the sender's address is translated, and what is answered never came to the sender",
		RefutedBy: "the sender itself has that address; or what can be answered came to it",
		Source:    "Linux nf_conntrack: a packet without an entry goes to the local socket look-up",
		Advice:    "Look at the timeouts and the table of whatever translates the addresses; no content filter is needed to explain this.",
		Test:      addressOwner,
	},
	{
		Name: Receiver, Maker: SomeoneElse,
		Claim:     "the receiving machine made it itself",
		Short:     "the receiving machine itself",
		Predicts:  "it came over the loopback device, or went out",
		RefutedBy: "neither",
		Source:    "Linux nf_reject in OUTPUT; ARPHRD_LOOPBACK in SLL and SLL2",
		Advice:    "Look for rules of the receiver's own firewall that reject what it sends (nft list ruleset).",
		Test:      receiver,
	},
}

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
		return fits("the %s's capture says that it recorded nothing from %s to %s, when the packet may have left", f.Sender, clockTime(r.Gap.FromNS), clockTime(r.Gap.UntilNS)).with(values)
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
	case f.Kind != "rst":
		return refuted("the %s's capture admits this direction", f.Sender).with(values)
	case r.FiltersFlags() && r.Resets == 0:
		return fits("the %s's capture was filtered by TCP flags (%q) and holds no reset of any kind", f.Sender, r.Filter).with(values)
	case r.FiltersFlags():
		return open("the %s's capture was filtered by TCP flags: %q", f.Sender, r.Filter).with(values)
	case f.Stated.has(Filter) && r.Resets == 0 && !(&Witness{Filter: f.Stated[Filter]}).AdmitsResets():
		return fits("the %s's capture was recorded with the filter %q, as is stated, which may leave out resets, and it holds none", f.Sender, f.Stated[Filter]).with(values)
	case r.Resets > 0:
		return refuted("the %s's capture admits this direction, and resets", f.Sender).with(values)
	case r.AdmitsResets():
		return refuted("the %s's capture was recorded with the filter %q, which leaves out no reset", f.Sender, r.Filter).with(values)
	case f.Stated.has(Filter) && (&Witness{Filter: f.Stated[Filter]}).AdmitsResets():
		return attested("the %s's capture was recorded with the filter %q, as is stated", f.Sender, f.Stated[Filter]).with(values)
	}
	return open("the %s's capture holds this direction, but no reset of any kind, so that a filter against resets cannot be excluded", f.Sender).with(values)
}

func missed(f *Facts) Result {
	r, receiver := &f.Sending, f.Receiver
	all, allMissed := r.Witness.Passed, r.Witness.Missed
	bound, here := r.bound(), MissBound(r.Passed, r.Missed)
	values := map[string]any{
		"n": r.Passed, "missed": r.Missed, "miss_bound_connection": here, "n_pooled": all, "missed_pooled": allMissed, "miss_bound": bound,
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
	case allMissed > 0 && bound > missStrong:
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
	said := fmt.Sprintf("of %s that the %s is known to have sent its capture lacks %s; %s. The chance that it missed any one packet is below %.2g %% (95 %% confidence)",
		count(all, "packet"), f.Sender, lacks, counters, 100*bound)
	switch r.Passed {
	case all:
		said += "; all of them are of this connection"
	case 0:
		said += "; none of them is of this connection"
	default:
		said += fmt.Sprintf("; by this connection's %s alone, below %.2g %%", count(r.Passed, "packet"), 100*here)
	}
	res := refuted("%s", said).with(values)
	res.Attested = r.sound(f.Stated) && !r.sound(stated{})
	return res
}

func bothMissed(f *Facts) Result {
	if f.Numbers.Ahead <= 0 && f.Numbers.Burst == 0 {
		return Result{}
	}
	values := map[string]any{"miss_bound": f.Sending.bound(), "miss_bound_receiver": f.Getting.bound()}
	switch {
	case f.Sending.counted(stated{}), f.Getting.counted(stated{}):
		return refuted("the counters of one capture say that it lost nothing").with(values)
	case f.Sending.bound() <= missStrong, f.Getting.bound() <= missStrong:
		return refuted("one capture is known to be complete within 5 %%").with(values)
	}
	if f.Sending.counted(f.Stated) || f.Getting.counted(f.StatedThere) {
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
	}
	return open("only %s from the %s and %d to it passed both ends: too few to know how the path changes them", count(n.There, "segment"), f.Sender, n.Back).with(values)
}

func altered(f *Facts) Result {
	n := &f.Numbers
	switch {
	case n.Altered != nil:
		return fits("the %s did send a reset before (frame %d, seq %d) that did not arrive as it was: this may be that one, changed on the way",
			f.Sender, n.Altered.Number, n.Altered.Header.Seq).with(map[string]any{"sent_frame": n.Altered.Number})
	case n.Mistimed != nil:
		return fits("the %s did send a reset that is this one in everything but its time (frame %d there), and a clock that was set in between would explain that",
			f.Sender, n.Mistimed.Number).with(map[string]any{"sent_frame": n.Mistimed.Number})
	case n.Rival.Number != 0:
		return refuted("what the %s sent in its place (frame %d) carries other bytes, and arrived as well", f.Sender, n.Rival.Number).with(map[string]any{"sent_frame": n.Rival.Number})
	}
	return refuted("nothing that the %s sent is this packet altered, late or doubled", f.Sender)
}

func otherInterface(f *Facts) Result {
	r := &f.Sending
	values := map[string]any{"interfaces": r.Interfaces, "any": r.AllInterfaces && !r.NoOther, "no_other": r.NoOther}
	switch {
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
	return open("the %s's capture covers %s; whether the host has another that can send from this address it does not say", f.Sender, count(r.Interfaces, "interface")).with(values)
}

func ownFirewall(f *Facts) Result {
	if f.Kind != "rst" {
		return refuted("a firewall rejects with resets only")
	}
	switch {
	case !f.Answer.Stateless:
		return refuted("it has a window or timestamps, which the reset of a firewall has not")
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s: a firewall only answers", f.Receiver, readable(f.Answer.IdleNS))
	case f.everyWayOut() && f.Sending.sound(f.Stated):
		r := refuted("the %s's capture holds every way out and lacks nothing: what its firewall sends passes there", f.Sender)
		r.Attested = !f.Sending.AllInterfaces || !f.Sending.sound(stated{})
		return r
	case f.Stated.has(NoReject):
		return attested("that no firewall of the %s's rejects with a reset is stated", f.Sender)
	case !f.everyWayOut():
		return open("the %s's own firewall may have sent it in the place of its TCP, by an interface that was not recorded", f.Sender)
	}
	return open("the %s's own firewall may have sent it in the place of its TCP, and its capture is too small to exclude that it missed it (%s, no counters)", f.Sender, count(f.Sending.Witness.Passed, "packet"))
}

func kernelUnseen(f *Facts) Result {
	k := &f.Kernel
	if !k.Known || f.Kind != "rst" {
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
	case f.Kind != "rst":
		return refuted("a host resets what it does not know, and sends nothing else to it")
	case !f.Answer.Stateless:
		return refuted("it has a window or timestamps, which the reset of a host that does not know the connection has not")
	case f.OneSided:
		return open("the %s's capture holds nothing of this connection: what address it came under there nothing shows", f.Sender)
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that could have come under another address", f.Receiver, readable(f.Answer.IdleNS))
	case f.cameWhole():
		return refuted("all that the %s sent before it came to the %s under the connection's own addresses", f.Receiver, f.Sender)
	case !f.Way.TranslatedR && !f.Numbers.Split:
		return refuted("nothing on the path translates the %s's address", f.Receiver)
	case f.Stated.has(Filter) && !namesHost(f.Stated[Filter]):
		return attested("no such reset left the %s under any address, by the filter %q as it is stated", f.Sender, f.Stated[Filter])
	case namesHost(r.Filter):
		return open("the %s was recorded with a filter that names a host (%q): a packet of the %s's that came under another address, and the reset that answered it, would not be in it", f.Sender, r.Filter, f.Receiver)
	case r.Filter == "" && r.OnlyPeer:
		return open("a NAT translates the %s's address, and the %s's capture holds one remote address only, so that its filter may name it: a packet that came under another, and the reset that answered it, would not be in it", f.Receiver, f.Sender)
	}
	return refuted("no such reset left the %s under any address", f.Sender)
}

func proxy(f *Facts) Result {
	switch {
	case f.OneSided:
		return Result{}
	case f.Numbers.Shift != [2]uint32{}:
		return refuted("the sequence numbers are rewritten on the way, but by a constant, and the timestamps of the handshake pass unchanged: one connection, not a proxy's two")
	}
	return refuted("both ends use the same sequence numbers: one connection, not a proxy's two")
}

// farFromSender is how many routers at least lie between a box and the sender, if
// the box begins with a usual TTL; 0 if that is not known.
func (f *Facts) farFromSender() int {
	if !f.Way.Known {
		return 0
	}
	return max(0, f.Way.Hops-f.hops())
}

// siteHops is what lies between a host and a device in front of it: at most one router.
const siteHops = 1

func belowTap(f *Facts) Result {
	values := map[string]any{"hops": f.hops(), "path_hops": f.Way.Hops}
	switch {
	case f.Kind != "rst":
		return refuted("such a device answers with resets only")
	case f.farFromSender() > siteHops:
		return refuted("it has passed %s less than what the %s sends: it was made %d routers from there", count(f.farFromSender(), "router"), f.Sender, f.farFromSender()).with(values)
	case f.cameWhole() && !f.silentBefore() && f.Answer.AnyFromPeer:
		return refuted("all that it can answer came to the tap at the %s; what answers below it consumes that", f.Sender).with(values)
	case f.Stated.has(NoBypass):
		return attested("that nothing on the %s sends past its tap is stated", f.Sender)
	}
	return open("something below the tap at the %s may have answered: nothing shows that it was made farther from there than a device in front of it stands", f.Sender).with(values)
}

func otherHost(f *Facts) Result {
	values := map[string]any{"astray": f.Answer.Astray}
	switch {
	case f.Kind == "data", f.Kind == "fin":
		return refuted("another host does not know the connection")
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	case f.OneSided:
		return open("another host behind the same address may have got what never came to the recorded one").with(values)
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that another host could have got", f.Receiver, readable(f.Answer.IdleNS)).with(values)
	case f.cameWhole():
		return refuted("no packet of the %s's was astray before it", f.Receiver).with(values)
	case f.hops() == 0 && f.Way.Known && f.Way.Hops > siteHops:
		return refuted("it was made at the %s's first router", f.Receiver).with(values)
	case f.Answer.Astray > 0:
		return fits("%s from the %s on this connection left before it came and did not come to the %s: another host behind the same address may have got what this one did not, and have reset what it does not know",
			count(f.Answer.Astray, "packet"), f.Receiver, f.Sender).with(values)
	}
	return open("these captures do not show whether all that the %s sent before it came to the %s", f.Receiver, f.Sender).with(values)
}

func cluster(f *Facts) Result {
	switch {
	case f.Kind == "data", f.Kind == "fin":
		return refuted("another node does not know the connection")
	case f.Way.Initiator:
		return refuted("the %s opened the connection: no other node has that address and port", f.Sender)
	case !f.Answer.Stateless:
		return refuted("it has a window or timestamps, which the reset of a node that does not know the connection has not")
	case f.Way.Known && abs(int64(f.hops()-hopsTravelled(f.Way.TTL))) > siteHops:
		return refuted("it has come %s, and what the %s sends comes %d: not from its site", count(f.hops(), "hop"), f.Sender, hopsTravelled(f.Way.TTL)).with(map[string]any{"hops": f.hops(), "path_hops": f.Way.Hops})
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that another node could have answered", f.Receiver, readable(f.Answer.IdleNS))
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	}
	return open("another node of a cluster that gets every packet would have sent just this, from as far")
}

func addressOwner(f *Facts) Result {
	switch {
	case f.OneSided:
		return Result{}
	case f.Kind != "rst":
		return refuted("a host that does not know the connection answers with resets only")
	case !f.Way.Translated:
		return refuted("the %s itself has that address", f.Sender)
	case !f.Answer.Stateless:
		return refuted("it has a window or timestamps, which the reset of a host that does not know the connection has not")
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s: such a host only answers", f.Receiver, readable(f.Answer.IdleNS))
	case f.cameWhole():
		return refuted("all that it can answer came to the %s", f.Sender)
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	case f.Answer.Astray > 0 && !(f.Way.Known && f.hops() > f.Way.Hops):
		return fits("the %s's address is translated, and %s from the %s did not come to it: the host that owns the address on the way may have answered, as one that no longer knows the connection",
			f.Sender, count(f.Answer.Astray, "packet"), f.Receiver)
	}
	return open("the %s's address is translated, and nothing shows that what it answers came to it", f.Sender)
}

func receiver(f *Facts) Result {
	switch {
	case f.Packet.Loopback:
		return fits("it came in over the %s's own loopback device, which no packet of the path does", f.Receiver)
	case f.wentOut():
		return fits("the %s's capture shows it go out, not come in", f.Receiver)
	}
	return refuted("it did not come over the %s's loopback device", f.Receiver)
}
