package judge

import "strings"

func proxy(f *Facts) Result {
	switch {
	case f.OneSided:
		return Result{}
	case f.acknowledgedForIt():
		return fits("%s in the %s's name came to the %s that it did not send, beside %d that it did: something on the way acknowledges for it, as a proxy does that keeps the numbers",
			count(f.Numbers.Acks.Unsent, "acknowledgment"), f.Sender, f.Receiver, f.Numbers.Acks.Passed).with(map[string]any{"unsent_acks": f.Numbers.Acks.Unsent, "passed_acks": f.Numbers.Acks.Passed})
	case f.Numbers.Shift != [2]uint32{}:
		return refuted("the sequence numbers are rewritten on the way, but by a constant, and the timestamps of the handshake pass unchanged: one connection, not a proxy's two")
	}
	return refuted("both ends use the same sequence numbers: one connection, not a proxy's two")
}

// proxyAcks is how many acknowledgments must have come that the sender did not send. A
// box that forges resets may send one or two with them.
const proxyAcks = 3

// acknowledgedForIt reports whether acknowledgments reached the receiver that the
// sender did not send, and not because its capture lacks what it sent: it counts no
// drops, or lacks nothing else, and a fifth of them and more.
func (f *Facts) acknowledgedForIt() bool {
	acks := &f.Numbers.Acks
	if acks.Unsent < proxyAcks {
		return false
	}
	return f.Sending.Drops == 0 && f.Sending.counted(f.Stated) ||
		f.Sending.Missed == acks.Unsent && 5*acks.Unsent >= acks.Passed+acks.Unsent
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
	case f.farFromSender() > siteHops:
		return refuted("it has passed %s less than what the %s sends: it was made %d routers from there", count(f.farFromSender(), "router"), f.Sender, f.farFromSender()).with(values)
	case len(f.Sending.Host.XDP) > 0:
		values["xdp"] = f.Sending.Host.XDP
		return open("a program runs below the tap at the %s (XDP, on %s), and may have answered", f.Sender, strings.Join(f.Sending.Host.XDP, ", ")).with(values)
	case f.Sending.Host.XDPSockets > 0:
		values["xdp_sockets"] = f.Sending.Host.XDPSockets
		return open("a program at the %s sends past its tap (%s)", f.Sender, count(f.Sending.Host.XDPSockets, "AF_XDP socket")).with(values)
	case f.Kind != "rst" && f.Kind != "icmp":
		return refuted("such a device answers with resets and ICMP errors only")
	case f.cameWhole() && !f.silentBefore() && f.Answer.AnyFromPeer:
		return refuted("all that it can answer came to the tap at the %s, and whatever answers below the tap lets nothing of that through", f.Sender).with(values)
	case f.Stated.has(NoBypass):
		return attested("that nothing on the %s sends past its tap is stated", f.Sender)
	}
	return open("something below the tap at the %s may have answered: nothing shows that it was made farther away than a device right in front of it", f.Sender).with(values)
}

func otherHost(f *Facts) Result {
	values := map[string]any{"astray": f.Answer.Astray}
	switch {
	case f.Kind == "data", f.Kind == "fin":
		return refuted("another host does not know the connection")
	case f.Error.came():
		return refuted("what it quotes came to the %s (frame %d there), in as many copies as left", f.Sender, f.Error.Came.Number).with(values)
	case f.Kind == "syn" && f.Way.Translated && f.After.AnswerAstray > 0:
		return fits("the %s's address is translated, and what the %s answered to it did not come to the %s: a NAT that had forgotten the connection may have given its port to another host",
			f.Sender, f.Receiver, f.Sender).with(map[string]any{"answers_astray": f.After.AnswerAstray})
	case f.ofAnother():
		return open("the %s's address is translated, and its number is far from all of this connection's: it may be of another host's, to which a NAT that had forgotten this one gave its port", f.Sender)
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	case f.Kind == "syn" && f.After.Passed && (f.After.Answered || !f.Way.Translated):
		return refuted("the connection with these addresses and ports went on between the two taps, and what the %s answered to this came to the %s: no NAT gave them to another host meanwhile", f.Receiver, f.Sender).with(values)
	case f.Kind == "syn":
		return open("another host behind the same address may have opened a connection").with(values)
	case f.OneSided:
		return open("another host behind the same address may have got what never came to the recorded one").with(values)
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that another host could have got", f.Receiver, readable(f.Answer.IdleNS)).with(values)
	case f.cameWhole() && f.moved():
		return open("a socket's reset needs nothing to answer, and nothing shows that the %s still had its address afterwards: the connection may have moved to another host with it", f.Sender).with(values)
	case f.cameWhole():
		return refuted("no packet of the %s's was astray before it", f.Receiver).with(values)
	case f.hops() == 0 && f.Way.Known && f.Way.Hops > siteHops:
		return refuted("it was made at the %s's first router", f.Receiver).with(values)
	case f.Answer.Astray > 0:
		did := "have reset what it does not know"
		switch f.Kind {
		case "rst":
		case "icmp":
			did = "have refused it"
		default:
			did = "go on with the connection"
		}
		return fits("%s from the %s on this connection left before it came and did not come to the %s: another host behind the same address may have got what this one did not, and %s",
			count(f.Answer.Astray, "packet"), f.Receiver, f.Sender, did).with(values)
	}
	return open("these captures do not show whether all that the %s sent before it came to the %s", f.Receiver, f.Sender).with(values)
}

// moved reports whether the sender's address, with the socket of this connection, may
// have moved to another host before it sent this: a socket needs nothing to answer. The
// recorded host has not lost it if anything came there later, be it a reset that was made
// on the way, or if its TCP went on with the connection. Connections move within a site.
func (f *Facts) moved() bool {
	return f.Kind == "rst" && !f.Answer.Stateless && f.farFromSender() <= siteHops &&
		!f.After.StillThere && f.After.Sent.Number == 0 && f.Way.OtherHit.Number == 0
}

func cluster(f *Facts) Result {
	switch {
	case f.Kind == "data", f.Kind == "fin":
		return refuted("another node does not know the connection")
	case f.Kind == "syn" && f.Way.Initiator:
		return refuted("the %s opened the connection: no other node has that address and port", f.Sender)
	case !f.Answer.Reject:
		return refuted("it has a window or timestamps, which the reset of such a node has not: its kernel is Windows or Linux")
	case f.Numbers.Burst > 1 && f.Others.VolleyHere:
		return refuted("it is one of a volley, and others of that are ahead of all that the %s sent: no node answers so", f.Sender)
	case f.Way.Known && beyondAnyPath(int(f.Packet.TTL)):
		return refuted("TTL %d is farther from 64, 128 and 255 than any path is long: no node's kernel sent it", f.Packet.TTL).with(map[string]any{"ttl": f.Packet.TTL})
	case f.Way.Known && hopsTravelled(f.Way.TTL) == 0 && f.hops() > siteHops:
		return refuted("the %s is on the %s's own link, and so is whatever gets all that comes to it; this has come %s", f.Sender, f.Receiver, count(f.hops(), "hop")).with(map[string]any{"hops": f.hops()})
	// One that came from farther than the sender may only have another way back.
	case f.Way.Known && hopsTravelled(f.Way.TTL)-f.hops() > siteHops:
		return refuted("it has come %s, and what the %s sends comes %d: not from its site", count(f.hops(), "hop"), f.Sender, hopsTravelled(f.Way.TTL)).with(map[string]any{"hops": f.hops(), "path_hops": f.Way.Hops})
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s that another node could have answered", f.Receiver, readable(f.Answer.IdleNS))
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	}
	return open("another node of a cluster that gets every packet would have sent just this, from as far away")
}

// beyondAnyPath reports whether a TTL is farther from what the kernels of today's servers
// begin with than any path is long.
func beyondAnyPath(ttl int) bool {
	for _, initial := range []int{64, 128, 255} {
		if d := initial - ttl; d >= 0 && d <= longestPath {
			return false
		}
	}
	return true
}

func addressOwner(f *Facts) Result {
	switch {
	case f.OneSided:
		return Result{}
	case f.Kind == "icmp" && f.Way.Translated:
		return ownersError(f)
	case f.Kind != "rst" && f.Kind != "icmp":
		return refuted("a host that does not know the connection answers with resets only")
	case !f.Way.Translated:
		return refuted("the %s itself has that address", f.Sender)
	case !f.Answer.Stateless:
		return refuted("%s", ofASocket)
	case f.silentBefore():
		return refuted("the %s had sent nothing for %s: such a host only answers", f.Receiver, readable(f.Answer.IdleNS))
	case f.cameWhole() && !f.metByALateCopy():
		return refuted("all that it can answer came to the %s", f.Sender)
	case f.Stated.has(OneHost):
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	case f.cameWhole():
		return open("the %s's address is translated, and all that it can answer came to the %s; but a late copy of that, which no capture need show, may have met the host that owns the address on the way", f.Sender, f.Sender)
	case f.Answer.CalledFor > 0 && f.Way.BothHit:
		return open("the %s's address is translated, and %s from the %s did not come to it, which calls for this reset; but the host that owns the address on the way does not reset the %s, too",
			f.Sender, count(f.Answer.CalledFor, "packet"), f.Receiver, f.Sender)
	case f.Answer.CalledFor > 0 && f.Way.Known && f.hops() < f.Way.Hops:
		return fits("the %s's address is translated, and %s from the %s did not come to it, nor did what left later, until this reset: the host that owns the address on the way answers just so, if it no longer knows the connection",
			f.Sender, count(f.Answer.CalledFor, "packet"), f.Receiver).with(map[string]any{"called_for": f.Answer.CalledFor})
	case f.Answer.Astray > 0:
		return open("the %s's address is translated, and %s from the %s did not come to it: the host that owns the address on the way may have got that, though the numbers of this reset, what followed it or its place do not speak for that",
			f.Sender, count(f.Answer.Astray, "packet"), f.Receiver)
	}
	return open("the %s's address is translated, and nothing shows that what it answers came to it", f.Sender)
}

// metByALateCopy reports whether the reset may be the answer of the host right in front of
// the sender to a copy of what came there before: its connection tracking may call a late copy
// invalid and leave its address alone, and its own kernel then answers for it (moby/libnetwork
// issue 1090, kubernetes issue 117924). No capture need hold that copy. Of a volley that guesses numbers it is none.
func (f *Facts) metByALateCopy() bool {
	return f.Way.Known && f.hops()+1 == f.Way.Hops && !(f.Numbers.Burst > 1 && f.Others.VolleyHere)
}

func byReceiver(f *Facts) Result {
	switch {
	case f.Packet.Loopback:
		return fits("it came in over the %s's own loopback device, which no packet of the path does", f.Receiver)
	case f.wentOut():
		return fits("the %s's capture shows it go out, not come in", f.Receiver)
	}
	return refuted("it did not come over the %s's loopback device", f.Receiver)
}
