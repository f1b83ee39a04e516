package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// said is a message of bytes in clear: it left at and has these numbers.
func said(at int64, seq, ack uint32, text string) *align.Message {
	return &align.Message{
		Frame: tap.Frame{Number: at / ms, TimeNS: at}, First: tap.Frame{Number: at / ms, TimeNS: at}, Copies: 1,
		Header: align.Header{Seq: seq, Ack: ack, Flags: segment.ACK | segment.PSH, PayloadLen: len(text)},
		Seq0:   seq, Ack0: ack, Start: int64(seq), End: int64(seq) + int64(len(text)), Head: []byte(text),
	}
}

// The client says EHLO, the server answers, the client says STARTTLS and the
// server 220; the clocks are equal and the way takes 20 ms. A reset arrives at the
// client in the server's name.
func TestTheNumbersOfAResetTellWhatItAnswers(t *testing.T) {
	const wholeReply = "250 STARTTLS\r\n"
	ehlo := said(900*ms, 100, 500, "EHLO me\r\n")            // up to 109
	reply := said(930*ms, 500, 109, wholeReply)              // up to 514
	start := said(960*ms, 109, 514, "STARTTLS\r\n")          // up to 119
	ready := said(990*ms, 514, 119, "220 ready for TLS\r\n") // up to 533
	reply.Reached, reply.Arrived = align.Seen, tap.Frame{Number: 950, TimeNS: 950 * ms}
	overtaken := *ready
	overtaken.Reached, overtaken.Arrived = align.Seen, tap.Frame{Number: 1010, TimeNS: 1010 * ms}
	for _, test := range []struct {
		name         string
		at           int64
		seq, ack     uint32 // ack 0: without an acknowledgment
		own, alleged [2]*align.Message
		want         *align.Message
		byNumbers    bool
	}{
		{"it acknowledges STARTTLS and follows what that acknowledged", 1000 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, true},
		{"it acknowledges what was said before the last", 1000 * ms, 514, 109,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, reply, true},
		{"it is ahead of the stream", 1000 * ms, 514 + 2920, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, true},
		{"it begins where the server's answer does, which came later", 1000 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{&overtaken, reply}, start, true},
		{"it is ahead of the stream and overtook the server's answer", 1000 * ms, 514 + 2920, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{&overtaken, reply}, start, true},
		{"it takes the place of the server's answer, which never came, and acknowledges STARTTLS", 1020 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{ready, reply}, ready, false},
		{"no acknowledgment, and what the last message acknowledged: it follows that, too", 1000 * ms, 514, 0,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, false},
		{"no acknowledgment, and nothing else that it follows", 1000 * ms, 514, 0,
			[2]*align.Message{start, ehlo}, [2]*align.Message{}, start, true},
		{"no acknowledgment, and two messages that acknowledge the same", 1000 * ms, 514, 0,
			[2]*align.Message{start, said(950*ms, 105, 514, "NOOP")}, [2]*align.Message{}, start, false},
		{"as late as an answer may be", 1160 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, true},
		{"later, as a timer's may be that runs out in the silence", 1161 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, false},
		{"made-up numbers", 1000 * ms, 77, 88,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, start, false},
		{"out of a silence", 9000 * ms, 514, 119,
			[2]*align.Message{start, ehlo}, [2]*align.Message{reply, nil}, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := pooledOf(trial()).stream(0, tap.Server)
			r := reset(test.at, test.seq, 57, 0)
			if test.ack != 0 {
				r.Flags, r.Header.Ack, r.Ack0 = r.Flags|segment.ACK, test.ack, test.ack
			}
			r.Own, r.Alleged = test.own, test.alleged
			got := h.trigger(h.arrival(r))
			switch {
			case (got == nil) != (test.want == nil):
				t.Fatalf("%+v, want %+v", got, test.want)
			case got != nil && (got.Message != test.want || got.ByNumbers != test.byNumbers):
				t.Errorf("%s (by numbers: %v), want %q (%v)", got.Said, got.ByNumbers, test.want.Head, test.byNumbers)
			}
		})
	}
}

func TestAMessageReachedTheFarEndOnlyIfNoLaterCopyCanHave(t *testing.T) {
	for _, test := range []struct {
		name    string
		reached align.Reach
		arrived int64
		drops   int64
		want    Reached
		box     string
	}{
		{"as fast as others", align.Seen, 980 * ms, 0, DidReach, "on-path"},
		{"after the time in which it may be sent again", align.Seen, 1190 * ms, 0, ReachUnknown, "unknown"},
		{"never", align.Never, 0, 0, DidNotReach, "in-path"},
		{"never, in a capture that lost packets", align.Never, 0, 1, ReachUnknown, "unknown"},
		{"nobody remembers", align.LongAgo, 0, 0, ReachUnknown, "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := trial()
			b.Witnesses[tap.Server].Drops = test.drops
			trigger := &Trigger{Message: said(960*ms, 109, 514, "STARTTLS\r\n"), SentBy: tap.Client, ByNumbers: true}
			trigger.Message.Reached, trigger.Arrived = test.reached, tap.Frame{Number: 1, TimeNS: test.arrived}
			trigger.Reached = pooledOf(b).reached(0, trigger)
			if trigger.Reached != test.want || trigger.Box() != test.box {
				t.Errorf("%s, %s; want %s, %s", trigger.Reached, trigger.Box(), test.want, test.box)
			}
			if trigger.ByNumbers = false; trigger.Box() != "unknown" {
				t.Errorf("%s, though it may answer something else", trigger.Box())
			}
		})
	}
}
