package judge

import (
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// plainFacts are those of a reset without window, options or IP-ID that came to the
// client in the server's name, from as far as all that the server sends, right after
// the client had sent something that reached the server. Both captures were made on
// the hosts themselves, on every interface, by recorders that lost nothing, with 300
// packets each way. No sign speaks against it. Of the innocent explanations only
// another node of a cluster is left.
func plainFacts() *Facts {
	recording := func(first, last int64) RecordingFacts {
		return RecordingFacts{
			Witness: &witness.Witness{
				Coverage: tap.Coverage{FirstNS: first, LastNS: last}, Complete: true, DropsKnown: true, OnHost: true, Resets: 2,
				Interfaces: 1, Peers: 2, AllInterfaces: true, NoOther: true, Passed: 300,
			},
			FromSYN: true, Passed: 300, Clusters: 300, ClustersNear: 300, GenuineResets: 2,
		}
	}
	return &Facts{
		Sender: tap.Server, Receiver: tap.Client, Kind: "rst",
		Packet: align.Header{Seq: 1000, Flags: segment.RST, TTL: 57},
		Frame:  tap.Frame{Number: 70, TimeNS: 3020 * ms},
		Clocks: ClockFacts{
			Known: true, Comparable: true, LatestNS: 3001 * ms, DoubtNS: ms, MinRTTNS: 40 * ms, MarginNS: 10 * ms,
			Bracketed: true, BesideNS: 20 * ms, TickNS: 1000,
		},
		Sending: recording(-5000*ms, 10000*ms), Getting: recording(-5000*ms, 10000*ms),
		Numbers: NumberFacts{There: 300, Back: 300, InStream: true},
		Way:     WayFacts{Known: true, Hops: 7, TTL: 57, Same: 300, Initials: map[int]bool{64: true}},
		Answer:  AnswerFacts{AnyFromPeer: true, Stateless: true, Reject: true, IdleNS: 30 * ms},
	}
}

// icmp makes it an ICMP error about a packet that came to the server once, and was taken.
func icmp(f *Facts) {
	f.Kind = "icmp"
	f.Error.Quoted = &Quoted{Sent: tap.Frame{Number: 60}, Came: tap.Frame{Number: 61}, Taken: tap.Frame{Number: 62}, Copies: [2]int{1, 1}}
}

// astray lets one packet of the client's not have come to the server.
func astray(f *Facts) { f.Answer.Astray = 1 }

// calledForIt lets what went astray call for just this reset.
func calledForIt(f *Facts) { f.Answer.Astray, f.Answer.CalledFor = 1, 1 }

// silent lets nothing have passed for a minute.
func silent(f *Facts) { f.Answer.IdleNS, f.Answer.AnyFromPeer = 60_000*ms, false }

// socket lets the reset look like one that a socket makes.
func socket(f *Facts) {
	f.Packet.Window, f.Packet.Options, f.Packet.IPID, f.Answer.Stateless, f.Answer.Reject = 500, segment.Timestamps, 77, false, false
}

// stillThere lets packets of the client's have come to the server later.
func stillThere(f *Facts) { f.After.StillThere = true }

// windowed lets it look like the reset that small stacks send without a socket.
func windowed(f *Facts) { f.Packet.Window, f.Packet.IPID, f.Answer.Reject = 11680, 77, false }

// oneInterface lets the server's capture be of one interface, and say nothing of
// others.
func oneInterface(f *Facts) { f.Sending.AllInterfaces, f.Sending.NoOther = false, false }

// uncounted takes the counters from the server's capture and leaves it with n packets
// that are known to have passed.
func uncounted(n int64) func(*Facts) {
	return func(f *Facts) {
		f.Sending.DropsKnown, f.Sending.Witness.Passed, f.Sending.Passed = false, n, n
		f.Sending.Clusters, f.Sending.ClustersNear = n, n
	}
}

// handshakeShifted: a SYN, the answer, the acknowledgment of that and data, all shifted.
func handshakeShifted(f *Facts) {
	f.Numbers.There, f.Numbers.Back, f.Numbers.Shift = 1, 3, [2]uint32{7, 9}
	f.Numbers.Agreed[f.Sender], f.Numbers.Agreed[f.Receiver] = 3, 4
}

// onlyReceived lets nothing of the connection be in the server's capture.
func onlyReceived(f *Facts) {
	f.OneSided = true
	f.Numbers.There, f.Numbers.Back, f.Sending.Passed, f.Getting.Passed = 0, 0, 0, 0
}

// unknownWay lets the sender's packets have come over ways of several lengths.
func unknownWay(f *Facts) { f.Way.Known = false }

// stating lets the user state facts of the server's end.
func stating(facts ...Fact) func(*Facts) {
	return func(f *Facts) {
		for _, fact := range facts {
			f.Stated = f.Stated.with(fact)
		}
	}
}

// all applies several changes in order.
func all(changes ...func(*Facts)) func(*Facts) {
	return func(f *Facts) {
		for _, change := range changes {
			change(f)
		}
	}
}
