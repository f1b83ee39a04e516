package watch

import (
	"fmt"
	"io"
	"net/netip"
	"path/filepath"
	"strings"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// write writes the cut.
func (s *Shelf) write(c *cut, path string) (Item, error) {
	files, err := s.create(path)
	if err != nil {
		return Item{}, err
	}
	w := &cutWriter{shelf: s, cut: c, out: files, numbers: map[string]int{}}
	for _, path := range c.files {
		w.file(path)
	}
	if w.pcapng == nil && w.err == nil {
		w.err = fmt.Errorf("the ring holds nothing of that time")
	}
	if w.err == nil {
		w.err = w.pcapng.Flush()
	}
	if w.err != nil {
		files.Discard()
		return Item{}, w.err
	}
	err = files.Close()
	return Item{Packets: w.packets, Seal: files.Value()}, err
}

// A cutWriter copies from the ring's files, one after the other.
type cutWriter struct {
	shelf   *Shelf
	cut     *cut
	out     sealing
	pcapng  *pcapng.Writer
	numbers map[string]int // of interfaces, by what they are
	mapping []int          // of the present file's interfaces
	run     string         // of which run that is
	started time.Time      // when the first run did
	last    time.Time      // of anything in the run before
	packets int64
	err     error
}

type sealing interface {
	io.Writer
	Sealed() bool
	Seal(now bool) (testimony.Seal, bool)
}

func (w *cutWriter) file(path string) {
	run, _, _ := strings.Cut(filepath.Base(path), "_")
	restarted := w.run != "" && run != w.run && !w.last.IsZero()
	w.run, w.mapping = run, nil
	err := read(path, func(r *pcapng.Reader) (func(*capture.Packet), func(int, string)) {
		begin := func() {
			w.describe(r)
			if restarted && w.err == nil {
				restarted = false
				w.gap(w.last, startOf(r), "the recorder was not running")
			}
		}
		packet := func(p *capture.Packet) {
			at := time.Unix(0, p.TimeNS)
			if w.err != nil || at.Before(w.cut.from) || at.After(w.cut.until) || w.cut.onlyOf != nil && !between(p, w.cut.onlyOf) {
				return
			}
			if begin(); w.err == nil {
				w.packet(w.mapping[p.Interface], p)
			}
			w.last = later(w.last, at)
		}
		return packet, func(n int, text string) { w.remark(r, n, text, begin) }
	})
	if w.err == nil {
		w.err = err
	}
}

// describe makes sure that the interfaces that a reader knows so far are described.
func (w *cutWriter) describe(r *pcapng.Reader) {
	if w.pcapng == nil {
		w.begin(r)
	}
	for n := len(w.mapping); n < len(r.Interfaces()) && w.err == nil; n++ {
		i := r.Interfaces()[n]
		i.Counters = capture.Counters{}
		if w.cut.onlyOf != nil {
			i.Filter = onlyOf(i.Filter, w.cut.onlyOf)
		}
		about := i
		about.Comments = nil
		key := w.run + fmt.Sprintf("%+v", about)
		number, known := w.numbers[key]
		if !known {
			number, w.err = w.pcapng.AddInterface(i)
			w.numbers[key] = number
			w.beginning(i.Name, number)
		}
		w.mapping = append(w.mapping, number)
	}
}

// onlyOf is a filter that admits no more than two hosts' packets with each other.
func onlyOf(filter string, hosts []netip.Addr) string {
	only := fmt.Sprintf("host %s and host %s", hosts[0], hosts[1])
	if filter == "" {
		return only
	}
	return "(" + filter + ") and " + only
}

// begin writes the section's header.
func (w *cutWriter) begin(r *pcapng.Reader) {
	e := &w.cut.ending
	w.started = startOf(r)
	w.cut.from = later(w.cut.from, w.started)
	kept := testimony.Record{Event: testimony.Keeping, Time: time.Now().UTC(), Kept: &testimony.Kept{
		Why: e.Why, Client: e.Client.AddrPort(), Server: e.Server.AddrPort(), ClientISN: e.ClientISN, ServerISN: e.ServerISN,
		Began: e.Began.UTC(), At: e.At.UTC(), From: w.cut.from.UTC(), Until: w.cut.until.UTC(), OnlyOf: w.cut.onlyOf,
	}}
	section := r.Sections()[0]
	var comments []string
	for _, c := range section.Comments {
		records := testimony.Parse([]string{c})
		if len(records) == 0 {
			comments = append(comments, c)
		}
		for _, record := range records {
			record.Sealed = w.out.Sealed()
			comments = append(comments, record.Line())
		}
	}
	section.Comments = append([]string{fmt.Sprintf("Kept by bothcap watch: %s (%s)", e.words(), e.At.UTC().Format(time.RFC3339Nano))}, append(comments, kept.Line())...)
	w.pcapng, w.err = pcapng.NewWriter(w.out, section)
}

// words name the connection, and what became of it.
func (e *Ending) words() string {
	return fmt.Sprintf("%s %s -> %s", e.Why, e.Client.AddrPort(), e.Server.AddrPort())
}

// beginning writes, once the first interface is described, the seal of the head and
// then what is kept from before.
func (w *cutWriter) beginning(name string, number int) {
	e := &w.cut.ending
	if number == 0 && w.out.Sealed() && w.err == nil {
		if w.err = w.pcapng.Flush(); w.err == nil {
			if seal, ok := w.out.Seal(true); ok {
				now := time.Now()
				w.note(0, now, capture.Counters{}, testimony.Record{Event: testimony.Sealing, Time: now.UTC(), Interface: name, Seal: &seal}.Line())
			}
		}
	}
	for n := range e.First {
		p := e.First[n]
		if at := time.Unix(0, p.TimeNS); at.Before(w.cut.from) && w.err == nil && w.named(p.Interface) == name {
			w.packet(number, &p)
		}
	}
	if number == 0 && w.started.Before(w.cut.from) {
		w.gap(w.started, w.cut.from, "of what was recorded before only the first packets of one connection are kept")
	}
}

// named is the name of an interface whose packets are kept in memory.
func (w *cutWriter) named(number int) string {
	if number >= len(w.shelf.Names) {
		return ""
	}
	return w.shelf.Names[number]
}

func (w *cutWriter) packet(number int, p *capture.Packet) {
	own := *p
	own.Interface = number
	if w.err = w.pcapng.WritePacket(&own); w.err == nil {
		w.packets++
	}
}

// remark copies what the recorder noted meanwhile, with its counters.
func (w *cutWriter) remark(r *pcapng.Reader, n int, text string, begin func()) {
	for _, record := range testimony.Parse([]string{text}) {
		// The kernel's log is complete from the file's head on, or not at all.
		early := record.Time.Before(w.cut.from) && record.Event != testimony.Resets
		if w.err != nil || early || record.Time.After(w.cut.until) || record.Event == testimony.Sealing {
			continue
		}
		begin()
		if w.err == nil && n < len(w.mapping) {
			w.note(w.mapping[n], record.Time, r.Interfaces()[n].Counters, record.Line())
		}
		w.last = later(w.last, record.Time)
	}
}

func (w *cutWriter) note(number int, at time.Time, c capture.Counters, text string) {
	if w.err == nil {
		w.err = w.pcapng.WriteStatistics(number, at.UnixNano(), c, text)
	}
}

// gap notes that nothing was kept of a time. One interface says it for all.
func (w *cutWriter) gap(from, until time.Time, reason string) {
	record := testimony.Record{Event: testimony.GapEnds, Time: until.UTC(), Gap: &testimony.Gap{From: from.UTC(), Until: until.UTC(), Reason: reason}}
	w.note(0, until, capture.Counters{}, record.Line())
}
