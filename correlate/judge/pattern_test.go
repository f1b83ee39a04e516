package judge

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Patterns that no recorded pair shows: each is a connection of which the server
// reset, as its own tap saw.
// halfOpened is a bare reset of a host that had sent something last with some flags, and
// got an acknowledgment then.
func halfOpened(flags segment.Flags) func(*Input, *align.Reset) {
	return func(b *Input, r *align.Reset) {
		for _, r := range []*align.Reset{r, b.Cases[0].Streams[tap.Server].Resets[tap.Client][0]} {
			r.Header.Flags, r.Header.Window = segment.RST, 0
		}
		r.SentBefore = align.Last{Frame: tap.Frame{Number: 8, TimeNS: 2000 * ms}, Flags: flags}
		r.GotBefore = align.Last{Frame: tap.Frame{Number: 9, TimeNS: 2990 * ms}, Flags: segment.ACK}
	}
}

func TestGenuineResetsAreExplainedByWhatTheirSendersTapSaw(t *testing.T) {
	const heardAt, saidAt, resetAt = 1000, 2000, 3000
	tests := []struct {
		name   string
		adjust func(b *Input, r *align.Reset)
		want   Pattern
	}{
		{"its TCP goes on although netfilter has rejected", func(b *Input, r *align.Reset) {
			r.Header.Window = 0
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 90, TimeNS: 3500 * ms}, Flags: segment.ACK}
		}, HostFirewall},
		{"it had sent nothing else than an answer to a SYN", func(b *Input, r *align.Reset) {
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{}
			b.Cases[0].Streams[tap.Client].LastGot = align.Last{Frame: tap.Frame{Number: 9, TimeNS: 2900 * ms}, Flags: segment.SYN}
		}, ClosedPort},
		{"it is all that the capture holds of the connection", func(b *Input, r *align.Reset) {
			b.Cases[0].Streams[tap.Server].LastSent = align.Last{}
			b.Cases[0].Streams[tap.Client].LastGot = align.Last{}
		}, ""},
		{"received data unanswered", func(b *Input, r *align.Reset) {
			r.DataGot = tap.Frame{Number: 7, TimeNS: heardAt * ms}
		}, AbortUnread},
		{"received data and answered it", func(b *Input, r *align.Reset) {
			r.DataGot, r.DataSent = tap.Frame{Number: 7, TimeNS: heardAt * ms}, tap.Frame{Number: 8, TimeNS: saidAt * ms}
		}, Abort},
		{"only spoke", func(b *Input, r *align.Reset) {
			r.DataSent = tap.Frame{Number: 8, TimeNS: saidAt * ms}
		}, Abort},
		{"had closed its side", func(b *Input, r *align.Reset) {
			r.Closed = true
			b.Cases[0].Streams[tap.Client].LastGot = align.Last{Frame: tap.Frame{Number: 9, TimeNS: 2900 * ms}}
		}, LateData},
		{"had closed its side, and new data came", func(b *Input, r *align.Reset) {
			r.Closed, r.DataGot = true, tap.Frame{Number: 9, TimeNS: 2900 * ms}
			r.GotBefore = align.Last{Frame: r.DataGot, Flags: segment.ACK, PayloadLen: 100}
			b.Cases[0].Streams[tap.Client].LastGot = r.GotBefore
		}, LateData},
		{"had closed its side, and a copy of data that it had came", func(b *Input, r *align.Reset) {
			r.Closed, r.DataGot = true, tap.Frame{Number: 7, TimeNS: heardAt * ms}
			r.GotBefore = align.Last{Frame: tap.Frame{Number: 9, TimeNS: 2900 * ms}, Flags: segment.ACK, PayloadLen: 100}
			b.Cases[0].Streams[tap.Client].LastGot = r.GotBefore
		}, LateCopy},
		{"the same, and a bare acknowledgment came last", func(b *Input, r *align.Reset) {
			r.Closed, r.DataGot = true, tap.Frame{Number: 7, TimeNS: heardAt * ms}
			r.GotBefore = align.Last{Frame: tap.Frame{Number: 9, TimeNS: 2900 * ms}, Flags: segment.ACK}
			b.Cases[0].Streams[tap.Client].LastGot = r.GotBefore
		}, LateData},
		{"it had said and heard something, and has no socket for what came then", halfOpened(segment.ACK), HalfOpen},
		{"it had answered a SYN", halfOpened(segment.SYN | segment.ACK), HalfOpen},
		{"it had given its SYN up without a word", func(b *Input, r *align.Reset) {
			halfOpened(segment.SYN)(b, r)
			r.GotBefore.Flags |= segment.SYN
		}, ""},
		{"it had closed, and has no socket any more", func(b *Input, r *align.Reset) {
			halfOpened(segment.ACK)(b, r)
			r.Closed = true
			b.Cases[0].Streams[tap.Client].LastGot = r.GotBefore
		}, LateData},
		{"its SYN was acknowledged as something else", reused(segment.ACK), PortReused},
		{"its SYN was answered by SYN and ACK", reused(segment.SYN | segment.ACK), ""},
		{"its SYN was answered long ago", func(b *Input, r *align.Reset) {
			reused(segment.ACK)(b, r)
			r.GotBefore.TimeNS -= 2100 * ms
			r.SentBefore.TimeNS -= 2100 * ms
		}, ""},
	}
	for _, tt := range tests {
		b := trial()
		sent, got := reset(resetAt*ms, 1000, 64, 5), reset((resetAt+20)*ms, 1000, 57, 5)
		for _, r := range []*align.Reset{sent, got} {
			r.Header.Flags |= segment.ACK
			r.Header.Window = 64
		}
		s := &b.Cases[0].Streams[tap.Server]
		s.LastSent = align.Last{Frame: tap.Frame{Number: 6, TimeNS: 900 * ms}, Flags: segment.ACK}
		s.Resets[tap.Server], s.Resets[tap.Client] = []*align.Reset{sent}, []*align.Reset{got}
		tt.adjust(b, sent)
		if f := verdicts(b)[0]; f.Verdict != Genuine || f.Pattern != tt.want || (f.Advice == "") != (tt.want == "") {
			t.Errorf("%s: %s, pattern %q, advice %q; want genuine and %q", tt.name, f.Verdict, f.Pattern, f.Advice, tt.want)
		}
	}
}

// A box that turns a packet around leaves of its headers what it does not need to change.
func TestAResetThatIsTheReceiversOwnPacketIsCalledAReflection(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(r *align.Reset)
		want   Pattern
	}{
		{"it is that packet", func(*align.Reset) {}, Reflection},
		{"it is the one before", func(r *align.Reset) {
			r.Own[0], r.Own[1] = &align.Message{Frame: r.Own[0].Frame, Header: align.Header{IPID: 7778, PayloadLen: 9}}, r.Own[0]
		}, Reflection},
		{"the IP-ID is copied and nothing else", func(r *align.Reset) { r.Window, r.PayloadLen, r.Options = 0, 0, 0 }, AfterTrigger},
		{"another window", func(r *align.Reset) { r.Window++ }, AfterTrigger},
		{"another size", func(r *align.Reset) { r.PayloadLen = 0 }, AfterTrigger},
		{"without the options", func(r *align.Reset) { r.Options = 0 }, AfterTrigger},
		{"another IP-ID", func(r *align.Reset) { r.IPID++ }, AfterTrigger},
		{"IP-IDs of 0, which many packets have", func(r *align.Reset) { r.IPID, r.Own[0].IPID = 0, 0 }, AfterTrigger},
		{"IPv6, which has none", func(r *align.Reset) { r.IPv6, r.Own[0].IPv6 = true, true }, AfterTrigger},
		{"long after that packet", func(r *align.Reset) { r.Own[0].TimeNS -= 2 * soonNS; r.IdleNS = 2 * soonNS }, ""},
	} {
		b := trial()
		r := reset(3000*ms, 1000, 57, 7777)
		own := align.Header{IPID: 7777, Window: 502, PayloadLen: 42, Options: segment.Timestamps, TTL: 64, Flags: segment.ACK | segment.PSH}
		r.Own[0] = &align.Message{Frame: tap.Frame{Number: 40, TimeNS: 2990 * ms}, Header: own}
		r.Window, r.PayloadLen, r.Options, r.IdleNS = own.Window, own.PayloadLen, own.Options, 10*ms
		tt.change(r)
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{r}
		if f := verdicts(b)[0]; f.Pattern != tt.want || (f.Advice == "") != (tt.want == "") {
			t.Errorf("%s: pattern %q (%s), advice %q; want %q", tt.name, f.Pattern, f.PatternWhy, f.Advice, tt.want)
		}
	}
}

// A reset right after a message is the idle timer's, where the message broke a long silence.
func TestASilenceThatWasBrokenWinsOverTheMessageThatBrokeIt(t *testing.T) {
	for silence, want := range map[int64]Pattern{0: AfterTrigger, 29_000 * ms: AfterTrigger, 30_000 * ms: IdleTimeout, 350_000 * ms: IdleTimeout} {
		b := trial()
		r := reset(3000*ms, 1000, 57, 0)
		r.Own[0] = &align.Message{Frame: tap.Frame{Number: 40, TimeNS: 2990 * ms}, Header: align.Header{PayloadLen: 42, Flags: segment.ACK | segment.PSH}}
		r.IdleNS, r.SilenceNS = 10*ms, silence
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{r}
		if f := verdicts(b)[0]; f.Pattern != want {
			t.Errorf("after %d s: pattern %q (%s), want %q", silence/1e9, f.Pattern, f.PatternWhy, want)
		}
	}
}

// reused lets the sender of the reset have sent a SYN, which was answered with flags.
func reused(flags segment.Flags) func(*Input, *align.Reset) {
	return func(b *Input, r *align.Reset) {
		r.Header.Flags &^= segment.ACK
		r.SentBefore = align.Last{Frame: tap.Frame{Number: 6, TimeNS: 2800 * ms}, Flags: segment.SYN}
		r.GotBefore = align.Last{Frame: tap.Frame{Number: 7, TimeNS: 2990 * ms}, Flags: flags}
		b.Cases[0].Streams[tap.Server].Resets[tap.Client][0].Header.Flags &^= segment.ACK
	}
}

func TestAResetOnOneOfAProxysLegsIsNamedSo(t *testing.T) {
	b := trial()
	b.Cases[0].Pair.Method = pair.Payload
	b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3000*ms, 1000, 57, 5)}
	if f := verdicts(b)[0]; f.Verdict != Interposed || f.Pattern != ProxyLeg || f.Advice == "" {
		t.Errorf("%s, pattern %q, advice %q", f.Verdict, f.Pattern, f.Advice)
	}
}

// A silence is named after the timer that it is near, and after none otherwise.
func TestSilencesAreNamedAfterTheTimerTheyAreNear(t *testing.T) {
	for _, c := range []struct {
		seconds int64
		want    string
	}{{60, "60 s"}, {62, "60 s"}, {240, "240 s"}, {301, "300 s"}, {351, "350 s"}, {3600, "3600 s"}, {150, ""}, {500, ""}} {
		want := c.want
		if want != "" {
			want = ", near the common idle timer of " + want
		}
		if got := timer(c.seconds * 1000 * ms); got != want {
			t.Errorf("%d s: %q, want %q", c.seconds, got, want)
		}
	}
}
