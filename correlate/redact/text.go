package redact

import (
	"fmt"
	"strings"
)

// columns is the width of the text.
const columns = 80

// Text says of a redacted capture what it holds, what can be read in it, and what
// it is worth less as evidence than the original.
func (s *Summary) Text(name string, o *Options) string {
	var b strings.Builder
	para := func(marker, format string, args ...any) {
		line := marker
		for _, word := range strings.Fields(fmt.Sprintf(format, args...)) {
			if len(line)+1+len(word) > columns {
				b.WriteString(line + "\n")
				line = strings.Repeat(" ", len(marker))
			}
			if line != "" && !strings.HasSuffix(line, " ") {
				line += " "
			}
			line += word
		}
		b.WriteString(line + "\n")
	}
	para("", "%s holds %s of %s; the payload of %d was removed (%s).", name, count(s.Kept, "segment"), count(int64(s.Connections), "connection"), s.Cut, count(s.Bytes, "byte"))
	para("", "Left out: %s of other connections, %s that are no TCP, %s.", count(s.Others, "segment"), count(s.NotTCP, "packet"), count(int64(s.Comments), "line")+" of comments")
	b.WriteString("\nWHAT THE OTHER SIDE CAN READ\n\n")
	for _, text := range s.readable(o) {
		para("  - ", "%s", text)
	}
	b.WriteString("\nWHAT IT COSTS AS EVIDENCE\n\n")
	for _, text := range s.costs(o) {
		para("  - ", "%s", text)
	}
	b.WriteString("\n")
	para("", "Keep the original: if the other side doubts this one, both can be opened before somebody whom both trust.")
	return b.String()
}

func (s *Summary) readable(o *Options) []string {
	list := []string{"When each segment passed, how long it was, and its headers: ports, numbers, flags, windows, options, TTL. From lengths and times it can be guessed what kind of session it was."}
	if !o.MapAddresses {
		list = append(list, "The addresses, of the link layer, too, and those of the interfaces.")
	} else {
		list = append(list, "Which segments have the same addresses, and how many first bits two of them share. Whoever knows the pass phrase can tell the addresses.")
	}
	list = append(list, "The names of the interfaces, the filter, the system and the program that recorded.")
	if o.Keys != nil && s.Cut > 0 {
		list = append(list, "Which stretches of 64 bytes that were said are equal. Whoever knows the pass phrase can try out what may have been said, and learns at most one bit for each byte, and 16 for 64 bytes, of whether it was.")
	}
	if s.Testimony > 0 {
		list = append(list, fmt.Sprintf("What bothcap noted (%d lines): counters, the clock, gaps, the other interfaces' names.", s.Testimony))
	}
	if len(o.KeepPorts) > 0 {
		list = append(list, fmt.Sprintf("All that was said on port %s.", strings.Trim(strings.ReplaceAll(fmt.Sprint(o.KeepPorts), " ", ", "), "[]")))
	}
	return list
}

func (s *Summary) costs(o *Options) []string {
	var list []string
	if s.Cut > 0 && o.Keys == nil {
		list = append(list, "Payload that was changed on the way, or put in the place of other, cannot be seen: a pass phrase that both ends use would show it.")
	}
	if s.Cut > 0 {
		list = append(list,
			"What a reset answers is found, and not named: no STARTTLS, no server's name.")
	}
	if s.Cut > 0 && o.Keys != nil {
		list = append(list, "That payload was changed shows only if the other end is redacted with the same pass phrase, and not what was changed; where segments were cut differently on the way, to 64 bytes.")
	}
	if s.Others > 0 {
		list = append(list, "Other connections no longer show how complete the capture is; the bounds on what it may have missed are wider.")
	}
	if s.NotTCP > 0 {
		list = append(list, "ICMP that may say why a connection broke is left out.")
	}
	if s.Joined > 0 {
		list = append(list, fmt.Sprintf("%s came in fragments and %s put together: how they were cut no longer shows.", count(s.Joined, "segment"), wasOrWere(s.Joined)))
	}
	if s.Unjoined > 0 {
		list = append(list, fmt.Sprintf("%s in fragments of which one is missing, or overlaps another, %s left out, as a comparison leaves them out.", count(s.Unjoined, "packet"), wasOrWere(s.Unjoined)))
	}
	if s.Untimed > 0 {
		list = append(list, fmt.Sprintf("%d packets without a time are left out.", s.Untimed))
	}
	if s.Filters > 0 {
		list = append(list, "A filter is left out that may hold names or addresses: whether it admits all that counts is not known.")
	}
	return append(list, "Frames are numbered anew, and the checksum of the file is another one: a report on this file names its own.")
}

func wasOrWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
