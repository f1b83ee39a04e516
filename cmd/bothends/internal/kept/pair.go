package kept

import (
	"cmp"
	"slices"
	"time"
)

// A Pair is what was kept of one connection at both ends, or at one.
type Pair struct{ Client, Server *Unit } // nil at the end that kept nothing

// Time is when the connection ended badly, by the clock of the client if it kept it.
func (p *Pair) Time() time.Time { return p.unit().At }

func (p *Pair) unit() *Unit {
	if p.Client != nil {
		return p.Client
	}
	return p.Server
}

// likeness is by what two units are thought to be of one connection; 0 is not at all.
type likeness int

const (
	unlike        likeness = iota
	byServer               // the same server and much the same time: a NAT changed the client
	byAddresses            // both ends' addresses and ports, and much the same time
	bySequence             // the client's initial number, and the server's port
	byBothNumbers          // and the server's initial number
)

// apart is how far from each other the ends may see a connection end: one may be
// silent to an end for as long as TCP retransmits (15 minutes: tcp_retries2 in
// ip-sysctl), and clocks may differ by minutes.
const apart = 20 * time.Minute

// alike compares two units.
func alike(a, b *Unit) likeness {
	if a.Server.Port() != b.Server.Port() {
		return unlike
	}
	if a.ClientISN != nil && b.ClientISN != nil && *a.ClientISN == *b.ClientISN {
		switch {
		case a.ServerISN == nil || b.ServerISN == nil:
			return bySequence
		case *a.ServerISN == *b.ServerISN:
			return byBothNumbers
		}
	}
	if a.At.Sub(b.At).Abs() > apart {
		return unlike
	}
	// Initial numbers that differ are those of two connections, or shifted on the way;
	// then the addresses must say it.
	if a.Client == b.Client && a.Server == b.Server {
		return byAddresses
	}
	known := a.ClientISN != nil && b.ClientISN != nil
	if !known && a.Server == b.Server {
		return byServer
	}
	return unlike
}

// Match pairs the units of two ends, the surest and nearest first. A connection that
// an end kept several times (stuck, and then reset) is paired each time. What was kept
// at one end only comes alone.
func Match(client, server []Unit) (pairs []Pair) {
	type candidate struct {
		a, b int
		like likeness
		gap  time.Duration
	}
	var candidates []candidate
	for i := range client {
		for j := range server {
			if like := alike(&client[i], &server[j]); like != unlike {
				candidates = append(candidates, candidate{i, j, like, client[i].At.Sub(server[j].At).Abs()})
			}
		}
	}
	slices.SortStableFunc(candidates, func(x, y candidate) int {
		if c := cmp.Compare(y.like, x.like); c != 0 {
			return c
		}
		return cmp.Compare(x.gap, y.gap)
	})
	usedA, usedB := map[int]bool{}, map[int]bool{}
	for _, again := range []bool{false, true} {
		for _, c := range candidates {
			free := !usedA[c.a] && !usedB[c.b]
			if again {
				free = (!usedA[c.a] || !usedB[c.b]) && c.like >= bySequence
			}
			if free {
				usedA[c.a], usedB[c.b] = true, true
				pairs = append(pairs, Pair{&client[c.a], &server[c.b]})
			}
		}
	}
	for i := range client {
		if !usedA[i] {
			pairs = append(pairs, Pair{Client: &client[i]})
		}
	}
	for j := range server {
		if !usedB[j] {
			pairs = append(pairs, Pair{Server: &server[j]})
		}
	}
	slices.SortStableFunc(pairs, func(a, b Pair) int { return a.Time().Compare(b.Time()) })
	return pairs
}
