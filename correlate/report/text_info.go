package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
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
	t := &infoText{all: o.All, page: page{width: min(max(o.Width, narrowest), widest), color: o.Color}}
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
		t.coverage()
		t.place()
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
		t.blank()
		t.para(plain, "", "What it does show happened all the same: it can still testify to what arrived.")
	case FitnessLimited:
		t.para(doubt, "", "A good witness, but %s%s.", t.Reasons[0].Text, t.andMore(Limits))
	default:
		t.para(success, "", "A good witness: %s in both directions, whole packets, and nothing is known to be missing.", count(t.Connections.Total, "connection"))
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
	if t.First == "" {
		t.row("covers", "unknown times")
		return
	}
	t.row("covers", "%s, from %s to %s UTC by its own clock", readable(time.Duration(t.DurationNS)), shortTime(t.First), endTime(t.First, t.Last))
	for n, s := range t.Seams {
		if n == mostFiles && !t.all {
			t.row("", "and %s between files", count(len(t.Seams)-n, "more seam"))
			break
		}
		gap, what := time.Duration(s.GapNS), "apart"
		if gap < 0 {
			gap, what = -gap, "of overlap"
		}
		t.row("", "%s and %s: %s %s", given(s.After), given(s.Before), readable(gap), what)
	}
}

// place says where it was recorded.
func (t *infoText) place() {
	hosts := ""
	if len(t.Tap.Hosts) > 0 {
		hosts = " (" + list(t.Tap.Hosts, mostPorts) + ")"
	}
	if t.Tap.End == "unknown" {
		t.row("recorded at", "an unknown end%s: %s against %d", hosts, count(t.Tap.For, "connection"), t.Tap.Against)
	} else {
		against := ""
		if t.Tap.Against > 0 {
			against = fmt.Sprintf(", %d the opposite", t.Tap.Against)
		}
		t.row("recorded at", "the %s's end%s, by %s; %s %s%s", t.Tap.End, hosts, t.Tap.DecidedBy,
			count(t.Tap.For, "connection"), pick(t.Tap.For, "says so", "say so"), against)
	}
	for n := range t.Interfaces {
		if n == mostFiles && !t.all {
			t.row("", "and %s (--all lists them)", count(len(t.Interfaces)-n, "more interface"))
			break
		}
		t.row(pick(n+1, "interface", ""), "%s", t.Interfaces[n].words(len(t.Interfaces) > 1))
	}
}

// words describe an interface; what the file does not say is left out.
func (i *Interface) words(counted bool) string {
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
	if counted {
		words = append(words, count(i.Packets, "packet"))
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

// losses says what is known of what it missed.
func (t *infoText) losses() {
	d := &t.Drops
	switch {
	case d.Packets > 0:
		t.row("drops", "%s, by its own counters (interface %d, kernel %d, noted with packets %d)", count(d.Packets, "packet"), d.ByInterface, d.ByKernel, d.ByPacket)
	case d.Known:
		t.row("drops", "none, by its own counters")
	default:
		t.row("drops", "it does not say")
	}
	switch s := &t.Seen; {
	case s.Acknowledged == 0:
		t.row("unseen", "nothing was acknowledged in it, so nothing can be told")
	case s.Unseen > 0:
		t.row("unseen", "%s of %d acknowledged (%.2g %%), in %s", count(s.Unseen, "byte"), s.Acknowledged, s.Percent(), count(s.Connections, "connection"))
	default:
		t.row("unseen", "nothing: it holds all of the %s acknowledged in it", count(s.Acknowledged, "byte"))
	}
}

// contents counts connections, resets and what else there is.
func (t *infoText) contents() {
	c := &t.Connections
	t.row("connections", "%d: %s", c.Total, parts([]part{
		{c.Complete, "with the whole handshake"}, {c.Partial, "with a part of it"}, {c.NoHandshake, "without"}, {c.ResetsOnly, "of resets only"},
	}))
	if c.OneWay+c.Open > 0 {
		t.row("", "of these %s", parts([]part{{c.OneWay, "in one direction only"}, {c.Open, "open at the end"}}))
	}
	r := &t.Resets
	if r.FromHost+r.ToHost+r.Unknown == 0 {
		t.row("resets", "none")
	} else {
		t.row("resets", "%s", parts([]part{{int(r.FromHost), "from this host"}, {int(r.ToHost), "to it"}, {int(r.Unknown), "between hosts of which neither is known to be this one"}}))
	}
	if t.Filter.Inferred != "" {
		t.row("filter", "not said, but by the look of it: %s", t.Filter.Inferred)
	}
	t.row("TCP packets", "%d%s", t.Segments, t.leftOut())
	if len(t.NotTCP) > 0 {
		t.row("other", "%s", passedOver(t.NotTCP))
	}
	if len(t.LinkTypes) > 1 {
		t.row("link types", "%s", list(slices.Sorted(maps.Keys(t.LinkTypes)), mostPorts))
	}
	if t.Clock.DisorderNS > 0 {
		t.row("clock", "packets lie up to %s before others that stand ahead of them", readable(time.Duration(t.Clock.DisorderNS)))
	}
}

// leftOut says what stands beside the segments.
func (t *infoText) leftOut() string {
	var words []string
	for _, p := range []part{{int(t.Cut), "cut short"}, {int(t.Repeated), "second recordings left out"}, {int(t.Untimed), "packets without a time left out"}} {
		if p.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(words) == 0 {
		return ", none of them cut short"
	}
	return ", " + list(words, len(words))
}

type part struct {
	n    int
	what string
}

// parts lists those that are not empty.
func parts(all []part) string {
	var words []string
	for _, p := range all {
		if p.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return list(words, len(words))
}
