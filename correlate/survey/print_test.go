package survey

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"testing"

	"bothends/capture"
	"bothends/correlate/segment"
)

// session is a short connection as a tap saw it, the client's numbers beginning
// at isn[0] and the server's at isn[1].
func session(isn [2]uint32, hops uint8) []segment.Segment {
	var list []segment.Segment
	var next [2]uint32
	say := func(from Side, flags segment.Flags, payload string, has segment.OptionSet) {
		s := segment.Segment{
			TimeNS: int64(len(list) + 1), Flags: flags, TTL: 64 - hops, IPID: uint16(1000 + len(list)), Window: 500, DF: true,
			Src: alice, Dst: bob, Seq: isn[from] + next[from], Payload: []byte(payload), PayloadLen: len(payload),
		}
		if from == Responder {
			s.Src, s.Dst = bob, alice
		}
		if flags&segment.ACK != 0 {
			s.Ack = isn[from.Other()] + next[from.Other()]
		}
		s.Options.Has = has
		if has&segment.Timestamps != 0 {
			s.Options.TSVal, s.Options.TSEcr = uint32(7000+len(list)), 9000
		}
		if has&segment.MSS != 0 {
			s.Options.MSS, s.Options.WindowScale = 1460, 7
		}
		if has&segment.SACK != 0 {
			s.Options.SACKCount = 1
			s.Options.SACK[0] = [2]uint32{isn[from.Other()] + 50, isn[from.Other()] + 60}
		}
		next[from] += s.SeqLen()
		list = append(list, s)
	}
	say(Initiator, syn, "", segment.MSS|segment.WindowScale)
	say(Responder, synAck, "", segment.MSS|segment.WindowScale)
	say(Initiator, ack, "", segment.Timestamps)
	say(Initiator, ack, "EHLO there\r\n", segment.Timestamps)
	say(Responder, ack, "250 hello\r\n", segment.Timestamps|segment.SACK)
	say(Responder, ack, "", segment.Timestamps)
	return list
}

// prints of both sides after the segments of one connection.
func prints(seed maphash.Seed, list []segment.Segment) [2]uint64 {
	c := Connection{Flows: new([2]Flow)}
	p := newPrinter(seed)
	for i := range list {
		side := Initiator
		if list[i].Src == bob {
			side = Responder
		}
		c.note(c.Flows, &list[i], side)
		p.add(&c.Flows[side], &c.Flows[side.Other()], &list[i])
	}
	return [2]uint64{c.Flows[0].Print, c.Flows[1].Print}
}

func TestAPrintIsTheSameWhateverConstantsThePathAdds(t *testing.T) {
	seed := maphash.MakeSeed()
	want := prints(seed, session([2]uint32{1, 2}, 0))
	if got := prints(seed, session([2]uint32{1<<32 - 5, 77777}, 9)); got != want {
		t.Errorf("prints %x, want %x: nothing differs but where the numbers begin and how many routers lie before the tap", got, want)
	}
	if got := prints(maphash.MakeSeed(), session([2]uint32{1, 2}, 0)); got == want {
		t.Error("another seed gives the same prints: whoever makes a capture could know them")
	}
}

// Each way in which two taps may have recorded the last segment, or all of them,
// otherwise.
func TestAPrintShowsEveryDifferenceThatAComparisonSees(t *testing.T) {
	seed := maphash.MakeSeed()
	want := prints(seed, session([2]uint32{1, 2}, 0))
	for name, change := range map[string]func(last *segment.Segment){
		"sequence number":   func(s *segment.Segment) { s.Seq++ },
		"acknowledgment":    func(s *segment.Segment) { s.Ack++ },
		"flags":             func(s *segment.Segment) { s.Flags |= segment.PSH },
		"window":            func(s *segment.Segment) { s.Window++ },
		"TTL":               func(s *segment.Segment) { s.TTL-- },
		"TOS":               func(s *segment.Segment) { s.TOS = 0x20 },
		"IP-ID":             func(s *segment.Segment) { s.IPID++ },
		"IP version":        func(s *segment.Segment) { s.IPv6 = true },
		"do not fragment":   func(s *segment.Segment) { s.DF = false },
		"fragmented":        func(s *segment.Segment) { s.Fragment = true },
		"cut by snaplen":    func(s *segment.Segment) { s.Cut = true },
		"overlong":          func(s *segment.Segment) { s.Overlong = true },
		"a payload's bytes": func(s *segment.Segment) { s.Payload, s.PayloadLen = []byte{1}, 1 },
		"a payload's length, of which the capture kept nothing": func(s *segment.Segment) { s.PayloadLen = 1 },
		"options":             func(s *segment.Segment) { s.Options.Has |= segment.MPTCP },
		"MSS":                 func(s *segment.Segment) { s.Options.MSS = 1400 },
		"window scale":        func(s *segment.Segment) { s.Options.WindowScale = 3 },
		"timestamp":           func(s *segment.Segment) { s.Options.TSVal++ },
		"echoed timestamp":    func(s *segment.Segment) { s.Options.TSEcr++ },
		"a SACK block's edge": func(s *segment.Segment) { s.Options.SACKCount, s.Options.SACK[0] = 1, [2]uint32{3, 4} },
	} {
		t.Run(name, func(t *testing.T) {
			list := session([2]uint32{1, 2}, 0)
			change(&list[len(list)-1])
			got := prints(seed, list)
			if got[Responder] == want[Responder] {
				t.Error("the print is the same")
			}
			if got[Initiator] != want[Initiator] {
				t.Error("the opposite flow's print changed, too")
			}
		})
	}
	t.Run("one segment less", func(t *testing.T) {
		if got := prints(seed, session([2]uint32{1, 2}, 0)[:5]); got[Responder] == want[Responder] {
			t.Error("the print is the same")
		}
	})
	t.Run("two segments the other way round", func(t *testing.T) {
		list := session([2]uint32{1, 2}, 0)
		list[4], list[5] = list[5], list[4]
		if got := prints(seed, list); got[Responder] == want[Responder] {
			t.Error("the print is the same")
		}
	})
}

// Resets are judged one by one, and are no part of a print.
func TestAResetLeavesThePrint(t *testing.T) {
	frame := func(flags segment.Flags) capture.Packet {
		data := make([]byte, 54)
		data[12], data[14], data[23], data[46], data[47] = 8, 0x45, 6, 0x50, byte(flags)
		binary.BigEndian.PutUint16(data[16:], 40)
		return capture.Packet{TimeNS: 1, LinkType: capture.LinkEthernet, OrigLen: len(data), Data: data}
	}
	seed := maphash.MakeSeed()
	take := func(list ...capture.Packet) uint64 {
		sv, _, err := Take(context.Background(), opens(&frames{list: list}), seed, 0, func(*frames) {})
		if err != nil {
			t.Fatal(err)
		}
		return sv.Connections[0].Flows[Initiator].Print
	}
	with, without := take(frame(ack), frame(rst|ack)), take(frame(ack))
	if with != without {
		t.Errorf("print %x with a reset, %x without", with, without)
	}
	if twice := take(frame(ack), frame(ack)); twice == without {
		t.Error("another acknowledgment leaves the print as it was, too")
	}
}
