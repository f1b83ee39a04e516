package hostlog

import (
	"net/netip"
	"slices"
	"time"
)

// A Session is one connection as the host knew it whose log is read.
type Session struct {
	Peer        netip.AddrPort // the other side; port 0 if any
	First, Last time.Time      // of its packets, by that host's clock
}

// Zone is how the times of a log were read.
type Zone struct {
	Ahead  time.Duration // of UTC
	Stated bool          // by the lines themselves, or by the user
	Dated  bool          // the lines give the year
	Fit    int           // lines that fall into a session of the address that they name
	Of     int           // lines that could
}

const (
	// early is how long before the first packet a line may be stamped: stamps of syslog
	// have whole seconds.
	early = time.Second
	// late is how long after the last packet a line still belongs to a session, if no other
	// of that address began since: a server waits five minutes for the next command (RFC
	// 5321 section 4.5.3.2.7) before it says so.
	late = 6 * time.Minute
	// soon is how long after the last packet a line is taken to be written at once.
	soon = 2 * time.Second
	// quarter is what all zones are multiples of.
	quarter = 15 * time.Minute
	// mostTried is how many lines are asked for the zone.
	mostTried = 2000
)

// Place finds the session of each line: the lines of each session, by its index. If the
// stamps name no zone and none is given, that zone is taken in which most lines fall into
// a session of the address that they name; UTC if that is as good.
func Place(lines []Line, sessions []Session, given *time.Duration) (of [][]Line, zone Zone) {
	of = make([][]Line, len(sessions))
	if len(lines) == 0 || len(sessions) == 0 {
		return of, zone
	}
	near, by := sessions[0].First, byPeer(sessions)
	zone = Zone{Stated: true, Dated: true, Of: len(lines)}
	for i := range lines {
		zone.Stated = zone.Stated && lines[i].Stamp.Zoned
		zone.Dated = zone.Dated && lines[i].Stamp.Dated
	}
	switch {
	case given != nil:
		zone.Ahead, zone.Stated = *given, true
	case !zone.Stated:
		zone.Ahead = by.bestZone(some(lines), near)
	}
	for i := range lines {
		l := lines[i]
		l.Time = l.Stamp.at(zone.Ahead, near)
		owners, during := by.owners(&l)
		if during {
			zone.Fit++
		}
		l.Shared = len(owners) > 1
		for _, n := range owners {
			of[n] = append(of[n], l)
		}
	}
	return of, zone
}

// some are lines of all parts of a log, no more than are asked for the zone.
func some(lines []Line) (list []Line) {
	step := (len(lines) + mostTried - 1) / mostTried
	for i := 0; i < len(lines); i += step {
		list = append(list, lines[i])
	}
	return list
}

// peers are the sessions by address.
type peers struct {
	sessions []Session
	of       map[netip.Addr][]int
}

func byPeer(sessions []Session) *peers {
	p := &peers{sessions, map[netip.Addr][]int{}}
	for i := range sessions {
		a := sessions[i].Peer.Addr()
		p.of[a] = append(p.of[a], i)
	}
	return p
}

// bestZone is by how much the clock of a log must be ahead of UTC for most lines to fall
// into a session.
func (p *peers) bestZone(lines []Line, near time.Time) (ahead time.Duration) {
	fits := func(ahead time.Duration) (n int) {
		for i := range lines {
			l := lines[i]
			l.Time = l.Stamp.at(ahead, near)
			if _, during := p.owners(&l); during {
				n++
			}
		}
		return n
	}
	most := fits(0)
	for d := quarter; d <= 14*time.Hour; d += quarter {
		for _, candidate := range []time.Duration{d, -d} {
			if n := fits(candidate); n > most {
				most, ahead = n, candidate
			}
		}
	}
	return ahead
}

// owners are the sessions that a line may be about: those of its address that were going
// on, and of several the one with its port; else the last that had begun. during says that
// the line falls into their time.
func (p *peers) owners(l *Line) (list []int, during bool) {
	begun := -1
	for _, peer := range l.Peers {
		for _, i := range p.of[peer.Addr()] {
			s := &p.sessions[i]
			if peer.Port() != 0 && s.Peer.Port() != 0 && peer.Port() != s.Peer.Port() || l.Time.Before(s.First.Add(-early)) || slices.Contains(list, i) {
				continue
			}
			if !l.Time.After(s.Last.Add(soon)) {
				list = append(list, i)
			}
			if !l.Time.After(s.Last.Add(late)) && (begun < 0 || s.First.After(p.sessions[begun].First)) {
				begun = i
			}
		}
	}
	if len(list) > 0 {
		return list, true
	}
	if begun >= 0 {
		return []int{begun}, false
	}
	return nil, false
}
