package judge

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"bothends/capture/testimony"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

var (
	loggedClient = segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 192, 15: 2}, Port: 40000}
	loggedServer = segment.Endpoint{IP: [16]byte{10: 0xff, 11: 0xff, 12: 198, 15: 1}, Port: 587}
)

// kernelSent is what the server's kernel tells of a reset at a time in milliseconds.
func kernelSent(at int64, change func(*testimony.KernelEvent)) testimony.KernelEvent {
	e := testimony.KernelEvent{Time: time.Unix(0, at*ms), Sent: true, Local: loggedServer.AddrPort(), Remote: loggedClient.AddrPort(), Reason: "NO_SOCKET"}
	if change != nil {
		change(&e)
	}
	return e
}

// logged is a trial in which the server's kernel kept a log from 0 to 10 s, and a reset
// in its name came to the client at 3020 ms, having left at 3001 at the latest.
func logged(events ...testimony.KernelEvent) (*pooled, *align.Reset) {
	b := trial()
	b.Cases[0].Tuples = &[2]Tuple{{loggedClient, loggedServer}, {loggedClient, loggedServer}}
	b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{1: 1} // of 64
	b.Witnesses[tap.Server].Log = &testimony.KernelLog{
		Kept: true, From: time.Unix(0, 0), Until: time.Unix(10, 0), Events: events,
		Sees: testimony.KernelSight{Abort: true, NoSocket: true, TimeWait: true},
	}
	return pooledOf(b), reset(3020*ms, 1000, 54, 0)
}

// gathered are the facts of a reset that arrived on a stream.
func gathered(s *stream, r *align.Reset) *Facts {
	p := resetSuspect(s.arrival(r))
	return s.gather(&p, forged{})
}

func TestTheKernelsLogIsHeldAgainstTheCapture(t *testing.T) {
	elsewhere := func(e *testimony.KernelEvent) { e.Remote = netip.AddrPortFrom(loggedClient.AddrPort().Addr(), 41000) }
	redirected := func(e *testimony.KernelEvent) { e.Local = netip.AddrPortFrom(e.Local.Addr(), 2525) }
	masqueraded := func(e *testimony.KernelEvent) {
		e.Local, e.Remote = netip.MustParseAddrPort("172.17.0.2:587"), netip.MustParseAddrPort("172.17.0.1:41000")
	}
	listener := func(e *testimony.KernelEvent) {
		e.Remote = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	inFile := survey.Reset{Frame: tap.Frame{Number: 7, TimeNS: 2990 * ms}, Src: loggedServer, Dst: loggedClient}
	for _, tt := range []struct {
		name                     string
		events                   []testimony.KernelEvent
		file                     []survey.Reset
		change                   func(*testimony.KernelLog)
		known, here, away, other bool
	}{
		{name: "nothing sent", known: true},
		{name: "one sent then, which the file lacks", events: []testimony.KernelEvent{kernelSent(2990, nil)}, known: true, here: true},
		{name: "one sent then, which the file holds", events: []testimony.KernelEvent{kernelSent(2990, nil)}, file: []survey.Reset{inFile}, known: true},
		{name: "two sent then, of which the file holds one", events: []testimony.KernelEvent{kernelSent(2990, nil), kernelSent(2991, nil)}, file: []survey.Reset{inFile}, known: true, here: true},
		{name: "one sent to another port", events: []testimony.KernelEvent{kernelSent(2990, elsewhere)}, known: true, other: true},
		{name: "one of a redirected port", events: []testimony.KernelEvent{kernelSent(2990, redirected)}, known: true, away: true},
		{name: "one of a redirected port, which the file holds", events: []testimony.KernelEvent{kernelSent(2990, redirected)}, file: []survey.Reset{inFile}, known: true},
		{name: "one of a container's to which the host gave another remote end", events: []testimony.KernelEvent{kernelSent(2990, masqueraded)}, known: true, away: true},
		{name: "one by a listener, to whom it does not say", events: []testimony.KernelEvent{kernelSent(2990, listener)}, known: true, here: true},
		{name: "one a second before", events: []testimony.KernelEvent{kernelSent(2000, nil)}, known: true},
		{name: "one a second later", events: []testimony.KernelEvent{kernelSent(4000, nil)}, known: true},
		{name: "one received", events: []testimony.KernelEvent{kernelSent(2990, func(e *testimony.KernelEvent) { e.Sent = false })}, known: true},
		{name: "records lost then", change: func(l *testimony.KernelLog) {
			l.Gaps = []testimony.Span{{From: time.Unix(2, 0), Until: time.Unix(3, 0)}}
		}},
		{name: "records lost later", known: true, change: func(l *testimony.KernelLog) {
			l.Gaps = []testimony.Span{{From: time.Unix(5, 0), Until: time.Unix(6, 0)}}
		}},
		{name: "the log ends before", change: func(l *testimony.KernelLog) { l.Until = time.Unix(3, 0) }},
		{name: "a kernel that tells of no reset without a socket", change: func(l *testimony.KernelLog) { l.Sees.NoSocket = false }},
	} {
		b, r := logged(tt.events...)
		b.Resets[tap.Server] = tt.file
		if tt.change != nil {
			tt.change(b.Witnesses[tap.Server].Log)
		}
		s := b.streams(0)[tap.Server]
		f := gathered(s, r)
		if l := &f.Log; l.Known != tt.known || (l.Unseen != nil) != tt.here || (l.UnseenElsewhere != nil) != tt.away || l.Elsewhere != tt.other {
			t.Errorf("%s: %+v; want known %v, unseen here %v, away %v, on another connection %v", tt.name, *l, tt.known, tt.here, tt.away, tt.other)
		}
	}
}

// A container or a virtual machine behind the recording host has a kernel, or counters, of
// its own: those of the host say nothing of its resets.
func TestAKernelSpeaksForWhatItSendsItself(t *testing.T) {
	host, guest := loggedServer.AddrPort().Addr(), netip.MustParseAddr("198.51.100.9")
	for name, tt := range map[string]struct {
		change func(b *pooled)
		want   bool
	}{
		"packets leave with TTL 64": {func(*pooled) {}, true},
		"the recorder says that it has the address": {func(b *pooled) {
			b.Witnesses[tap.Server].Addresses = map[netip.Addr]bool{host: true}
		}, true},
		"a guest's address, bridged": {func(b *pooled) {
			b.Witnesses[tap.Server].Addresses = map[netip.Addr]bool{guest: true}
		}, false},
		"a container's, routed": {func(b *pooled) { b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{0: 1 << 63} }, false},
		"some of them routed":   {func(b *pooled) { b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{0: 1 << 63, 1: 1} }, false},
		"nothing sent":          {func(b *pooled) { b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{} }, false},
		"nothing sent here, and with TTL 128 elsewhere": {func(b *pooled) {
			b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{}
			b.sentTTLs[tap.Server][128] = true
		}, true},
		"nothing sent here, and with TTL 127 elsewhere": {func(b *pooled) {
			b.Cases[0].Streams[tap.Server].SentTTLs = align.TTLs{}
			b.sentTTLs[tap.Server][127] = true
		}, false},
	} {
		b, r := logged()
		clear(b.sentTTLs[tap.Server])
		tt.change(b)
		w := &b.Witnesses[tap.Server]
		w.Host.RulesKnown = true
		w.Kernel = []witness.KernelCount{{TimeNS: 1000 * ms, Resets: 7}, {TimeNS: 4000 * ms, Resets: 7}}
		b.sentAt[tap.Server] = []int64{3000 * ms}
		s := b.streams(0)[tap.Server]
		if f := gathered(s, r); f.Log.Known != tt.want || f.Kernel.Known != tt.want {
			t.Errorf("%s: log %v, counts %v, want %v", name, f.Log.Known, f.Kernel.Known, tt.want)
		}
		left := reset(3000*ms, 1000, 64, 0)
		if f := s.genuine(r, left); (f.Verdict == Indeterminate) != tt.want {
			t.Errorf("%s: one that it does not tell of is %s", name, f.Verdict)
		}
	}
}

// A reset that the recording lacks took the socket away: the kernel's log tells of it.
func TestAResetThatAKernelTookAndItsRecordingLacksIsTold(t *testing.T) {
	took := func(at int64, change func(*testimony.KernelEvent)) testimony.KernelEvent {
		e := kernelSent(at, change)
		e.Sent = false
		return e
	}
	other := func(e *testimony.KernelEvent) { e.Remote = netip.AddrPortFrom(e.Remote.Addr(), 41000) }
	for name, tt := range map[string]struct {
		events []testimony.KernelEvent
		want   Pattern
	}{
		"none":       {nil, HalfOpen},
		"one before": {[]testimony.KernelEvent{took(2500, nil)}, ResetUnseen},
		"one before it last spoke, of an earlier connection": {[]testimony.KernelEvent{took(1500, nil)}, HalfOpen},
		"one later":        {[]testimony.KernelEvent{took(3500, nil)}, HalfOpen},
		"one of another's": {[]testimony.KernelEvent{took(2500, other)}, HalfOpen},
	} {
		b, _ := logged(append(tt.events, kernelSent(3000, nil))...)
		b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 3, TimeNS: 2000 * ms}}
		left := reset(3000*ms, 1000, 64, 0)
		left.SentBefore = align.Last{Frame: tap.Frame{Number: 3, TimeNS: 2000 * ms}, Flags: segment.ACK}
		left.GotBefore = align.Last{Frame: tap.Frame{Number: 4, TimeNS: 2990 * ms}, Flags: segment.ACK}
		if f := b.streams(0)[tap.Server].genuine(reset(3020*ms, 1000, 57, 0), left); f.Pattern != tt.want {
			t.Errorf("%s: %q, want %q", name, f.Pattern, tt.want)
		}
	}
}

func TestAKernelThatTellsOfAbortsAloneIsCompleteForThem(t *testing.T) {
	b, r := logged()
	b.Witnesses[tap.Server].Log.Sees = testimony.KernelSight{Abort: true}
	r.Window, r.Options = 500, segment.Timestamps
	if f := gathered(b.streams(0)[tap.Server], r); !f.Log.Known {
		t.Error("a reset with a window and timestamps is a socket's, which the kernel tells of")
	}
}

func TestAGenuineResetsCauseIsWhatItsKernelSays(t *testing.T) {
	for _, tt := range []struct {
		reason  string
		pid     int
		closed  bool
		pattern Pattern
		said    string
	}{
		{"TCP_ABORT_ON_CLOSE", 4711, false, AbortUnread, `TCP_ABORT_ON_CLOSE, the program closed it with data unread; "smtpd", pid 4711`},
		{"TCP_STATE", 0, false, Abort, "TCP_STATE, "},
		{"NO_SOCKET", 0, true, LateData, "no socket had the connection"},
		{"NO_SOCKET", 0, false, HalfOpen, "no socket had the connection"},
		{"NEW_WORD", 0, false, "", "NEW_WORD"},
	} {
		b, _ := logged(kernelSent(3000, func(e *testimony.KernelEvent) {
			e.Reason, e.PID = tt.reason, tt.pid
			if e.PID != 0 {
				e.Command = "smtpd"
			}
		}))
		left := reset(3000*ms, 1000, 64, 0)
		left.Closed = tt.closed
		left.SentBefore = align.Last{Frame: tap.Frame{Number: 3, TimeNS: 2000 * ms}, Flags: segment.ACK}
		left.GotBefore = align.Last{Frame: tap.Frame{Number: 4, TimeNS: 2990 * ms}, Flags: segment.ACK}
		b.Cases[0].Streams[tap.Server].LastSent = align.Last{Frame: tap.Frame{Number: 3, TimeNS: 2000 * ms}}
		s := b.streams(0)[tap.Server]
		f := s.genuine(reset(3020*ms, 1000, 57, 0), left)
		if tt.pattern != "" && f.Pattern != tt.pattern || tt.pattern == "" && f.Pattern == HostFirewall {
			t.Errorf("%s: pattern %q, want %q", tt.reason, f.Pattern, tt.pattern)
		}
		last := f.Evidence[len(f.Evidence)-1]
		if last.Rule != KernelSaid || !strings.Contains(last.Text, tt.said) {
			t.Errorf("%s: %+v, want %q", tt.reason, last, tt.said)
		}
	}
}

func TestAResetThatTheKernelDoesNotTellOfIsItsFirewalls(t *testing.T) {
	b, _ := logged()
	s := b.streams(0)[tap.Server]
	if f := s.genuine(reset(3020*ms, 1000, 57, 0), reset(3000*ms, 1000, 64, 0)); f.Pattern != HostFirewall {
		t.Errorf("pattern %q: %+v", f.Pattern, f.Evidence)
	}
	b.Witnesses[tap.Server].Log.Sees.TimeWait = false
	if f := s.genuine(reset(3020*ms, 1000, 57, 0), reset(3000*ms, 1000, 64, 0)); f.Pattern == HostFirewall {
		t.Error("of a kernel that does not tell of all kinds")
	}
}

// What a tap shows leaving may have come: it tells by the hardware address. A host of
// which the kernel sent no reset, and the filters have no rule for it, did not make one.
func TestAResetThatNothingOnItsHostMadeIsNotGenuine(t *testing.T) {
	counts := func(first, last uint64) func(*witness.Witness) {
		return func(w *witness.Witness) {
			w.Log = nil
			w.Kernel = []witness.KernelCount{{TimeNS: 1000 * ms, Resets: first}, {TimeNS: 4000 * ms, Resets: last}}
		}
	}
	for name, tt := range map[string]struct {
		change func(*witness.Witness)
		want   Verdict
	}{
		"neither in the log nor in a rule": {func(*witness.Witness) {}, Indeterminate},
		"the rules are not known":          {func(w *witness.Witness) { w.Host.RulesKnown = false }, Genuine},
		"the rules are known at one look":  {func(w *witness.Witness) { w.Host.RulesKnown, w.Host.RulesSeen = false, true }, Genuine},
		"at one look, and not counted": {func(w *witness.Witness) {
			counts(7, 7)(w)
			w.Host.RulesKnown, w.Host.RulesSeen = false, true
		}, Genuine},
		"at one look a rule answers with resets, and not counted": {func(w *witness.Witness) {
			counts(7, 7)(w)
			w.Host.RulesKnown, w.Host.RulesSeen, w.Host.ResetRules = false, true, 1
		}, Genuine},
		"a rule answers with resets":                {func(w *witness.Witness) { w.Host.ResetRules = 1 }, Genuine},
		"another network namespace has the address": {func(w *witness.Witness) { w.Host.Elsewhere = 1 }, Genuine},
		"the log does not tell of all kinds":        {func(w *witness.Witness) { w.Log.Sees.TimeWait = false }, Genuine},
		"the log tells of it":                       {func(w *witness.Witness) { w.Log.Events = []testimony.KernelEvent{kernelSent(3000, nil)} }, Genuine},
		"not counted":                               {counts(7, 7), Indeterminate},
		"the log tells of one at another time":      {func(w *witness.Witness) { w.Log.Events = []testimony.KernelEvent{kernelSent(7000, nil)} }, Genuine},
		"counted at another time, as the clock was set": {func(w *witness.Witness) {
			counts(7, 7)(w)
			w.Kernel = append(w.Kernel, witness.KernelCount{TimeNS: 9000 * ms, Resets: 8})
		}, Genuine},
		"counted":                {counts(7, 8), Genuine},
		"the counts end before":  {func(w *witness.Witness) { counts(7, 7)(w); w.Kernel = w.Kernel[:1] }, Genuine},
		"neither log nor counts": {func(w *witness.Witness) { w.Log = nil }, Genuine},
	} {
		b, _ := logged()
		b.sentAt[tap.Server] = []int64{3000 * ms}
		w := &b.Witnesses[tap.Server]
		w.Host.RulesKnown = true
		tt.change(w)
		f := b.streams(0)[tap.Server].genuine(reset(3020*ms, 1000, 57, 0), reset(3000*ms, 1000, 64, 0))
		if f.Verdict != tt.want || (tt.want == Genuine) != (f.Confidence == Proven) {
			t.Errorf("%s: %s, %s, want %s", name, f.Verdict, f.Confidence, tt.want)
		}
	}
}
