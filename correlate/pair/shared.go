package pair

import (
	"slices"

	"bothends/correlate/survey"
)

// nearISN is how far behind an initial number a stream is taken to have begun with it.
const nearISN = 1 << 20

// twiceWithinNS is how far apart a packet is recorded on both sides of a NAT at one tap.
const twiceWithinNS = 50e6

// sharing marks pairs that only their numbers have made, where several connections of a
// capture begin with those: scanners and load generators draw none.
func sharing(pairs []Pair, client, server *survey.Survey) {
	shared := slices.Concat(sharedISNs(client), sharedISNs(server))
	if len(shared) == 0 {
		return
	}
	slices.Sort(shared)
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() {
			continue
		}
		a, b := client.Connections[p.Client], server.Connections[p.Server]
		// Two SYNs of one host in the same tick of its timestamps are one.
		p.SharedISN = a.Ends != b.Ends && !sameTimestamp(a, b, survey.Initiator) && (beginsWith(a, shared) || beginsWith(b, shared))
	}
}

// sharedISNs are the initial numbers of initiators with which several connections of a
// capture begin, but for one that is recorded twice.
func sharedISNs(sv *survey.Survey) (shared []uint32) {
	var known []keyed
	for i, c := range sv.Connections {
		if c.Flows != nil && c.Flows[survey.Initiator].KnowISN {
			known = append(known, keyed{uint64(c.Flows[survey.Initiator].ISN), int32(i)})
		}
	}
	known = sorted(known)
	for len(known) > 0 {
		alike := alike(known)
		if n := len(alike); n > 2 || n == 2 && abs(sv.Connections[alike[0].n].FirstNS-sv.Connections[alike[1].n].FirstNS) > twiceWithinNS {
			shared = append(shared, uint32(alike[0].key))
		}
		known = known[len(alike):]
	}
	return shared
}

// beginsWith reports whether a stream of the connection stands close behind one of the
// sorted numbers.
func beginsWith(c *survey.Connection, sorted []uint32) bool {
	for side := range c.Flows {
		f := &c.Flows[side]
		if !f.Begun {
			continue
		}
		low, _ := extent(f)
		n, found := slices.BinarySearch(sorted, low)
		if found || sorted[(n+len(sorted)-1)%len(sorted)]+nearISN-low <= nearISN {
			return true
		}
	}
	return false
}

func abs(n int64) int64 { return max(n, -n) }
