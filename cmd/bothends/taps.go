package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bothends/capture/file"
)

// A tapFiles is one tap on the path and what was recorded there.
type tapFiles struct {
	name  string
	files []string
}

// Names of the ends, where the command line gives them no other.
const (
	clientTap = "client"
	serverTap = "server"
)

// readTaps reads what --tap says: taps in the order of the path, each with one file or,
// if its name comes again, several.
func (o *compareOptions) readTaps() error {
	for _, text := range o.tap {
		name, path, found := strings.Cut(text, "=")
		if !found || name == "" || path == "" {
			return &hinted{fmt.Errorf("--tap %q names no tap and its file", text), "--tap router=FILE"}
		}
		at := slices.IndexFunc(o.taps, func(t tapFiles) bool { return t.name == name })
		if at < 0 {
			o.taps = append(o.taps, tapFiles{name: name})
			at = len(o.taps) - 1
		}
		o.taps[at].files = append(o.taps[at].files, filesOf(path)...)
	}
	return nil
}

// path is all taps, from the client's to the server's as they are given.
func (o *compareOptions) path() []tapFiles {
	first, second, _ := o.captures()
	ends := [2]tapFiles{{clientTap, first}, {serverTap, second}}
	switch n := len(o.positional); {
	case n > 2:
		path := []tapFiles{ends[0]}
		for _, word := range o.positional[1 : n-1] {
			path = append(path, tapFiles{nameOfTap(word, o.positional[1:n-1]), filesOf(word)})
		}
		return append(path, ends[1])
	case len(o.client) > 0:
		return slices.Concat(ends[:1], o.taps, ends[1:])
	case len(o.taps) > 0:
		return o.taps
	}
	return ends[:]
}

// nameOfTap is the file's name without what follows its first dot, or the whole word if
// that would name another tap, too.
func nameOfTap(word string, all []string) string {
	short := func(word string) string {
		name, _, _ := strings.Cut(filepath.Base(word), ".")
		return name
	}
	name := short(word)
	same := 0
	for _, other := range all {
		if short(other) == name {
			same++
		}
	}
	if same > 1 || name == "" || name == clientTap || name == serverTap || word == file.Stdin {
		return word
	}
	return name
}

// checkTaps refuses what names no path.
func (o *compareOptions) checkTaps() error {
	const order = "give each tap in the order of the path: --tap client=A --tap router=B --tap server=C"
	switch {
	case len(o.taps) > 0 && len(o.positional) > 0:
		return &hinted{fmt.Errorf("%q is given without saying which tap it is, beside --tap", o.positional[0]), order}
	case len(o.taps) == 1 && len(o.client)+len(o.server) == 0:
		return &hinted{fmt.Errorf("only the tap %q is given", o.taps[0].name), order}
	}
	var stdin string
	names := map[string]bool{}
	for _, t := range o.path() {
		if names[t.name] {
			return &hinted{fmt.Errorf("two taps are called %q", t.name), order}
		}
		names[t.name] = true
		if slices.Contains(t.files, file.Stdin) {
			if stdin != "" {
				return &hinted{fmt.Errorf("standard input cannot be both %q and %q", stdin, t.name), "give at least one of them as a file"}
			}
			stdin = t.name
		}
	}
	return nil
}

// rotated reports whether words look like the files of rotated sets, which a shell made
// of a pattern without quotes: neighbours that differ in digits only.
func rotated(words []string) bool {
	withoutDigits := func(word string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return -1
			}
			return r
		}, word)
	}
	for i := range words[1:] {
		if withoutDigits(words[i]) == withoutDigits(words[i+1]) {
			return true
		}
	}
	return false
}
