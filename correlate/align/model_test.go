package align

import (
	"cmp"
	"slices"

	"pgregory.net/rapid"

	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A transfer is one stream as it might have passed both taps, drawn at random:
// what the sender's tap saw, what the receiver's tap saw, in each tap's own order.
// Position 0 is the SYN; the FIN is the last one.
type transfer struct {
	isn, shift, ackISN uint32 // the client end's numbers; what the path adds to isn
	length             int64  // of the sequence space, SYN and FIN included
	events             []event
}

// An event is one segment at one tap.
type event struct {
	at         int64 // true time
	end        tap.End
	start, len int64 // positions; len 0 is an acknowledgment
	ack        uint32
	ipid       uint16
	flags      segment.Flags
	payload    []byte
	forged     bool
	hidden     bool // the capture lacks it
}

const (
	milli = int64(1e6)
	// began is when the captures begin; the model's time runs from one second
	// later, so that nothing is near an edge of coverage.
	began = int64(1e18)
	ended = began + 60e9
	start = began + 2e9
)

// content is the byte at a position, the same at both taps.
func content(position int64) byte { return byte(position*7 + position>>8) }

func (x *transfer) segment(start, length int64) event {
	e := event{start: start, len: length, flags: segment.ACK}
	for p := start; p < start+length; p++ {
		switch p {
		case 0:
			e.flags = segment.SYN
		case x.length - 1:
			e.flags |= segment.FIN
		default:
			e.payload = append(e.payload, content(p))
		}
	}
	return e
}

// drawTransfer draws a stream of some segments of at most mss bytes on the wire.
// Everything happens within compareNS.
func drawTransfer(t *rapid.T) *transfer {
	const mss = 10
	x := &transfer{
		isn:    rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(1<<32-200, 1<<32-1)).Draw(t, "isn"),
		shift:  rapid.SampledFrom([]uint32{0, 1, 1 << 31, 1<<32 - 5}).Draw(t, "shift"),
		ackISN: rapid.Uint32().Draw(t, "isn of the other stream"),
		length: rapid.Int64Range(2, 200).Draw(t, "length"),
	}
	var sent, wire []event
	now, ipid := start, uint16(0)
	delay := rapid.Custom(func(t *rapid.T) int64 {
		d := 20 * milli
		if rapid.IntRange(0, 4).Draw(t, "late") == 0 {
			d += rapid.Int64Range(0, 30).Draw(t, "milliseconds") * milli
		}
		return d
	})
	send := func(from, to int64) {
		now += rapid.Int64Range(0, 10).Draw(t, "pause") * milli
		s := x.segment(from, to-from)
		ipid++
		s.at, s.ipid = now, ipid
		sent = append(sent, s)
		for p := from; p < to; {
			q := min(to, p+mss)
			w := x.segment(p, q-p)
			w.ipid, w.at = ipid, now+delay.Draw(t, "delay")
			switch rapid.IntRange(0, 9).Draw(t, "fate") {
			case 0: // lost
			case 1: // duplicated
				again := w
				again.at += rapid.Int64Range(0, 5).Draw(t, "behind") * milli
				wire = append(wire, w, again)
			default:
				wire = append(wire, w)
			}
			p = q
		}
	}
	for at := int64(0); at < x.length; {
		to := at + 1
		if at > 0 {
			to = min(x.length, at+rapid.Int64Range(1, 6*mss).Draw(t, "super-segment"))
		}
		send(at, to)
		at = to
		if rapid.IntRange(0, 4).Draw(t, "retransmit") == 0 { // any cut of what was sent
			lo := rapid.Int64Range(0, at-1).Draw(t, "from")
			send(lo, rapid.Int64Range(lo+1, at).Draw(t, "to"))
		}
		if rapid.IntRange(0, 3).Draw(t, "acknowledge") == 0 {
			ipid++
			a := event{at: now, start: at, flags: segment.ACK, ipid: ipid, ack: x.ackISN + rapid.Uint32Range(0, 3).Draw(t, "ack")}
			sent = append(sent, a)
			a.at += delay.Draw(t, "delay")
			switch rapid.IntRange(0, 4).Draw(t, "fate") {
			case 0: // lost
			case 1: // duplicated
				wire = append(wire, a, a)
			default:
				wire = append(wire, a)
			}
		}
	}
	x.add(tap.Client, sent)
	x.add(tap.Server, coalesce(t, wire, x))
	x.sort()
	return x
}

func (x *transfer) add(end tap.End, list []event) {
	for _, e := range list {
		e.end = end
		x.events = append(x.events, e)
	}
}

// coalesce merges, as receive offload may, what comes next to each other in time
// and in the stream.
func coalesce(t *rapid.T, wire []event, x *transfer) []event {
	byTime(wire)
	var merged []event
	for _, w := range wire {
		if n := len(merged); n > 0 && w.len > 0 && w.start > 1 {
			last := &merged[n-1]
			if last.len > 0 && last.start > 0 && last.start+last.len == w.start && rapid.Bool().Draw(t, "merge") {
				whole := x.segment(last.start, last.len+w.len)
				whole.at, whole.ipid = w.at, last.ipid
				*last = whole
				continue
			}
		}
		merged = append(merged, w)
	}
	return merged
}

func byTime(list []event) {
	slices.SortStableFunc(list, func(a, b event) int { return cmp.Compare(a.at, b.at) })
}

func (x *transfer) sort() { byTime(x.events) }

// observe runs the events of one stream, sent by the client, through a
// connection. clockError is how far the rough clock is off: arrivals are seen that
// much later, or earlier if negative, than they were.
func (x *transfer) observe(clockError, roughErr int64) *Stream {
	return x.observeFrom(new(Pool), clockError, roughErr)
}

// observeFrom is observe, with what a pool has.
func (x *transfer) observeFrom(pool *Pool, clockError, roughErr int64) *Stream {
	coverage := [2]tap.Coverage{{FirstNS: began, LastNS: ended}, {FirstNS: began, LastNS: ended}}
	c := pool.NewConnection([2]uint32{x.shift, 0}, -clockError, roughErr, coverage, &clock.Bounds{})
	events := slices.Clone(x.events)
	for i := range events {
		if events[i].end == tap.Server {
			events[i].at += clockError
		}
	}
	byTime(events)
	for i := range events {
		e := &events[i]
		if e.hidden {
			continue
		}
		s := segment.Segment{
			TimeNS: e.at, Frame: int64(i + 1), Src: segment.Endpoint{Port: 50000}, Dst: segment.Endpoint{Port: 25},
			Seq: x.isn + uint32(e.start), Ack: e.ack, Flags: e.flags, TTL: 64, IPID: e.ipid, Payload: slices.Clone(e.payload), PayloadLen: len(e.payload),
		}
		if e.end == tap.Server {
			s.Seq += x.shift
			s.TimeNS -= clockError // by its own clock
			s.TTL = 60
		}
		c.Observe(e.end, tap.Client, &s)
		for i := range s.Payload {
			s.Payload[i] = '!' // whoever reads captures uses the room again
		}
	}
	pool.Finish(c)
	finished := *c
	pool.TakeBack(c)
	return &finished.Streams[tap.Client]
}

// expected is what byte-by-byte counting makes of the events: the slow, obvious
// twin of the matching. It holds if nothing is forged or hidden.
type expected struct {
	lostBytes, duplicated, arrivedMatched int64
}

func (x *transfer) count() (n expected) {
	type key struct{ start, ack int64 }
	open, acks := map[int64]int{}, map[key]int{}
	for _, e := range x.events {
		if e.len == 0 {
			k := key{e.start, int64(e.ack)}
			switch {
			case e.end == tap.Client:
				acks[k]++
			case acks[k] > 0:
				acks[k]--
				n.arrivedMatched++
			default:
				n.duplicated++
			}
			continue
		}
		met := false
		for p := e.start; p < e.start+e.len; p++ {
			if e.end == tap.Client {
				open[p]++
			} else if open[p] > 0 {
				open[p]--
				met = true
			}
		}
		switch {
		case e.end == tap.Client:
		case met:
			n.arrivedMatched++
		default:
			n.duplicated++
		}
	}
	for _, copies := range open {
		n.lostBytes += int64(copies)
	}
	return n
}
