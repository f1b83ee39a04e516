// Package kernellog listens to what the kernel's TCP says of the resets that it
// sends and takes: to the tracepoints tcp:tcp_send_reset and tcp:tcp_receive_reset,
// by perf_event_open(2). What the host itself can tell of a reset need not be
// inferred from packets afterwards.
//
// Opening takes root, or CAP_PERFMON and a tracefs that can be read; reading takes
// nothing. The tracepoints fire in all network namespaces and do not say in which.
package kernellog

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"bothends/capture/testimony"
)

// ErrUnsupported says that this system, or its kernel, has no such log.
var ErrUnsupported = errors.New("only Linux with tracepoints of TCP has it")

// An entry is one record of the kernel's, of any CPU.
type entry struct {
	kind    uint32
	timeNS  uint64 // by the log's clock
	pid     int
	raw     []byte // of a sample
	parent  int    // of a fork
	command string // of a process that has a new one
	lost    uint64
}

// The kinds of records that are asked for (enum perf_event_type).
const (
	recordLost   = 2
	recordComm   = 3
	recordFork   = 7
	recordSample = 9
)

// sampleIDSize is what follows all records but samples (sample_id_all): process and
// thread, 4 bytes each, and the time.
const sampleIDSize = 16

// parseRecords reads the records in a ring's bytes (struct perf_event_header and
// what perf_event_open(2) says follows it).
func parseRecords(b []byte) (entries []entry, err error) {
	order := binary.NativeEndian
	for len(b) > 0 {
		if len(b) < 8 {
			return entries, fmt.Errorf("a record's header of %d bytes", len(b))
		}
		size := int(order.Uint16(b[6:]))
		if size < 8 || size > len(b) {
			return entries, fmt.Errorf("a record of %d bytes where %d are left", size, len(b))
		}
		kind, body := order.Uint32(b), b[8:size]
		b = b[size:]
		e := entry{kind: kind}
		switch {
		case kind == recordSample && len(body) >= 20:
			e.pid, e.timeNS = int(order.Uint32(body)), order.Uint64(body[8:])
			if length := int(order.Uint32(body[16:])); length <= len(body)-20 {
				e.raw = slices.Clone(body[20 : 20+length])
			}
		case kind == recordLost && len(body) >= 16+sampleIDSize:
			e.lost, e.timeNS = order.Uint64(body[8:]), order.Uint64(body[len(body)-8:])
		case kind == recordComm && len(body) >= 8+sampleIDSize:
			e.pid, e.timeNS = int(order.Uint32(body)), order.Uint64(body[len(body)-8:])
			e.command = text(body[8 : len(body)-sampleIDSize])
		case kind == recordFork && len(body) >= 24:
			e.pid, e.parent, e.timeNS = int(order.Uint32(body)), int(order.Uint32(body[4:])), order.Uint64(body[16:])
		default:
			continue
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func text(b []byte) string {
	if i := slices.Index(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// A listener makes events of records. It knows the commands of processes, since
// one that resets its connection has often ended when its event is read.
type listener struct {
	send, receive *format
	commands      map[int]string
	lost          uint64
	sent          uint64
}

// maxCommands bounds the memory for commands. Beyond it those learned while
// listening are forgotten.
const maxCommands = 1 << 17

// events takes the records of all CPUs since the last time.
func (l *listener) events(entries []entry) []timedEvent {
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.timeNS, b.timeNS) })
	var all []timedEvent
	for i := range entries {
		e := &entries[i]
		switch e.kind {
		case recordLost:
			l.lost += e.lost
		case recordComm:
			l.learn(e.pid, e.command)
		case recordFork:
			if e.pid != e.parent {
				l.learn(e.pid, l.commands[e.parent])
			}
		case recordSample:
			if h, ok := l.sample(e); ok {
				all = append(all, h)
			} else {
				l.lost++
			}
		}
	}
	return all
}

func (l *listener) learn(pid int, command string) {
	if len(l.commands) >= maxCommands {
		clear(l.commands)
	}
	l.commands[pid] = command
}

// timedEvent is an event and when it happened, by the log's clock.
type timedEvent struct {
	testimony.KernelEvent
	timeNS int64
}

func (l *listener) sample(s *entry) (h timedEvent, ok bool) {
	if len(s.raw) < 2 {
		return h, false
	}
	id := uint64(binary.NativeEndian.Uint16(s.raw)) // common_type
	switch {
	case id == l.send.id:
		l.sent++
		h.KernelEvent, ok = l.send.event(s.raw, true)
	case l.receive != nil && id == l.receive.id:
		h.KernelEvent, ok = l.receive.event(s.raw, false)
	}
	h.timeNS = int64(s.timeNS)
	if ownDoing(&h.KernelEvent) {
		h.PID, h.Command = s.pid, l.commands[s.pid]
	}
	return h, ok
}

// maxWaiting bounds the events that wait to be written.
const maxWaiting = 1 << 14

// A Log is the kernel's log being listened to. It is for one goroutine at a time.
type Log struct {
	rings    rings
	listener listener
	wanted   func(local, remote Endpoint) bool
	waiting  []testimony.KernelEvent
	// others is when resets of other connections were sent, as far as no reading has
	// counted them.
	others     []time.Time
	othersSent uint64 // counted in a reading
	reading    testimony.KernelReading
	base       struct{ sent, lost uint64 } // before the recording began
}

// Listen takes what the kernel has said since the last time and keeps what
// concerns the recording. It is to be called often: a ring holds a thousand events.
func (l *Log) Listen() {
	clock := readClocks()
	entries, err := l.rings.read()
	if err != nil {
		l.listener.lost++
	}
	for _, h := range l.listener.events(entries) {
		switch {
		case !l.wanted(h.Local, h.Remote):
			l.reading.Others++
			if h.Sent && !h.Local.Addr().IsLoopback() { // nothing of the loopback's leaves the host
				l.noteOther(time.Unix(0, h.timeNS+clock.offset))
			}
		case len(l.waiting) == maxWaiting:
			l.listener.lost++
		default:
			h.Time = time.Unix(0, h.timeNS+clock.offset).UTC()
			l.waiting = append(l.waiting, h.KernelEvent)
		}
	}
	l.reading.Until = time.Unix(0, clock.now+clock.offset).UTC()
	l.reading.OffsetNS, l.reading.OffsetErrorNS = clock.offset, clock.wrong
	l.reading.Sent = l.listener.sent - l.base.sent
	l.reading.Lost = l.listener.lost - l.base.lost
}

// Waiting is how many events have not been taken.
func (l *Log) Waiting() int { return len(l.waiting) }

// Take returns what there is to write, with at most n events. Until is just before
// the first that remains.
func (l *Log) Take(n int) testimony.KernelReading {
	r := l.reading
	n = min(n, len(l.waiting))
	r.Events = slices.Clone(l.waiting[:n])
	l.waiting = l.waiting[n:]
	if len(l.waiting) > 0 {
		r.Until = l.waiting[0].Time.Add(-1)
	}
	l.countOthers(r.Until)
	sent := l.othersSent
	r.OthersSent = &sent
	r.Sees = nil // said at the start
	return r
}

// noteOther notes a reset of another connection. Of a flood some are counted at once,
// and so in an earlier reading than theirs.
func (l *Log) noteOther(at time.Time) {
	if len(l.others) == maxWaiting {
		l.othersSent++
		return
	}
	l.others = append(l.others, at)
}

// countOthers counts the resets of other connections up to a time.
func (l *Log) countOthers(until time.Time) {
	later := slices.DeleteFunc(slices.Clone(l.others), func(at time.Time) bool { return !at.After(until) })
	l.othersSent += uint64(len(l.others) - len(later))
	l.others = later
}

// Begin forgets what was heard so far and returns what the log can show: the
// recording begins.
func (l *Log) Begin() testimony.KernelReading {
	l.Listen()
	l.base.sent, l.base.lost = l.listener.sent, l.listener.lost
	l.waiting, l.others, l.othersSent = nil, nil, 0
	l.reading.Sent, l.reading.Others, l.reading.Lost = 0, 0, 0
	return l.reading
}

// Close gives the rings back.
func (l *Log) Close() { l.rings.close() }
