package agent

import (
	"fmt"
	"math"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// Room that is kept free in a file of limited size for what must stand at its
// end: one statistics block an interface, whose comment is the longest part with
// about 1 KiB of counters.
const statisticsSize = 4 << 10

// lastSealSize is room for a file's last seal and its signature: an RSA key's of
// 4096 bits takes less than 2 KiB.
const lastSealSize = 4 << 10

// describedSize is room for an interface description block in mid-file.
const describedSize = 8 << 10

// packetOverhead is what a packet block has beside the packet: 32 bytes of
// header and trailer, 12 of options, 3 of padding.
const packetOverhead = 47

// packets writes what a tap has read and reports whether there should be more. It
// takes the lock, and looks at the clock, once for all.
func (a *Agent) packets(t *tap, read []capture.Packet) bool {
	if t.gap != nil {
		// It came back and brought packets before anybody asked how it is.
		a.watch(t, t.source.State())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	latestNS := int64(math.MaxInt64)
	if !a.stopAt.IsZero() {
		if time.Since(a.stopAt) > drainLimit {
			return false
		}
		latestNS = a.stopAt.UnixNano()
	}
	for i := range read {
		if p := &read[i]; p.TimeNS > latestNS || !a.packet(t, p) {
			return false
		}
	}
	return true
}

// packet writes one packet and reports whether there should be more.
func (a *Agent) packet(t *tap, p *capture.Packet) bool {
	if a.config.HeadersOnly {
		p.Data = p.Data[:segment.HeadersLen(p)]
	}
	if !a.room(int64(len(p.Data)) + packetOverhead) {
		return false
	}
	p.Interface = t.number
	if err := a.writer.WritePacket(p); err != nil {
		a.write(err)
		return false
	}
	t.totals.delivered++
	a.counts.add(p)
	if a.config.Seen != nil {
		a.config.Seen(t.name, p)
	}
	if !plain(p) {
		a.notice(p)
	}
	if l := a.config.Limits.Packets; l > 0 && a.counts.packets >= l {
		a.halt(time.Now())
		return false
	}
	return true
}

// notice keeps account of connections that begin and end.
func (a *Agent) notice(p *capture.Packet) {
	var s segment.Segment
	if segment.Decode(p, &s) == segment.TCP {
		a.counts.addSegment(&s)
		a.sessions.Add(&s)
		if a.config.Notice != nil {
			a.config.Notice(&s)
		}
	}
}

// write ends the recording if something could not be written.
func (a *Agent) write(err error) {
	if err != nil {
		a.fail(err)
	}
}

// room makes sure that n more bytes fit within the limits, with what must
// follow them at the file's end; it begins another file if that helps, and ends
// the recording if nothing does.
func (a *Agent) room(n int64) bool {
	l := &a.config.Limits
	if a.ended || l.Size == 0 && l.RotateSize == 0 {
		return !a.ended
	}
	if l.Size > 0 && a.before+a.writer.Size()+n+a.reserve() > l.Size {
		a.halt(time.Now())
		return false
	}
	if l.RotateSize > 0 && a.writer.Size()+n+a.reserve() > l.RotateSize {
		a.rotate(time.Now())
	}
	return !a.ended
}

// reserve is the room for what must stand at a file's end. Twice: once for the
// block itself if it is one of statistics.
func (a *Agent) reserve() int64 {
	room := int64(len(a.taps)+1) * statisticsSize
	if a.sealer != nil {
		room += lastSealSize
	}
	return room
}

// fits reports whether n more bytes fit into the present file.
func (a *Agent) fits(n int64) bool {
	l := &a.config.Limits
	size := a.writer.Size() + n + a.reserve()
	return (l.Size == 0 || a.before+size <= l.Size) && (l.RotateSize == 0 || size <= l.RotateSize)
}

// rotate completes the file and begins the next.
func (a *Agent) rotate(now time.Time) {
	a.statistics(now, testimony.Statistics)
	if a.ended {
		return
	}
	if err := a.writer.Flush(); err != nil {
		a.fail(err)
		return
	}
	a.before += a.writer.Size()
	if a.sealer != nil {
		a.before += lastSealSize
	}
	if err := a.out.Rotate(); err != nil {
		a.failure = fmt.Errorf("beginning the next file: %w", err)
		a.halt(now)
		return
	}
	a.fileAt, a.statsAt = now, now
	a.write(a.writeHead())
}

// writeHead begins a file: who recorded, and where. It is handed on at once, and
// sealed.
func (a *Agent) writeHead() error {
	section := a.config.Host.Section
	head := a.start
	head.KernelLog, head.Host = nil, nil // said with the first interface
	section.Comments = append([]string{a.forPeople()}, head.Line())
	w, err := pcapng.NewWriter(a.out, section)
	if err != nil {
		return err
	}
	a.writer = w
	for _, t := range a.taps {
		if err := a.describe(t); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil || a.sealer == nil {
		return err
	}
	return a.sealHead()
}

// sealHead writes a file's first seal, of all that stands there before it.
func (a *Agent) sealHead() error {
	seal, ok := a.sealer.Seal(true)
	if !ok {
		return nil
	}
	now := time.Now()
	r := testimony.Record{Event: testimony.Sealing, Time: now.UTC(), Interface: a.taps[0].name, Seal: &seal}
	if err := a.writer.WriteStatistics(a.taps[0].number, now.UnixNano(), capture.Counters{}, r.Line()); err != nil {
		return err
	}
	return a.writer.Flush()
}

// describe writes a tap's interface description block.
func (a *Agent) describe(t *tap) error {
	r := a.start
	if t != a.taps[0] {
		r.KernelLog, r.Host = nil, nil
	}
	r.Interface, r.Offloads = t.name, t.offloads
	granted := t.source.Nanoseconds()
	r.Nanoseconds = &granted
	r.Direction = directionFrom(t.about.LinkType)
	about := t.about
	about.Comments = []string{r.Line()}
	n, err := a.writer.AddInterface(about)
	t.number = n
	return err
}

// directionFrom says how inbound and outbound were told apart.
func directionFrom(link capture.LinkType) string {
	switch link {
	case capture.LinkLinuxSLL:
		return "kernel"
	case capture.LinkEthernet:
		return "link address"
	case capture.LinkRaw, capture.LinkIPv4, capture.LinkIPv6:
		return "IP address"
	}
	return ""
}
