package pair

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"

	"bothends/correlate/survey"
)

// keyBytes is how many bytes of each stream both ends must have for the payload
// to tell anything: fewer than the shortest first line of a mail client.
const keyBytes = 10

// maxApartNS is how far apart the two legs may begin, by the clocks as they stand:
// a proxy asks on at once, and clocks that NTP keeps are better than this. Without
// that, any two sessions of one kind would do.
const maxApartNS = 5e9

// byPayload joins the two legs of a proxied connection: their numbers, their
// timestamps and their handshakes have nothing in common, and what they carry is
// the same. The service's port must agree, as greetings are alike everywhere.
//
// The chance that unrelated connections begin alike is not small (every mail
// session does), and cannot be bounded: Odds is 1. So a pair is only made where
// there is one candidate, or one that agrees in more bytes than the others, and
// where the two began at about the same time; and who aligns them must see
// whether all that they carry is the same.
func (m *matcher) byPayload() {
	key := func(c *survey.Connection) (uint64, bool) {
		i, r := &c.Flows[survey.Initiator], &c.Flows[survey.Responder]
		if i.HeadLen < keyBytes || r.HeadLen < keyBytes {
			return 0, false
		}
		h := fnv.New64a()
		h.Write(i.Head[:keyBytes])
		h.Write(r.Head[:keyBytes])
		h.Write(binary.BigEndian.AppendUint16(nil, c.Ends[survey.Responder].Port))
		return h.Sum64(), true
	}
	var candidates []candidate
	m.eachAlike(key, func(a, b []keyed) {
		if len(a) > maxAlike || len(b) > maxAlike {
			return // as it was: no partner, for the reason that it has
		}
		m.each(a, b, func(i, j int32) {
			if c, ok := m.proxied(i, j); ok {
				candidates = append(candidates, c)
			}
		})
	})
	m.settle(candidates)
}

// proxied compares the beginnings of two legs as far as both ends have them.
func (m *matcher) proxied(i, j int32) (candidate, bool) {
	c := candidate{i: i, j: j, link: link{method: Payload, odds: 1}}
	if apart := m.a[i].FirstNS - m.b[j].FirstNS; apart > maxApartNS || apart < -maxApartNS {
		return c, false
	}
	for side := survey.Initiator; side <= survey.Responder; side++ {
		fa, fb := &m.a[i].Flows[side], &m.b[j].Flows[side]
		n := min(fa.HeadLen, fb.HeadLen)
		if !bytes.Equal(fa.Head[:n], fb.Head[:n]) {
			return c, false
		}
		c.score += int32(n)
		if fa.Hi == fb.Hi {
			c.score++ // as long, too
		}
		c.link.shift[side] = fb.ISN - fa.ISN
	}
	return c, true
}
