// Package kept reads what `bothcap watch` kept in a folder, and pairs what two
// recorders kept of one connection.
package kept

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// A Unit is one connection that ended badly, and what was kept around it.
type Unit struct {
	testimony.Kept
	Path    string // of its file
	Section int    // which of the file's, from 1; 0 if it is the only one
	End     string // as the recorder was told: "client" or "server", or empty

	from, until int64 // in the file
}

// ErrNone says that a folder holds nothing that `bothcap watch` kept.
var ErrNone = errors.New("nothing that bothcap watch kept is in it")

// List finds what was kept in a folder: a recorder's --dir, or its folder "kept". It
// returns the names of files that it cannot make anything of as well.
func List(ctx context.Context, dir string) (units []Unit, others []string, err error) {
	if about, err := os.Stat(filepath.Join(dir, "kept")); err == nil && about.IsDir() {
		dir = filepath.Join(dir, "kept")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) != ".pcapng" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		found, err := inFile(path)
		if err != nil {
			return nil, nil, err
		}
		if len(found) == 0 {
			others = append(others, path)
		}
		units = append(units, found...)
	}
	if len(units) == 0 {
		return nil, others, fmt.Errorf("%q: %w", dir, ErrNone)
	}
	return units, others, nil
}

// inFile finds the sections of a file that tell what they were kept for.
func inFile(path string) (units []Unit, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	starts, end, err := sections(f)
	if err != nil {
		return nil, err
	}
	for n, from := range starts {
		until := end
		if n+1 < len(starts) {
			until = starts[n+1]
		}
		if u := keptIn(io.NewSectionReader(f, from, until-from)); u != nil {
			u.Path, u.Section, u.from, u.until = path, n+1, from, until
			units = append(units, *u)
		}
	}
	if len(starts) == 1 && len(units) == 1 {
		units[0].Section = 0
	}
	return units, nil
}

// sections are where a file's sections begin, and where it ends.
func sections(f *os.File) (starts []int64, end int64, err error) {
	const sectionHeader = 0x0A0D0D0A
	in := bufio.NewReaderSize(f, 1<<20)
	about, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	for at := int64(0); ; {
		head, err := in.Peek(8)
		if len(head) < 8 {
			if err == io.EOF {
				err = nil
			}
			return starts, about.Size(), err
		}
		kind, length := binary.LittleEndian.Uint32(head), int64(binary.LittleEndian.Uint32(head[4:]))
		if at == 0 && kind != sectionHeader || length < 12 || length%4 != 0 {
			return starts, about.Size(), nil // what is behind is damaged, and belongs to the last
		}
		if kind == sectionHeader {
			starts = append(starts, at)
		}
		if _, err := in.Discard(int(length)); err != nil && err != io.EOF {
			return nil, 0, err
		}
		at += length
	}
}

// keptIn is what a section says that it was kept for, or nil.
func keptIn(section io.Reader) *Unit {
	r, err := pcapng.NewReader(section)
	if err != nil {
		return nil
	}
	var p capture.Packet
	_ = r.Next(&p) // whatever it is: the header was read
	var u Unit
	known := false
	for _, s := range r.Sections() {
		for _, record := range testimony.Parse(s.Comments) {
			if record.End != "" {
				u.End = record.End
			}
			if record.Kept != nil {
				u.Kept, known = *record.Kept, true
			}
		}
	}
	if !known {
		return nil
	}
	return &u
}

// Exchanged reports whether the recorders were told that the first folder is the
// server's or the second the client's, and not the opposite.
func Exchanged(first, second []Unit) bool {
	said := func(units []Unit, end string) bool {
		return slices.ContainsFunc(units, func(u Unit) bool { return u.End == end })
	}
	return (said(first, "server") || said(second, "client")) && !said(first, "client") && !said(second, "server")
}

// File is a path at which the unit stands alone, and what to call when it is done
// with. A section of several is copied to a temporary file.
func (u *Unit) File() (path string, done func(), err error) {
	if u.Section == 0 {
		return u.Path, func() {}, nil
	}
	f, err := os.Open(u.Path)
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	alone, err := os.CreateTemp("", "bothends-*.pcapng")
	if err != nil {
		return "", nil, err
	}
	_, err = io.Copy(alone, io.NewSectionReader(f, u.from, u.until-u.from))
	if err = errors.Join(err, alone.Close()); err != nil {
		return "", nil, errors.Join(err, os.Remove(alone.Name()))
	}
	return alone.Name(), func() { os.Remove(alone.Name()) }, nil
}

// Name says where the unit is.
func (u *Unit) Name() string {
	if u.Section == 0 {
		return u.Path
	}
	return fmt.Sprintf("%s, section %d", u.Path, u.Section)
}
