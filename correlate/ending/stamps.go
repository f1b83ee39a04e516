package ending

import (
	"slices"

	"bothends/correlate/survey"
)

// Stamps are how many SYNs of one address came to the server with an older timestamp than
// that address had in the connection before, of which none was answered, and how many with a
// newer one, of which all were.
type Stamps struct{ Back, On int }

const (
	// recycledNS is for how long a host remembers the last timestamp of an address: Linux's
	// TCP_PAWS_MSL, a minute.
	recycledNS = 60e9
	// mostByChance is what the chance may be that just those with an older timestamp found
	// no answer, if timestamps had nothing to do with it.
	mostByChance = 0.05
	// mostClocks bounds of how many addresses the timestamps are looked at: a few megabytes.
	mostClocks = 1 << 15
)

// StampsOf finds, by index of the connections that came to a server, those that it did not
// take, it seems, as their timestamps ran back: several hosts behind one address have a clock
// each, and a server that compares the timestamps of an address (Linux before 4.12 with
// net.ipv4.tcp_tw_recycle) drops the SYNs of all but the foremost.
func StampsOf(sv *survey.Survey) map[int32]*Stamps {
	missed := func(c *survey.Connection) bool {
		return c.SYNNS != 0 && c.Handshake && c.Flows != nil && c.Flows[survey.Responder].Segments == 0
	}
	if !slices.ContainsFunc(sv.Connections, missed) {
		return nil
	}
	type way struct{ from, to [16]byte }
	type clock struct {
		stamp         uint32
		atNS          int64
		known, unlike bool // unlike: answered with an older one, or not answered with a newer one
		back          []int32
		on            int
	}
	clocks := map[way]*clock{}
	for i, c := range sv.Connections {
		if c.SYNNS == 0 || !c.Handshake || c.Flows == nil || !c.Flows[survey.Initiator].HasTSVal {
			continue
		}
		key := way{c.Ends[survey.Initiator].IP, c.Ends[survey.Responder].IP}
		at := clocks[key]
		if at == nil {
			if len(clocks) == mostClocks {
				continue
			}
			at = &clock{}
			clocks[key] = at
		}
		stamp := c.Flows[survey.Initiator].TSVal
		comparable := at.known && c.SYNNS-at.atNS < recycledNS
		older := comparable && int32(stamp-at.stamp) < 0
		switch {
		case older && missed(c):
			at.back = append(at.back, int32(i))
		case missed(c) && at.known, older:
			at.unlike = true
		case comparable:
			at.on++
		}
		if !missed(c) && !older {
			at.stamp, at.atNS, at.known = stamp, c.LastNS, true
		}
	}
	found := map[int32]*Stamps{}
	for _, at := range clocks {
		if at.unlike || byChance(len(at.back), at.on) > mostByChance {
			continue
		}
		s := &Stamps{len(at.back), at.on}
		for _, i := range at.back {
			found[i] = s
		}
	}
	return found
}

// byChance is 1 / C(back + on, back): how likely just these are the ones of all that found no
// answer.
func byChance(back, on int) float64 {
	if back == 0 || on == 0 {
		return 1
	}
	p := 1.0
	for i := 1; i <= back; i++ {
		p *= float64(i) / float64(on+i)
	}
	return p
}
