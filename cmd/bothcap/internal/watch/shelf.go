package watch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/store"
)

// A Shelf takes connections that ended badly out of a ring of files, and keeps them
// within its room. It is for one goroutine.
type Shelf struct {
	Ring string // the folder of the ring's files, which sort by time
	Kept string // the folder of what is kept
	Room int64  // bytes that may lie in Kept, while something is being added too
	Most int64  // bytes of packets in what is kept of one connection
	// Before is how much is kept from before the connection, or from before it ended
	// badly if it is too long to be kept whole.
	Before time.Duration
	PerDay bool // one file a day, of one section for each connection
	// Names are those of the interfaces by the numbers in Ending.First.
	Names []string
	Say   func(format string, arguments ...any)
}

// An Item is what was kept.
type Item struct {
	Path    string
	Packets int64 // of all connections
	Seal    string
	Again   bool // it was kept before
}

// ErrNoRoom says that something is larger than all the room there is.
var ErrNoRoom = errors.New("there is no room for it within --disk")

const (
	extension = ".pcapng"
	partial   = ".partial"
	// headRoom is what a file has beside packets, notes and their overhead.
	headRoom = 64 << 10
	// packetOverhead is what a packet block has beside the packet (32 bytes, 12 of
	// options, 3 of padding).
	packetOverhead = 47
)

// Tidy removes what an earlier run left half done.
func (s *Shelf) Tidy() error {
	left, err := filepath.Glob(filepath.Join(s.Kept, "*"+partial))
	if err != nil {
		return err
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// Keep writes what surrounds an ending, up to the recorder's first note of its state
// behind a time.
func (s *Shelf) Keep(e Ending, until time.Time) (Item, error) {
	name := s.name(e)
	if s.has(name, e) {
		return Item{Path: name, Again: true}, nil
	}
	c, err := s.measure(e, until)
	if err != nil {
		return Item{}, err
	}
	if err := s.makeRoom(c.size, name); err != nil {
		return Item{}, err
	}
	temporary := filepath.Join(s.Kept, filepath.Base(fileName(e))+partial)
	item, err := s.write(c, temporary)
	if err == nil && s.PerDay {
		err = appendFile(name, temporary)
	} else if err == nil {
		err = os.Rename(temporary, name)
	}
	if err != nil || s.PerDay {
		if removed := os.Remove(temporary); removed != nil && !errors.Is(removed, fs.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	item.Path = name
	return item, err
}

// name is the path at which an ending is kept. A day has another file once one takes a
// quarter of the room.
func (s *Shelf) name(e Ending) string {
	if !s.PerDay {
		return filepath.Join(s.Kept, fileName(e))
	}
	day := e.At.UTC().Format(dayLayout)
	there, _ := filepath.Glob(filepath.Join(s.Kept, day+"_*"+extension)) // sorted
	number := 1
	if len(there) > 0 {
		last := there[len(there)-1]
		if about, err := os.Stat(last); err == nil && about.Size() < s.Room/4 {
			return last
		}
		_, _ = fmt.Sscanf(strings.TrimPrefix(filepath.Base(last), day), "_%d", &number)
		number++ // never one that was removed: names sort by age
	}
	return filepath.Join(s.Kept, fmt.Sprintf("%s_%04d%s", day, number, extension))
}

const dayLayout = "2006-01-02"

// fileName sorts by time, and is a name on every file system.
func fileName(e Ending) string {
	end := func(a netip.AddrPort) string {
		return strings.ReplaceAll(a.Addr().String(), ":", ".") + "-" + fmt.Sprint(a.Port())
	}
	return fmt.Sprintf("%s_%s_%s_%s%s", e.At.UTC().Format("20060102T150405.000000Z"), e.Why, end(e.Client.AddrPort()), end(e.Server.AddrPort()), extension)
}

// has reports whether an ending is kept already: the recorder was killed after it.
func (s *Shelf) has(name string, e Ending) bool {
	if !s.PerDay {
		_, err := os.Stat(name)
		return err == nil
	}
	days, _ := filepath.Glob(filepath.Join(s.Kept, e.At.UTC().Format(dayLayout)+"_*"+extension))
	for _, path := range days {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		found := false
		if r, err := pcapng.NewReader(f); err == nil {
			var p capture.Packet
			for r.Next(&p) == nil {
			}
			for _, section := range r.Sections() {
				for _, record := range testimony.Parse(section.Comments) {
					k := record.Kept
					found = found || k != nil && k.Why == e.Why && k.At.Equal(e.At) && k.Client == e.Client.AddrPort() && k.Server == e.Server.AddrPort()
				}
			}
		}
		f.Close()
		if found {
			return true
		}
	}
	return false
}

// makeRoom removes the oldest until there is room for size bytes more.
func (s *Shelf) makeRoom(size int64, but string) error {
	if s.PerDay {
		size *= 2 // while it is copied
	}
	if size > s.Room {
		return ErrNoRoom
	}
	paths, used, err := folder(s.Kept)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if used+size <= s.Room {
			return nil
		}
		if path == but {
			continue
		}
		about, err := os.Stat(path)
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			return err
		}
		used -= about.Size()
		s.Say("removed %s, the oldest, to stay within --disk", path)
	}
	if used+size > s.Room {
		return ErrNoRoom
	}
	return nil
}

// folder lists a folder's recordings, the oldest first, and what all files in it take.
func folder(path string) (recordings []string, used int64, err error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		about, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if about.Mode().IsRegular() {
			used += about.Size()
		}
		if strings.HasSuffix(e.Name(), extension) {
			recordings = append(recordings, filepath.Join(path, e.Name()))
		}
	}
	slices.Sort(recordings)
	return recordings, used, nil
}

// appendFile adds one file to another, or leaves it as it was.
func appendFile(to, from string) error {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	size, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	if err != nil {
		return errors.Join(err, out.Truncate(size))
	}
	return nil
}

// create makes a file that is sealed, unless it becomes a part of another.
func (s *Shelf) create(path string) (*store.Files, error) {
	return store.Create(path, store.Options{Force: true, Now: time.Now, Seal: !s.PerDay})
}
