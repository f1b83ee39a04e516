// Package redact makes of a capture what may be shown to the other end: the
// headers of one's own connections with them, and nothing that was said.
package redact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate/segment"
)

// Options say what is kept.
type Options struct {
	Peers []netip.Prefix // whose connections; none are everybody's
	Ports []uint16       // of either end; none are all
	// KeepPorts are the ports of whose connections the payload is kept.
	KeepPorts []uint16
	// Keys, if not nil, are those by which payload leaves a digest.
	Keys *Keys
	// MapAddresses maps addresses by the same keys.
	MapAddresses bool
}

// A Summary counts what became of the packets.
type Summary struct {
	Kept        int64 // segments of the connections that were asked for
	Cut         int64 // of them, those whose payload was removed
	Bytes       int64 // of payload removed
	Others      int64 // segments of other connections, left out
	NotTCP      int64 // and whatever else is no TCP segment
	Joined      int64 // of Kept, those of which fragments were put together
	Unjoined    int64 // packets left out of which a fragment is missing, or overlaps another
	Untimed     int64 // packets without a time, which cannot be kept
	Comments    int   // texts left out of the capture's descriptions
	Filters     int   // filters left out, as they may hold names or addresses
	Connections int   // kept, by addresses and ports
	Testimony   int   // notes of bothcap that were kept
}

// ErrNothing is returned if nothing of what was asked for is in the capture.
var ErrNothing = errors.New("no TCP segment of such a connection in it")

// A redactor makes one file.
type redactor struct {
	options Options
	decoder segment.Decoder
	mapping *mapping // nil if addresses stay
	out     *pcapng.Writer
	summary Summary
	routes  map[[2]segment.Endpoint]bool
	begins  map[[2]segment.Endpoint]uint32 // where a direction's stream begins, by its SYN
	frame   []byte
}

// Redact reads a capture twice and writes what may be shown of it, as one section
// of pcapng. A capture that breaks off gives one that does.
func Redact(ctx context.Context, set *file.Set, out io.Writer, o Options) (*Summary, error) {
	r := &redactor{options: o, routes: map[[2]segment.Endpoint]bool{}, begins: map[[2]segment.Endpoint]uint32{}}
	if o.MapAddresses {
		var err error
		if r.mapping, err = newMapping(o.Keys.addresses); err != nil {
			return nil, err
		}
	}
	first := set.Reader()
	if err := drain(ctx, first); err != nil {
		return nil, err
	}
	if err := r.describe(out, first.Files(), first.Interfaces()); err != nil {
		return nil, err
	}
	if err := r.copy(ctx, set.Reader()); err != nil {
		return nil, err
	}
	if err := r.conclude(first.Interfaces()); err != nil {
		return nil, err
	}
	if first.End().Kind != capture.Complete {
		if _, err := out.Write(brokenOff); err != nil {
			return nil, err
		}
	}
	r.summary.Connections = len(r.routes)
	fragments := r.decoder.Fragments()
	r.summary.Unjoined = fragments.Incomplete + fragments.Overlapping
	if r.summary.Kept == 0 {
		return &r.summary, ErrNothing
	}
	return &r.summary, nil
}

// brokenOff is the beginning of a packet block of pcapng that says how long it is,
// and has no more: so breaks off what was made of a capture that does.
var brokenOff = []byte{6, 0, 0, 0, 64, 0, 0, 0}

// drain reads to the end, for what is known then.
func drain(ctx context.Context, r capture.Reader) error {
	var p capture.Packet
	for n := 0; ; n++ {
		if n%ctxEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.Next(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// ctxEvery is after how many packets ctx is asked.
const ctxEvery = 1 << 12

// describe writes what was recorded on, and what bothcap said of it.
func (r *redactor) describe(out io.Writer, files []file.File, interfaces []capture.Interface) (err error) {
	section := capture.Section{}
	for _, f := range files {
		for _, s := range f.Sections {
			if section.Application == "" {
				section.Application, section.OS = s.Application, s.OS
			}
			section.Comments = append(section.Comments, r.testimonyOf(s.Comments)...)
		}
	}
	if r.out, err = pcapng.NewWriter(out, section); err != nil {
		return err
	}
	for _, i := range interfaces {
		i.Description, i.Hardware = "", ""
		i.Comments = r.testimonyOf(i.Comments)
		r.mapInterface(&i)
		if _, err := r.out.AddInterface(i); err != nil {
			return fmt.Errorf("interface %q: %w", i.Name, err)
		}
	}
	return nil
}

// mapInterface takes out of an interface what addresses it has.
func (r *redactor) mapInterface(i *capture.Interface) {
	if r.mapping == nil {
		return
	}
	var mapped []netip.Prefix
	for _, p := range i.Addresses {
		mapped = append(mapped, netip.PrefixFrom(r.mapping.Addr(p.Addr()), p.Bits()))
	}
	i.Addresses = mapped
	if len(i.MAC) == 6 {
		i.MAC = append([]byte(nil), i.MAC...)
		r.mapping.mac(i.MAC)
	} else {
		i.MAC = nil
	}
	filter, known := r.mapFilter(i.Filter)
	if !known || len(i.FilterCode) > 0 {
		r.summary.Filters++
	}
	i.Filter, i.FilterCode = filter, nil
}

// copy writes the packets, and between them what bothcap noted meanwhile.
func (r *redactor) copy(ctx context.Context, in *file.Reader) error {
	var noted error
	in.OnRemark(func(number int, text string) {
		for _, line := range r.testimonyOf([]string{text}) {
			for _, record := range testimony.Parse([]string{line}) {
				noted = errors.Join(noted, r.out.WriteStatistics(number, record.Time.UnixNano(), capture.Counters{}, line))
			}
		}
	})
	var p capture.Packet
	for n := 0; ; n++ {
		if n%ctxEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := in.Next(&p); err == io.EOF {
			return noted
		} else if err != nil {
			return err
		}
		if err := r.packet(&p); err != nil {
			return err
		}
		if noted != nil {
			return noted
		}
	}
}

// conclude writes what each interface had counted in the end.
func (r *redactor) conclude(interfaces []capture.Interface) error {
	for i := range interfaces {
		c := interfaces[i].Counters
		if c.Missing.Known { // which has a place only beside single packets
			c.OSDropped = capture.Count{N: c.OSDropped.N + c.Missing.N, Known: true}
		}
		if c == (capture.Counters{}) {
			continue
		}
		if err := r.out.WriteStatistics(i, c.EndNS, c); err != nil {
			return err
		}
	}
	return r.out.Flush()
}
