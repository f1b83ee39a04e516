package report

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// WriteText writes the inspections for people, under the rules of the report's
// text: for each capture the verdict first, then why and what to do, then what it
// holds.
func (i *Info) WriteText(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = standardWidth
	}
	t := &infoText{all: o.All, page: page{width: min(max(o.Width, narrowest), widest), color: o.Color, zone: o.zone()}}
	for n := range i.Captures {
		t.Inspection = &i.Captures[n]
		if len(i.Captures) > 1 {
			t.line(bold, "", strings.ToUpper(fmt.Sprintf("capture %d of %d: ", n+1, len(i.Captures)))+t.title())
			t.blank()
		}
		t.verdict()
		t.reasons()
		t.heading("WHAT IT HOLDS")
		t.files()
		t.seal()
		t.coverage()
		t.place()
		t.kernelLog()
		t.losses()
		t.contents()
		if n < len(i.Captures)-1 {
			t.WriteString("\n\n")
		}
	}
	_, err := io.WriteString(w, t.page.String())
	return err
}

// infoText is one capture at a time being written.
type infoText struct {
	*Inspection
	page
	all bool
}

// infoLabel is the width of the column of labels.
const infoLabel = 13

// row writes a labelled line; without a label it belongs to the one before.
func (t *infoText) row(name, format string, args ...any) {
	t.item("  ", fmt.Sprintf("%-*s", infoLabel, name), format, args...)
}

func (t *infoText) title() string {
	var names []string
	for _, f := range t.Files {
		names = append(names, given(f.Path))
	}
	return list(names, 3)
}

// given is a path as it is shown.
func given(path string) string {
	if path == "-" {
		return "standard input"
	}
	return path
}

func (t *infoText) verdict() {
	switch t.Fitness {
	case FitnessUnfit:
		t.para(alarm, "", "Cannot serve as proof that a packet was never sent, because %s%s.", t.Reasons[0].Text, t.andMore(Disqualifies))
		if t.Segments > 0 {
			t.blank()
			t.para(plain, "", "What it does show happened all the same: it can still testify to what arrived.")
		}
	case FitnessLimited:
		t.para(doubt, "", "A good witness, but %s%s.", t.Reasons[0].Text, t.andMore(Limits))
	default:
		t.para(success, "", "A good witness: %s, both directions, whole packets, and nothing known to be missing.", count(t.Connections.Total, "connection"))
	}
}

// andMore counts the further reasons of the same weight.
func (t *infoText) andMore(weight string) string {
	n := 0
	for _, r := range t.Reasons[1:] {
		if r.Weight == weight {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", and for %s given below", count(n, "more reason"))
}

// titles of the reasons by weight.
var titles = []struct{ weight, title string }{
	{Disqualifies, "What disqualifies it:"},
	{Limits, "What limits it:"},
	{Remark, "Worth knowing:"},
}

func (t *infoText) reasons() {
	for _, of := range titles {
		first := true
		for _, r := range t.Reasons {
			if r.Weight != of.weight {
				continue
			}
			if first {
				t.blank()
				t.para(plain, "", "%s", of.title)
				first = false
			}
			t.item("  ", "- ", "%s.", upper(r.Text))
			t.item("    ", "To do: ", "%s.", r.Advice)
		}
	}
}

func (t *infoText) files() {
	for n, f := range t.Files {
		name := "file"
		if len(t.Files) > 1 {
			name = fmt.Sprintf("file %d", n+1)
		}
		kind := f.Format
		if f.Compression != "" {
			kind += ", " + f.Compression
		}
		state := f.EndState
		if f.EndReason != "" {
			state += ": " + f.EndReason
		}
		t.row(name, "%s (%s), %s, %s, %s", given(f.Path), kind, count(f.Bytes, "byte"), count(f.Packets, "packet"), state)
		if f.SHA256 != "" {
			t.row("SHA-256", "%s", f.SHA256)
		} else {
			t.row("SHA-256", "not known: its bytes could not be read a second time")
		}
	}
	for _, r := range t.Recorders {
		var words []string
		for _, word := range []string{r.Application, r.OS, r.Hardware} {
			if word != "" {
				words = append(words, word)
			}
		}
		t.row("recorder", "%s", strings.Join(words, "; "))
	}
}

// coverage says when it was recorded, and where one file goes over into the next.
func (t *infoText) coverage() {
	switch r := t.Recording; {
	case r != nil && r.beyond(t.First, t.Last):
		t.row("covers", "%s of recording, from %s by its own clock", between(r.From, r.Until), t.span(r.From, r.Until))
		if t.First != "" {
			t.row("", "its packets span %s, from %s", readable(time.Duration(t.DurationNS)), t.span(t.First, t.Last))
		}
	case t.First == "":
		t.row("covers", "unknown times")
		return
	default:
		t.row("covers", "%s, from %s by its own clock", readable(time.Duration(t.DurationNS)), t.span(t.First, t.Last))
	}
	if t.Recording != nil {
		if notes := t.Recording.notes(); len(notes) > 0 {
			t.row("noted", "%s", strings.Join(notes, "; "))
		}
	}
	number := map[string]int{}
	for n, f := range t.Files {
		number[f.Path] = n + 1
	}
	for n, s := range t.Seams {
		if n == mostFiles && !t.all {
			t.row("", "and %s between files (--all lists them)", count(len(t.Seams)-n, "more seam"))
			break
		}
		if gap := time.Duration(s.GapNS); gap < 0 {
			t.row("", "file %d and file %d overlap by %s", number[s.After], number[s.Before], readable(-gap))
		} else {
			t.row("", "nothing for %s between file %d and file %d", readable(gap), number[s.After], number[s.Before])
		}
	}
}

// place says where it was recorded.
func (t *infoText) place() {
	hosts := ""
	if len(t.Tap.Hosts) > 0 {
		hosts = " (" + list(t.Tap.Hosts, mostPorts) + ")"
	}
	switch tap := &t.Tap; {
	case tap.End != "unknown":
		against := ""
		if tap.Against > 0 {
			against = fmt.Sprintf(", %d the opposite", tap.Against)
		}
		t.row("recorded at", "the %s's end%s, by %s; %s %s%s", tap.End, hosts, tap.DecidedBy,
			count(tap.For, "connection"), pick(tap.For, "says so", "say so"), against)
	case tap.For > 0:
		t.row("recorded at", "an unknown end%s: %s %s that it was the client's, and as many that it was the server's", hosts,
			count(tap.For, "connection"), pick(tap.For, "says", "say"))
	default:
		t.row("recorded at", "an unknown end: nothing in it tells")
	}
	t.interfaces()
}

// interfaces shows those once that look the same, as they do in every file of a
// ring buffer.
func (t *infoText) interfaces() {
	var kinds []string
	packets, times := map[string]int64{}, map[string]int{}
	for n := range t.Interfaces {
		words := t.Interfaces[n].words()
		if times[words]++; times[words] == 1 {
			kinds = append(kinds, words)
		}
		packets[words] += t.Interfaces[n].Packets
	}
	name := "interface"
	for n, words := range kinds {
		if n == mostFiles && !t.all {
			t.row("", "and %s (--all lists them)", count(len(kinds)-n, "more interface"))
			break
		}
		if times[words] > 1 {
			words += fmt.Sprintf(" (%d times)", times[words])
		}
		if len(kinds) > 1 {
			words += ", " + count(packets[kinds[n]], "packet")
		}
		t.row(name, "%s", words)
		name = ""
	}
}

// words describe an interface; what the file does not say is left out.
func (i *Interface) words() string {
	var words []string
	if i.Name != "" {
		words = append(words, i.Name)
	}
	if i.Description != "" {
		words = append(words, i.Description)
	}
	words = append(words, "link type "+i.LinkType)
	if i.SnapLen == 0 {
		words = append(words, "no snapshot length")
	} else {
		words = append(words, fmt.Sprintf("snapshot length %d", i.SnapLen))
	}
	words = append(words, "times in "+ticks(i.Resolution))
	if i.OffsetSec != 0 {
		words = append(words, fmt.Sprintf("time offset %d s", i.OffsetSec))
	}
	switch {
	case i.Filter != "":
		words = append(words, fmt.Sprintf("filter %q", i.Filter))
	case i.FilterCoded:
		words = append(words, "a filter in coded form")
	}
	return strings.Join(words, ", ")
}

// units of time by how many make a second.
var units = map[uint64]string{1: "seconds", 1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}

func ticks(perSecond uint64) string {
	switch name := units[perSecond]; {
	case perSecond == 0:
		return "units too small to name"
	case name != "":
		return name
	}
	return fmt.Sprintf("1/%d s", perSecond)
}
