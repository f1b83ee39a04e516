package judge

import (
	"strings"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

func TestAStatementIsReadAsItIsTyped(t *testing.T) {
	for _, entry := range FactTable {
		for _, end := range []tap.End{tap.Client, tap.Server} {
			text := end.String() + ":" + strings.Replace(entry.Typed, "EXPR", "tcp port 587 and not host a:b=c", 1)
			s, err := ParseStatement(text)
			if err != nil || s.End != end || s.Fact != entry.Fact || s.String() != text {
				t.Errorf("%q: %+v (%q), %v", text, s, s, err)
			}
		}
		for _, column := range []string{entry.Claim, entry.Command, entry.Danger} {
			if column == "" {
				t.Errorf("%s: a column is empty", entry.Fact)
			}
		}
		if len(entry.Closes) == 0 || strings.Count(entry.Claim, "%s") > 1 {
			t.Errorf("%s closes %v, and claims %q", entry.Fact, entry.Closes, entry.Claim)
		}
	}
}

// Conclusions cannot be stated, nor facts of nobody's end, nor other values.
func TestWhatIsNoFactOfAnEndIsRefusedAndSaidWhy(t *testing.T) {
	for text, why := range map[string]string{
		"":                         "expected END:FACT",
		"one-way-out":              "expected END:FACT",
		":one-way-out":             "names no end",
		"both:one-way-out":         "names no end",
		"Server:one-way-out":       "names no end",
		"server:":                  "no fact that can be stated",
		"server:it-sent-nothing":   "no fact that can be stated",
		"server:no-nat":            "no fact that can be stated",
		"client:clocks-agree":      "no fact that can be stated",
		"server:one-way-outs":      "no fact that can be stated",
		"server:drops":             "expected server:drops=0",
		"server:drops=":            "expected server:drops=0",
		"server:drops=1":           "only server:drops=0",
		"server:drops=00":          "only server:drops=0",
		"client:tap=mirror":        "only client:tap=host",
		"client:filter":            "expected client:filter=EXPR",
		"client:filter=":           "expected client:filter=EXPR",
		"server:one-way-out=yes":   "expected server:one-way-out",
		"server:no-reject=\x1b[2J": "expected server:no-reject",
	} {
		s, err := ParseStatement(text)
		if err == nil || !strings.Contains(err.Error(), why) || s != (Statement{}) {
			t.Errorf("%q: %+v, %v; want %q", text, s, err, why)
		}
		if err != nil && strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("%q: the error holds raw bytes: %q", text, err)
		}
	}
}

func TestAStatementThatTheCaptureContradictsIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name    string
		s       Statement
		w       witness.Witness
		refused bool
		fault   string
	}{
		{"no drops, and none counted", Statement{tap.Server, NoDrops, "0"}, witness.Witness{DropsKnown: true, Passed: 9}, false, ""},
		{"no drops, and no counters", Statement{tap.Server, NoDrops, "0"}, witness.Witness{Passed: 9}, false, ""},
		{"no drops, and one counted", Statement{tap.Server, NoDrops, "0"}, witness.Witness{DropsKnown: true, Drops: 1}, true, ""},
		{"no drops, and one packet is missing", Statement{tap.Server, NoDrops, "0"}, witness.Witness{Passed: 9, Missed: 1}, true, ""},
		{"the filter that the file names", Statement{tap.Server, Filter, "port 587"}, witness.Witness{Filter: "port 587"}, false, ""},
		{"another one than the file names", Statement{tap.Server, Filter, "port 587"}, witness.Witness{Filter: "port 25"}, true, ""},
		{"a filter, and the file names none", Statement{tap.Server, Filter, "port 587"}, witness.Witness{Resets: 3}, false, ""},
		{"a filter without resets, and the file holds some", Statement{tap.Server, Filter, "tcp[tcpflags] & tcp-rst == 0"}, witness.Witness{Resets: 3}, true,
			"a stated filter is not compared with what the file holds"},
		{"no firewall rejects, and the recorder found a rule that does", Statement{tap.Server, NoReject, ""}, witness.Witness{Host: witness.Host{RulesKnown: true, ResetRules: 1}}, true, ""},
		{"no firewall rejects, and it found none", Statement{tap.Server, NoReject, ""}, witness.Witness{Host: witness.Host{RulesKnown: true}}, false, ""},
		{"no bypass, and XDP runs there", Statement{tap.Server, NoBypass, ""}, witness.Witness{Host: witness.Host{XDP: []string{"eth0"}}}, true, ""},
		{"no bypass, and an AF_XDP socket is open", Statement{tap.Server, NoBypass, ""}, witness.Witness{Host: witness.Host{XDPSockets: 1}}, true, ""},
		{"one way out, and another namespace has the address", Statement{tap.Server, OneWayOut, ""}, witness.Witness{Host: witness.Host{Elsewhere: 1}}, true, ""},
		{"one way out, whatever the capture lacks", Statement{tap.Server, OneWayOut, ""}, witness.Witness{Drops: 9, Missed: 9}, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.fault != "" {
				t.Skip(tt.fault)
			}
			err := tt.s.Contradiction(&tt.w)
			if (err != nil) != tt.refused {
				t.Errorf("%v, want refused: %v", err, tt.refused)
			}
			if err != nil && !strings.Contains(err.Error(), tt.s.String()) {
				t.Errorf("%q does not name %q", err, tt.s)
			}
		})
	}
}

// What is stated of one end closes nothing of the other's.
func TestAStatementIsUsedForItsOwnEnd(t *testing.T) {
	for _, tt := range []struct {
		stated []Statement
		want   Verdict
	}{
		{nil, Conditional},
		{[]Statement{{tap.Client, OneWayOut, ""}}, Conditional},
		{[]Statement{{tap.Server, OneWayOut, ""}}, Injected},
		{[]Statement{{tap.Server, NoBypass, ""}}, Conditional},
	} {
		b := trial()
		b.Witnesses[tap.Server].DropsKnown = true
		b.Cases[0].Streams[tap.Server].Resets[tap.Client] = []*align.Reset{reset(3020*ms, 1000, 60, 0)}
		b.Stated = tt.stated
		f := verdicts(b)[0]
		if f.Verdict != tt.want {
			t.Errorf("%v: %s (%s), want %s: %s", tt.stated, f.Verdict, f.Confidence, tt.want, told(f))
		}
		shown := false
		for _, s := range f.Evidence {
			shown = shown || s.Attested && s.Rule == OtherInterface
		}
		if shown != (tt.want == Injected) || f.Verdict == Injected && f.Confidence == Proven {
			t.Errorf("%v: shown as the user's: %v, %s: %s", tt.stated, shown, f.Confidence, told(f))
		}
	}
}
