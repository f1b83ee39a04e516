package campaign

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// An Output is the file of a campaign's lines. It only ever grows, by whole lines:
// whatever is stopped is gone on with.
type Output struct {
	file *os.File
	done map[[sha256.Size]byte]bool // by the ID's digest
}

// Continue opens an output, or makes it. A last line that was written in part is
// dropped. With retry the lines of pairs that could not be compared are dropped,
// too, and the new ones come last.
func Continue(path string, retry bool) (*Output, error) {
	o, failed, err := open(path)
	if err != nil {
		return nil, err
	}
	if retry && failed > 0 {
		err := withoutFailed(path, o.file)
		if err = errors.Join(err, o.file.Close()); err != nil {
			return nil, err
		}
		o, _, err = open(path)
		return o, err
	}
	return o, nil
}

// open leaves the file at its end, behind its last whole line.
func open(path string) (o *Output, failed int, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, 0, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if err := lock(f); err != nil {
		return nil, 0, fmt.Errorf("%q is being written by another campaign: %w", path, err)
	}
	o = &Output{f, map[[sha256.Size]byte]bool{}}
	whole := int64(0)
	err = eachLine(f, path, func(line []byte, h *head) error {
		whole += int64(len(line))
		o.done[sha256.Sum256([]byte(h.ID))] = true
		if h.Error != "" {
			failed++
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if err := f.Truncate(whole); err != nil {
		return nil, 0, err
	}
	_, err = f.Seek(whole, io.SeekStart)
	return o, failed, err
}

// head is what is read of a line that is there already.
type head struct {
	Schema string `json:"schema"`
	ID     string `json:"id"`
	Error  string `json:"error"`
}

// eachLine reads the whole lines of a file from its start.
func eachLine(f *os.File, path string, do func(line []byte, h *head) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err == io.EOF {
			return nil // what has no line end was written in part
		}
		if err != nil {
			return err
		}
		var h head
		if json.Unmarshal(line, &h) != nil || h.Schema != Schema {
			return fmt.Errorf("%q: line %d is none of a campaign", path, n)
		}
		if err := do(line, &h); err != nil {
			return err
		}
	}
}

// withoutFailed puts a copy in the place of the file, which is whole or not there.
func withoutFailed(path string, from *os.File) error {
	copied, err := os.CreateTemp(filepath.Dir(path), ".bothends-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(copied.Name()) // unless it has taken the other's place
	err = eachLine(from, path, func(line []byte, h *head) error {
		if h.Error != "" {
			return nil
		}
		_, err := copied.Write(line)
		return err
	})
	if err = errors.Join(err, copied.Chmod(0o644), copied.Sync(), copied.Close()); err != nil {
		return err
	}
	return os.Rename(copied.Name(), path)
}

// Done is how many pairs have their line already.
func (o *Output) Done() int { return len(o.done) }

// Has reports whether a pair has its line already.
func (o *Output) Has(id string) bool { return o.done[sha256.Sum256([]byte(id))] }

// Write appends one line.
func (o *Output) Write(line []byte) (int, error) { return o.file.Write(line) }

// Close makes sure that the lines are on the disk.
func (o *Output) Close() error { return errors.Join(o.file.Sync(), o.file.Close()) }
