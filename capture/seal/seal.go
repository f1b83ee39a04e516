// Package seal finds out whether a recording is still as bothcap wrote it, by the
// seals that stand in it: see [testimony.Seal].
//
// A seal fixes a file's beginning, so that after a change the seals before it still
// hold and those behind it do not. What lies behind the last seal of a file that was
// not completed is fixed by none: the recorder was killed, or somebody cut the file.
// Whoever changes a file can also make new seals. That shows only to those who know
// the value of one from elsewhere: printed, published, or signed.
package seal

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"bothends/capture/internal/sparse"
	"bothends/capture/testimony"
)

// State is what became of a file since it was recorded.
type State string

const (
	None    State = ""            // it is not sealed
	Intact  State = "intact"      // as it was recorded, to its end
	Open    State = "end-missing" // as it was recorded up to a seal; no seal ends it
	Changed State = "changed"     // not as it was recorded
	Gone    State = "gone"        // its head says that there were seals: it was written anew
)

// A File is what the seals of one file say.
type File struct {
	State  State
	Number int    // which of the recording's, from 1
	Head   string // the value of the recording's first seal
	// Previous is the value of the last seal of the file before, as this one has it.
	Previous string
	Last     bool // its seal says that no file follows
	Bytes    int64
	// Holds is how much of its beginning is as it was recorded. Frames are the packets
	// in it and Until is the time of the last of them.
	Holds  int64
	Frames int64
	Until  time.Time
	// ChangedBefore is where a change lies at the latest, if State is Changed and not
	// only because of Appended: how many bytes follow what ended the file.
	ChangedBefore int64
	Appended      int64
	// Value is the value of the last seal that holds.
	Value     string
	Statement string // of that seal
	Signature string // of that seal, as ssh-keygen writes it; empty if there is none
}

// maxPoints bounds how many seals of a file are held: in a recording of a month
// every tenth second has one. Beyond it every second one is let go.
const maxPoints = 1 << 14

// Read looks at one file of so many bytes, which is no capture of bothcap's, or not
// sealed, if its State is None. It reads the file two or three times. The error is
// that of reading or of ctx.
func Read(ctx context.Context, content io.ReaderAt, size int64) (File, error) {
	f := &reading{File: File{Bytes: size}, ctx: ctx}
	if err := f.walk(io.NewSectionReader(content, 0, size)); err != nil || !f.sealed {
		return File{}, err
	}
	if err := f.search(content); err != nil {
		return File{}, err
	}
	if err := f.check(content); err != nil {
		return File{}, err
	}
	return f.File, f.locate(io.NewSectionReader(content, 0, size))
}

// A reading is the work on one file.
type reading struct {
	File
	ctx     context.Context
	sealed  bool
	points  sparse.Series[point] // in the order of the file
	end     *point               // the seal that ends the file
	endedAt int64                // where its block ends, and that of the signature
	stopped int64                // where there is no further whole block
	broken  bool                 // a block that should be a seal is none, or stands where none can
}

type point struct {
	testimony.Seal
	at int64 // where its block begins
}

// walk collects the seals.
func (f *reading) walk(content io.Reader) error {
	b := blocks{in: newBuffer(content)}
	for n := 0; ; n++ {
		if n%ctxEvery == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		block, err := b.next(blockSection, blockStatistics)
		switch {
		case err != nil:
			return err
		case block == nil: // the end, or what cannot be walked
			f.stopped = b.offset
			return nil
		case block.kind == blockSection:
			for _, r := range testimony.Parse(block.comments(sectionFixed)) {
				f.sealed = f.sealed || r.Sealed
			}
		default:
			f.statistics(block)
		}
		if !f.sealed {
			return nil // it would be said first
		}
	}
}

// statistics takes the seal, or the signature, in a block.
func (f *reading) statistics(b *block) {
	for _, comment := range b.comments(statisticsFixed) {
		records := testimony.Parse([]string{comment})
		if len(records) == 0 {
			continue
		}
		r := &records[0]
		switch {
		case r.Seal != nil:
			f.add(point{*r.Seal, b.offset})
			if r.Seal.Ends {
				f.end, f.endedAt = &point{*r.Seal, b.offset}, b.end()
				f.broken = f.broken || !b.isNote(r)
			}
		case r.Event == testimony.Signature:
			f.Signature = r.Signed
			f.broken = f.broken || f.end == nil || f.endedAt != b.offset || !b.isNote(r)
			f.endedAt = b.end()
		}
	}
}

func (f *reading) add(p point) {
	if p.Ends {
		f.points.Keep(p, maxPoints)
		return
	}
	f.points.Add(p, maxPoints)
}

// search looks for a seal behind what can be walked. A recorder that was killed leaves
// none there.
func (f *reading) search(content io.ReaderAt) error {
	const mark = `"seal":{"file":`
	in := bufio.NewReaderSize(io.NewSectionReader(content, f.stopped, f.File.Bytes-f.stopped), readBuffer)
	for !f.broken && f.ctx.Err() == nil {
		part, err := in.Peek(readBuffer)
		f.broken = bytes.Contains(part, []byte(mark))
		if len(part) < readBuffer {
			return unlessEnd(err)
		}
		_, _ = in.Discard(readBuffer - len(mark)) // as much as was seen
	}
	return f.ctx.Err()
}

// check compares the seals with what they are of.
func (f *reading) check(content io.ReaderAt) error {
	if len(f.points.Kept) == 0 {
		f.State = Gone
		return nil
	}
	f.identify()
	ordered := slices.Clone(f.points.Kept)
	slices.SortStableFunc(ordered, func(a, b point) int { return cmp.Compare(a.Bytes, b.Bytes) })
	digest, hashed := sha256.New(), int64(0)
	var good *point
	bad := false
	for i := range ordered {
		p := &ordered[i]
		if p.Bytes > hashed && p.Bytes <= f.File.Bytes {
			if err := copyUntil(f.ctx, digest, io.NewSectionReader(content, hashed, p.Bytes-hashed)); err != nil {
				return err
			}
			hashed = p.Bytes
		}
		if p.Bytes != hashed || p.Bytes > p.at || hex.EncodeToString(digest.Sum(nil)) != p.SHA256 || !f.belongs(p) {
			bad = true
			f.ChangedBefore = min(max(p.Bytes, p.at), f.File.Bytes)
			break
		}
		good = p
	}
	f.conclude(good, bad)
	return nil
}

// identify tells which file of which recording it is.
func (f *reading) identify() {
	first := f.points.Kept[0].Seal
	f.Number, f.Head = first.File, cmp.Or(first.Head, first.Value())
	for _, p := range f.points.Kept {
		f.Previous = cmp.Or(f.Previous, p.Previous)
	}
}

// belongs reports whether a seal is one of this file's.
func (f *reading) belongs(p *point) bool {
	return p.File == f.Number && cmp.Or(p.Head, f.Head) == f.Head && cmp.Or(p.Previous, f.Previous) == f.Previous
}

// conclude says what the last seal that holds, and the first that does not, come to.
func (f *reading) conclude(good *point, bad bool) {
	if good != nil {
		f.Holds, f.Value, f.Statement = good.Bytes, good.Value(), good.Statement()
	}
	whole := f.end != nil && f.end.Bytes == f.end.at && !f.broken
	switch {
	case bad:
		f.State = Changed
	case whole && f.endedAt == f.File.Bytes:
		f.State, f.Holds, f.Last = Intact, f.endedAt, f.end.Last
	case whole:
		f.State, f.Holds, f.Appended = Changed, f.endedAt, f.File.Bytes-f.endedAt
	case f.broken || f.end != nil:
		f.State, f.ChangedBefore = Changed, f.File.Bytes
	default:
		f.State = Open
	}
	if !whole || bad {
		f.Signature = ""
	}
}

// locate finds the last packet in what holds.
func (f *reading) locate(content io.Reader) error {
	b := blocks{in: newBuffer(content)}
	for n := 0; b.offset < f.Holds; n++ {
		if n%ctxEvery == 0 && f.ctx.Err() != nil {
			return f.ctx.Err()
		}
		block, err := b.next(blockPacket)
		if err != nil {
			return err
		}
		if block == nil || block.end() > f.Holds {
			return nil
		}
		if block.kind == blockPacket {
			f.Frames++
			f.Until = block.time()
		}
	}
	return nil
}

// Sizes of what is read at a time.
const (
	readBuffer = 1 << 20
	ctxEvery   = 1 << 12 // blocks after which ctx is asked
)

func newBuffer(content io.Reader) *bufio.Reader { return bufio.NewReaderSize(content, readBuffer) }

func copyUntil(ctx context.Context, to io.Writer, from io.Reader) error {
	buffer := make([]byte, readBuffer)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := from.Read(buffer)
		_, _ = to.Write(buffer[:n]) // a hash does not fail
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// isNote reports whether a block is the very one that the recorder wrote for a record.
func (b *block) isNote(r *testimony.Record) bool {
	return bytes.Equal(b.body, note(r))
}
