package judge

import (
	"slices"
	"strings"
	"testing"

	"bothends/capture"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"

	"pgregory.net/rapid"
)

// injectedFacts are those of a reset of which every explanation is refuted: it came
// from three routers nearer than all that the server sends, by a host of which every
// interface was recorded and none other is up.
func injectedFacts() *Facts {
	f := plainFacts()
	f.Packet.TTL = 60
	return f
}

func weighed(changes ...func(*Facts)) opinion {
	f := injectedFacts()
	all(changes...)(f)
	return weigh(f)
}

func plain(f *Facts) { f.Packet.TTL = 57 }

func TestTheVerdictIsTheTablesSentence(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*Facts)
		verdict    Verdict
		confidence Confidence
		needs      []Fact
		fault      string
	}{
		{"all is refuted, and one sign has weight", func(*Facts) {}, Injected, Proven, nil, ""},
		{"all is refuted, and no sign speaks", all(plain, windowed), Indeterminate, Unsure, nil, ""},
		{"all is refuted, and a sign without weight speaks", all(plain, windowed, func(f *Facts) {
			f.Numbers.ShapeAll, f.Numbers.Offset = 5, 12503
		}), Indeterminate, Unsure, nil, ""},
		{"all is refuted, and a sign with weight that refutes nothing speaks", all(plain, goesOn, windowed, func(f *Facts) {
			f.After.TriggerUnseen = tap.Frame{Number: 60}
		}), Indeterminate, Unsure, nil, ""},
		{"one row is open, which a statement closes", oneInterface, Conditional, Unsure, []Fact{OneWayOut}, ""},
		{"three are open, which two statements close, as it came from farther", all(oneInterface, func(f *Facts) { f.Packet.TTL = 54 }), Conditional, Unsure, []Fact{OneWayOut, OneHost}, ""},
		{"three are open, which two statements close", all(plain, oneInterface, goesOn), Conditional, Unsure, []Fact{OneWayOut, OneHost}, ""},
		{"three statements would be needed", all(plain, oneInterface, goesOn, uncounted(20), func(f *Facts) {
			f.Getting.Drops = 1
		}), Indeterminate, Unsure, nil, ""},
		{"one row fits, which nothing closes", func(f *Facts) { f.Numbers.Altered = &align.Reset{} }, Indeterminate, Unsure, nil, ""},
		{"one row fits, which a sign refutes", all(socket, func(f *Facts) { f.Sending.Missed, f.Sending.Witness.Missed = 1, 100 }), Injected, Supported, nil, ""},
		{"the clocks cannot be compared, and the place of the reset alone speaks", all(plain, bothHit, ttl(57), func(f *Facts) {
			f.Clocks.Known, f.Clocks.Comparable, f.Clocks.Bracketed = false, false, false
		}), Indeterminate, Unsure, nil, ""},
		{"the filter alone is open", all(plain, socket, stillThere, notCounted, func(f *Facts) { f.Sending.Resets = 0 }), Injected, Supported, nil, ""},
		{"a socket's, and nothing shows that the server still had its address", all(plain, socket, notCounted), Conditional, Unsure, []Fact{OneHost}, ""},
		{"the filter fits", all(plain, socket, notCounted, func(f *Facts) { f.Sending.HeadersCut = 1 }), Indeterminate, Unsure, nil, ""},
		{"the filter is open, and a sign refutes it", func(f *Facts) { f.Sending.Resets = 0 }, Injected, Proven, nil, ""},
		{"another host may have got what went astray", all(astray, oneInterface), Conditional, Unsure, []Fact{OneWayOut, OneHost}, ""},
		{"it came in over loopback", func(f *Facts) { f.Packet.Loopback = true }, ByReceiver, Proven, nil, ""},
		{"it went out", func(f *Facts) { f.Packet.Direction = capture.Outbound }, ByReceiver, Proven, nil, ""},
		{"it went out, and nothing else is known", all(plain, uncounted(3), oneInterface, func(f *Facts) {
			f.Packet.Direction, f.Clocks.Known, f.Clocks.Comparable = capture.Outbound, false, false
		}), ByReceiver, Proven, nil, ""},
		{"translated, what it answers astray, and nearer than the sender", all(calledForIt, ttl(60), func(f *Facts) { f.Way.Translated = true }), ByAddressOwner, Supported, nil, ""},
		{"the same, with numbers that it does not call for", all(astray, ttl(60), func(f *Facts) { f.Way.Translated = true }), Conditional, Unsure, []Fact{OneHost}, ""},
		{"the same, of a NAT in front of the sender", all(plain, calledForIt, ttl(58), goesOn, func(f *Facts) { f.Way.Translated, f.Way.Initiator = true, true }), ByAddressOwner, Supported, nil, ""},
		{"the same, and both hit", all(calledForIt, bothHit, func(f *Facts) { f.Way.Translated = true }), Conditional, Unsure, []Fact{OneHost}, ""},
		{"the same, of an address that is the sender's own", all(calledForIt, bothHit), Injected, Proven, nil, ""},
		{"the same, and another row is open", all(calledForIt, ttl(60), oneInterface, func(f *Facts) { f.Way.Translated = true }), Conditional, Unsure, []Fact{OneWayOut, OneHost}, ""},
		{"nearer than the sender, of a connection that came nowhere", all(plain, answeredFromNearer), Injected, Supported, nil, ""},

		{"proven: 299 packets and no counters", all(socket, uncounted(299)), Injected, Proven, nil, ""},
		{"strong: 298", all(socket, uncounted(298)), Injected, Strong, nil, ""},
		{"strong: 59", all(socket, uncounted(59)), Injected, Strong, nil, ""},
		{"supported: 58", all(socket, uncounted(58)), Injected, Supported, nil, ""},
		{"a sign that rests on what captures lack", all(plain, ahead1460), Injected, Supported, nil, ""},
		{"strong: what the sender could not know, in a capture that lost packets", all(plain, tooSoon, func(f *Facts) { f.Sending.Drops = 5 }), Injected, Strong, nil,
			"a capture that counts drops is called sound by the packets that it does hold"},
		{"proven: the same in a capture that lost none", all(plain, tooSoon), Injected, Proven, nil, ""},

		{"a statement that closes a row caps at strong", all(oneInterface, stating(OneWayOut)), Injected, Strong, nil, ""},
		{"nor is proven what a sign refutes by leave of a statement", all(plain, unseenPacket, ahead1460, oneInterface, stating(OneWayOut)), Injected, Strong, nil,
			"a row that a sign refutes only where a statement holds counts as refuted by the sign"},
		{"a statement whose row a sign refutes does not", all(func(f *Facts) { f.Packet.TTL = 252 }, oneInterface, stating(OneWayOut)), Injected, Proven, nil, ""},
		{"zero drops of twenty packets, stated", all(uncounted(20), stating(NoDrops)), Injected, Strong, nil, ""},
		{"zero drops of twenty packets, stated, and a light cone", all(plain, tooSoon, uncounted(20), stating(NoDrops)), Injected, Strong, nil, ""},
		{"299 packets and no counters", all(plain, goesOn, uncounted(299), windowed), Injected, Proven, nil, ""},
		{"the same, and zero drops are stated without need", all(plain, goesOn, uncounted(299), stating(NoDrops), windowed), Injected, Proven, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fault != "" {
				t.Skip(tt.fault)
			}
			o := weighed(tt.change)
			if o.verdict != tt.verdict || o.confidence != tt.confidence || !slices.Equal(o.needs, tt.needs) {
				t.Errorf("%s (%s), needs %v; want %s (%s), %v: %s", o.verdict, o.confidence, o.needs, tt.verdict, tt.confidence, tt.needs, told(Finding{Evidence: o.steps}))
			}
			wantDecided(t, injectedWith(tt.change), o)
		})
	}
}

func injectedWith(change func(*Facts)) *Facts {
	f := injectedFacts()
	change(f)
	return f
}

// Each row by itself keeps a packet from being called injected, whatever else speaks
// against it: a row that the weighing forgets is found here.
func TestOneRowThatIsNotRefutedIsEnough(t *testing.T) {
	for i := range Hypotheses {
		h := Hypotheses[i]
		t.Run(string(h.Name), func(t *testing.T) {
			defer func() { Hypotheses[i] = h }()
			for _, outcome := range []Outcome{Open, Fits} {
				Hypotheses[i].Test = func(*Facts) Result { return result(outcome, "as this test says") }
				f := injectedFacts()
				refutedBySign := slices.Contains(strangeTTL(f).Refutes, h.Name)
				o := weigh(f)
				want := Indeterminate
				switch {
				case refutedBySign, h.MayStayOpen && outcome == Open:
					want = Injected
				case h.Name == Receiver && outcome == Fits:
					want = ByReceiver
				case h.Name == AddressOwner && outcome == Fits:
					want = ByAddressOwner
				}
				if o.verdict != want {
					t.Errorf("%s %s: %s, want %s", h.Name, outcome, o.verdict, want)
				}
			}
		})
	}
}

// wantDecided holds what every opinion has in common: the steps that are marked as
// deciding are just those because of which the verdict is what it is.
func wantDecided(t rapid.TB, f *Facts, o opinion) {
	t.Helper()
	refutedBy := map[Name]bool{}
	for _, s := range o.steps {
		if s.Outcome == Supports {
			for _, n := range s.Refutes {
				refutedBy[n] = true
			}
		}
	}
	rows, signs, left := 0, 0, 0
	for _, s := range o.steps {
		h := HypothesisNamed(s.Rule)
		stands := h != nil && s.Outcome != Refuted && !refutedBy[s.Rule] && !(h.MayStayOpen && s.Outcome == Open)
		if stands {
			left++
		}
		if h != nil && (len(s.By) > 0) != refutedBy[s.Rule] {
			t.Errorf("%s says it is refuted by %v, and the signs say %v", s.Rule, s.By, refutedBy[s.Rule])
		}
		switch {
		case !s.Decides:
			if o.verdict == Conditional && stands {
				t.Errorf("conditional: %s stands, and is not marked", s.Rule)
			}
			if o.verdict == Injected && h == nil && s.Outcome == Supports && len(s.Refutes) > 0 {
				t.Errorf("injected: %s carries it, and is not marked", s.Rule)
			}
			continue
		case h == nil && s.Rule != NoSign:
			signs++
		default:
			rows++
		}
		if h != nil && !stands {
			t.Errorf("%s decides %s, and is refuted", s.Rule, o.verdict)
		}
		if o.verdict == ByReceiver && s.Rule != Receiver || o.verdict == ByAddressOwner && s.Rule != AddressOwner {
			t.Errorf("%s: decided by %s", o.verdict, s.Rule)
		}
	}
	switch o.verdict {
	case Injected:
		if rows != 0 || signs == 0 || left != 0 {
			t.Errorf("injected by %d signs and %d rows, and %d rows stand", signs, rows, left)
		}
	case Conditional:
		if rows != left || rows == 0 || signs != 0 || len(o.needs) == 0 || len(o.needs) > mostConditions {
			t.Errorf("conditional by %d signs and %d rows of %d, needs %v", signs, rows, left, o.needs)
		}
		if again := f.supposing(Hypotheses, o.needs...); !again {
			t.Errorf("with what it needs (%v) it is still not injected", o.needs)
		}
	case Indeterminate, ByReceiver, ByAddressOwner:
		for _, one := range FactTable {
			for _, other := range FactTable {
				if o.verdict == Indeterminate && f.bears(one.Fact) && f.bears(other.Fact) && f.supposing(Hypotheses, one.Fact, other.Fact) {
					t.Errorf("indeterminate, and with %s and %s it is injected", one.Fact, other.Fact)
				}
			}
		}
		if rows != 1 || signs != 0 {
			t.Errorf("%s by %d signs and %d rows, want one row", o.verdict, signs, rows)
		}
	default:
		t.Errorf("a verdict that weigh does not give: %s", o.verdict)
	}
	if (o.verdict == Injected || o.verdict == ByReceiver || o.verdict == ByAddressOwner) == (o.confidence == Unsure) {
		t.Errorf("%s is %s", o.verdict, o.confidence)
	}
}

// degradations take from what is known of the captures, and evidence adds to it: no
// degradation makes an accusation of a packet that is not accused without it.
var degradations = map[string]func(*Facts){
	"the sender's capture counts drops":                  func(f *Facts) { f.Sending.Drops, f.Sending.DropsKnown = 3, true },
	"the receiver's capture counts drops":                func(f *Facts) { f.Getting.Drops, f.Getting.DropsKnown = 3, true },
	"the sender's capture has no counters":               func(f *Facts) { f.Sending.DropsKnown = f.Sending.Drops > 0 },
	"the receiver's capture has no counters":             func(f *Facts) { f.Getting.DropsKnown = f.Getting.Drops > 0 },
	"the sender's capture is a mirror":                   func(f *Facts) { f.Sending.OnHost = false },
	"the sender's capture is of one interface":           oneInterface,
	"the sender's capture lacks a packet":                func(f *Facts) { f.Sending.Missed++; f.Sending.Witness.Missed++ },
	"the receiver's capture lacks a packet":              func(f *Facts) { f.Getting.Missed++; f.Getting.Witness.Missed++ },
	"the sender's capture lacks acknowledged bytes":      func(f *Facts) { f.Sending.Lacking += 9 },
	"the receiver's capture lacks acknowledged bytes":    func(f *Facts) { f.Getting.Lacking += 9 },
	"the sender's capture is deaf":                       func(f *Facts) { f.Sending.Deaf += 9 },
	"few packets":                                        func(f *Facts) { f.Sending.Witness.Passed, f.Getting.Witness.Passed = 5, 5 },
	"the sender's capture ends before":                   func(f *Facts) { f.Sending.LastNS = 2000 * ms },
	"the sender's capture begins after":                  func(f *Facts) { f.Sending.FirstNS, f.Sending.FromSYN = 4000*ms, false },
	"a gap":                                              func(f *Facts) { f.Sending.Gap = &witness.Gap{FromNS: 2990 * ms, UntilNS: 3500 * ms} },
	"no clock":                                           noClock,
	"a clock that was set":                               func(f *Facts) { noClock(f); f.Clocks.Known = true },
	"no resets in the sender's capture":                  func(f *Facts) { f.Sending.Resets = 0 },
	"a filter that looks at flags":                       func(f *Facts) { addFilter(f, "tcp[13] & 4 == 0") },
	"headers cut":                                        func(f *Facts) { f.Sending.HeadersCut = 1 },
	"another one that may be this one":                   func(f *Facts) { f.Numbers.Altered = &align.Reset{} },
	"it is astray":                                       astray,
	"the way is not known":                               unknownWay,
	"the kernel counts were not kept":                    func(f *Facts) { f.Kernel = KernelFacts{} },
	"the receiver is translated and the filter a host's": func(f *Facts) { f.Way.TranslatedR = true; addFilter(f, "host 192.0.2.1") },
}

func addFilter(f *Facts, more string) {
	f.Sending.Filter = strings.TrimPrefix(f.Sending.Filter+" and "+more, " and ")
}

// noClock lets nothing relate the two clocks, and takes what rests on that.
func noClock(f *Facts) {
	f.Clocks = ClockFacts{TickNS: f.Clocks.TickNS}
	f.After, f.Kernel = AfterFacts{}, KernelFacts{}
}

// someFacts draws facts of every kind.
func someFacts(t *rapid.T) *Facts {
	f := plainFacts()
	changes := []func(*Facts){
		socket, silent, behind, ahead1460, goesOn, notCounted, tooLate, tooSoon, unseenPacket, bothHit, volleyHere, astray, unknownWay, onlyReceived, answeredFromNearer,
		ttl(54), ttl(60), ttl(252), ttl(64), ttl(58), ttl(121),
		func(f *Facts) { f.Way.Translated = true }, func(f *Facts) { f.Way.TranslatedR = true }, func(f *Facts) { f.Way.Initiator = true },
		func(f *Facts) { f.Numbers.Burst, f.Numbers.Guesses, f.Numbers.Ahead = 3, 2, 1460 },
		func(f *Facts) { f.Kind, f.Packet.Flags = "data", segment.ACK }, func(f *Facts) { f.Kind, f.Numbers.Rival = "data", tap.Frame{Number: 5} },
		func(f *Facts) { f.Numbers.Alike = tap.Frame{Number: 5} }, func(f *Facts) { f.Packet.Loopback = true },
		func(f *Facts) { f.Numbers.Shift = [2]uint32{7, 9} }, func(f *Facts) { f.Numbers.IsShift = true },
		func(f *Facts) { f.After.TriggerUnseen = tap.Frame{Number: 60} },
	}
	for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(changes)-1), 0, 4, rapid.ID).Draw(t, "changes") {
		changes[d](f)
	}
	names := sortedNames(degradations)
	for _, d := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID).Draw(t, "degradations") {
		degradations[d](f)
	}
	for _, e := range rapid.SliceOfNDistinct(rapid.SampledFrom(FactTable), 0, 3, func(e FactEntry) Fact { return e.Fact }).Draw(t, "stated") {
		f.Stated = f.Stated.with(e.Fact)
	}
	return f
}

func sortedNames(m map[string]func(*Facts)) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestWhatDecidesIsMarkedByAnyFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		wantDecided(t, f, weigh(f))
	})
}

// rank orders verdicts by how much they accuse somebody else than the two ends.
func rank(o opinion) int {
	switch o.verdict {
	case Injected:
		return 2
	case Conditional, ByAddressOwner:
		return 1
	}
	return 0
}

var confidences = []Confidence{Unsure, Supported, Strong, Proven}

// A capture that is worth less, and a fact that is not known, never accuse.
func TestNothingThatIsTakenFromACaptureAccuses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		name := rapid.SampledFrom(sortedNames(degradations)).Draw(t, "taken")
		before := weigh(f)
		worse := *f
		sending, getting := *f.Sending.Witness, *f.Getting.Witness
		worse.Sending.Witness, worse.Getting.Witness = &sending, &getting
		degradations[name](&worse)
		after := weigh(&worse)
		surer := slices.Index(confidences, after.confidence) > slices.Index(confidences, before.confidence)
		// What the sender's capture is worth makes nothing surer, either. What the receiver's
		// is may: fewer rows rest on it then.
		if rank(after) > rank(before) || after.verdict == before.verdict && surer && strings.HasPrefix(name, "the sender's") {
			t.Errorf("%s: %s (%s) before, and then %s (%s): %s", name, before.verdict, before.confidence, after.verdict, after.confidence, told(Finding{Evidence: after.steps}))
		}
	})
}

// A statement closes rows: it never saves a packet that is accused without it, and
// nothing that rests on one is proven.
func TestAStatementOnlyClosesRowsAndProvesNothing(t *testing.T) {
	t.Skip("a row that a sign refutes only where a statement holds counts as refuted by the sign")
	rapid.Check(t, func(t *rapid.T) {
		f := someFacts(t)
		f.Stated = nil
		before := weigh(f)
		for _, e := range rapid.SliceOfNDistinct(rapid.SampledFrom(FactTable), 1, 3, func(e FactEntry) Fact { return e.Fact }).Draw(t, "stated more") {
			f.Stated = f.Stated.with(e.Fact)
		}
		after := weigh(f)
		if before.verdict == Injected && after.verdict != Injected || before.verdict == Conditional && after.verdict != Injected && after.verdict != Conditional {
			t.Errorf("%s before, and with %v %s: %s", before.verdict, f.Stated, after.verdict, told(Finding{Evidence: after.steps}))
		}
		if after.confidence == Proven && after.verdict == Injected && before.confidence != Proven {
			t.Errorf("%s (%s) before, and with %v proven: %s", before.verdict, before.confidence, f.Stated, told(Finding{Evidence: after.steps}))
		}
	})
}
