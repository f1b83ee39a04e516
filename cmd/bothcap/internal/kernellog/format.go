package kernellog

import (
	"bufio"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A format is what tracefs says of a tracepoint: its number and where its fields
// are. Both change from one kernel to the next, so that fields are found by name.
type format struct {
	id      uint64
	fields  map[string]field
	symbols map[string]map[int64]string // of enumerations, by the field's name
}

type field struct{ offset, size int }

var (
	fieldLine = regexp.MustCompile(`field:.*?(\w+)(?:\[\d+\])?;\s*offset:(\d+);\s*size:(\d+);`)
	// The print format spells enumerations out:
	// __print_symbolic(REC->reason, { 0, "NOT_SPECIFIED" }, ...).
	symbolic = regexp.MustCompile(`__print_symbolic\(REC->(\w+), ((?:\{[^}]*\}(?:, )?)*)\)`)
	symbol   = regexp.MustCompile(`\{ (\w+), "(\w+)" \}`)
)

// tcpStates are the numbers of the states in enumerations that name them by the
// kernel's constants (include/net/tcp_states.h).
var tcpStates = map[string]int64{
	"TCP_ESTABLISHED": 1, "TCP_SYN_SENT": 2, "TCP_SYN_RECV": 3, "TCP_FIN_WAIT1": 4, "TCP_FIN_WAIT2": 5, "TCP_TIME_WAIT": 6,
	"TCP_CLOSE": 7, "TCP_CLOSE_WAIT": 8, "TCP_LAST_ACK": 9, "TCP_LISTEN": 10, "TCP_CLOSING": 11, "TCP_NEW_SYN_RECV": 12,
}

func parseFormat(text string) (*format, error) {
	f := &format{fields: map[string]field{}, symbols: map[string]map[int64]string{}}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if id, ok := strings.CutPrefix(line, "ID: "); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(id), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("tracepoint number %q", id)
			}
			f.id = n
		}
		if m := fieldLine.FindStringSubmatch(line); m != nil {
			offset, _ := strconv.Atoi(m[2])
			size, _ := strconv.Atoi(m[3])
			f.fields[m[1]] = field{offset, size}
		}
	}
	if f.id == 0 {
		return nil, fmt.Errorf("a tracepoint's format without its number")
	}
	for _, m := range symbolic.FindAllStringSubmatch(text, -1) {
		names := map[int64]string{}
		for _, s := range symbol.FindAllStringSubmatch(m[2], -1) {
			n, err := strconv.ParseInt(s[1], 0, 64)
			if err != nil {
				n = tcpStates[s[1]]
			}
			names[n] = s[2]
		}
		f.symbols[m[1]] = names
	}
	return f, nil
}

// has reports whether all of some fields are there.
func (f *format) has(names ...string) bool {
	for _, name := range names {
		if _, ok := f.fields[name]; !ok {
			return false
		}
	}
	return true
}

// bytes are a field's in a record, or nil.
func (f *format) bytes(record []byte, name string) []byte {
	where, ok := f.fields[name]
	if !ok || where.offset+where.size > len(record) {
		return nil
	}
	return record[where.offset : where.offset+where.size]
}

// symbol is the kernel's word for a field's value, or empty if there is none.
func (f *format) symbol(name string, value int64) string { return f.symbols[name][value] }
