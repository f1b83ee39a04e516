package watch

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// A cut is what of the ring surrounds an ending: all that was recorded from one time to
// another, so that what is not in it was not there. Only of what came before are there
// the connection's first packets alone, and a note says that this is a gap.
type cut struct {
	ending      Ending
	from, until time.Time
	onlyOf      []netip.Addr // if all would be too much
	size        int64        // in bytes, at most
	files       []string
}

// firstOfRun is in the name of a run's first file (see package store). When that began
// is noted in it.
const firstOfRun = "_00001_"

// measure chooses what is kept.
func (s *Shelf) measure(e Ending, until time.Time) (*cut, error) {
	c := &cut{ending: e, from: e.Began.Add(-s.Before)}
	recordings, _, err := folder(s.Ring)
	if err != nil {
		return nil, err
	}
	c.files = spanning(recordings, c.from, until)
	all, pair := map[int64]int64{}, map[int64]int64{} // bytes by second
	hosts := []netip.Addr{e.Client.AddrPort().Addr(), e.Server.AddrPort().Addr()}
	var noted, last time.Time // the first note of the state behind until; the last time of anything
	notes := int64(0)
	if len(c.files) > 0 && c.files[0] == recordings[0] && !strings.Contains(c.files[0], firstOfRun) { // what came before was overwritten
		if begins, known := beginOf(c.files[0]); known {
			c.from = later(c.from, begins.Add(time.Second+slack)) // names are rounded down
		}
	}
	for _, path := range c.files {
		packet := func(p *capture.Packet) {
			at := time.Unix(0, p.TimeNS)
			if at.Before(c.from) || !noted.IsZero() && at.After(noted) {
				return
			}
			last = later(last, at)
			size := int64(len(p.Data)) + packetOverhead
			all[at.Unix()] += size
			if between(p, hosts) {
				pair[at.Unix()] += size
			}
		}
		remark := func(_ int, text string) {
			for _, record := range testimony.Parse([]string{text}) {
				if !record.Time.Before(c.from) && (noted.IsZero() || !record.Time.After(noted)) {
					notes += int64(len(text)) + headOfNote
					last = later(last, record.Time)
				}
				if noted.IsZero() && (record.Event == testimony.Statistics || record.Event == testimony.End) && !record.Time.Before(until) {
					noted = record.Time
				}
			}
		}
		if err := read(path, func(*pcapng.Reader) (func(*capture.Packet), func(int, string)) { return packet, remark }); err != nil {
			return nil, err
		}
	}
	c.until = noted
	if noted.IsZero() {
		c.until = last
	}
	by := all
	if sum(all) > s.Most {
		by, c.onlyOf = pair, hosts
	}
	c.shorten(by, s.Most)
	c.size = min(sum(by), s.Most) + notes + 2*headRoom
	return c, nil
}

// headOfNote is what a note's block has beside its text.
const headOfNote = 128

// shorten moves the beginning until what follows is not too much.
func (c *cut) shorten(bytesBySecond map[int64]int64, most int64) {
	total := int64(0)
	for _, second := range slices.Backward(slices.Sorted(maps.Keys(bytesBySecond))) {
		if total += bytesBySecond[second]; total > most {
			c.from = later(c.from, time.Unix(second+1, 0))
			return
		}
	}
}

func sum(bytesBySecond map[int64]int64) (total int64) {
	for _, n := range bytesBySecond {
		total += n
	}
	return total
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// between reports whether a packet is between two hosts, or is none of TCP's.
func between(p *capture.Packet, hosts []netip.Addr) bool {
	var s segment.Segment
	if segment.Decode(p, &s) != segment.TCP {
		return true
	}
	return slices.Contains(hosts, s.Src.AddrPort().Addr()) && slices.Contains(hosts, s.Dst.AddrPort().Addr())
}
