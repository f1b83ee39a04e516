//go:build cgo || windows

package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/store"
)

// The rules of what bothcap prints: what endangers the recording comes first;
// then what it holds; then what to type next.

// statusLine is the recording in one line.
func statusLine(s agent.Status) string {
	var b strings.Builder
	if s.Drops != (agent.Drops{}) {
		fmt.Fprintf(&b, "DROPPED %d by the kernel, %d by the interface | ", s.Drops.Kernel, s.Drops.Interface)
	}
	if len(s.Down) > 0 {
		fmt.Fprintf(&b, "DOWN %s | ", strings.Join(s.Down, " "))
	}
	fmt.Fprintf(&b, "%s, %s | resets: %s", count(s.Packets, "packet"), bytesText(s.Bytes), resetsText(s))
	if s.Drops == (agent.Drops{}) {
		b.WriteString(" | no drops")
	}
	return b.String()
}

func resetsText(s agent.Status) string {
	text := fmt.Sprintf("%d received, %d sent", s.Inbound, s.Outbound)
	if s.Unknown > 0 {
		text += fmt.Sprintf(", %d of unknown direction", s.Unknown)
	}
	return text
}

// bytesText is a size as people say it.
func bytesText(n int64) string {
	const step = 1024
	if n < step {
		return count(n, "byte")
	}
	value, unit := float64(n), 0
	for value >= step && unit < 4 {
		value /= step
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, " KMGT"[unit])
}

// summary is what is known when all is done.
type summary struct {
	status     agent.Status
	sums       []store.Sum
	interfaces []string
	lasted     time.Duration
	end        string
	write      string // the name that the user gave
	head, seal string // the values of the first seal and of the last; empty if there is none
	signed     bool
	partial    bool // there is more to come, so that nothing is to be typed yet
}

func (s summary) print(w io.Writer) {
	if d := s.status.Drops; d != (agent.Drops{}) {
		fmt.Fprintf(w, "WARNING: %s dropped by the kernel, %d by the interface. A recording that missed packets proves\n"+
			"         little: record again with a larger --buffer, or with --headers-only.\n", count(d.Kernel, "packet"), d.Interface)
	}
	if len(s.status.Down) > 0 {
		fmt.Fprintf(w, "WARNING: %s was down at the end.\n", strings.Join(s.status.Down, ", "))
	}
	if s.status.Packets == 0 {
		fmt.Fprintf(w, "WARNING: nothing was recorded. Did the session take place meanwhile, on %s, and\n"+
			"         does the filter fit it (--peer, --port)?\n", strings.Join(s.interfaces, ", "))
	}
	for _, f := range s.sums {
		fmt.Fprintf(w, "file     %s (%s)\n", f.Path, bytesText(f.Size))
		if f.SHA256 != "" {
			fmt.Fprintf(w, "sha256   %s\n", f.SHA256)
		}
	}
	switch {
	case s.seal != "" && s.signed:
		fmt.Fprintf(w, "seal     %s, signed\n", s.seal)
	case s.seal != "":
		fmt.Fprintf(w, "seal     %s\n", s.seal)
	case s.head != "":
		fmt.Fprintf(w, "WARNING: the last file is without its last seal.\n")
	}
	fmt.Fprintf(w, "packets  %d in %s on %s\n", s.status.Packets, s.lasted.Round(100*time.Millisecond), strings.Join(s.interfaces, ", "))
	if s.status.Drops == (agent.Drops{}) {
		fmt.Fprintln(w, "drops    none")
	} else {
		fmt.Fprintf(w, "drops    %d by the kernel, %d by the interface\n", s.status.Drops.Kernel, s.status.Drops.Interface)
	}
	fmt.Fprintf(w, "resets   %s\n", resetsText(s.status))
	if k := s.status.Kernel; k != nil && k.Sent == 0 {
		fmt.Fprintln(w, "         this host's TCP sent no reset in this time, says its kernel")
	} else if k != nil {
		fmt.Fprintf(w, "         this host's TCP sent %s in this time, to anybody, says its kernel\n", count(k.Sent, "reset"))
	}
	if l := s.status.Log; l != nil && l.Missing == "" && l.Lost == 0 {
		fmt.Fprintln(w, "         the kernel's own log of resets is in the file")
	} else if l != nil && l.Missing == "" {
		fmt.Fprintf(w, "         the kernel's own log of resets is in the file, but for %s that got lost\n", count(l.Lost, "event"))
	}
	if next := s.next(); next != "" {
		fmt.Fprintf(w, "next     %s\n", next)
	}
}

// next is what to type when the other end's recording is here.
func (s summary) next() string {
	if s.partial || len(s.sums) == 0 || s.sums[0].Path == "-" || s.status.Packets == 0 {
		return ""
	}
	mine := s.set()
	if len(mine) == 1 {
		if s.end == "server" {
			return "bothends compare CLIENT.pcapng " + mine[0]
		}
		return "bothends compare " + mine[0] + " SERVER.pcapng"
	}
	if s.end == "server" {
		return "bothends compare --client CLIENT.pcapng --server " + strings.Join(mine, " --server ")
	}
	return "bothends compare --client " + strings.Join(mine, " --client ") + " --server SERVER.pcapng"
}

// set are the files as words for a shell: one pattern, if it stands for them and
// for nothing else.
func (s summary) set() []string {
	var paths, words []string
	for _, f := range s.sums {
		paths = append(paths, f.Path)
		words = append(words, shellWord(f.Path))
	}
	if len(paths) == 1 {
		return words
	}
	pattern := store.Pattern(s.write)
	if matches, err := filepath.Glob(pattern); err == nil && slices.Equal(matches, paths) {
		return []string{shellWord(pattern)}
	}
	return words
}

// count is a number with its noun in the right form.
func count[N ~int | ~int64 | ~uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
