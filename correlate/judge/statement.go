package judge

import (
	"fmt"
	"strings"

	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// A Statement is a fact that no capture can hold, stated by the user: of what is
// administered at one end, and never a conclusion. It closes rows of the table and is
// shown as the user's wherever it does.
type Statement struct {
	End   tap.End
	Fact  Fact
	Value string // what follows "=", where the fact takes something
}

// String is the statement as it is typed: "server:one-way-out".
func (s Statement) String() string {
	text := s.End.String() + ":" + string(s.Fact)
	if s.Value != "" {
		text += "=" + s.Value
	}
	return text
}

// Fact is a kind of statement.
type Fact string

const (
	NoDrops   Fact = "drops"
	Filter    Fact = "filter"
	HostTap   Fact = "tap"
	OneWayOut Fact = "one-way-out"
	NoReject  Fact = "no-reject"
	NoBypass  Fact = "no-bypass"
	OneHost   Fact = "one-host"
)

// A FactEntry is what is known of one kind of statement.
type FactEntry struct {
	Fact    Fact
	Typed   string // as it is typed behind the end: "drops=0"
	Claim   string // what it says, with %s for the end
	Closes  []Name // the rows that it closes
	Command string // what shows it
	Danger  string // what makes it wrong unnoticed
}

// FactTable are all facts that can be stated, the least dangerous first.
var FactTable = []FactEntry{
	{NoDrops, "drops=0", "the recorder at the %s printed that nothing was dropped", []Name{Missed, BothMissed},
		"tcpdump's last lines: 0 packets dropped by kernel, and as many captured as received by filter", "not for a mirror port, which drops before the recorder counts"},
	{Filter, "filter=EXPR", "the recording at the %s was made with this filter", []Name{Filtered, Remapped},
		"the command line of the recorder", "refused if the file holds what it leaves out"},
	{HostTap, "tap=host", "the recording at the %s was made on the host itself", []Name{Missed},
		"the command line of the recorder", "a mirror's zero counters prove nothing"},
	{OneWayOut, "one-way-out", "the %s has no other interface that can carry this address", []Name{OtherInterface, OwnFirewall},
		"ip -br a; ip rule; ip r s table all (Windows: Get-NetRoute; others: netstat -rn)", "VPNs come and go"},
	{NoReject, "no-reject", "no firewall of the %s's own answers with a reset", []Name{OwnFirewall},
		"nft list ruleset (pf: pfctl -sr; Windows: netsh wfp show filters)", "fail2ban and its like change the rules"},
	{NoBypass, "no-bypass", "nothing on the %s sends past the tap", []Name{BelowTap},
		"ip -d link (xdp); ss --xdp", "a hypervisor or a network card is not seen from inside"},
	{OneHost, "one-host", "no other machine answers for the address of the %s", []Name{OtherHost, Cluster, AddressOwner},
		"the operator's plan", "if no other machine answers for this address: balancers, anycast and fail-over pairs do"},
}

// ParseStatement reads one as it is typed, END:FACT. The error says what is wrong
// with it.
func ParseStatement(text string) (Statement, error) {
	end, fact, ok := strings.Cut(text, ":")
	if !ok {
		return Statement{}, fmt.Errorf("%q is no statement: expected END:FACT, as in server:one-way-out", text)
	}
	var s Statement
	switch end {
	case tap.Client.String():
		s.End = tap.Client
	case tap.Server.String():
		s.End = tap.Server
	default:
		return Statement{}, fmt.Errorf("%q names no end: expected client or server before the colon", text)
	}
	name, value, hasValue := strings.Cut(fact, "=")
	for _, entry := range FactTable {
		typed, want, takes := strings.Cut(entry.Typed, "=")
		if name != typed {
			continue
		}
		s.Fact, s.Value = entry.Fact, value
		switch {
		case hasValue != takes, takes && value == "":
			return Statement{}, fmt.Errorf("%q: expected %s:%s", text, end, entry.Typed)
		case entry.Fact != Filter && value != want && takes:
			return Statement{}, fmt.Errorf("%q: only %s:%s can be stated", text, end, entry.Typed)
		}
		return s, nil
	}
	var known []string
	for _, entry := range FactTable {
		known = append(known, entry.Typed)
	}
	return Statement{}, fmt.Errorf("%q is no fact that can be stated; the facts are %s", fact, strings.Join(known, ", "))
}

// stated are the facts of one end, as a set.
type stated map[Fact]string

func statedOf(list []Statement, end tap.End) stated {
	s := stated{}
	for _, statement := range list {
		if statement.End == end {
			s[statement.Fact] = statement.Value
		}
	}
	return s
}

func (s stated) has(f Fact) bool { _, ok := s[f]; return ok }

// with is s and one more fact.
func (s stated) with(f Fact) stated {
	more := stated{f: toState(0, f).Value}
	for fact, value := range s {
		more[fact] = value
	}
	return more
}

// toState is the statement of a fact as it is to be typed.
func toState(end tap.End, fact Fact) Statement {
	s := Statement{End: end, Fact: fact}
	for _, entry := range FactTable {
		if entry.Fact == fact {
			_, s.Value, _ = strings.Cut(entry.Typed, "=") // that of a filter admits everything
		}
	}
	return s
}

// Contradiction is why the captures do not bear a statement; nil if they do. w is the
// capture of its end, with the packets of all connections.
func (s Statement) Contradiction(w *witness.Witness) error {
	switch {
	case s.Fact == NoDrops && w.Drops > 0:
		return fmt.Errorf("%s: that capture says of itself that it lost %s", s, count(w.Drops, "packet"))
	case s.Fact == NoDrops && w.Missed > 0:
		return fmt.Errorf("%s: that capture lacks %s that the other end received", s, count(w.Missed, "packet"))
	case s.Fact == NoReject && w.Host.ResetRules > 0:
		return fmt.Errorf("%s: its recorder found %s with a reset", s, rules(w.Host.ResetRules))
	case s.Fact == NoBypass && len(w.Host.XDP) > 0:
		return fmt.Errorf("%s: its recorder found a program below the tap (XDP, on %s)", s, strings.Join(w.Host.XDP, ", "))
	case s.Fact == NoBypass && w.Host.XDPSockets > 0:
		return fmt.Errorf("%s: its recorder found %s, which sends past the tap", s, count(w.Host.XDPSockets, "AF_XDP socket"))
	case s.Fact == OneWayOut && w.Host.Elsewhere > 0:
		return fmt.Errorf("%s: its recorder found %s with one of its addresses", s, count(w.Host.Elsewhere, "other network namespace"))
	case s.Fact == Filter && w.Filter != "" && w.Filter != s.Value:
		return fmt.Errorf("%s: that capture says that it was recorded with the filter %q", s, w.Filter)
	}
	return nil
}
