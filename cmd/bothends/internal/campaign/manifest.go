// Package campaign compares pair after pair of a list and writes a line for each.
package campaign

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
)

// A Pair is two captures to be compared.
type Pair struct {
	ID             string
	Client, Server []string          // files
	Factors        map[string]string // what whoever made them knows of the session
}

// A Manifest is a file that lists pairs: CSV with a header line, or JSON lines.
type Manifest struct {
	Path  string
	Pairs int // how many it lists
}

// Columns of CSV that are no factor. A capture of several files has several
// columns of the same name.
const (
	columnID     = "id"
	columnClient = "client"
	columnServer = "server"
)

// Open reads the manifest through once: every pair has an ID of its own and both
// captures, or an error says in which line not.
func Open(path string) (*Manifest, error) {
	m := &Manifest{Path: path}
	seen := map[[sha256.Size]byte]bool{} // of the ID, as a million of them may be long
	for p, err := range m.All() {
		if err != nil {
			return nil, err
		}
		key := sha256.Sum256([]byte(p.ID))
		if seen[key] {
			return nil, fmt.Errorf("%q: the id %q is given twice", path, p.ID)
		}
		seen[key] = true
		m.Pairs++
	}
	if m.Pairs == 0 {
		return nil, fmt.Errorf("%q lists no pair", path)
	}
	return m, nil
}

// All are the pairs in their order. An error ends them.
func (m *Manifest) All() iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		f, err := os.Open(m.Path)
		if err != nil {
			yield(Pair{}, err)
			return
		}
		defer f.Close()
		read := m.csv
		input := bufio.NewReaderSize(f, 1<<16)
		if skipMark(input); startsJSON(input) {
			read = m.lines
		}
		if err := read(input, func(p Pair) bool { return yield(p, nil) }); err != nil {
			yield(Pair{}, err)
		}
	}
}

// skipMark skips the byte order mark that spreadsheets write.
func skipMark(r *bufio.Reader) {
	if mark := []byte("\ufeff"); bytes.HasPrefix(peek(r, len(mark)), mark) {
		r.Discard(len(mark))
	}
}

func startsJSON(r *bufio.Reader) bool {
	return bytes.HasPrefix(bytes.TrimLeft(peek(r, 64), " \t\r\n"), []byte("{"))
}

func peek(r *bufio.Reader, n int) []byte {
	head, _ := r.Peek(n) // of an unreadable file the next read tells
	return head
}

// check refuses a pair that cannot be compared as it is listed.
func (p *Pair) check() error {
	switch {
	case p.ID == "":
		return errors.New("it has no id")
	case len(p.Client) == 0:
		return errors.New("it has no client's capture")
	case len(p.Server) == 0:
		return errors.New("it has no server's capture")
	case slices.Contains(slices.Concat(p.Client, p.Server), "-"):
		return errors.New("standard input cannot be one of many captures")
	}
	return nil
}

func (m *Manifest) csv(input io.Reader, yield func(Pair) bool) error {
	r := csv.NewReader(input)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return m.csvError(err)
	}
	header = slices.Clone(header)
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	if err := checkHeader(header); err != nil {
		return fmt.Errorf("%q: line 1: %w", m.Path, err)
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return m.csvError(err)
		}
		p := Pair{Factors: map[string]string{}}
		for i, value := range record {
			switch {
			case value == "": // one file less, or not known
			case header[i] == columnID:
				p.ID = value
			case header[i] == columnClient:
				p.Client = append(p.Client, value)
			case header[i] == columnServer:
				p.Server = append(p.Server, value)
			default:
				p.Factors[header[i]] = value
			}
		}
		if err := p.check(); err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("%q: line %d: %w", m.Path, line, err)
		}
		if !yield(p) {
			return nil
		}
	}
}

func checkHeader(header []string) error {
	for _, name := range []string{columnID, columnClient, columnServer} {
		if !slices.Contains(header, name) {
			return fmt.Errorf("the header has no column %q", name)
		}
	}
	for i, name := range header {
		switch {
		case name == "":
			return fmt.Errorf("column %d has no name", i+1)
		case name != columnClient && name != columnServer && slices.Contains(header[:i], name):
			return fmt.Errorf("column %q is there twice", name)
		}
	}
	return nil
}

// csvError has the line already.
func (m *Manifest) csvError(err error) error {
	if err == io.EOF {
		err = errors.New("is empty")
	}
	return fmt.Errorf("%q: %w", m.Path, err)
}

// entry is a line of JSON.
type entry struct {
	ID      any            `json:"id"`
	Client  any            `json:"client"`
	Server  any            `json:"server"`
	Factors map[string]any `json:"factors"`
}

func (m *Manifest) lines(input io.Reader, yield func(Pair) bool) error {
	r := bufio.NewReader(input)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return fmt.Errorf("%q: line %d: %w", m.Path, n, err)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			p, problem := parse(line)
			if problem != nil {
				return fmt.Errorf("%q: line %d: %w", m.Path, n, problem)
			}
			if !yield(p) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func parse(line []byte) (p Pair, err error) {
	var e entry
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields() // a misspelt one would be a pair without its factors
	decoder.UseNumber()             // 1e3 stays as it was written
	if err := decoder.Decode(&e); err != nil {
		return p, err
	}
	if decoder.More() {
		return p, errors.New("more than one JSON object")
	}
	p.Factors = map[string]string{}
	for name, value := range e.Factors {
		if p.Factors[name], err = scalar(value); err != nil {
			return p, fmt.Errorf("factor %q: %w", name, err)
		}
	}
	if p.ID, err = scalar(e.ID); err != nil {
		return p, fmt.Errorf("id: %w", err)
	}
	if p.Client, err = paths(e.Client); err != nil {
		return p, fmt.Errorf("client: %w", err)
	}
	if p.Server, err = paths(e.Server); err != nil {
		return p, fmt.Errorf("server: %w", err)
	}
	return p, p.check()
}

// scalar is a string, a number or true or false as text; null is nothing.
func scalar(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case json.Number, bool:
		return fmt.Sprint(v), nil
	}
	return "", errors.New("is neither text nor a number")
}

// paths are one file or a list.
func paths(value any) (list []string, err error) {
	many, isList := value.([]any)
	if !isList {
		many = []any{value}
	}
	for _, one := range many {
		switch path, isText := one.(string); {
		case one == nil:
		case !isText:
			return nil, errors.New("is neither a file nor a list of files")
		case path != "":
			list = append(list, path)
		}
	}
	return list, nil
}
