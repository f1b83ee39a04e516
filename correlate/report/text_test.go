package report

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bothends/correlate/ending"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
)

// sample is a report of a pair with n connections to one server, of which each
// finding names one.
func sample(n int, findings ...Finding) *Report {
	r := &Report{
		Schema: Schema,
		Ends:   Ends{DecidedBy: "the TTL", For: n},
		Captures: Captures{
			Client: Capture{Files: []File{{Path: "a/client.pcap", Format: "pcap", Packets: 9, EndState: "complete"}}, Packets: 9,
				First: "2026-03-02T09:30:00.000000000Z", Last: "2026-03-02T09:31:00.000000000Z", EndState: "complete", Health: Health{Connections: n, Completeness: Completeness{Passed: 59, MissBound: 0.0495}}},
			Server: Capture{Files: []File{{Path: "a/server.pcap", Format: "pcapng", Packets: 8, EndState: "complete"}}, Packets: 8,
				First: "2026-03-02T09:30:10.000000000Z", Last: "2026-03-02T09:31:10.000000000Z", EndState: "complete", Health: Health{Connections: n, Completeness: Completeness{Passed: 59, MissBound: 0.0495}}},
		},
		Clock:   Clock{Known: true, OffsetNS: 2e9, UncertaintyNS: 1e6, Points: 12, MinRTTNS: 2e6},
		outcome: outcome.Outcome{Connections: n, Paired: n, Verdicts: map[judge.Verdict]int{}},
	}
	for i := range n {
		r.Connections = append(r.Connections, Connection{
			ID: i + 1, Verdict: "clean", Ledger: &Ledger{Segments: 10, Matched: 10},
			ClientView: View{Client: fmt.Sprintf("192.0.2.1:%d", 40000+i), Server: "198.51.100.1:25"},
			ServerView: View{Client: fmt.Sprintf("203.0.113.1:%d", 50000+i), Server: "198.51.100.1:25"},
		})
	}
	for i, f := range findings {
		f.ID = i + 1
		sort := judge.Sort{Verdict: judge.Verdict(f.Verdict)}
		if f.seenAt != f.ReceivedAt {
			sort.SeenAt = sort.ReceivedAt.Other()
		}
		if f.undecided = sort.Undecided(); f.undecided {
			r.outcome.Undecided++
		}
		r.Findings = append(r.Findings, f)
		r.outcome.Verdicts[sort.Verdict]++
	}
	r.Summary = summary(&r.outcome)
	return r
}

// finding is a packet of a connection that arrived at the client.
func finding(connection int, kind, verdict, confidence string, evidence ...Evidence) Finding {
	f := Finding{
		Connection: connection, Kind: kind, Verdict: verdict, Confidence: confidence, ReceivedAt: "client", ClaimedSender: "server", seenAt: "client",
		Src: "198.51.100.1:25", Dst: fmt.Sprintf("192.0.2.1:%d", 39999+connection), Seq: 1, Flags: "R", TTL: 60,
		Time: "2026-03-02T09:30:01.500000000Z", File: "a/client.pcap", Frame: int64(10 + connection), Evidence: evidence,
	}
	if verdict == "lost" {
		f.seenAt, f.File = "server", "a/server.pcap"
	}
	return f
}

func render(t *testing.T, r *Report, o TextOptions) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unwrapped puts a text into one line, so that it can be searched for sentences.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestTheFirstLinesSayWhatCameOfIt(t *testing.T) {
	lacks := Evidence{Rule: "missed", Outcome: "fits", Decides: true, Text: "the server's capture lacks 3 packets that the client received from it"}
	quiet := Evidence{Rule: "other-interface", Outcome: "open", Text: "nobody knows what interfaces there are"}
	opposite := finding(2, "rst", "injected", "proven")
	opposite.ReceivedAt, opposite.ClaimedSender, opposite.seenAt = "server", "client", "server"
	maybe := finding(1, "fin", "indeterminate", "indeterminate", lacks)
	maybe.seenAt = "server"
	alone := sample(2)
	alone.Summary.Paired, alone.Connections[1].Ledger = 1, nil
	for _, test := range []struct {
		name   string
		report *Report
		status int
		want   []string
		not    []string
	}{
		{"one forged reset", sample(3, finding(1, "rst", "injected", "strong", quiet)), 1, []string{
			"Interference: 1 of 3 connections was hit by a forged reset.",
			"1 reset arrived at the client that did not pass the tap at the server, from where it claims to come. It was made between the two taps. A reset ends a connection at once.",
			"How sure: strong; "}, []string{"thin evidence", "Besides"}},
		{"resets forged both ways", sample(3, finding(1, "rst", "injected", "strong"), opposite), 1, []string{
			"Interference: 2 of 3 connections were hit by forged resets.",
			"2 resets arrived, 1 at the client and 1 at the server, that did not pass the tap at the end they claim to come from.",
			"How sure: 1 finding proven; ", "How sure: 1 finding strong; "}, nil},
		{"the only connection", sample(1, finding(1, "rst", "injected", "proven")), 1, []string{"Interference: the connection was hit by a forged reset."}, nil},
		{"different kinds", sample(2, finding(1, "data", "injected", "strong"), finding(1, "rst", "injected", "strong")), 1, []string{
			"Interference: 1 of 2 connections was hit by forged packets.", "1 reset and 1 data packet arrived at the client"}, []string{"ends a connection at once"}},
		{"few packets", sample(1, finding(1, "rst", "injected", "supported")), 1, []string{
			"Interference, on thin evidence: the connection was hit by a forged reset.", "As far as these captures show, it was made between the two taps."}, nil},
		{"changed on the way", sample(2, finding(2, "data", "modified", "strong")), 1, []string{
			"Interference: 1 data packet was changed on the way.", "It was changed between the two taps.", "How sure: strong; both captures hold it, with different content."}, []string{"forged"}},
		{"forged, and something undecided beside it", sample(2, finding(1, "rst", "injected", "strong"), finding(2, "fin", "indeterminate", "indeterminate", lacks)), 1, []string{
			"Besides, 1 FIN arrived, and these captures cannot tell who made it."}, nil},
		{"undecided for loss", sample(2, finding(1, "rst", "indeterminate", "indeterminate", quiet, lacks)), 3, []string{
			"Not decided: 1 reset arrived, and these captures cannot tell who made it.",
			"Nobody is accused, because: - the server's capture lacks 3 packets that the client received from it."}, []string{"Interference", "forged", "- nobody knows"}},
		{"undecided for want of evidence", sample(2, finding(1, "rst", "indeterminate", "indeterminate", quiet,
			Evidence{Rule: "no-sign", Outcome: "open", Decides: true, Text: "nothing but its absence speaks against it"})), 3, []string{
			"Nobody is accused, because: - nothing but its absence speaks against it."}, []string{"- nobody knows"}},
		{"genuine", sample(2, finding(1, "rst", "genuine", "proven")), 0, []string{
			"No interference found in the 2 connections that both captures hold. 1 reset arrived and had passed the tap at the end it claims to come from: genuine, not made on the way.",
			"look at the server's logs"}, []string{"Interference:", "forged"}},
		{"lost", sample(2, finding(1, "rst", "lost", "strong")), 0, []string{"No interference found", "1 reset was sent and did not arrive."}, nil},
		{"perhaps lost", sample(2, maybe), 0, []string{"No reset was sent or received. 1 FIN was sent, and the captures cannot tell whether it arrived."}, nil},
		{"nothing at all", sample(1), 0, []string{"No interference found in the connection that both captures hold. No reset was sent or received."}, nil},
		{"a connection at one end only", alone, 0, []string{"1 connection is in one capture only and could not be compared."}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.report.ExitStatus(); got != test.status {
				t.Errorf("exit status %d, want %d", got, test.status)
			}
			text := unwrapped(render(t, test.report, TextOptions{}))
			for _, want := range test.want {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %q:\n%s", want, text)
				}
			}
			for _, not := range test.not {
				if strings.Contains(text, not) {
					t.Errorf("has %q:\n%s", not, text)
				}
			}
		})
	}
}

func TestNoTextAccusesAnyone(t *testing.T) {
	for _, verdict := range []string{"injected", "modified", "indeterminate", "lost", "genuine", "duplicated"} {
		text := strings.ToLower(render(t, sample(2, finding(1, "rst", verdict, "supported")), TextOptions{All: true}))
		for _, word := range []string{"operator", "carrier", "provider did", "attacker", "did not send", "censor"} {
			if strings.Contains(text, word) {
				t.Errorf("%s: the text says %q", verdict, word)
			}
		}
	}
}

// hostile is a report full of what a terminal must not get.
func hostile() *Report {
	const bad = "x\x1b[2J\x07\u202e\u009b31m\r\n\xff\x7f"
	f := finding(1, "rst", "injected", "strong", Evidence{Rule: bad, Outcome: "supports", Text: bad}, Evidence{Rule: "filtered", Outcome: "open", Text: bad})
	f.File, f.Flags, f.Src, f.Pattern, f.PatternWhy, f.Advice = bad, bad, bad, bad, bad, bad
	r := sample(2, f)
	c := &r.Captures.Client
	c.Files[0] = File{Path: bad, Format: bad, Compression: bad, EndState: bad, EndReason: bad}
	c.Health.Filter, c.Health.Seams = bad, []Seam{{After: bad, Before: bad, GapNS: 5}}
	c.Health.NotTCP = map[string]int64{bad: 3}
	r.Connections[0].ClientView.Client, r.Connections[0].Notes = bad, []string{bad}
	r.Connections = append(r.Connections, Connection{ID: 3, Why: bad, ServerView: View{Client: bad, Server: bad}})
	return r
}

func TestNothingInACaptureReachesTheTerminal(t *testing.T) {
	for _, o := range []TextOptions{{}, {All: true}, {Width: 61}} {
		for line := range strings.Lines(render(t, hostile(), o)) {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !unicode.IsPrint(r) {
					t.Fatalf("%+v: %q has %q", o, line, r)
				}
			}
		}
	}
	var encoded strings.Builder
	if err := hostile().WriteJSON(&encoded); err != nil {
		t.Fatal(err)
	}
	for _, r := range encoded.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("the JSON form has %q", r)
		}
	}
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColourIsOnlyDecoration(t *testing.T) {
	r := sample(3, finding(1, "rst", "injected", "strong"), finding(2, "rst", "indeterminate", "indeterminate"))
	coloured := render(t, r, TextOptions{Color: true})
	if !ansi.MatchString(coloured) {
		t.Error("no colours where they are wanted")
	}
	if diff := cmp.Diff(render(t, r, TextOptions{}), ansi.ReplaceAllString(coloured, "")); diff != "" {
		t.Errorf("the words differ (-plain +coloured):\n%s", diff)
	}
}

func TestLinesFitTheWidth(t *testing.T) {
	r := sample(30, finding(1, "rst", "injected", "strong", Evidence{Rule: "x", Outcome: "supports", Text: strings.Repeat("some words ", 40)}),
		finding(2, "rst", "genuine", "proven"), finding(3, "rst", "lost", "strong"))
	for asked, want := range map[int]int{0: 80, 20: 60, 72: 72, 100: 100, 300: 100} {
		for line := range strings.Lines(render(t, r, TextOptions{Width: asked, All: true})) {
			line = strings.TrimSuffix(line, "\n")
			if n := utf8.RuneCountInString(line); n > want {
				t.Errorf("width %d: %d columns: %q", asked, n, line)
			}
			if strings.TrimRight(line, " ") != line {
				t.Errorf("spaces at the end of %q", line)
			}
		}
	}
}

func TestThousandsOfFindingsAreFoldedAndCounted(t *testing.T) {
	var findings []Finding
	for i := range 2000 {
		verdict := "injected"
		if i%2 == 1 {
			verdict = "genuine"
		}
		findings = append(findings, finding(i+1, "rst", verdict, "strong", Evidence{Rule: "hop-count", Outcome: "supports", Text: "another way"}))
	}
	r := sample(3000, findings...)
	text := render(t, r, TextOptions{})
	if n := strings.Count(text, "\n"); n > 300 {
		t.Errorf("%d lines for people to read", n)
	}
	for _, want := range []string{"and 980 more connections of such kinds", "and 990 more connections with genuine", "1000 connections without findings"} {
		if !strings.Contains(unwrapped(text), want) {
			t.Errorf("lacks %q", want)
		}
	}
	if n := strings.Count(text, "Another way."); n != 1 {
		t.Errorf("the same evidence is given %d times", n)
	}
	complete := render(t, r, TextOptions{All: true})
	if n := strings.Count(complete, "Another way."); n != 1000 {
		t.Errorf("with All the evidence is given %d times, want 1000", n)
	}
	for i := range 3000 {
		if !strings.Contains(complete, fmt.Sprintf("Connection %d ", i+1)) {
			t.Fatalf("with All connection %d is missing", i+1)
		}
	}
}

func TestABurstIsOneItem(t *testing.T) {
	first, second, third := finding(1, "rst", "injected", "strong"), finding(1, "rst", "injected", "strong"), finding(1, "rst", "injected", "strong")
	second.Frame, second.Time = 12, "2026-03-02T09:30:01.502000000Z"
	third.Frame, third.Time = 14, "2026-03-02T09:30:01.508000000Z"
	text := unwrapped(render(t, sample(1, first, second, third), TextOptions{}))
	for _, want := range []string{"3 resets forged in the name of the server", "the last 8ms later", "Wireshark: frame.number in {11, 12, 14} in client.pcap"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestPatternsSayWhatToCheckNext(t *testing.T) {
	forged, abort, closed := finding(1, "rst", "injected", "strong"), finding(2, "rst", "genuine", "proven"), finding(2, "rst", "genuine", "proven")
	forged.Pattern, forged.PatternWhy, forged.Advice = "idle-timeout", "nothing had passed for 5m0s", "Check the idle timeouts."
	abort.Pattern, abort.PatternWhy, abort.Advice = "abort", "it had not closed before", "Check the log."
	closed.Pattern, closed.PatternWhy, closed.Advice = "closed-port", "it answered the SYN", "Check the service."
	backwards := forged
	backwards.ReceivedAt, backwards.ClaimedSender = "server", "client"
	text := unwrapped(render(t, sample(2, forged, backwards, abort, closed), TextOptions{}))
	for _, want := range []string{
		`~ Resembles "idle-timeout": nothing had passed for 5m0s.`,
		`- 2 resets, resembling "idle-timeout": Check the idle timeouts.`,
		`Resembles "abort": it had not closed before.`, `Resembles "closed-port": it answered the SYN.`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if text := unwrapped(render(t, sample(2, abort, closed), TextOptions{})); !strings.Contains(text, `- 1 reset from the server, resembling "abort": Check the log.`) {
		t.Errorf("lacks the advice:\n%s", text)
	}
}

func TestWhatACaptureMayHaveMissedIsBoundedAndNotExcluded(t *testing.T) {
	f := finding(1, "rst", "injected", "supported", Evidence{Rule: "not-running", Outcome: "refuted", Text: "it was running"},
		Evidence{Rule: "missed", Outcome: "refuted", Text: "of 12 packets it lacks none"}, Evidence{Rule: "proxy", Outcome: "refuted", Text: "no proxy"})
	text := unwrapped(render(t, sample(1, f), TextOptions{}))
	if want := "It did not pass the tap at the server. Excluded as explanations: a capture that was not running then and a proxy. = Of 12 packets it lacks none."; !strings.Contains(text, want) {
		t.Errorf("lacks %q:\n%s", want, text)
	}
}

func TestFilesOfOneNameAreCalledByTheirPaths(t *testing.T) {
	f := finding(1, "rst", "injected", "strong")
	f.File = "a/trace.pcap"
	r := sample(1, f)
	r.Captures.Client.Files[0].Path, r.Captures.Server.Files[0].Path = "a/trace.pcap", "b/trace.pcap"
	text := unwrapped(render(t, r, TextOptions{}))
	for _, want := range []string{"a/trace.pcap is the client's capture and b/trace.pcap the server's", "frame.number == 11 in a/trace.pcap"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

func TestTheTwoEnds(t *testing.T) {
	swapped, against, nothing, nat, long := sample(1), sample(2), sample(1), sample(1), sample(1)
	long.Connections[0].ClientView = View{Client: "[2001:db8:1111:2222:3333:4444:5555:6666]:4000", Server: "[64:ff9b:1111:2222:3333:4444:5555:6666]:25"}
	long.Connections[0].ServerView = View{Client: "192.0.2.200:5000", Server: "192.0.2.1:25"}
	swapped.Ends.Swapped = true
	against.Ends = Ends{DecidedBy: "the command line", For: 0, Against: 2}
	nothing.Ends = Ends{DecidedBy: "the order on the command line"}
	nat.Connections[0].ServerView = nat.Connections[0].ClientView
	for _, test := range []struct {
		name      string
		report    *Report
		want, not string
	}{
		{"given in the other order", swapped, "The captures were given in the other order: client.pcap is the client's capture", ""},
		{"the command line contradicts the captures", against, "look as if it were the other way round (2 connections against 0)", ""},
		{"nothing tells", nothing, "By the order on the command line, client.pcap is the client's capture and server.pcap the server's; nothing in them tells.", ""},
		{"translated addresses", sample(1), "client 192.0.2.1 203.0.113.1 translated (NAT) server 198.51.100.1 198.51.100.1 service port 25", ""},
		{"addresses too long for a table", long, "client 2001:db8:1111:2222:3333:4444:5555:6666 as the client sees it, 192.0.2.200 as the server sees it translated (NAT) server", ""},
		{"no translation", nat, "client 192.0.2.1 192.0.2.1 server 198.51.100.1 198.51.100.1", "NAT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := unwrapped(render(t, test.report, TextOptions{}))
			if !strings.Contains(text, test.want) {
				t.Errorf("lacks %q:\n%s", test.want, text)
			}
			if test.not != "" && strings.Contains(text, test.not) {
				t.Errorf("has %q:\n%s", test.not, text)
			}
		})
	}
}

func TestWhatTheCapturesAreWorth(t *testing.T) {
	change := func(f func(*Report)) *Report {
		r := sample(1)
		f(r)
		return r
	}
	for _, test := range []struct {
		name   string
		report *Report
		want   string
	}{
		{"no counters", sample(1), "it has no counters of lost packets; it holds all of the 59 packets from the client that arrived at the other end, so that the chance that it missed any one is below 5 % (95 % confidence)"},
		{"counters of nothing", change(func(r *Report) { r.Captures.Client.Drops.Known = true }), "its own counters say that nothing was lost"},
		{"drops", change(func(r *Report) { r.Captures.Client.Drops = Drops{Known: true, ByKernel: 2, ByInterface: 1} }), "its own counters say that 3 packets were lost"},
		{"misses", change(func(r *Report) { r.Captures.Server.Health.Missed = 2 }), "of 61 packets from the server that arrived at the other end it lacks 2"},
		{"a truncated file", change(func(r *Report) {
			r.Captures.Server.Files[0].EndState, r.Captures.Server.Files[0].EndReason = "truncated at offset 7", "a record ends there"
		}), "truncated at offset 7: a record ends there"},
		{"the server's clock ahead", sample(1), "the server's is 2s ahead of the client's, give or take 1ms (from 12 packets); the fastest round trip took 2ms"},
		{"no round trip that is known", change(func(r *Report) { r.Clock.MinRTTNS = 0 }), "(from 12 packets); they do not show how long a round trip takes"},
		{"the server's clock behind", change(func(r *Report) { r.Clock.OffsetNS = -2e9 }), "the server's is 2s behind the client's"},
		{"clocks that agree", change(func(r *Report) { r.Clock.OffsetNS = 4e5 }), "clocks agree within 1.4ms"},
		{"clocks that cannot be compared", change(func(r *Report) { r.Clock = Clock{} }), "clocks cannot be compared"},
		// The client's runs from :00 to 1:00, the server's from :10 to 1:10 by a clock 2 s ahead: :08 to 1:08.
		{"time in common", sample(1), "both captures were running at the same time for 52s"},
		{"a gap in a rotated set", change(func(r *Report) {
			r.Captures.Client.Health.Seams = []Seam{{After: "a/client.pcap", Before: "a/server.pcap", GapNS: 3e9}}
		}), "between client.pcap and server.pcap nothing was recorded for 3s"},
		{"other protocols", change(func(r *Report) { r.Captures.Client.Health.NotTCP = map[string]int64{"udp": 4, "arp": 1} }), "not compared, because it is not TCP: 1 arp, 4 udp"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if text := unwrapped(render(t, test.report, TextOptions{})); !strings.Contains(text, test.want) {
				t.Errorf("lacks %q:\n%s", test.want, text)
			}
		})
	}
}

// An all-clear says what it does not cover.
func TestWhatWasNotComparedIsNotSaidToBeClear(t *testing.T) {
	const clear = "the cause is not in what passed"
	whole := sample(2)
	if out := render(t, whole, TextOptions{Extent: Screen}); !strings.Contains(out, clear) {
		t.Fatalf("%s", out)
	}
	cut := sample(2)
	cut.Captures.Client.Health.Cut, cut.Captures.Server.Health.Cut = 20, 30
	if out := render(t, cut, TextOptions{Extent: Screen}); strings.Contains(out, clear) || !strings.Contains(out, "of 50 packets only the beginning") || !strings.Contains(out, "with whole packets") {
		t.Errorf("headers only: %s", out)
	}
	proxied := sample(2)
	proxied.Connections[1].Ending = &Ending{Kind: string(ending.SplitByProxy), Confidence: "strong", Advice: "Find out whose proxy it is."}
	if out := render(t, proxied, TextOptions{Extent: Screen}); strings.Contains(out, clear) || !strings.Contains(out, "1 connection was conducted by a proxy") || !strings.Contains(out, "whose proxy it is") {
		t.Errorf("a proxy: %s", out)
	}
	proxied.Connections[1].ClientView.Server = "198.51.100.9:25"
	if out := render(t, proxied, TextOptions{Extent: Screen}); strings.Contains(out, "did not ask for") {
		t.Errorf("a proxy that was asked for: %s", out)
	}
}
