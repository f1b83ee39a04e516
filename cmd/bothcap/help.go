//go:build cgo || windows

package main

import "strings"

const usage = `bothcap records one session's TCP segments at one end, for bothends to compare
with a recording of the other.

Usage:
  bothcap [FLAGS] -w FILE                           until Ctrl-C or a limit
  bothcap [FLAGS] -w FILE -- COMMAND [ARGUMENT...]  while COMMAND runs
  bothcap --list-interfaces

It needs root (CAP_NET_RAW) to open its handle, and is nobody, or the user who
called sudo, from then on. COMMAND runs as that user, or as root if nobody
called sudo.

Flags:
`

const exitStatuses = `
Exit status:
  0    recorded
  1    recorded in part: the disk was full, an interface was lost
  2    could not start: usage, permission, no such interface
  130  stopped at once by a second signal

With a command, its own (128 and the signal's number if one ended it), but
  125  the recording failed
  126  the command could not be executed
  127  the command was not found
`

func help() string {
	var o options
	// Nobody types --force=true.
	flags := strings.ReplaceAll(newFlags(&o).FlagUsages(), "[=true|false]", "")
	return usage + flags + exitStatuses
}
