package judge

import (
	"slices"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/align"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A rowTest is one outcome of one row of the table, from the facts that the rule names
// (design: when a missing packet is proof).
type rowTest struct {
	name   string
	change func(*Facts) // of plainFacts
	want   Outcome      // empty: the row has nothing to say
	fault  string       // what the code does not do yet
}

// attestedRow marks the outcome of a row that only a statement closes.
const attestedRow Outcome = "refuted by a statement"

// cannotFit and cannotStayOpen are rows of which no capture shows that one outcome.
var (
	cannotFit = map[Name]string{
		BothMissed:     "what both captures lack neither of them shows",
		OtherInterface: "an interface that was not recorded shows nothing",
		OwnFirewall:    "a REJECT that passes the tap is in the file, and then there is nothing to judge",
		KernelUnseen:   "the count spans other ports, and what OUTPUT drops",
		Remapped:       "a reset that left under another address is its twin",
		BelowTap:       "what answers below the tap the tap does not show",
		Cluster:        "what another node got nothing shows",
	}
	cannotStayOpen = map[Name]string{
		Altered:  "the list of the resets that were sent is there or the row missed is open",
		Proxy:    "one sequence space or two: the pairing has decided",
		Receiver: "how it came in, the receiver's own capture shows",
	}
)

var rowTests = map[Name][]rowTest{
	NotRunning: {
		{"packets before and after", func(*Facts) {}, Refuted, ""},
		{"no packets passed in both directions", func(f *Facts) { f.Clocks.Known = false }, Open, ""},
		{"a clock was set then", func(f *Facts) { f.Clocks.Comparable = false }, Open, ""},
		{"the recorder says that it recorded nothing then", func(f *Facts) { f.Sending.Gap = &witness.Gap{FromNS: 2990 * ms, UntilNS: 3500 * ms} }, Fits, ""},
		{"the capture ends before the latest moment of sending", func(f *Facts) { f.Sending.LastNS = 3000 * ms }, Fits, ""},
		{"it ends then, but the same volley hit before", func(f *Facts) {
			f.Sending.LastNS, f.Others.VolleyForged, f.Others.VolleyHere = 3000*ms, tap.Frame{Number: 69}, true
		}, Refuted, ""},
		{"a gap in it is none that a volley closes", func(f *Facts) {
			f.Sending.Gap, f.Others.VolleyForged = &witness.Gap{FromNS: 2990 * ms, UntilNS: 3500 * ms}, tap.Frame{Number: 69}
		}, Fits, ""},
		{"it begins within the round trip before", func(f *Facts) { f.Sending.FirstNS, f.Sending.FromSYN = 2970*ms, false }, Fits, ""},
		{"it begins before that", func(f *Facts) { f.Sending.FirstNS, f.Sending.FromSYN = 2960*ms, false }, Refuted, ""},
		{"the connection began while it ran", func(f *Facts) { f.Sending.FirstNS = 2970 * ms }, Refuted, ""},
	},
	Filtered: {
		{"both directions and resets are in the file", func(*Facts) {}, Refuted, ""},
		{"the filter's text leaves out no reset", func(f *Facts) { f.Sending.Resets, f.Sending.Filter = 0, "tcp port 587" }, Refuted, ""},
		{"no reset in the file, and no filter known", func(f *Facts) { f.Sending.Resets = 0 }, Open, ""},
		{"a filter that looks at flags, and resets all the same", func(f *Facts) { f.Sending.Filter = "tcp[tcpflags] & tcp-push == 0" }, Open, ""},
		{"a filter that looks at flags, and no reset", func(f *Facts) { f.Sending.Resets, f.Sending.Filter = 0, "tcp[13] & 4 == 0" }, Fits, ""},
		{"no reset, and a filter for one direction", func(f *Facts) { f.Sending.Resets, f.Sending.Filter = 0, "inbound and tcp" }, Open, ""},
		{"no reset, and a filter by length", func(f *Facts) { f.Sending.Resets, f.Sending.Filter = 0, "tcp and greater 60" }, Open, ""},
		{"headers cut short", func(f *Facts) { f.Sending.HeadersCut = 1 }, Fits, ""},
		{"nothing in the file that this end sent", func(f *Facts) { f.Sending.Witness.Passed = 0 }, Fits, ""},
		{"an ICMP error, and the filter is for TCP alone", all(icmp, func(f *Facts) { f.Sending.Filter = "tcp port 587" }), Fits, ""},
		{"an ICMP error, and the filter admits them", all(icmp, func(f *Facts) { f.Sending.Filter = "tcp port 587 or icmp" }), Refuted, ""},
		{"an ICMP error of IPv6, and the filter admits those of IPv4", all(icmp, func(f *Facts) { f.Sending.Filter, f.Packet.IPv6 = "tcp or icmp", true }), Open, ""},
		{"an ICMP error, and no filter known", icmp, Open, ""},
		{"an ICMP error, and the sender's others are in the file", all(icmp, func(f *Facts) { f.Error.SentOthers = true }), Refuted, ""},
		{"an ICMP error, and more than are kept are in the file", all(icmp, func(f *Facts) { f.Error.SentOthers, f.Error.MoreSent = true, 3 }), Open, ""},
		{"an ICMP error, and it is stated that the filter admits them", all(icmp, func(f *Facts) { f.Stated = stated{Filter: "host 192.0.2.1"} }), attestedRow, ""},
		{"an ICMP error, and it is stated that the filter is for TCP", all(icmp, func(f *Facts) { f.Stated = stated{Filter: "tcp"} }), Fits, ""},
		{"data needs no reset in the file", func(f *Facts) { f.Kind, f.Sending.Resets = "data", 0 }, Refuted, ""},
		{"the filter is stated", func(f *Facts) { f.Sending.Resets, f.Stated = 0, stated{Filter: "tcp port 587"} }, attestedRow, ""},
		{"a filter that leaves out resets is stated", func(f *Facts) {
			f.Sending.Resets, f.Stated = 0, stated{Filter: "tcp[tcpflags] & tcp-rst == 0"}
		}, Fits, ""},
	},
	Missed: {
		{"zero counters of a recorder on the host", uncountedBut(1), Refuted, ""},
		{"59 passed and none is missing", uncounted(59), Refuted, ""},
		{"the capture counts drops", func(f *Facts) { f.Sending.Drops = 1 }, Fits, ""},
		{"it lacks another packet of the connection", func(f *Facts) { f.Sending.Missed = 1 }, Fits, ""},
		{"more resets than are told apart", func(f *Facts) { f.Sending.MoreResets = 1 }, Fits, ""},
		{"it lacks another segment, which nothing marks as forged", func(f *Facts) { f.Sending.Unexplained = 1 }, Fits, ""},
		{"bytes of its were acknowledged that it lacks", func(f *Facts) { f.Sending.Lacking = 9 }, Fits, ""},
		{"its host acknowledged bytes that it never saw", func(f *Facts) { f.Sending.Deaf = 9 }, Fits, ""},
		{"IP-IDs jump", func(f *Facts) { f.Sending.IPIDs = align.IPIDs{Steps: 50, Jumps: 1} }, Fits, ""},
		{"packets of other connections are missing, one in twenty", all(uncounted(19), func(f *Facts) { f.Sending.Witness.Missed = 1 }), Open, ""},
		{"twenty passed, and that none was dropped is stated", all(uncounted(20), stating(NoDrops)), attestedRow, ""},
		{"299 passed, and the statement is not needed", all(uncounted(299), stating(NoDrops)), Refuted, ""},
		{"a mirror's counters of twenty packets, and its place is stated", all(uncountedBut(20), stating(HostTap), func(f *Facts) { f.Sending.OnHost = false }), attestedRow, ""},
		{"one in three hundred is missing elsewhere", all(uncounted(300), func(f *Facts) { f.Sending.Witness.Missed = 1 }), Refuted, ""},
	},
	BothMissed: {
		{"its number is not ahead", func(*Facts) {}, "", ""},
		{"counters at the sender", ahead1460, Refuted, ""},
		{"counters at the receiver", all(ahead1460, uncounted(20)), Refuted, ""},
		{"counters of twenty packets", all(ahead1460, uncountedBut(20), receiverUncounted(20)), Refuted, ""},
		{"counters of twenty packets, of which one is missing all the same", all(ahead1460, uncountedBut(20), receiverUncounted(20), func(f *Facts) { f.Sending.Missed = 1 }), Open, ""},
		{"no counters, 59 packets at one end", all(ahead1460, uncounted(59), receiverUncounted(20)), Refuted, ""},
		{"no counters, 58 packets at each end", all(ahead1460, uncounted(58), receiverUncounted(58)), Open, ""},
		{"counters of mirrors", all(ahead1460, uncounted(20), receiverUncounted(20), func(f *Facts) {
			f.Sending.DropsKnown, f.Sending.OnHost, f.Getting.DropsKnown, f.Getting.OnHost = true, false, true, false
		}), Open, ""},
		{"that the sender's dropped none is stated", all(ahead1460, uncounted(20), receiverUncounted(20), stating(NoDrops)), attestedRow, ""},
		{"that the receiver's dropped none is stated", all(ahead1460, uncounted(20), receiverUncounted(20), func(f *Facts) {
			f.StatedThere = stated{NoDrops: "0"}
		}), attestedRow, ""},
	},
	Renumbered: {
		{"three segments each way", func(f *Facts) { f.Numbers.There, f.Numbers.Back, f.Numbers.Shift = 3, 3, [2]uint32{7, 9} }, Refuted, ""},
		{"two from it, shifted", func(f *Facts) { f.Numbers.There, f.Numbers.Back, f.Numbers.Shift = 2, 9, [2]uint32{7, 9} }, Open, ""},
		{"two to it, shifted", func(f *Facts) { f.Numbers.There, f.Numbers.Back, f.Numbers.Shift = 9, 2, [2]uint32{7, 9} }, Open, ""},
		{"a handshake, and data that acknowledges it", handshakeShifted, Refuted, ""},
		{"a handshake, and a reset left that did not arrive as it was", all(handshakeShifted, func(f *Facts) { f.Numbers.Unarrived = true }), Open, ""},
		{"two numbers of the sender's stream", all(handshakeShifted, func(f *Facts) { f.Numbers.Agreed[f.Sender] = 2 }), Open, ""},
		{"two numbers of the receiver's", all(handshakeShifted, func(f *Facts) { f.Numbers.Agreed[f.Receiver] = 2 }), Open, ""},
		{"nothing from the sender but acknowledged numbers", all(handshakeShifted, func(f *Facts) { f.Numbers.There = 0 }), Open, ""},
		{"a handshake with equal numbers", func(f *Facts) { f.Numbers.There, f.Numbers.Back = 1, 2 }, Refuted, ""},
		{"a handshake with equal numbers, and nothing elsewhere", func(f *Facts) {
			f.Numbers.There, f.Numbers.Back, f.Sending.Witness.Passed, f.Getting.Witness.Passed = 1, 2, 1, 2
		}, Refuted, ""},
		{"one segment with equal numbers, and enough elsewhere", func(f *Facts) {
			f.Numbers.There, f.Numbers.Back = 1, 0
		}, Refuted, ""},
		{"nothing came back, few elsewhere", func(f *Facts) {
			f.Numbers.There, f.Numbers.Back, f.Sending.Witness.Passed, f.Getting.Witness.Passed = 3, 0, 3, 2
		}, Open, ""},
		{"one side only", onlyReceived, Open, ""},
		{"off by exactly the shift", func(f *Facts) {
			f.Numbers.Shift, f.Numbers.IsShift, f.Numbers.Ahead = [2]uint32{0, 70000}, true, 70000
		}, Fits, ""},
	},
	Altered: {
		{"nothing like it left", func(*Facts) {}, Refuted, ""},
		{"a reset left and did not arrive as it was", func(f *Facts) { f.Numbers.Altered = &align.Reset{Frame: tap.Frame{Number: 5}} }, Fits, ""},
		{"its checksum is wrong, and those of others are right", func(f *Facts) { f.Numbers.Damaged = true }, Fits, ""},
		{"one left that differs by its time alone", func(f *Facts) { f.Numbers.Mistimed = &align.Reset{Frame: tap.Frame{Number: 5}} }, Fits, ""},
		{"other bytes were sent in its place, and arrived", func(f *Facts) { f.Kind, f.Numbers.Rival = "data", tap.Frame{Number: 5} }, Refuted, ""},
	},
	OtherInterface: {
		{"every interface recorded", func(f *Facts) { f.Sending.NoOther = false }, Refuted, ""},
		{"the recorder found no other", func(f *Facts) { f.Sending.AllInterfaces = false }, Refuted, ""},
		{"one interface, and no word of others", oneInterface, Open, ""},
		{"it found no other, and another namespace has the address", func(f *Facts) { f.Sending.Host.Elsewhere = 1 }, Open, ""},
		{"the recorder found others", all(oneInterface, func(f *Facts) { f.Sending.OtherNames = []string{"wwan0"} }), Open, ""},
		{"a NAT on the way says nothing", all(oneInterface, func(f *Facts) { f.Way.Translated, f.Way.TranslatedR = true, true }), Open, ""},
		{"other hops say nothing by themselves", all(oneInterface, func(f *Facts) { f.Packet.TTL = 252 }), Open, ""},
		{"that there is one way out is stated", all(oneInterface, stating(OneWayOut)), attestedRow, ""},
	},
	OwnFirewall: {
		{"a complete capture of every way out", func(*Facts) {}, Refuted, ""},
		{"a complete capture of one interface", oneInterface, Open, ""},
		{"an ICMP error, and a capture that may leave them out", icmp, Open, ""},
		{"an ICMP error, and a complete capture that holds them", all(icmp, func(f *Facts) { f.Error.SentOthers = true }), Refuted, ""},
		{"an ICMP error, and one interface of several", all(icmp, oneInterface, func(f *Facts) { f.Error.SentOthers = true }), Open, ""},
		{"every way out, 298 packets and no counters", uncounted(298), Open, ""},
		{"every way out, 299 packets and no counters", uncounted(299), Refuted, ""},
		{"every way out, a mirror's counters", all(uncounted(20), func(f *Facts) { f.Sending.DropsKnown, f.Sending.OnHost = true, false }), Open, ""},
		{"a window and timestamps", all(oneInterface, socket), Refuted, ""},
		{"there was nothing to answer", all(oneInterface, silent), Refuted, ""},
		{"there was nothing to answer in a capture that lost packets", all(oneInterface, silent, func(f *Facts) { f.Getting.Drops = 3 }), Open, ""},
		{"the recorder found no rule that rejects", all(oneInterface, noRules), Refuted, ""},
		{"it found one", all(oneInterface, noRules, func(f *Facts) { f.Sending.Host.ResetRules = 1 }), Open, ""},
		{"it found one, and every way out was recorded", all(noRules, func(f *Facts) { f.Sending.Host.ResetRules = 1 }), Refuted, ""},
		{"it found none here, and another namespace has the address", all(oneInterface, noRules, func(f *Facts) { f.Sending.Host.Elsewhere = 1 }), Open, ""},
		{"that none rejects is stated", all(oneInterface, stating(NoReject)), attestedRow, ""},
		{"that there is one way out is stated", all(oneInterface, stating(OneWayOut)), attestedRow, ""},
		{"one way out is stated of a capture of few packets", all(oneInterface, uncounted(20), stating(OneWayOut)), Open, ""},
		{"it is data", all(oneInterface, func(f *Facts) { f.Kind = "data" }), Refuted, ""},
	},
	KernelUnseen: {
		{"no counts", func(*Facts) {}, "", ""},
		{"as many counted as captured", func(f *Facts) { f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 2} }, Refuted, ""},
		{"one more counted", func(f *Facts) { f.Kernel = KernelFacts{Known: true, Counted: 3, Captured: 2} }, Open, ""},
		{"resets of its firewall captured, which the kernel does not count", func(f *Facts) {
			f.Kernel = KernelFacts{Known: true, Counted: 2, Captured: 5}
		}, Open, ""},
		{"a complete log without it, though more were counted", all(notLogged, func(f *Facts) {
			f.Kernel = KernelFacts{Known: true, Counted: 3, Captured: 2}
		}), Refuted, ""},
		{"its log tells of one on this connection that the capture lacks", all(notLogged, func(f *Facts) {
			f.Log.Unseen = &testimony.KernelEvent{Sent: true}
		}), Fits, ""},
		{"even where the log lacks others", func(f *Facts) { f.Log.Unseen = &testimony.KernelEvent{Sent: true} }, Fits, ""},
		{"its log tells of one on this connection at another time", all(notLogged, func(f *Facts) {
			f.Log.UnseenThen = &testimony.KernelEvent{Sent: true}
		}), Open, ""},
		{"its log tells of one of another address that the capture lacks", all(notLogged, func(f *Facts) {
			f.Log.UnseenElsewhere = &testimony.KernelEvent{Sent: true}
		}), Open, ""},
		{"its log tells of one on another connection of the address that the capture lacks", all(notLogged, func(f *Facts) { f.Log.Elsewhere = true }), Refuted, ""},
		{"its log counts one that it does not list", all(notLogged, func(f *Facts) { f.Log.Unlisted = 1 }), Open, ""},
		{"it is data", all(notLogged, func(f *Facts) { f.Kind = "data" }), "", ""},
	},
	Remapped: {
		{"all came under the connection's own addresses", func(f *Facts) { f.Way.TranslatedR, f.Sending.Filter = true, "host 192.0.2.1" }, Refuted, ""},
		{"one astray, and nothing translates the receiver", all(astray, func(f *Facts) { f.Sending.Filter = "host 192.0.2.1" }), Refuted, ""},
		{"one astray behind a NAT, by a filter of a port", all(astray, func(f *Facts) { f.Way.TranslatedR, f.Sending.Filter = true, "tcp port 587" }), Refuted, ""},
		{"one astray behind a NAT, by a filter of an address", all(astray, func(f *Facts) { f.Way.TranslatedR, f.Sending.Filter = true, "host 192.0.2.1" }), Open, ""},
		{"one astray behind a NAT, one peer and no filter known", all(astray, func(f *Facts) { f.Way.TranslatedR, f.Sending.OnlyPeer = true, true }), Open, ""},
		{"one astray behind a NAT, several peers", all(astray, func(f *Facts) { f.Way.TranslatedR = true }), Refuted, ""},
		{"packets came under another port, by a filter of an address", all(astray, func(f *Facts) { f.Numbers.Remapped, f.Sending.Filter = true, "host 192.0.2.1" }), Open, ""},
		{"a filter of a port is stated", all(astray, func(f *Facts) {
			f.Way.TranslatedR, f.Sending.OnlyPeer, f.Stated = true, true, stated{Filter: "port 587"}
		}), attestedRow, ""},
		{"a filter of an address is stated", all(astray, func(f *Facts) {
			f.Way.TranslatedR, f.Sending.OnlyPeer, f.Stated = true, true, stated{Filter: "host 192.0.2.1"}
		}), Open, ""},
		{"a socket's reset", all(astray, socket, func(f *Facts) { f.Way.TranslatedR, f.Sending.OnlyPeer = true, true }), Refuted, ""},
		{"a reset with a window, and not the next IP-ID", all(astray, windowed, func(f *Facts) { f.Way.TranslatedR, f.Sending.OnlyPeer = true, true }), Open, ""},
		{"nothing to answer", all(astray, silent, func(f *Facts) { f.Way.TranslatedR, f.Sending.OnlyPeer = true, true }), Refuted, ""},
		{"one side only", onlyReceived, Open, ""},
		{"it is data", all(astray, func(f *Facts) { f.Kind, f.Way.TranslatedR, f.Sending.OnlyPeer = "data", true, true }), Refuted, ""},
	},
	Proxy: {
		{"one sequence space", func(*Facts) {}, Refuted, ""},
		{"a constant shift", func(f *Facts) { f.Numbers.Shift = [2]uint32{7, 9} }, Refuted, ""},
		{"three acknowledgments that were not sent, by a capture that lost nothing", unsentAcks(3, 300), Fits, ""},
		{"two of them", unsentAcks(2, 0), Refuted, ""},
		{"three of them, by a capture without counters that lacks nothing else", all(uncounted(300), unsentAcks(3, 12)), Fits, ""},
		{"three of many", all(uncounted(300), unsentAcks(3, 13)), Refuted, ""},
		{"three of them, by a capture that lacks data, too", all(uncounted(300), unsentAcks(3, 0), func(f *Facts) { f.Sending.Missed = 4 }), Refuted, ""},
		{"three of them, by a capture that counts drops", all(unsentAcks(3, 300), func(f *Facts) { f.Sending.Drops = 1 }), Refuted, ""},
		{"one side only", onlyReceived, "", ""},
	},
	BelowTap: {
		{"all that it can answer came to the tap", func(*Facts) {}, Refuted, ""},
		{"one astray, and from as far as the sender", astray, Open, ""},
		{"one astray, and one router nearer", all(astray, func(f *Facts) { f.Packet.TTL = 58 }), Open, ""},
		{"one astray, and two routers nearer", all(astray, func(f *Facts) { f.Packet.TTL = 59 }), Refuted, ""},
		{"one astray, and two routers farther", all(astray, func(f *Facts) { f.Packet.TTL = 55 }), Open, ""},
		{"one astray, and no way known", all(astray, unknownWay), Open, ""},
		{"all came, and XDP runs there", func(f *Facts) { f.Sending.Host.XDP = []string{"eth0"} }, Open, ""},
		{"it is data, and XDP runs there", func(f *Facts) { f.Kind, f.Sending.Host.XDP = "data", []string{"eth0"} }, Open, ""},
		{"one astray, and XDP runs there, whatever is stated", all(astray, stating(NoBypass), func(f *Facts) { f.Sending.Host.XDP = []string{"eth0"} }), Open, ""},
		{"one astray, and a program sends past the tap, whatever is stated", all(astray, stating(NoBypass), func(f *Facts) { f.Sending.Host.XDPSockets = 1 }), Open, ""},
		{"one astray, and a program sends past the tap", all(astray, func(f *Facts) { f.Sending.Host.XDPSockets = 1 }), Open, ""},
		{"an idle timer answers nothing", silent, Open, ""},
		{"the receiver's capture lost packets", func(f *Facts) { f.Getting.Drops = 1 }, Open, ""},
		{"one side only", onlyReceived, Open, ""},
		{"that nothing bypasses the tap is stated", all(astray, stating(NoBypass)), attestedRow, ""},
		{"it is data", all(astray, func(f *Facts) { f.Kind = "data" }), Refuted, ""},
	},
	OtherHost: {
		{"an ICMP error, and what it quotes came", all(icmp, astray), Refuted, ""},
		{"an ICMP error, and what it quotes did not come", all(icmp, astray, func(f *Facts) { f.Error.Came.Number, f.Error.Copies[tap.Server] = 0, 0 }), Fits, ""},
		{"a SYN, and the connection with its addresses went on", all(secondSYN, wentOn), Refuted, ""},
		{"a SYN, and nothing arrived of it afterwards", all(secondSYN, goesOn), Open, ""},
		{"a SYN under a NAT's address, which answers reached where it went on", all(secondSYN, wentOn, translated, func(f *Facts) { f.After.Answered = true }), Refuted, ""},
		{"a SYN under a NAT's address, and nothing says where its answers went", all(secondSYN, wentOn, translated), Open, ""},
		{"a SYN under a NAT's address, whose answer went astray", all(secondSYN, wentOn, translated, func(f *Facts) { f.After.AnswerAstray = 1 }), Fits, ""},
		{"a SYN under the sender's own address, whose answer went astray", all(secondSYN, wentOn, func(f *Facts) { f.After.AnswerAstray = 1 }), Refuted, ""},
		{"a number 2 MiB ahead, under a NAT's address", all(far, translated), Open, ""},
		{"the same, and that no other answers is stated: hosts behind a NAT do not answer for it", all(far, translated, stating(OneHost)), Open, ""},
		{"the same, and what the receiver sent later came to the sender", all(far, translated, func(f *Facts) { f.After.Answered = true }), Refuted, ""},
		{"the same, one of several guesses", all(far, translated, func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 2 }), Refuted, ""},
		{"a number 2 MiB ahead, under the sender's own address", far, Refuted, ""},
		{"a number 2 MiB behind, under a NAT's address", all(translated, func(f *Facts) { f.Numbers.Behind = 2 << 20 }), Open, ""},
		{"no packet was astray", func(*Facts) {}, Refuted, ""},
		{"no packet was astray, a socket's reset, and nothing shows the sender there later", all(socket, ttl(57)), Open, ""},
		{"the same from one router nearer: connections move within a site", all(socket, ttl(58)), Open, ""},
		{"the same from three routers nearer", all(socket, ttl(60)), Refuted, ""},
		{"the same from farther: the other host may have another way", all(socket, ttl(55)), Open, ""},
		{"the same, and the way is not known", all(socket, unknownWay), Open, ""},
		{"the same, and later packets came to the sender", all(socket, ttl(57), stillThere), Refuted, ""},
		{"the same, and the sender's TCP went on with it", all(socket, ttl(57), goesOn), Refuted, ""},
		{"the same, and the sender was hit there, too", all(socket, ttl(57), func(f *Facts) { f.Way.OtherHit.Number = 33 }), Refuted, ""},
		{"the same, and that no other answers is stated", all(socket, ttl(57), stating(OneHost)), attestedRow, ""},
		{"one was astray", astray, Fits, ""},
		{"a light cone says nothing of another host", all(astray, func(f *Facts) {
			f.Answer.Acknowledges, f.Answer.Reached, f.Answer.ReachedAt = true, align.Seen, tap.Frame{Number: 9, TimeNS: 4000 * ms}
		}), Fits, ""},
		{"a TTL of its own says nothing of another host", all(astray, func(f *Facts) { f.Packet.TTL = 252 }), Fits, ""},
		{"made at the receiver's first router", all(astray, func(f *Facts) { f.Packet.TTL = 64 }), Refuted, ""},
		{"made at the first router, which is the sender's, too", all(astray, func(f *Facts) {
			f.Packet.TTL, f.Way.Hops, f.Way.TTL = 64, 1, 63
		}), Fits, ""},
		{"the receiver's capture counts drops", func(f *Facts) { f.Getting.Drops = 1 }, Open, ""},
		{"the receiver's capture lacks what the sender got", func(f *Facts) { f.Getting.Missed = 1 }, Open, ""},
		{"the receiver's capture lacks what was acknowledged", func(f *Facts) { f.Getting.Lacking = 1 }, Open, ""},
		{"nothing to answer", silent, Refuted, ""},
		{"nothing to answer in a capture that lost packets", all(silent, func(f *Facts) { f.Getting.Drops = 1 }), Open, ""},
		{"one side only", onlyReceived, Open, ""},
		{"that no other answers is stated", all(astray, stating(OneHost)), attestedRow, ""},
		{"none astray by a receiver's capture that lacks one of 20 packets of other connections", receiverMissed(1, 20), Open, ""},
		{"none astray by one that lacks one of 2000", receiverMissed(1, 2000), Refuted, ""},
		{"it is data", all(astray, func(f *Facts) { f.Kind = "data" }), Refuted, ""},
	},
	Cluster: {
		{"the answer of a host without a socket, from as far", func(*Facts) {}, Open, ""},
		{"one router nearer", func(f *Facts) { f.Packet.TTL = 58 }, Open, ""},
		{"two routers nearer", func(f *Facts) { f.Packet.TTL = 59 }, Refuted, ""},
		{"two routers farther: it may have another way back", func(f *Facts) { f.Packet.TTL = 55 }, Open, ""},
		{"of a sender on the receiver's own link, two routers farther", func(f *Facts) { f.Way.TTL, f.Way.Hops, f.Packet.TTL = 64, 0, 62 }, Refuted, ""},
		{"farther than any path is long", func(f *Facts) { f.Packet.TTL = 200 }, Refuted, ""},
		{"as far, by another initial TTL", func(f *Facts) { f.Packet.TTL = 121 }, Open, ""},
		{"two nearer, and the way is not known", all(unknownWay, func(f *Facts) { f.Packet.TTL = 59 }), Open, ""},
		{"a socket's reset", socket, Refuted, ""},
		{"a reset with a window, and not the next IP-ID", windowed, Refuted, ""},
		{"nothing to answer", silent, Refuted, ""},
		{"the sender opened the connection: to reset a port takes its address alone", func(f *Facts) { f.Way.Initiator = true }, Open, ""},
		{"it is the SYN of a sender that opened the connection", func(f *Facts) { f.Kind, f.Way.Initiator = "syn", true }, Refuted, ""},
		{"one of a volley whose others are ahead", all(volleyHere, func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 2 }), Refuted, ""},
		{"one of a burst whose others are ahead, and of no volley", func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses = 3, 2 }, Open, ""},
		{"that no other answers is stated", stating(OneHost), attestedRow, ""},
		{"it is data", func(f *Facts) { f.Kind = "data" }, Refuted, ""},
	},
	AddressOwner: {
		{"the sender itself has the address", astray, Refuted, ""},
		{"an ICMP error, and the sender has the address", icmp, Refuted, ""},
		{"an ICMP error, and a NAT on the way has the address", all(icmp, func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"an ICMP error, and that nobody else answers is stated", all(icmp, func(f *Facts) { f.Way.Translated, f.Stated = true, stated{OneHost: ""} }), attestedRow, ""},
		{"translated, and all came", func(f *Facts) { f.Way.Translated = true }, Refuted, ""},
		{"the same, from right in front of the sender, where a late copy may have met it", all(ttl(58), func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"the same, from two routers in front of it", all(ttl(59), func(f *Facts) { f.Way.Translated = true }), Refuted, ""},
		{"the same, of a volley that guesses numbers", all(ttl(58), func(f *Facts) { f.Way.Translated, f.Numbers.Burst, f.Others.VolleyHere = true, 3, true }), Refuted, ""},
		{"the same, and that no other answers is stated", all(ttl(58), stating(OneHost), func(f *Facts) { f.Way.Translated = true }), attestedRow, ""},
		{"translated, one astray that calls for it, from nearer than the sender", all(calledForIt, func(f *Facts) { f.Way.Translated, f.Packet.TTL = true, 58 }), Fits, ""},
		{"the same, from as far", all(calledForIt, func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"the same, by an unknown way", all(calledForIt, unknownWay, func(f *Facts) { f.Way.Translated, f.Packet.TTL = true, 58 }), Open, ""},
		{"the same, and the sender was reset, too", all(calledForIt, bothHit, func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"translated, and one astray that does not", all(astray, func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"translated, one astray, from farther than the sender", all(calledForIt, func(f *Facts) { f.Way.Translated, f.Packet.TTL = true, 55 }), Open, ""},
		{"translated, and the receiver's capture lost packets", func(f *Facts) { f.Way.Translated, f.Getting.Drops = true, 1 }, Open, ""},
		{"translated, one astray, a reset with a window, and not the next IP-ID", all(astray, windowed, func(f *Facts) { f.Way.Translated = true }), Open, ""},
		{"translated, one astray, a socket's reset", all(astray, socket, func(f *Facts) { f.Way.Translated = true }), Refuted, ""},
		{"translated, and nothing to answer", all(astray, silent, func(f *Facts) { f.Way.Translated = true }), Refuted, ""},
		{"only the receiver is translated", all(astray, func(f *Facts) { f.Way.TranslatedR = true }), Refuted, ""},
		{"that no other answers is stated", all(astray, stating(OneHost), func(f *Facts) { f.Way.Translated = true }), attestedRow, ""},
		{"it is data", all(astray, func(f *Facts) { f.Kind, f.Way.Translated = "data", true }), Refuted, ""},
		{"one side only", onlyReceived, "", ""},
	},
	Receiver: {
		{"it came in", func(*Facts) {}, Refuted, ""},
		{"it came over loopback", func(f *Facts) { f.Packet.Loopback = true }, Fits, ""},
		{"it went out", func(f *Facts) { f.Packet.Direction = capture.Outbound }, Fits, ""},
		{"it is recorded as come in", func(f *Facts) { f.Packet.Direction = capture.Inbound }, Refuted, ""},
	},
}

// unsentAcks lets n acknowledgments have come that the sender did not send.
func unsentAcks(n, passed int64) func(*Facts) {
	return func(f *Facts) {
		f.Numbers.Acks = align.AckCounts{Passed: passed, Unsent: n}
		f.Sending.Missed = n
	}
}

// uncountedBut is a capture with counters, on the host, of n packets.
func uncountedBut(n int64) func(*Facts) {
	return func(f *Facts) { f.Sending.Witness.Passed, f.Sending.Passed = n, n }
}

// receiverMissed lets the receiver's capture lack some packets of other connections.
func receiverMissed(missed, passed int64) func(*Facts) {
	return func(f *Facts) {
		f.Getting.DropsKnown, f.Getting.Witness.Passed, f.Getting.Witness.Missed = false, passed, missed
		f.Getting.Clusters, f.Getting.ClustersNear = passed, passed
	}
}

func receiverUncounted(n int64) func(*Facts) {
	return func(f *Facts) {
		f.Getting.DropsKnown, f.Getting.Witness.Passed, f.Getting.Passed = false, n, n
		f.Getting.Clusters, f.Getting.ClustersNear = n, n
	}
}

// ahead1460 lets its number lie a segment ahead of the stream.
func ahead1460(f *Facts) { f.Numbers.Ahead = 1460 }

func translated(f *Facts) { f.Way.Translated = true }

// far lets the number be farther ahead than any window is wide.
func far(f *Facts) { f.Numbers.Ahead = 2 << 20 }

func TestEachHypothesisIsRefutedFitsOrStaysOpenByTheFactsThatItNames(t *testing.T) {
	for i := range Hypotheses {
		h := &Hypotheses[i]
		t.Run(string(h.Name), func(t *testing.T) {
			for _, tt := range rowTests[h.Name] {
				t.Run(tt.name, func(t *testing.T) {
					if tt.fault != "" {
						t.Skip(tt.fault)
					}
					f := plainFacts()
					tt.change(f)
					got := h.Test(f)
					want := tt.want
					if want == attestedRow {
						want = Refuted
					}
					if got.Outcome != want || got.Attested != (tt.want == attestedRow) {
						t.Errorf("%q (attested: %v), want %q: %s", got.Outcome, got.Attested, tt.want, got.Text)
					}
					if (got.Outcome == "") != (got.Text == "") {
						t.Errorf("outcome %q with the text %q", got.Outcome, got.Text)
					}
				})
			}
		})
	}
}

// The table is complete, and so are its tests: a row that nobody tests, or of which one
// outcome is never seen, is found here.
func TestEveryHypothesisIsTestedInEachOutcomeThatItCanHave(t *testing.T) {
	seen := map[Name]bool{}
	for i := range Hypotheses {
		h := &Hypotheses[i]
		if seen[h.Name] {
			t.Errorf("%s is in the table twice", h.Name)
		}
		seen[h.Name] = true
		for _, text := range []string{h.Claim, h.Short, h.Predicts, h.RefutedBy, h.Source, h.Advice, string(h.Maker)} {
			if text == "" {
				t.Errorf("%s: a column is empty: %+v", h.Name, *h)
			}
		}
		outcomes := map[Outcome]bool{}
		for _, tt := range rowTests[h.Name] {
			if tt.fault == "" {
				outcomes[tt.want] = true
			}
		}
		if !outcomes[Refuted] {
			t.Errorf("%s: no test in which it is refuted", h.Name)
		}
		if !outcomes[Fits] && cannotFit[h.Name] == "" {
			t.Errorf("%s: no test in which it fits", h.Name)
		}
		if !outcomes[Open] && cannotStayOpen[h.Name] == "" {
			t.Errorf("%s: no test in which it stays open", h.Name)
		}
		closable := slices.ContainsFunc(FactTable, func(e FactEntry) bool { return slices.Contains(e.Closes, h.Name) })
		if outcomes[attestedRow] != closable {
			t.Errorf("%s: closed by a statement in its tests: %v, in FactTable: %v", h.Name, outcomes[attestedRow], closable)
		}
	}
	for name := range rowTests {
		if !seen[name] {
			t.Errorf("%s is tested and not in the table", name)
		}
	}
	for _, e := range FactTable {
		for _, name := range e.Closes {
			if !seen[name] {
				t.Errorf("%s closes %q, which is no row", e.Fact, name)
			}
		}
	}
}

// No name is both a hypothesis and a sign: reports, help and --explain have one list.
func TestNamesAreUniqueAcrossBothTables(t *testing.T) {
	seen := map[Name]bool{NoSign: true, Twin: true}
	for i := range Hypotheses {
		if n := Hypotheses[i].Name; seen[n] || n != Name(strings.ToLower(string(n))) || strings.Contains(string(n), " ") {
			t.Errorf("%q is taken, or is no name", n)
		} else {
			seen[n] = true
		}
	}
	for i := range Signs {
		if n := Signs[i].Name; seen[n] || n != Name(strings.ToLower(string(n))) || strings.Contains(string(n), " ") {
			t.Errorf("%q is taken, or is no name", n)
		} else {
			seen[n] = true
		}
	}
}
