package file

import (
	"fmt"
	"io"
	"math"

	"bothends/capture"
)

// A Reader is one pass over a set, as if it were one capture: Packet.File tells
// the file, Frame and Offset count within it, Interface counts over all files.
//
// Files that overlap in time, as those of parallel recordings do, are merged:
// the packet with the lowest time comes next. The order within a file is kept.
type Reader struct {
	members []*member // of the set, which may be closed meanwhile: then reading ends with an error
	files   []File
	passes  []*pass // of the files opened so far, in the set's order
	active  []*pass // those of them that have a packet waiting
	latest  *pass   // whose packet Next returned last

	origins []origin // of each interface
	remark  func(number int, text string)
}

// origin is where an interface is described.
type origin struct {
	pass  *pass
	local int
}

// A pass is the state of reading one file.
type pass struct {
	index      int
	reader     capture.Reader
	input      *io.SectionReader // what reader reads
	waiting    capture.Packet
	timeNS     int64 // of the waiting packet; if it has none, of the one before
	global     []int // the set's number for each interface of the file
	interfaces []capture.Interface
}

var _ capture.Reader = (*Reader)(nil)

// Reader starts a new pass. Several may be under way at once, each in its own
// goroutine.
func (s *Set) Reader() *Reader {
	return &Reader{members: s.members, files: s.Files()}
}

// OnRemark has f called with each comment of a statistics block, of the interface
// with that number, while Next passes over it. It must be set before the first Next.
func (r *Reader) OnRemark(f func(number int, text string)) { r.remark = f }

// Next fills p. p.Data is valid until the following call.
func (r *Reader) Next(p *capture.Packet) error {
	if latest := r.latest; latest != nil {
		if len(r.members) == 1 {
			return r.nextOfOnly(latest, p)
		}
		r.latest = nil
		if err := r.advance(latest, &latest.waiting); err != nil {
			return err
		}
	}
	for r.nextStartsBefore(r.earliest()) {
		if err := r.open(); err != nil {
			return err
		}
	}
	next := r.earliest()
	if next == nil {
		return io.EOF
	}
	*p = next.waiting
	r.latest = next
	return nil
}

// nextOfOnly spares a set of one file the waiting, for there is nothing to merge.
func (r *Reader) nextOfOnly(only *pass, p *capture.Packet) error {
	err := r.advance(only, p)
	if err == nil && only.reader == nil {
		err = io.EOF
	}
	if err != nil {
		r.latest = nil
	}
	return err
}

// earliest returns the active pass with the lowest time, or nil.
func (r *Reader) earliest() *pass {
	if len(r.active) == 0 {
		return nil
	}
	first := r.active[0]
	for _, pass := range r.active[1:] {
		if pass.timeNS < first.timeNS {
			first = pass
		}
	}
	return first
}

// nextStartsBefore reports whether the next file is due: there is none to read,
// or it begins before the earliest packet of those that are being read.
func (r *Reader) nextStartsBefore(earliest *pass) bool {
	if len(r.passes) == len(r.members) {
		return false
	}
	next := r.members[len(r.passes)]
	return earliest == nil || next.timed && next.firstNS <= earliest.timeNS
}

// open starts on the next file.
func (r *Reader) open() error {
	index := len(r.passes)
	reader, input, err := r.members[index].reader()
	if err != nil {
		return err
	}
	started := &pass{index: index, reader: reader, input: input, timeNS: math.MinInt64}
	if remarking, ok := reader.(interface{ OnRemark(func(int, string)) }); ok && r.remark != nil {
		remarking.OnRemark(func(local int, text string) {
			r.number(started)
			r.remark(started.global[local], text)
		})
	}
	r.passes = append(r.passes, started)
	r.active = append(r.active, started)
	return r.advance(started, &started.waiting)
}

// advance reads the next packet of one file into p, or finishes with it.
func (r *Reader) advance(pass *pass, p *capture.Packet) error {
	switch err := pass.reader.Next(p); {
	case err == io.EOF:
		return r.finish(pass)
	case err != nil:
		return osError(r.members[pass.index].path, err)
	}
	about := &r.files[pass.index]
	about.Packets++
	if !p.Untimed {
		pass.timeNS = p.TimeNS
		if !about.Timed || p.TimeNS < about.FirstNS {
			about.FirstNS = p.TimeNS
		}
		if !about.Timed || p.TimeNS > about.LastNS {
			about.LastNS = p.TimeNS
		}
		about.Timed = true
	}
	if p.Interface >= len(pass.global) {
		r.number(pass)
	}
	p.File = pass.index
	p.Interface = pass.global[p.Interface]
	return nil
}

// number gives the file's new interfaces their places in the set.
func (r *Reader) number(pass *pass) {
	for local := len(pass.global); local < len(pass.reader.Interfaces()); local++ {
		pass.global = append(pass.global, len(r.origins))
		r.origins = append(r.origins, origin{pass, local})
	}
}

// finish takes what is only known at the end of a file and lets its buffer go.
func (r *Reader) finish(ended *pass) error {
	for i, pass := range r.active {
		if pass == ended {
			r.active = append(r.active[:i], r.active[i+1:]...)
			break
		}
	}
	r.number(ended)
	m, about := r.members[ended.index], &r.files[ended.index]
	ended.interfaces = ended.reader.Interfaces()
	about.End = joinEnds(ended.reader.End(), m.streamEnd)
	if sectioned, ok := ended.reader.(interface{ Sections() []capture.Section }); ok {
		about.Sections = sectioned.Sections()
	}
	ended.reader = nil
	if m.spool != nil {
		return nil
	}
	now, err := m.content.Stat()
	if err != nil {
		return osError(m.path, err)
	}
	if now.Size() < m.base+m.length {
		return &Error{Path: m.path, Err: fmt.Errorf("shrank from %d to %d bytes while it was read", m.base+m.length, now.Size())}
	}
	about.Growing = now.Size() > m.base+m.length
	return nil
}

// joinEnds says how a capture ended that came out of a stream that may itself
// have ended badly. A record cut short then is the stream's doing.
func joinEnds(end, stream capture.End) capture.End {
	switch {
	case stream.Kind == capture.Complete || end.Kind == capture.Damaged:
		return end
	case end.Kind == capture.Truncated:
		stream.Offset = end.Offset
	}
	return stream
}

// Interfaces returns those described so far in all files.
func (r *Reader) Interfaces() []capture.Interface {
	all := make([]capture.Interface, len(r.origins))
	for i, from := range r.origins {
		known := from.pass.interfaces
		if from.pass.reader != nil {
			known = from.pass.reader.Interfaces()
		}
		all[i] = known[from.local]
	}
	return all
}

// Files returns what has been learned of the files; all there is to learn once
// Next has returned io.EOF.
func (r *Reader) Files() []File { return r.files }

// End is that of the first file that did not end at the end of a record, or
// Complete. [Reader.Files] has the end of each.
func (r *Reader) End() capture.End {
	for _, about := range r.files {
		if about.End.Kind != capture.Complete {
			end := about.End
			if len(r.files) > 1 {
				end.Reason = printable(about.Path) + ": " + end.Reason
			}
			return end
		}
	}
	return capture.End{}
}

// A Seam is the time between the last packet of one file of a set (or of those
// before it, if one of them lasted longer) and the first of the next. A negative
// gap is an overlap.
type Seam struct {
	After, Before   string // paths
	GapNS           int64
	FromNS, UntilNS int64 // the gap, Unix nanoseconds
	// Joined tells that the recorder's counters show that no file is missing in between:
	// it had handed on as many packets at the end of the second file as at the end of
	// the first, and those of the second. Without counters nothing shows it.
	Joined bool
}

// Seams returns the seams of the set once Next has returned io.EOF. Files
// without timed packets have none.
func (r *Reader) Seams() []Seam {
	var seams []Seam
	last := -1
	for i, about := range r.files {
		if !about.Timed {
			continue
		}
		if last >= 0 {
			before := &r.files[last]
			seams = append(seams, Seam{before.Path, about.Path, about.FirstNS - before.LastNS, before.LastNS, about.FirstNS, r.joined(last, i)})
		}
		if last < 0 || about.LastNS > r.files[last].LastNS {
			last = i
		}
	}
	return seams
}

// joined reports whether the counters of one file go on in another.
func (r *Reader) joined(first, second int) bool {
	before, knownBefore := r.delivered(first)
	after, known := r.delivered(second)
	return knownBefore && known && after-before == uint64(r.files[second].Packets)
}

// delivered adds up what the interfaces of a file had handed on when it ended.
func (r *Reader) delivered(index int) (packets uint64, known bool) {
	if index >= len(r.passes) {
		return 0, false
	}
	interfaces := r.passes[index].interfaces
	for i := range interfaces {
		n := interfaces[i].Counters.Delivered
		if !n.Known {
			return 0, false
		}
		packets += n.N
	}
	return packets, len(interfaces) > 0
}
