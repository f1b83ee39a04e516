package report

import (
	"bothends/correlate/align"
	"bothends/correlate/ending"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// shared are the parts of connections that are the same of many of them: of a million,
// most went as others did. So nobody may change a part of a report in place.
type shared struct {
	ledgers map[counts]*Ledger
	healths map[passages]*ConnectionHealth
	endings map[*ending.Ending]*Ending
	hosts   map[segment.Endpoint]string // of services
	before  segment.Endpoint            // of the client in the view before
	text    string                      // its text
}

// counts are what a ledger is made from, and passages what the health of a connection
// is, by tap.End.
type (
	counts struct {
		ledgers [2]align.Ledger
		seen    [2]int64
	}
	passages struct{ passed, missed [2]int64 }
)

// mostShared bounds each kind of part that is remembered: a megabyte of ledgers. What is
// not among the first is as often as not the only one of its kind.
const mostShared = 1 << 12

func newShared() *shared {
	return &shared{map[counts]*Ledger{}, map[passages]*ConnectionHealth{}, map[*ending.Ending]*Ending{}, map[segment.Endpoint]string{}, segment.Endpoint{}, ""}
}

// sharedPart returns what was made for a key before, or makes it.
func sharedPart[K comparable, V any](known map[K]V, key K, fresh func() V) V {
	v, found := known[key]
	if found {
		return v
	}
	v = fresh()
	if len(known) < mostShared {
		known[key] = v
	}
	return v
}

func (known *shared) ledger(ledgers [2]align.Ledger, seen [2]int64) *Ledger {
	return sharedPart(known.ledgers, counts{ledgers, seen}, func() *Ledger {
		all := ledgers[tap.Client]
		all.Add(ledgers[tap.Server])
		l := new([3]Ledger) // at one time: they are let go at one time, too
		l[0] = ledger(&all, seen[tap.Client]+seen[tap.Server])
		l[1], l[2] = ledger(&ledgers[tap.Client], seen[tap.Client]), ledger(&ledgers[tap.Server], seen[tap.Server])
		l[0].ToServer, l[0].ToClient = &l[1], &l[2]
		return &l[0]
	})
}

func (known *shared) health(p passages) *ConnectionHealth {
	return sharedPart(known.healths, p, func() *ConnectionHealth {
		return &ConnectionHealth{
			Client: completeness(p.passed[tap.Client], p.missed[tap.Client]),
			Server: completeness(p.passed[tap.Server], p.missed[tap.Server]),
		}
	})
}

func (known *shared) ending(e *ending.Ending, id []int) *Ending {
	if e.Finding != ending.NoFinding || len(e.Evidence) > 0 {
		return endingOf(e, id) // it is no other's
	}
	return sharedPart(known.endings, e, func() *Ending { return endingOf(e, id) })
}

// view is how one end's capture names the two hosts. The client's name is that of the
// view before, where no NAT gave it another one.
func (known *shared) view(c *survey.Connection, clientSide survey.Side) View {
	client, server := c.Ends[clientSide], c.Ends[clientSide.Other()]
	if known.text == "" || client != known.before {
		known.before, known.text = client, client.String()
	}
	return View{Client: known.text, Server: sharedPart(known.hosts, server, server.String)}
}
