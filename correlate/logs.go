package correlate

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"bothends/correlate/hostlog"
	"bothends/correlate/report"
)

// Logs are those of programs at either end, to be quoted beside the endings.
type Logs struct {
	Paths []string
	// Zone is how far their times are ahead of UTC where they name no zone; nil if that
	// is to be found out.
	Zone *time.Duration
}

// mostQuoted is how many lines a report holds of one connection.
const mostQuoted = 100

// Quote puts the lines of logs into a report that speak of its connections. They change
// nothing else in it.
func Quote(ctx context.Context, r *report.Report, logs Logs) error {
	for _, path := range logs.Paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := quote(r, path, logs.Zone); err != nil {
			return err
		}
	}
	return nil
}

func quote(r *report.Report, path string, zone *time.Duration) error {
	atServer, atClient := sessions(r)
	wanted := map[netip.Addr]bool{}
	for _, s := range append(atServer.list, atClient.list...) {
		wanted[s.Peer.Addr()] = true
	}
	from, to := atServer.span(atClient.span(time.Time{}, time.Time{}))
	lines, err := hostlog.ReadFile(path, hostlog.Wanted{Address: func(a netip.Addr) bool { return wanted[a] }, From: from, To: to})
	if err != nil {
		return err
	}
	// A log names the other side. Whose it is shows in which of the two it names more often
	// while they were connected.
	end, host := "server", atServer
	of, read := hostlog.Place(lines, atServer.list, zone)
	if other, its := hostlog.Place(lines, atClient.list, zone); its.Fit > read.Fit {
		end, host, of, read = "client", atClient, other, its
	}
	file := report.Log{Path: path, End: end, AheadNS: int64(read.Ahead), ZoneStated: read.Stated || zone != nil, YearStated: read.Dated}
	for i := range of {
		c := &r.Connections[host.connection[i]]
		for _, l := range of[i] {
			file.Lines++
			if len(c.Log) < mostQuoted {
				c.Log = append(c.Log, report.LogLine{Log: len(r.Logs) + 1, Line: l.Number, Time: report.Stamp(l.Time.UnixNano()), Program: l.Program, Text: l.Text, Shared: l.Shared})
			}
		}
	}
	r.Logs = append(r.Logs, file)
	return nil
}

// known are the connections as one host knows them.
type known struct {
	list       []hostlog.Session
	connection []int // by session: index of the report's
}

// sessions are the connections as the server knows them, each by the client's address,
// and as the client does, by the server's.
func sessions(r *report.Report) (atServer, atClient known) {
	ahead := int64(0)
	if r.Clock.Known {
		ahead = r.Clock.OffsetNS
	}
	outer := outerAddresses(r)
	for i := range r.Connections {
		c := &r.Connections[i]
		// The times are the client's where it knows the connection.
		client, server := int64(0), ahead
		if c.ClientView.Server == "" {
			client, server = -ahead, 0
		}
		at := func(ns report.Moment, shift int64) time.Time { return time.Unix(0, int64(ns)+shift) }
		if peer, err := netip.ParseAddrPort(c.ServerView.Client); err == nil {
			atServer.add(i, peer, at(c.First, server), at(c.Last, server))
		} else if peer, err := netip.ParseAddrPort(c.ClientView.Client); err == nil {
			// It did not come there as one that the server's capture holds; a NAT gives it
			// the address of the others, and a port that nobody knows.
			addr := peer.Addr()
			if o, translated := outer[addr]; translated {
				addr = o
			}
			atServer.add(i, netip.AddrPortFrom(addr, 0), at(c.First, server), at(c.Last, server))
		}
		if peer, err := netip.ParseAddrPort(c.ClientView.Server); err == nil {
			// The port is the service's, which says nothing of one connection.
			atClient.add(i, netip.AddrPortFrom(peer.Addr(), 0), at(c.First, client), at(c.Last, client))
		}
	}
	return atServer, atClient
}

// span is the time from the first of the sessions, or from a time, to the last; zero times
// count for nothing.
func (k *known) span(from, to time.Time) (time.Time, time.Time) {
	for i := range k.list {
		if s := &k.list[i]; from.IsZero() || s.First.Before(from) {
			from = s.First
		}
		if s := &k.list[i]; s.Last.After(to) {
			to = s.Last
		}
	}
	return from, to
}

func (k *known) add(connection int, peer netip.AddrPort, first, last time.Time) {
	k.list = append(k.list, hostlog.Session{Peer: netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()), First: first, Last: last})
	k.connection = append(k.connection, connection)
}

// outerAddresses are the addresses by which the server knows those of the client end.
func outerAddresses(r *report.Report) map[netip.Addr]netip.Addr {
	outer := map[netip.Addr]netip.Addr{}
	for i := range r.Connections {
		inside, errI := netip.ParseAddrPort(r.Connections[i].ClientView.Client)
		outside, errO := netip.ParseAddrPort(r.Connections[i].ServerView.Client)
		if errI == nil && errO == nil {
			outer[inside.Addr()] = outside.Addr()
		}
	}
	return outer
}

// ParseZone reads how far a clock is ahead of UTC: "+01:00", "-0330", "Z", or the name of
// a zone at a time, such as Europe/Berlin.
func ParseZone(text string, at time.Time) (time.Duration, error) {
	for _, layout := range []string{"Z07:00", "Z0700", "-07"} {
		if t, err := time.Parse(layout, text); err == nil {
			_, offset := t.Zone()
			return time.Duration(offset) * time.Second, nil
		}
	}
	location, err := time.LoadLocation(text)
	if err != nil || text == "" {
		return 0, fmt.Errorf("%q is no zone such as +01:00 or Europe/Berlin", text)
	}
	_, offset := at.In(location).Zone()
	return time.Duration(offset) * time.Second, nil
}
