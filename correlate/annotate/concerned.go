package annotate

import (
	"context"
	"io"
	"net/netip"

	"bothends/capture"
	"bothends/correlate/report"
	"bothends/correlate/segment"
)

// tuples are the addresses of connections, in both directions.
type tuples map[[2]segment.Endpoint]bool

func (t tuples) add(v report.View) {
	client, errClient := netip.ParseAddrPort(v.Client)
	server, errServer := netip.ParseAddrPort(v.Server)
	if errClient != nil || errServer != nil {
		return // that end's capture lacks the connection
	}
	one, other := endpoint(client), endpoint(server)
	t[[2]segment.Endpoint{one, other}], t[[2]segment.Endpoint{other, one}] = true, true
}

func endpoint(a netip.AddrPort) segment.Endpoint {
	return segment.Endpoint{IP: a.Addr().As16(), Port: a.Port()}
}

// choose finds the packets of the connections concerned in each file. Those of
// findings are among them whatever addresses they bear.
func (w *writer) choose(ctx context.Context) error {
	concerned := map[int]bool{}
	for _, id := range w.report.Concerned() {
		concerned[id] = true
	}
	ends := map[string]tuples{"client": {}, "server": {}}
	for id := range concerned {
		c := &w.report.Connections[id-1]
		for end, view := range map[string]report.View{"client": c.ClientView, "server": c.ServerView} {
			ends[end].add(view)
		}
	}
	frames := map[string]map[int64]bool{}
	note := func(path string, frame int64) {
		if frames[path] == nil {
			frames[path] = map[int64]bool{}
		}
		frames[path][frame] = true
	}
	for i := range w.report.Findings {
		f := &w.report.Findings[i]
		if !concerned[f.Connection] {
			continue
		}
		note(f.File, f.Frame)
		if f.TwinFrame != 0 {
			note(f.TwinFile, f.TwinFrame)
		}
	}
	done := map[string]bool{}
	for _, c := range w.copies {
		if done[c.end] {
			continue
		}
		done[c.end] = true
		if err := w.scan(ctx, c.end, ends[c.end], frames); err != nil {
			return err
		}
	}
	return nil
}

// scan reads the capture of an end through once.
func (w *writer) scan(ctx context.Context, end string, wanted tuples, frames map[string]map[int64]bool) error {
	var files []*copied
	for _, c := range w.copies {
		if c.end == end {
			c.numbers = map[int64]int64{}
			files = append(files, c)
		}
	}
	packets, kept := make([]int64, len(files)), make([]int64, len(files))
	reader := files[0].set.Reader()
	var p capture.Packet
	var s segment.Segment
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := reader.Next(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		packets[p.File]++
		c := files[p.File]
		mine := frames[c.path][p.Frame]
		if !mine && segment.Decode(&p, &s) == segment.TCP {
			mine = wanted[[2]segment.Endpoint{s.Src, s.Dst}]
		}
		if mine {
			kept[p.File]++
			// Records that are no packets have numbers, too, and are all copied.
			c.numbers[p.Frame] = kept[p.File] + p.Frame - packets[p.File]
		}
	}
}

// checkEvery is how many packets are read between two looks at the context.
const checkEvery = 1 << 14
