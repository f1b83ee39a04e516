// Package align lays the two views of one connection over each other, by ranges
// of the sequence space and not by packets, so that it does not matter how
// offloading cut the stream at either tap.
//
// Each direction of a connection is a Stream: its sender's tap feeds it what was
// sent, its receiver's tap what arrived. Every segment ends in one bucket of the
// stream's Ledger. What arrived without having been sent stays behind as a
// Leftover, and every reset is kept: package judge decides what they mean.
package align

import (
	"bothends/correlate/clock"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A Connection is one paired connection: the stream that the client end's host
// sends (index Client) and the one that the server end's host sends.
type Connection struct {
	Streams [2]Stream
}

// KeepOpening makes the connection keep the SYN of each stream as its receiver's tap saw
// it: of one that the other capture does not hold nothing else may be left.
func (c *Connection) KeepOpening() {
	for end := range c.Streams {
		c.Streams[end].keepOpening = true
	}
}

// maxRoughErr is 36 years in nanoseconds: not known at all, and still far from
// what 64 bits hold.
const maxRoughErr = 1 << 60

// NewConnection returns a connection of which nothing was seen yet. shift is
// what the path adds to the sequence numbers of each stream, indexed like
// Streams: the server end's numbers less the client end's. rough is the server's
// clock less the client's, as far as it is known before: within roughErr. bounds
// learns it better.
func NewConnection(shift [2]uint32, rough, roughErr int64, coverage [2]tap.Coverage, bounds *clock.Bounds) *Connection {
	return new(Pool).NewConnection(shift, rough, roughErr, coverage, bounds)
}

// open makes an empty connection ready.
func (c *Connection) open(shift [2]uint32, rough, roughErr int64, coverage [2]tap.Coverage, bounds *clock.Bounds) {
	for end := range c.Streams {
		s := &c.Streams[end]
		s.sender, s.opposite = tap.End(end), &c.Streams[tap.End(end).Other()]
		s.AckedAtSender, s.AckedAtReceiver, s.Acked = nothingAcked, nothingAcked, nothingAcked
		s.bounds = bounds
		s.coverage = coverage
		s.lead[tap.Server], s.roughErr = rough, min(roughErr, maxRoughErr)
	}
	c.Streams[tap.Client].shift[tap.Server] = shift[tap.Client]
	c.Streams[tap.Server].shift[tap.Server] = shift[tap.Server]
	c.Streams[tap.Client].ackShift[tap.Server] = shift[tap.Server]
	c.Streams[tap.Server].ackShift[tap.Server] = shift[tap.Client]
}

// Observe takes one segment as the tap at end saw it, sent by the host at
// sender. Segments of both ends come in the order of one clock, as well as it is
// known. Of the segment's payload nothing is kept but copies.
func (c *Connection) Observe(end, sender tap.End, s *segment.Segment) {
	stream, back := &c.Streams[sender], &c.Streams[sender.Other()]
	at := c.Streams[end].live
	v := stream.view(end, s)
	stream.Seen[end]++
	stream.now = v.at
	if end == sender {
		stream.LastSent.note(&v)
		stream.IPIDs.note(&v)
		stream.Stamps.note(&v)
		stream.SentShut = stream.SentShut || v.Window == 0 && v.Flags&segment.RST == 0
		if v.Flags&segment.RST == 0 {
			stream.SentTTLs.add(v.TTL)
		}
	} else {
		stream.LastGot.note(&v)
		if v.Flags&segment.RST == 0 {
			stream.GotTTLs.add(v.TTL)
		}
		if stream.keepOpening && v.Flags&segment.SYN != 0 && stream.GotOpening == nil {
			stream.GotOpening = &Opening{v.Frame, v.Header}
		}
	}
	if v.Flags&segment.RST != 0 {
		stream.observeReset(end, &v, back, at.lastNS, at.silence)
		return
	}
	switch {
	case stream.sender != end:
		at.silence, at.waits = 0, false
	case at.lastNS != 0 && !at.waits: // pauses between copies grow to minutes
		at.silence = max(at.silence, v.TimeNS-at.lastNS)
	}
	at.waits = at.waits || stream.sender == end && v.end > v.start
	at.lastNS = max(at.lastNS, v.TimeNS)
	stream.closed[end] = stream.closed[end] || v.Flags&segment.FIN != 0
	if v.Flags&segment.FIN != 0 {
		stream.FIN, stream.GotFIN = stream.FIN || end == sender, stream.GotFIN || end != sender
	}
	if v.Flags&segment.ACK != 0 {
		back.acknowledged(end, &v)
		if end != sender && back.begun {
			v.repeats = stream.acks.repeats(back.position(v.ack), v.Window)
		}
	}
	if end != sender && s.Options.Has&segment.SACK != 0 {
		stream.noteSACK(end, s, back)
	}
	if s.SeqLen() == 0 {
		stream.observeAck(end, &v, back)
		return
	}
	if end == sender {
		stream.sent(&v)
	} else {
		stream.arrived(&v)
	}
}

// Finish settles what is still open. Nothing may be observed afterwards.
func (c *Connection) Finish() {
	if c.Streams[tap.Client].live == nil {
		return
	}
	for i := range c.Streams {
		c.Streams[i].finish()
	}
}

// AnsweredOnTheWay says that a SYN proxy made the handshake of each end: its packets
// stand for each other, and say nothing of the clocks and of the path.
func (c *Connection) AnsweredOnTheWay() {
	for end := range c.Streams {
		c.Streams[end].synProxy = true
	}
}

// reopened reports whether a segment is of a handshake that a SYN proxy made anew.
func (s *Stream) reopened(v *view) bool { return s.synProxy && v.Flags&segment.SYN != 0 }
