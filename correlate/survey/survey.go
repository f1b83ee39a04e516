// Package survey reads a capture once and says what it holds: its connections,
// the time it covers, and how good a witness it is.
package survey

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"

	"bothends/capture"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// A Survey is what one pass over one end's capture found.
type Survey struct {
	Connections     []*Connection // in the order of their first segments
	Packets         int64         // frames read, whatever they held
	Decoded         segment.Counts
	FirstNS, LastNS int64    // the earliest and latest frame, Unix nanoseconds
	Untimed         int64    // frames that the file gives no time; they are left out of everything else
	Cut             int64    // TCP segments of which the capture kept less than the packet
	LeftOut         int64    // TCP segments of connections beyond the limit
	Reused          bool     // some two endpoints have several connections, one after the other
	Repeated        int64    // second recordings of one packet, left out (Linux "any" device, mirror ports)
	Routed          int64    // of those, recorded on the other side of a router: the TTL is one lower or higher
	Doubles         Doubles  // pairs of hosts whose packets are recorded twice on one interface
	Disorder        int64    // the furthest that a frame lies behind an earlier one in time, nanoseconds
	RanBack         int64    // and behind an earlier one of its own interface; see SetBack
	Resets          [2]int64 // seen by direction: Inbound and Outbound of the tap's own host, where known
	LinkTypes       map[capture.LinkType]int64
	Wrappings       map[segment.Wrapping]int64 // TCP segments by the tunnels that they were in; without those that were in none
	Fragments       segment.Fragments
	ResetList       []Reset       // the first resets, of whatever connection, in file order
	MoreResets      int64         // further ones that were only counted
	Forwarded       map[Way]int32 // second recordings of packets, which show that they left the recording host that they had come to
	Quotes          []Quote       // the first ICMP errors about TCP packets, in file order
	MoreQuotes      int64         // further ones that were only counted
	Interfaces      []capture.Interface
	Testimony       []*testimony.Log // of each interface, what its recorder noted beside the packets
	// KernelLog is what the host's own TCP said of the resets that it sent and took,
	// where the recorder wrote it down; Hosts what else there could send, each time
	// that the recorder looked.
	KernelLog testimony.KernelLog
	Hosts     []testimony.HostFacts

	edges edges
	base  uint64         // of the prints
	rooms [][]Connection // that Connections are in, and those to come; to find them by their number
	// flows are those of Connections, while the capture is read: to find them through
	// the connection, the processor would have to wait for that first.
	flows []*[2]Flow
}

// queuedNS is longer than a packet waits in one queue of a network card while one
// that came later is taken from another: interrupts are held back for less than a
// millisecond (ethtool -c).
const queuedNS = 2e6

// SetBack is how far at least the clock was set back while recording, as the times
// of one interface show, in nanoseconds; 0 if they show no more than the order in
// which a busy host records.
func (sv *Survey) SetBack() int64 {
	if sv.RanBack <= queuedNS {
		return 0
	}
	return sv.RanBack
}

// HeadersCut is how many packets were kept too short to show their TCP header.
func (sv *Survey) HeadersCut() int64 { return sv.Decoded[segment.HeadersCut] }

// Malformed is how many packets contradict themselves.
func (sv *Survey) Malformed() int64 { return sv.Decoded[segment.Malformed] }

// A Connection is one TCP connection as one tap saw it.
//
// What every segment changes stands together at the front of it and of its
// flows: the processor fetches it line by line, for each packet another one's. A Flow
// fills two lines of 64 bytes, and what the other side's segments change of it is in the
// first.
type Connection struct {
	FirstNS, LastNS int64
	SYNNS           int64               // first SYN, 0 if not seen
	AnswerNS        int64               // first SYN and ACK, 0 if not seen
	CompleteNS      int64               // first segment of the initiator after the answer, 0 if not seen
	Flows           *[2]Flow            // what each Side sent; nil once it was let go, and maybe shared after ForgetNumbers
	Ends            [2]segment.Endpoint // indexed by Side
	AgainMS         uint32              // how long after that, without data from the initiator, the SYN and ACK was sent again, in milliseconds; 0 if it was not, or sooner than takenMS
	Overrun         bool                // and once more after that, though the initiator had answered the first repetition, or sent data
	againAt         uint8               // the initiator's segments when it was first sent again, the low bits, or 1; 0 if it was not
	Unechoed        bool                // that segment does not echo the timestamp of the SYN and ACK, so that a host takes it for an old one (RFC 7323 section 5.3)
	Handshake       bool                // the roles are known from a SYN, not guessed from the ports
}

// takenMS is how long after the acknowledgment of a SYN and ACK another one may be recorded
// that had left before: a busy host records out of order.
const takenMS = 100

// A Flow is what one side of a connection sent, as seen by one tap.
//
// Positions count bytes from Base, so that a stream may wrap around the 32-bit
// sequence space any number of times. Resets are counted and otherwise ignored:
// a forged one may carry any number.
type Flow struct {
	// What every segment changes: one line.
	Base     uint32 // sequence number of position 0
	Begun    bool   // Base is valid: a segment of this side, or an acknowledgment of one, was seen
	FromSYN  bool   // Base is the number of its SYN
	FIN      bool   // it ended its stream, whether or not the other side had it all
	TTL      uint8  // of the first segment
	Hi       int64  // up to here go the positions that seq, payload and the other side's ack touched
	Acked    int64  // the highest position that the other side acknowledged
	Segments int64  // without resets
	Print    uint64 // of Segments, each whole and in their order: see printer
	Payload  int64  // bytes on the wire, repetitions included
	Cover    Cover  // of Segments; the second half of it is in the second line

	Lo       int64 // from here on go the positions that seq, payload and the other side's ack touched; not above 0
	Inbound  int32 // segments recorded as received by the tap's host
	Outbound int32 // segments recorded as sent by the tap's host
	Resets   int64
	ResetSeq uint32 // of the first of them
	ISN      uint32 // valid if KnowISN
	TSVal    uint32 // timestamp of the SYN, if HasTSVal
	KnowISN  bool
	HasTSVal bool
	HeadLen  uint8            // how much of Head is known
	Head     *[HeadBytes]byte // the stream's first payload bytes, if HeadLen is not 0
}

// HeadBytes of a stream tell one TLS session from another: a ClientHello has its
// random number from the 12th byte on (RFC 8446 section 4.1.2).
const HeadBytes = 32

// Position is where sequence number seq lies in the stream, taking it to be
// the one nearest to the highest position so far.
func (f *Flow) Position(seq uint32) int64 {
	return f.Hi + int64(int32(seq-f.Base-uint32(f.Hi)))
}

// Seq is the sequence number of a position.
func (f *Flow) Seq(position int64) uint32 { return f.Base + uint32(position) }

// Missing is how many bytes of the flow the other side acknowledged at this tap
// although this tap never saw them: what the capture lost for certain.
func (f *Flow) Missing() int64 { return f.Cover.Missing(f.Acked) }

// maxStray is how far from the stream's last position a segment may lie and
// still count as part of it. It is the largest possible window (RFC 7323
// section 2.3); beyond it is a forgery, or another connection's segment.
const maxStray = 1 << 30

// Take reads the capture that open opens to its end: once, or twice if the first time
// shows that packets stand in it twice on one interface. It returns the reader that it
// read last. The error is the operating system's, or ctx's; how the file ended is the
// reader's to say. Surveys that are to be compared have one seed. If limit is not 0,
// connections beyond so many are left out, the first being kept. progress is called
// now and then, of the first time only.
func Take[R capture.Reader](ctx context.Context, open func() R, seed maphash.Seed, limit int, progress func(R)) (*Survey, R, error) {
	r := open()
	probe := &probe{}
	sv, err := take(r, seed, limit, nil, probe, func() error {
		progress(r)
		return ctx.Err()
	})
	doubles := probe.found()
	if err != nil || doubles == nil {
		return sv, r, err
	}
	r = open()
	sv, err = take(r, seed, limit, doubles, nil, ctx.Err)
	return sv, r, err
}

func take(r capture.Reader, seed maphash.Seed, limit int, doubles Doubles, probe *probe, tick func() error) (*Survey, error) {
	var (
		sv     = &Survey{LinkTypes: map[capture.LinkType]int64{}, base: printBase(seed)}
		noted  = listen(r)
		source = NewSource(r, doubles, tick)
		table  = NewTable()
		prints = newPrinter(seed)
		next   ahead
	)
	source.repeats.probe = probe
	table.Limit(limit)
	for {
		next.read(source)
		next.fetch(table, sv)
		for i := range next.segments[:next.n] {
			seg := &next.segments[i]
			id, side := table.assign(seg, next.hashes[i])
			if id == LeftOut {
				sv.LeftOut++
				continue
			}
			if int(id) == len(sv.Connections) {
				sv.open(seg.TimeNS)
			}
			flows := sv.flows[id]
			fresh := sv.connection(id).note(flows, seg, side)
			if seg.Flags&segment.RST != 0 {
				sv.noteReset(seg)
				continue
			}
			flow := &flows[side]
			before := flow.Print
			prints.add(flow, &flows[side.Other()], seg)
			sv.edges.add(Edge{TimeNS: seg.TimeNS, Before: before, After: flow.Print, connection: id, side: side, Fresh: fresh})
		}
		if errors.Is(next.err, io.EOF) {
			break
		}
		if next.err != nil {
			return nil, fmt.Errorf("read capture: %w", next.err)
		}
	}
	sv.flows, sv.rooms = nil, nil
	for i, c := range sv.Connections {
		e := table.entries.at(int32(i))
		c.Ends = e.ends
		c.Handshake = !e.guessed
		sv.Reused = sv.Reused || e.older != none
		for side := range e.isn {
			c.Flows[side].ISN = e.isn[side]
			c.Flows[side].KnowISN = e.knowISN[side]
		}
	}
	source.report(sv)
	sv.Testimony = noted.of(sv.Interfaces)
	sv.KernelLog = testimony.JoinKernel(sv.Testimony)
	for _, l := range sv.Testimony {
		sv.Hosts = append(sv.Hosts, l.Hosts...)
	}
	return sv, nil
}

// connectionsAtOnce is for how many room is made at a time.
const connectionsAtOnce = 64

// open adds a connection that began at a time. They stay where they are: one long
// list would be copied, and leave its copies behind, each time that it grew.
func (sv *Survey) open(timeNS int64) {
	n := len(sv.Connections)
	if n%connectionsAtOnce == 0 {
		sv.rooms = append(sv.rooms, make([]Connection, connectionsAtOnce))
	}
	c := sv.connection(int32(n))
	c.FirstNS, c.LastNS, c.Flows = timeNS, timeNS, new([2]Flow)
	sv.Connections, sv.flows = append(sv.Connections, c), append(sv.flows, c.Flows)
}

// connection finds one by its number, while the capture is read.
func (sv *Survey) connection(id int32) *Connection {
	return &sv.rooms[uint32(id)/connectionsAtOnce][uint32(id)%connectionsAtOnce]
}

// Rest is the print of the last n segments of a flow that has a print now and had
// another one before them.
func (sv *Survey) Rest(print, before uint64, n int64) uint64 { return rest(sv.base, print, before, n) }

// note adds one segment to what is known of its connection, which has these flows. fresh says that it is no
// reset and brought nothing but new data, or if it brought none, that it acknowledged
// more than those before.
func (c *Connection) note(flows *[2]Flow, s *segment.Segment, side Side) (fresh bool) {
	c.FirstNS, c.LastNS = min(c.FirstNS, s.TimeNS), max(c.LastNS, s.TimeNS)
	flow, back := &flows[side], &flows[side.Other()]
	switch s.Direction {
	case capture.Inbound:
		flow.Inbound++
	case capture.Outbound:
		flow.Outbound++
	}
	if s.Flags&segment.RST != 0 {
		if flow.Resets++; flow.Resets == 1 {
			flow.ResetSeq = s.Seq
		}
		return false
	}
	c.noteHandshake(s, side)
	if flow.Segments == 0 {
		flow.TTL = s.TTL
	}
	flow.FIN = flow.FIN || s.Flags&segment.FIN != 0
	flow.Segments++
	flow.Payload += int64(s.PayloadLen)
	if !flow.Begun {
		flow.FromSYN = s.Flags&segment.SYN != 0
	}
	if start, ok := flow.reach(s.Seq); ok {
		end := start + int64(s.SeqLen())
		fresh = end > start && (flow.Segments == 1 || start >= flow.Cover.Next)
		flow.Hi = max(flow.Hi, end)
		flow.Cover.Add(start, end)
		if start <= HeadBytes && c.AnswerNS != 0 { // later ones don't ask for the line of HeadLen
			flow.noteHead(start, s)
		}
	}
	if s.Flags&segment.ACK != 0 {
		if acked, ok := back.reach(s.Ack); ok {
			fresh = fresh || s.SeqLen() == 0 && acked > back.Acked
			back.Acked = max(back.Acked, acked)
		}
	}
	return fresh
}

// noteHead keeps the first payload bytes of a stream whose beginning was seen.
func (f *Flow) noteHead(start int64, s *segment.Segment) {
	if s.Flags&segment.SYN != 0 {
		start++
	}
	next := 1 + int64(f.HeadLen)
	if f.HeadLen < HeadBytes && start <= next && next < start+int64(len(s.Payload)) {
		if f.Head == nil {
			f.Head = new([HeadBytes]byte)
		}
		f.HeadLen += uint8(copy(f.Head[f.HeadLen:], s.Payload[next-start:]))
	}
}

// reach widens the flow's range to seq and returns its position, unless it is
// out of any possible window.
func (f *Flow) reach(seq uint32) (position int64, ok bool) {
	if !f.Begun {
		f.Begun, f.Base = true, seq
		return 0, true
	}
	position = f.Position(seq)
	if d := position - f.Hi; d > maxStray || d < -maxStray {
		return 0, false
	}
	if position < 0 { // hardly ever, and its line would have to be fetched
		f.Lo = min(f.Lo, position)
	}
	f.Hi = max(f.Hi, position)
	return position, true
}

// noteAgain notes that a SYN and ACK was sent again so long after the ACK.
func (c *Connection) noteAgain(afterMS int64) {
	answered := uint8(max(1, c.Flows[Initiator].Segments&0xff))
	switch {
	case afterMS < takenMS:
	case c.againAt == 0:
		c.againAt = answered
		if c.Flows[Initiator].Payload == 0 {
			c.AgainMS = uint32(min(afterMS, math.MaxUint32))
		}
	case answered != c.againAt, c.Flows[Initiator].Payload > 0:
		c.Overrun = true
	}
}

func (c *Connection) noteHandshake(s *segment.Segment, side Side) {
	switch {
	case s.Flags&segment.SYN != 0:
		if flow := &c.Flows[side]; s.Options.Has&segment.Timestamps != 0 && !flow.HasTSVal {
			flow.TSVal, flow.HasTSVal = s.Options.TSVal, true
		}
		if s.Flags&segment.ACK == 0 && c.SYNNS == 0 {
			c.SYNNS = s.TimeNS
		} else if s.Flags&segment.ACK != 0 && c.AnswerNS == 0 {
			c.AnswerNS = s.TimeNS
		} else if s.Flags&segment.ACK != 0 && side == Responder && c.CompleteNS != 0 && !c.Unechoed && c.Flows[Responder].Payload == 0 {
			c.noteAgain((s.TimeNS - c.CompleteNS) / 1e6)
		}
	case c.AnswerNS != 0 && c.CompleteNS == 0 && side == Initiator:
		c.CompleteNS = s.TimeNS
		answer := c.Flows[Responder]
		c.Unechoed = answer.HasTSVal && s.Options.Has&segment.Timestamps != 0 && s.Options.TSEcr != answer.TSVal
	}
}
