package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"bothends/capture"
	"bothends/capture/pcap"
	"bothends/capture/pcapng"
	"bothends/correlate/segment"
)

// A Sink takes a file's bytes; Truncate shortens it to its first size bytes.
type Sink interface {
	io.Writer
	Truncate(size int64) error
}

// An Audience is told of a recording while it comes.
type Audience struct {
	// Began is called once, when the recorder records.
	Began func()
	// Segment is given each TCP segment.
	Segment func(*segment.Segment)
}

// A Tally is what came.
type Tally struct {
	mu      sync.Mutex
	packets int64
	resets  [3]int64 // by capture.Direction
}

// Packets is how many came.
func (t *Tally) Packets() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.packets
}

// Resets are those of a direction.
func (t *Tally) Resets(d capture.Direction) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.resets[d]
}

func (t *Tally) add(s *segment.Segment, isTCP bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.packets++
	if isTCP && s.Flags&segment.RST != 0 {
		t.resets[s.Direction]++
	}
}

// Receive puts the recording into to, as it comes and in whole blocks, until the
// recorder ends. What is in to is a pcapng file at any time, whatever happens. An
// error is that of to, or says that what came is no recording.
func (e *End) Receive(to Sink, t *Tally, a Audience) error {
	if e.Recorder == Tcpdump {
		return e.convert(to, t, a)
	}
	copied := &whole{to: to, described: a.Began}
	input := io.TeeReader(e, copied)
	r, err := pcapng.NewReader(input)
	if err == nil {
		err = follow(r, t, a)
	}
	if copied.err != nil {
		return copied.err
	}
	if err != nil {
		return fmt.Errorf("what came is no recording: %w", err)
	}
	if end := r.End(); end.Kind == capture.Damaged {
		return fmt.Errorf("what came is damaged at offset %d: %s", end.Offset, end.Reason)
	}
	return nil
}

// follow reads a recording while it is copied.
func follow(r capture.Reader, t *Tally, a Audience) error {
	var p capture.Packet
	var s segment.Segment
	for {
		err := r.Next(&p)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		isTCP := segment.Decode(&p, &s) == segment.TCP
		t.add(&s, isTCP)
		if isTCP {
			a.Segment(&s)
		}
	}
}

// whole passes whole blocks of a pcapng file on and keeps the rest back.
type whole struct {
	to        Sink
	described func() // called when an interface is: from then on it is recorded
	rest      []byte
	written   int64
	err       error
}

// Sizes of blocks (draft-ietf-opsawg-pcapng section 3.1): the smallest, and what no
// recorder of ours exceeds, a packet of the greatest snapshot length with options.
const (
	smallestBlock = 12
	largestBlock  = 1 << 20
)

// description is the type of the block that describes an interface.
const description = 1

var errNoBlock = errors.New("what came is not in blocks as bothcap writes them")

// Write takes all that it is given, but after an error, which stays in err.
func (w *whole) Write(b []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	w.rest = append(w.rest, b...)
	n, described := 0, false
	for len(w.rest)-n >= 8 {
		size := int(binary.LittleEndian.Uint32(w.rest[n+4:]))
		if size < smallestBlock || size > largestBlock || size%4 != 0 {
			w.err = errNoBlock
			return 0, w.err
		}
		if len(w.rest)-n < size {
			break
		}
		described = described || binary.LittleEndian.Uint32(w.rest[n:]) == description
		n += size
	}
	if n == 0 {
		return len(b), nil
	}
	if _, err := w.to.Write(w.rest[:n]); err != nil {
		// The last block may be there in part.
		w.err = errors.Join(fmt.Errorf("writing: %w", err), w.to.Truncate(w.written))
		return 0, w.err
	}
	w.written += int64(n)
	w.rest = w.rest[:copy(w.rest, w.rest[n:])]
	if described && w.described != nil {
		w.described()
		w.described = nil
	}
	return len(b), nil
}

// convert makes pcapng of what tcpdump writes.
func (e *End) convert(to Sink, t *Tally, a Audience) error {
	from, err := pcap.NewReader(e)
	if err != nil {
		return fmt.Errorf("what came is no recording: %w", err)
	}
	a.Began()
	w, err := pcapng.NewWriter(to, capture.Section{
		Hardware: e.Machine, OS: e.System, Application: "tcpdump over ssh, " + e.options.Application,
		Comments: []string{fmt.Sprintf("Recorded by tcpdump at %s, and received by bothcap over ssh.", e.options.Host)},
	})
	if err != nil {
		return err
	}
	about := from.Interfaces()[0]
	about.Name, about.Filter, about.OS, about.Application = e.Interface, e.Filter, "", ""
	if _, err := w.AddInterface(about); err != nil {
		return err
	}
	var p capture.Packet
	var s segment.Segment
	var last int64
	for {
		if err := w.Flush(); err != nil { // as it comes
			return errors.Join(fmt.Errorf("writing: %w", err), to.Truncate(w.Written()))
		}
		if err := from.Next(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		isTCP := segment.Decode(&p, &s) == segment.TCP
		t.add(&s, isTCP)
		if isTCP {
			a.Segment(&s)
		}
		last = max(last, p.TimeNS)
		if e.options.HeadersOnly {
			p.Data = p.Data[:segment.HeadersLen(&p)]
		}
		if err := w.WritePacket(&p); err != nil {
			return err
		}
	}
	if end := from.End(); end.Kind == capture.Damaged {
		return fmt.Errorf("what came is damaged at offset %d: %s", end.Offset, end.Reason)
	}
	e.hearAll() // what tcpdump counted it says at its end
	if c, ok := e.counted.counters(); ok {
		err = w.WriteStatistics(0, last, c)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("writing: %w", err), to.Truncate(w.Written()))
	}
	return nil
}
