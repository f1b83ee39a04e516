package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"bothends/capture/file"
)

// captures returns the files of the two captures, and whether the user said
// which end is which.
func (o *compareOptions) captures() (first, second []string, fixed bool) {
	if n := len(o.positional); n >= 2 {
		return filesOf(o.positional[0]), filesOf(o.positional[n-1]), false
	}
	if n := len(o.taps); n > 0 && len(o.client)+len(o.server) == 0 {
		return o.taps[0].files, o.taps[n-1].files, true
	}
	return filesOfAll(o.client), filesOfAll(o.server), true
}

// checkCaptures refuses command lines that do not name two captures, and says
// what to type.
func (o *compareOptions) checkCaptures() error {
	switch n := len(o.positional); {
	case n > 0 && len(o.taps) > 0:
		return o.checkTaps()
	case n > 0 && len(o.client)+len(o.server) > 0:
		return &hinted{fmt.Errorf("%q is given without saying whose it is, beside --client or --server", o.positional[0]), o.byEnd()}
	case n == 2:
		return o.checkStdin()
	case n == 1:
		return &hinted{fmt.Errorf("only one capture is given: %q", o.positional[0]),
			"name the capture of each end: bothends compare CLIENT SERVER"}
	case n > 2 && (!o.takesTaps || rotated(o.positional)):
		return &hinted{fmt.Errorf("%d files are given, and it is not clear whose each one is", n), o.byEnd()}
	case n > 2, len(o.taps) > 0 && len(o.client)+len(o.server) == 0:
		return o.checkTaps()
	case len(o.client)+len(o.server) == 0:
		return &hinted{errors.New("no captures are given"), "name the capture of each end: bothends compare CLIENT SERVER"}
	case len(o.server) == 0:
		return &hinted{errors.New("--server is missing"), "bothends compare --client " + shellWord(o.client[0]) + " --server FILE"}
	case len(o.client) == 0:
		return &hinted{errors.New("--client is missing"), "bothends compare --client FILE --server " + shellWord(o.server[0])}
	}
	if len(o.taps) > 0 {
		return o.checkTaps()
	}
	return o.checkStdin()
}

func (o *compareOptions) checkStdin() error {
	first, second, _ := o.captures()
	if slices.Contains(first, file.Stdin) && slices.Contains(second, file.Stdin) {
		return &hinted{errors.New("standard input cannot be both captures"), "give at least one of them as a file"}
	}
	return nil
}

// byEnd is a command line that names an end for each file.
func (o *compareOptions) byEnd() string {
	words := []string{"give every file with its end: bothends compare"}
	for _, path := range o.client {
		words = append(words, "--client", shellWord(path))
	}
	for _, path := range o.server {
		words = append(words, "--server", shellWord(path))
	}
	switch {
	case len(o.client)+len(o.server) == 0 || len(o.client) > 0 && len(o.server) > 0:
		return "give each rotated set as one pattern: bothends compare 'client_*.pcapng' 'server_*.pcapng'; or every file with its end: --client A1 --client A2 --server B1"
	case len(o.server) == 0:
		words = append(words, "--server", shellWord(o.positional[0]))
	default:
		words = append(words, "--client", shellWord(o.positional[0]))
	}
	return strings.Join(words, " ")
}

// plainWord has what no shell gives a meaning.
const plainWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,+@%="

// shellWord quotes a word for a POSIX shell, if it needs it.
func shellWord(word string) string {
	if word != "" && strings.Trim(word, plainWord) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
