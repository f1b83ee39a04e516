package judge

import (
	"slices"
	"testing"

	"bothends/capture/testimony"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A signTest is what one sign says by some facts, and which rows it refutes by them.
type signTest struct {
	name    string
	change  func(*Facts) // of plainFacts
	want    Outcome      // empty: it is void, or has nothing to say
	refutes []Name
	fault   string // what the code does not do yet
}

// ownMachine are the rows of the table whose maker is the sender's own machine, but for
// another packet of its, changed on the way.
var ownMachine = []Name{NotRunning, Filtered, Missed, BothMissed, OtherInterface, OwnFirewall, KernelUnseen, Remapped}

// unrecorded are those that say that the sender's capture does not hold what left by
// the recorded way.
var unrecorded = []Name{NotRunning, Filtered, Missed, BothMissed}

// unseenPacket lets the reset acknowledge what left the client and never came to the
// server's tap.
func unseenPacket(f *Facts) {
	astray(f)
	f.Answer.Acknowledges, f.Answer.LeftNS, f.Answer.Reached = true, tap.Frame{Number: 60, TimeNS: 2990 * ms}, align.Never
}

// tooLate lets it acknowledge what came to the server 5 ms after it had come to the
// client, by what the packets beside it say of the clocks.
func tooLate(f *Facts) {
	f.Answer.Acknowledges, f.Answer.LeftNS = true, tap.Frame{Number: 60, TimeNS: 3015 * ms}
	f.Answer.Reached, f.Answer.ReachedAt = align.Seen, tap.Frame{Number: 61, TimeNS: f.Frame.TimeNS + f.Clocks.BesideNS + 5*ms}
}

// tooSoon lets it answer after 15 ms what takes 40 there and back.
func tooSoon(f *Facts) {
	f.Answer.Acknowledges, f.Answer.LeftNS = true, tap.Frame{Number: 60, TimeNS: f.Frame.TimeNS - 15*ms}
	f.Answer.Trips, f.Answer.FastestNS = 10, 40*ms
}

// goesOn lets the server send on the connection two seconds later.
func goesOn(f *Facts) {
	f.After = AfterFacts{Sent: tap.Frame{Number: 99}, Flags: segment.ACK, LaterNS: 2000 * ms, Established: true}
}

// secondSYN lets the packet be a SYN with another number.
func secondSYN(f *Facts) { f.Kind, f.Packet.Flags, f.Answer.Stateless = "syn", segment.SYN, false }

// wentOn lets the server have sent on the connection afterwards, and that have arrived.
func wentOn(f *Facts) {
	goesOn(f)
	f.After.Passed = true
}

func notCounted(f *Facts) { f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 2} }

// notLogged lets a complete log of the server's kernel hold no reset then.
func notLogged(f *Facts) { f.Log = LogFacts{Known: true} }

// noRules lets the recorder have listed the packet filters' rules, of which none rejects.
func noRules(f *Facts) { f.Sending.Host = witness.Host{RulesKnown: true} }

// bothHit lets the server have received one, too, that the client never sent, from
// three routers away, while this one came from four.
func bothHit(f *Facts) {
	f.Packet.TTL = 60
	f.Way.BothHit, f.Way.OtherEnd, f.Way.OtherHit = true, 3, tap.Frame{Number: 33}
}

// answeredFromNearer is a SYN that only the client's capture holds, answered sooner and
// from nearer than the server can.
func answeredFromNearer(f *Facts) {
	onlyReceived(f)
	f.Others = OtherFacts{Neighbours: 3, Expected: true, Sooner: SoonerFacts{Known: true}, FewerHops: HopsFacts{Known: true}}
}

var signTests = map[Name][]signTest{
	Order: {
		{"it acknowledges what never came", unseenPacket, Supports, without(ownMachine, KernelUnseen), ""},
		{"what it acknowledges came", all(unseenPacket, func(f *Facts) { f.Answer.Reached = align.Seen }), "", nil, ""},
		{"nobody remembers whether it came", all(unseenPacket, func(f *Facts) { f.Answer.Reached = align.LongAgo }), "", nil, ""},
		{"it acknowledges nothing", all(unseenPacket, func(f *Facts) { f.Answer.Acknowledges = false }), "", nil, ""},
		{"what it acknowledges was not seen to leave", all(unseenPacket, func(f *Facts) { f.Answer.LeftNS = tap.Frame{} }), "", nil, ""},
		{"the sender's capture missed something that arrived there", all(unseenPacket, func(f *Facts) { f.Sending.Deaf = 1 }), "", nil, ""},
		{"it counts drops", all(unseenPacket, func(f *Facts) { f.Sending.Drops = 1 }), "", nil, ""},
		{"it lacks a packet of this connection", all(unseenPacket, func(f *Facts) { f.Sending.Missed = 1 }), "", nil, ""},
		{"it lacks a packet of another one", all(unseenPacket, func(f *Facts) { f.Sending.Witness.Missed = 1 }), "", nil, ""},
		{"58 packets came to it, of which none is missing", all(unseenPacket, func(f *Facts) { f.Getting.Witness.Passed = 58 }), "", nil, ""},
		{"59 did", all(unseenPacket, func(f *Facts) { f.Getting.Witness.Passed = 59 }), Supports, without(ownMachine, KernelUnseen), ""},
		{"it was not running then", all(unseenPacket, func(f *Facts) { f.Sending.LastNS = 3000 * ms }), "", nil, ""},
		{"it recorded nothing for a while", all(unseenPacket, func(f *Facts) { f.Sending.Gap = &witness.Gap{FromNS: 2990 * ms, UntilNS: 3500 * ms} }), "", nil, ""},
		{"the sender has another way in, of which the recorder knows", all(unseenPacket, oneInterface, func(f *Facts) { f.Sending.OtherNames = []string{"wwan0"} }), "", nil, ""},
		{"the sender may have another way in", all(unseenPacket, oneInterface), Supports, without(ownMachine, KernelUnseen, OtherInterface, OwnFirewall), ""},
		{"it may have come under an address that the filter leaves out", all(unseenPacket, func(f *Facts) {
			f.Way.TranslatedR, f.Sending.Filter = true, "host 192.0.2.1"
		}), Supports, without(ownMachine, KernelUnseen, Remapped, OtherInterface), ""},
		{"how the path shifts the numbers is not known", all(unseenPacket, func(f *Facts) {
			f.Numbers.There, f.Numbers.Back, f.Numbers.Shift = 2, 2, [2]uint32{7, 9}
		}), "", nil, ""},
		{"one side only", all(unseenPacket, onlyReceived), "", nil, ""},
	},
	LightCone: {
		{"the bytes came after it", tooLate, Supports, append([]Name{Cluster}, ownMachine...), ""},
		{"later than both ticks", all(tooLate, func(f *Facts) { f.Clocks.TickNS = 2499_999 }), Supports, append([]Name{Cluster}, ownMachine...), ""},
		{"within both ticks", all(tooLate, func(f *Facts) { f.Clocks.TickNS = 2500_000 }), "", nil, ""},
		{"the clocks are not bounded on both sides of it", all(tooLate, func(f *Facts) { f.Clocks.Bracketed = false }), "", nil, ""},
		{"the clocks may differ by as much", all(tooLate, func(f *Facts) { f.Clocks.BesideNS += 5 * ms }), "", nil, ""},
		{"the bytes never came", all(tooLate, func(f *Facts) { f.Answer.Reached = align.Never }), "", nil, ""},
		{"it acknowledges nothing", all(tooLate, func(f *Facts) { f.Answer.Acknowledges = false }), "", nil, ""},
		{"the bytes may have come before, in a copy that the sender's capture dropped", all(tooLate, func(f *Facts) {
			f.Sending.Drops, f.Answer.LeftNS.TimeNS = 1, 2700*ms
		}), "", nil, ""},
	},
	OneClock: {
		{"sooner than half a round trip", tooSoon, Supports, append([]Name{Cluster}, ownMachine...), ""},
		{"just half", all(tooSoon, func(f *Facts) { f.Answer.FastestNS = 30 * ms }), "", nil, ""},
		{"nine trips", all(tooSoon, func(f *Facts) { f.Answer.Trips = 9 }), "", nil, ""},
		{"the receiver's clock may have been set in between", all(tooSoon, func(f *Facts) { f.Answer.ClockSet = true }), "", nil, ""},
		{"a coarse clock", all(tooSoon, func(f *Facts) { f.Clocks.TickNS = 5 * ms }), "", nil, ""},
		{"before what it acknowledges left", all(tooSoon, func(f *Facts) { f.Answer.LeftNS.TimeNS = f.Frame.TimeNS + 1 }), "", nil, ""},
		{"it acknowledges nothing", all(tooSoon, func(f *Facts) { f.Answer.Acknowledges = false }), "", nil, ""},
		{"the receiver's capture may have missed a first copy: drops", all(tooSoon, func(f *Facts) { f.Getting.Drops = 1 }), "", nil, ""},
		{"the receiver's capture may have missed a first copy: it lacks what came", all(tooSoon, func(f *Facts) { f.Getting.Missed = 1 }), "", nil, ""},
		{"the receiver's capture may have missed a first copy: it lacks what was acknowledged", all(tooSoon, func(f *Facts) { f.Getting.Lacking = 1 }), "", nil, ""},
	},
	Taken: {
		{"what it quotes came once, and was acknowledged", icmp, Supports, []Name{OtherInterface, OwnFirewall, BelowTap}, ""},
		{"it was not acknowledged", all(icmp, func(f *Facts) { f.Error.Taken.Number = 0 }), "", nil, ""},
		{"it did not come", all(icmp, func(f *Facts) { f.Error.Came.Number, f.Error.Copies[tap.Server] = 0, 0 }), "", nil, ""},
		{"two copies came, of which one may have been refused", all(icmp, func(f *Facts) { f.Error.Copies = [2]int{2, 2} }), "", nil, ""},
		{"a reset quotes nothing", func(*Facts) {}, "", nil, ""},
	},
	SenderContradiction: {
		{"a SYN, and the connection went on", all(secondSYN, wentOn), Supports, unsent, ""},
		{"a SYN, and nothing that the sender sent afterwards arrived", all(secondSYN, goesOn), "", nil, ""},
		{"a SYN before the connection is established", all(secondSYN, wentOn, func(f *Facts) { f.After.Established = false }), "", nil, ""},
		{"it goes on, and a firewall may have sent it", goesOn, Supports, []Name{KernelUnseen}, ""},
		{"it goes on, and a socket of its would have sent it", all(goesOn, socket), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"it goes on, and there was nothing that a firewall could answer", all(goesOn, silent), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"it goes on, all came, and no firewall rejects", all(goesOn, stating(NoReject)), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"it goes on, one went astray, and no firewall rejects", all(goesOn, astray, stating(NoReject)), Supports, []Name{KernelUnseen}, ""},
		{"it goes on, all came, and the number is ahead", all(goesOn, ahead1460), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"what it answers did not reach the sender", all(goesOn, socket, func(f *Facts) { f.After.TriggerUnseen = tap.Frame{Number: 60} }), Supports, nil, ""},
		{"the handshake was not done", all(goesOn, func(f *Facts) { f.After.Established = false }), "", nil, ""},
		{"its number is of another connection of this tuple", all(goesOn, func(f *Facts) { f.Numbers.InStream = false }), "", nil, ""},
		{"nothing was sent afterwards", all(goesOn, func(f *Facts) { f.After.Sent = tap.Frame{} }), "", nil, ""},
		{"it is data", all(goesOn, func(f *Facts) { f.Kind = "data" }), "", nil, ""},
	},
	KernelCounted: {
		{"as many counted as captured", notCounted, Supports, []Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped}, ""},
		{"none counted", func(f *Facts) { f.Kernel = KernelFacts{Known: true} }, Supports, []Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped}, ""},
		{"one more counted", func(f *Facts) { f.Kernel = KernelFacts{Known: true, Counted: 3, Captured: 2} }, "", nil, ""},
		{"the log tells of one on this connection that was counted at another time", all(notCounted, func(f *Facts) {
			f.Log.UnseenThen = &testimony.KernelEvent{}
		}), "", nil, ""},
		{"more captured than were counted: some are a firewall's", func(f *Facts) { f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 5} }, "", nil, ""},
		{"no counts", func(*Facts) {}, "", nil, ""},
		{"it is data", all(notCounted, func(f *Facts) { f.Kind = "data" }), "", nil, ""},
	},
	KernelLogged: {
		{"a complete log without it", notLogged, Supports, []Name{Missed, BothMissed, OtherInterface, KernelUnseen, Remapped}, ""},
		{"it counts another that it does not list", all(notLogged, func(f *Facts) { f.Log.Unlisted = 1 }), "", nil, ""},
		{"it tells of one on another connection of the address", all(notLogged, func(f *Facts) { f.Log.Elsewhere = true }), Supports, []Name{Missed, BothMissed, OtherInterface, KernelUnseen}, ""},
		{"it tells of one on this connection", all(notLogged, func(f *Facts) { f.Log.Unseen = &testimony.KernelEvent{} }), "", nil, ""},
		{"it tells of one on this connection at another time", all(notLogged, func(f *Facts) { f.Log.UnseenThen = &testimony.KernelEvent{} }), "", nil, ""},
		{"it tells of one of another address, which may be a container's", all(notLogged, func(f *Facts) { f.Log.UnseenElsewhere = &testimony.KernelEvent{} }), "", nil, ""},
		{"no log", func(*Facts) {}, "", nil, ""},
		{"it is data", all(notLogged, func(f *Facts) { f.Kind = "data" }), "", nil, ""},
	},
	Ahead: {
		{"ahead of all that the sender sent", ahead1460, Supports, []Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner}, ""},
		{"2 MiB ahead, under the address of a NAT, which others share", all(far, translated), Supports, []Name{OwnFirewall, Remapped, BelowTap, Cluster, AddressOwner}, ""},
		{"one of a volley whose others are not ahead", all(ahead1460, func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 1 }), Supports,
			[]Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner}, ""},
		{"one of two that are ahead: a socket resets once", all(ahead1460, func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 2 }), Supports,
			[]Name{OwnFirewall, Remapped, BelowTap, OtherHost, Cluster, AddressOwner, NotRunning, Filtered, Missed, OtherInterface, KernelUnseen}, ""},
		{"by just the shift of the path", all(ahead1460, func(f *Facts) { f.Numbers.IsShift = true }), "", nil, ""},
		{"not ahead", func(*Facts) {}, "", nil, ""},
		{"not ahead itself, in a volley of others that are", func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 2 }, "", nil, ""},
	},
	OutOfSilence: {
		{"a minute of silence, and an old number", all(silent, behind), Supports, without(ownMachine), ""},
		{"a minute of silence, and the next number", silent, "", nil, ""},
		{"the receiver had sent something", all(silent, behind, func(f *Facts) { f.Answer.AnyFromPeer = true }), "", nil, ""},
		{"29 seconds of silence", all(silent, behind, func(f *Facts) { f.Answer.IdleNS = 29_000 * ms }), "", nil, ""},
		{"it is data", all(silent, behind, func(f *Facts) { f.Kind = "data" }), "", nil, ""},
		{"the receiver's capture may have missed what it sent", all(silent, behind, func(f *Facts) { f.Getting.Drops = 1 }), "", nil, ""},
	},
	Timestamp: {
		{"an hour ahead", stamped(3600), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"half a second ahead, which the clocks may be off by", stamped(0.5), "", nil, ""},
		{"a minute behind: it may have been under way", stamped(-60), "", nil, ""},
		{"an hour behind", stamped(-3600), Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"an hour ahead, of another connection's numbers", all(stamped(3600), func(f *Facts) { f.Numbers.InStream = false }), "", nil, ""},
		{"an hour ahead, and the rate is not known", all(stamped(3600), func(f *Facts) { f.Stamp.Known = false }), "", nil, ""},
		{"an hour ahead, and it is data", all(stamped(3600), func(f *Facts) { f.Kind = "data" }), "", nil, ""},
	},
	StrangeTTL: {
		{"three routers farther, by one recorded way", all(oneInterface, ttl(54)), Supports, unrecorded, ""},
		{"above all initial TTLs, and the kernel counted one more than was captured, with another interface up", all(ttl(252), func(f *Facts) {
			f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 1}
			f.Sending.OtherNames = []string{"eth1"}
		}), Supports, []Name{NotRunning, Filtered, Missed, BothMissed}, ""},
		{"the same, and no other interface is known", all(ttl(252), func(f *Facts) {
			f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 1}
		}), Supports, causal, ""},
		{"three routers nearer, by one recorded way", all(oneInterface, ttl(60)), Supports, unrecorded, ""},
		{"three routers farther, and the recorder found no other interface", ttl(54), Supports, append(slices.Clone(unrecorded), OwnFirewall, KernelUnseen), ""},
		{"three routers farther, and that there is no other way out is stated", all(oneInterface, ttl(54), stating(OneWayOut)), Supports,
			append(slices.Clone(unrecorded), OwnFirewall, KernelUnseen), ""},
		{"three routers farther, and several ways are recorded", all(ttl(54), func(f *Facts) { f.Sending.NoOther, f.Sending.Interfaces = false, 3 }), Supports, nil, ""},
		{"three routers farther, and all ways are recorded as one", all(ttl(54), func(f *Facts) { f.Sending.NoOther = false }), Supports, nil, ""},
		{"three routers farther, as other packets that arrived", all(ttl(54), oneInterface, func(f *Facts) { f.Way.Seen = true }), "", nil, ""},
		{"above all that the sender begins with", all(oneInterface, ttl(252)), Supports, ownMachine, ""},
		{"more than 32 routers away", all(oneInterface, ttl(20)), Supports, ownMachine, ""},
		{"32 routers away", all(oneInterface, ttl(32)), Supports, unrecorded, ""},
		{"as far by another initial value", ttl(121), "", nil, ""},
		{"by an initial value that its resets have", all(ttl(248-10), func(f *Facts) { f.Way.Initials[245] = true }), "", nil, ""},
		{"as all the others", func(*Facts) {}, "", nil, ""},
		{"the sender's packets arrive with several", all(ttl(54), unknownWay), "", nil, ""},
		{"one side only", all(ttl(54), onlyReceived), "", nil, ""},
	},
	Volley: {
		{"with a forged one, and unlike the sender's", all(ttl(54), volleyHere), Supports, []Name{OtherInterface, OwnFirewall}, ""},
		{"with a forged one at the other end", all(ttl(54), volleyHere, func(f *Facts) { f.Others.VolleyHere = false }), "", nil, ""},
		{"with a forged one, and from as far as the sender's", volleyHere, "", nil, ""},
		{"with a forged one, and no way known", all(ttl(54), volleyHere, unknownWay), "", nil, ""},
		{"alone", ttl(54), "", nil, ""},
	},
	OnePlace: {
		{"the routers add up to the path", bothHit, Supports, []Name{OtherHost, Cluster, BelowTap}, ""},
		{"the box is a router itself: one less", all(bothHit, func(f *Facts) { f.Way.OtherEnd = 2 }), Supports, []Name{OtherHost, Cluster, BelowTap}, ""},
		{"two less", all(bothHit, func(f *Facts) { f.Way.OtherEnd = 1 }), "", nil, ""},
		{"one more", all(bothHit, func(f *Facts) { f.Way.OtherEnd = 4 }), "", nil, ""},
		{"none from the sender: its own site", all(bothHit, ttl(57), func(f *Facts) { f.Way.OtherEnd = 0 }), "", nil, ""},
		{"none from the receiver", all(bothHit, ttl(64), func(f *Facts) { f.Way.OtherEnd = 7 }), "", nil, ""},
		{"no way known", all(bothHit, func(f *Facts) { f.Way.Known = false }), "", nil, ""},
		{"the other end's was called for", all(bothHit, func(f *Facts) { f.Way.BothHit = false }), "", nil, "it does not ask whether the other end's was an answer to something"},
	},
	OtherBytes: {
		{"other bytes were sent in its place", func(f *Facts) { f.Kind, f.Numbers.Rival = "data", tap.Frame{Number: 5} }, Supports, without(ownMachine, OwnFirewall, Remapped), ""},
		{"nothing was", func(f *Facts) { f.Kind = "data" }, "", nil, ""},
	},
	Nearer: {
		{"sooner and from nearer", answeredFromNearer, Supports, []Name{BothMissed, Renumbered, Altered, OtherInterface, OwnFirewall, KernelUnseen, Remapped, BelowTap, OtherHost, Cluster}, ""},
		{"sooner alone", all(answeredFromNearer, func(f *Facts) { f.Others.FewerHops = HopsFacts{} }), "", nil, ""},
		{"from nearer alone", all(answeredFromNearer, func(f *Facts) { f.Others.Sooner = SoonerFacts{} }), "", nil, ""},
		{"another connection may have gone elsewhere", all(answeredFromNearer, func(f *Facts) { f.Others.Expected = false }), "", nil, ""},
		{"both captures hold the connection", all(answeredFromNearer, func(f *Facts) { f.OneSided = false }), "", nil, ""},
	},
	Halfway: {
		{"a comparison with a tap on the way proves it", func(f *Facts) { f.Halfway = HalfwayFact{"router", Proven} }, Supports, without(append(slices.Clone(ownMachine), Renumbered, BelowTap, OtherHost, Cluster, AddressOwner)), ""},
		{"one that calls it strong", func(f *Facts) { f.Halfway = HalfwayFact{"router", Strong} }, Supports, without(append(slices.Clone(ownMachine), Renumbered, BelowTap, OtherHost, Cluster, AddressOwner)), ""},
		{"the sender's kernel tells of one that its capture lacks", func(f *Facts) {
			f.Halfway, f.Log = HalfwayFact{"router", Proven}, LogFacts{Known: true, Unseen: &testimony.KernelEvent{}}
		}, "", nil, ""},
		{"no such tap", func(*Facts) {}, "", nil, ""},
	},
	BothEndsHit: {
		{"both hit, from places that do not add up", all(bothHit, func(f *Facts) { f.Way.OtherEnd = 1 }), Supports, nil, ""},
		{"both hit, from one place: told by that sign", bothHit, "", nil, ""},
		{"one end hit", func(*Facts) {}, "", nil, ""},
	},
	SameAsGenuine: {
		{"the sender did send such resets", func(f *Facts) { f.Numbers.Alike = tap.Frame{Number: 5} }, Contradicts, nil, ""},
		{"it did not", func(*Facts) {}, "", nil, ""},
	},
	Shape: {
		{"none of the sender's is known", func(*Facts) {}, "", nil, ""},
		{"like one of the sender's", func(f *Facts) { f.Numbers.ShapeSame, f.Numbers.ShapeAll = 1, 5 }, Contradicts, nil, ""},
		{"like none of the sender's", func(f *Facts) { f.Numbers.ShapeAll = 5 }, Supports, nil, ""},
		{"it is data", func(f *Facts) { f.Kind, f.Numbers.ShapeAll = "data", 5 }, "", nil, ""},
	},
	Resembles: {
		{"nothing known", func(*Facts) {}, "", nil, ""},
		{"12503 ahead", func(f *Facts) { f.Numbers.Offset = 12503 }, Supports, nil, ""},
		{"1460 ahead", func(f *Facts) { f.Numbers.Offset = 1460 }, Supports, nil, ""},
		{"4380 ahead", func(f *Facts) { f.Numbers.Offset = 4380 }, Supports, nil, ""},
		{"1461 ahead", func(f *Facts) { f.Numbers.Offset = 1461 }, "", nil, ""},
		{"an IP-ID 26 below its trigger's", func(f *Facts) { f.Numbers.IPIDBelow = tap.Frame{Number: 5} }, Supports, nil, ""},
		{"the bytes of Henan", func(f *Facts) { f.Numbers.HenanPayload = true }, Supports, nil, ""},
		{"it is data", func(f *Facts) { f.Kind, f.Numbers.Offset = "data", 1460 }, "", nil, ""},
	},
}

func ttl(n uint8) func(*Facts) { return func(f *Facts) { f.Packet.TTL = n } }

// stamped lets its timestamp be so many seconds ahead of the sender's clock.
func stamped(ahead float64) func(*Facts) {
	return func(f *Facts) {
		socket(f)
		f.Stamp = StampFacts{Known: true, Rate: 1000, Ahead: ahead, Off: 1.2, Of: 30}
	}
}

func behind(f *Facts)     { f.Numbers.Behind = 500 }
func volleyHere(f *Facts) { f.Others.VolleyForged, f.Others.VolleyHere = tap.Frame{Number: 69}, true }

func TestEachSignRefutesWhatItSaysAndIsVoidWhereItsTableSaysSo(t *testing.T) {
	for i := range Signs {
		s := &Signs[i]
		t.Run(string(s.Name), func(t *testing.T) {
			for _, tt := range signTests[s.Name] {
				t.Run(tt.name, func(t *testing.T) {
					if tt.fault != "" {
						t.Skip(tt.fault)
					}
					f := plainFacts()
					tt.change(f)
					got := s.Test(f)
					refutes := slices.Sorted(slices.Values(got.Refutes))
					want := slices.Sorted(slices.Values(tt.refutes))
					if got.Outcome != tt.want || !slices.Equal(refutes, want) {
						t.Errorf("%q, refutes %v; want %q, %v: %s", got.Outcome, refutes, tt.want, want, got.Text)
					}
					if (got.Outcome == "") != (got.Text == "") {
						t.Errorf("outcome %q with the text %q", got.Outcome, got.Text)
					}
				})
			}
		})
	}
}

func TestEverySignIsTestedAndRefutesNoMoreThanItsRowSays(t *testing.T) {
	seen := map[Name]bool{}
	for i := range Signs {
		s := &Signs[i]
		if seen[s.Name] {
			t.Errorf("%s is in the table twice", s.Name)
		}
		seen[s.Name] = true
		if s.Claim == "" || s.Source == "" || s.Weight && s.VoidIf == "" {
			t.Errorf("%s: a column is empty: %+v", s.Name, *s)
		}
		if !s.Weight && (s.Causal || len(s.Refutes) > 0) {
			t.Errorf("%s has no weight and refutes %v, causal: %v", s.Name, s.Refutes, s.Causal)
		}
		for _, n := range s.Refutes {
			if HypothesisNamed(n) == nil {
				t.Errorf("%s refutes %q, which is no row", s.Name, n)
			}
		}
		outcomes := map[Outcome]bool{}
		for _, tt := range signTests[s.Name] {
			if outcomes[tt.want] = true; tt.fault != "" {
				continue
			}
			f := plainFacts()
			tt.change(f)
			for _, n := range s.Test(f).Refutes {
				// A volley of guesses refutes more than one number does.
				if !slices.Contains(s.Refutes, n) && !(s.Name == Ahead && f.Numbers.Guesses > 1) {
					t.Errorf("%s, %s: refutes %s, which its row does not say", s.Name, tt.name, n)
				}
			}
		}
		if !outcomes[""] || len(outcomes) < 2 {
			t.Errorf("%s: tested in the outcomes %v: one in which it speaks and one in which it is void are wanted", s.Name, outcomes)
		}
	}
	for name := range signTests {
		if !seen[name] {
			t.Errorf("%s is tested and not in the table", name)
		}
	}
}

// What S could not know refutes its own machine and never someone else (table B), but
// for a node of a cluster, which stands where S does; what another host could have sent
// only its place or its number tells.
func TestNoSignRefutesWhatItsRowInTheDesignLeavesAlone(t *testing.T) {
	never := map[Name][]Name{
		Order:               {Renumbered, Altered, Proxy, BelowTap, OtherHost, Cluster, AddressOwner, Receiver},
		LightCone:           {Renumbered, Altered, Proxy, BelowTap, OtherHost, AddressOwner, Receiver},
		OneClock:            {Renumbered, Altered, Proxy, BelowTap, OtherHost, AddressOwner, Receiver},
		SenderContradiction: {OwnFirewall, Remapped, Proxy, BelowTap, OtherHost, Cluster, AddressOwner, Receiver, Renumbered, Altered},
		Taken:               {NotRunning, Filtered, Missed, BothMissed, Renumbered, Altered, KernelUnseen, Remapped, Proxy, OtherHost, Cluster, AddressOwner, Receiver},
		KernelCounted:       {NotRunning, Filtered, OwnFirewall, Proxy, BelowTap, OtherHost, Cluster, AddressOwner, Receiver, Renumbered, Altered},
		Ahead:               {Proxy, Receiver, Renumbered, Altered, BothMissed},
		StrangeTTL:          {Proxy, BelowTap, OtherHost, Cluster, AddressOwner, Receiver, Renumbered, Altered},
		Volley:              {Proxy, BelowTap, OtherHost, Cluster, AddressOwner, Receiver, Renumbered, Altered},
		OnePlace:            append([]Name{AddressOwner, Receiver, Proxy, Renumbered, Altered}, ownMachine...),
	}
	for i := range Signs {
		s := &Signs[i]
		for _, tt := range signTests[s.Name] {
			f := plainFacts()
			tt.change(f)
			for _, n := range append(s.Test(f).Refutes, s.Refutes...) {
				if slices.Contains(never[s.Name], n) {
					t.Errorf("%s, %s: refutes %s", s.Name, tt.name, n)
				}
			}
		}
	}
}
