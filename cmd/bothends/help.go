package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

const exitStatuses = `Exit status:
  0    compared, no interference
  1    interference proved: something was injected or modified on the way
  2    could not compare: usage, unreadable input, no common connection
  3    compared, and something suspicious stays unproved
  130  interrupted
`

const usage = `bothends compares two captures of the same TCP connections, one made at each
end, and says which packets one end received that the other never sent.

Usage:
  bothends compare CLIENT SERVER    compare two captures and report
  bothends info FILE...             say what a capture is worth as a witness
  bothends help [COMMAND]           show this help, or a command's
  bothends --version                show the version

` + exitStatuses + `
info ends with 0 whenever it can read what it is given.
`

// compareHelp is the help of `bothends compare`, with its flags.
func compareHelp() string {
	var o compareOptions
	flags := newFlags("compare")
	o.addFlags(flags)
	return `Compare the captures of both ends and say which packets were made, changed or
lost between them.

Usage:
  bothends compare [FLAGS] CLIENT SERVER
  bothends compare [FLAGS] --client FILE [--client FILE...] --server FILE [--server FILE...]

CLIENT and SERVER are captures in pcap or pcapng format, also compressed with
gzip, zstd or lz4; "-" is standard input. If they are given in the wrong order,
bothends notices. With --client and --server the ends are taken as given, and
several files (a ring buffer's) make one capture.

Flags:
` + describe(flags) + `
` + exitStatuses
}

// describe lists flags as "-o, --output FILE" with what they are for.
func describe(flags *pflag.FlagSet) string {
	var names, uses []string
	widest := 0
	flags.VisitAll(func(f *pflag.Flag) {
		value, use := pflag.UnquoteUsage(f)
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		if f.Value.Type() != "bool" {
			name += " " + value
		}
		names, uses = append(names, name), append(uses, use)
		widest = max(widest, len(name))
	})
	var b strings.Builder
	for i := range names {
		use := strings.ReplaceAll(uses[i], "\n", "\n"+strings.Repeat(" ", widest+4))
		fmt.Fprintf(&b, "  %-*s  %s\n", widest, names[i], use)
	}
	return b.String()
}
