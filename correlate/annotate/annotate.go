// Package annotate copies both captures and notes in the copies what the report
// says of their packets, for whoever opens them in Wireshark. No byte and no time
// of a packet is changed.
package annotate

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/pcap"
	"bothends/capture/pcapng"
	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// Options change what is copied and noted.
type Options struct {
	// Program is what made the copies, with its version.
	Program string
	// Concerned leaves out the packets of connections that are not to be kept.
	Concerned bool
}

// Put makes a file of the given name of what write writes.
type Put func(name string, write func(io.Writer) error) error

// Write makes a copy of each file of the client's capture and of the server's, and
// returns their names. They are called client.pcapng and server.pcapng, with a
// number before the dot if a capture has several files.
func Write(ctx context.Context, r *report.Report, sets [2]*file.Set, o Options, put Put) (names []string, err error) {
	w := &writer{report: r, options: o}
	for i, set := range sets {
		for n, f := range set.Files() {
			w.copies = append(w.copies, &copied{set: set, index: n, path: f.Path, end: [...]string{"client", "server"}[i], name: nameOf(i, n, len(set.Files()))})
		}
	}
	if o.Concerned {
		if err := w.choose(ctx); err != nil {
			return nil, err
		}
	}
	w.comment()
	for _, c := range w.copies {
		if err := ctx.Err(); err != nil {
			return names, err
		}
		if err := put(c.name, func(out io.Writer) error { return w.write(c, out) }); err != nil {
			return names, err
		}
		names = append(names, c.name)
	}
	return names, nil
}

func nameOf(end, n, of int) string {
	name := [...]string{"client", "server"}[end]
	if of > 1 {
		name += fmt.Sprintf("_%05d", n+1)
	}
	return name + ".pcapng"
}

// copied is one file and what becomes of it.
type copied struct {
	set      *file.Set
	index    int
	path     string
	end      string
	name     string
	comments map[int64][]string // by frame, of the original
	numbers  map[int64]int64    // the frames that are kept, and their numbers in the copy; nil if all are
}

type writer struct {
	report  *report.Report
	options Options
	copies  []*copied
}

// of is the copy of a file.
func (w *writer) of(path string) *copied {
	for _, c := range w.copies {
		if c.path == path {
			return c
		}
	}
	return nil
}

// comment gathers what is noted, by file and frame.
func (w *writer) comment() {
	for _, c := range w.copies {
		c.comments = map[int64][]string{}
	}
	add := func(path string, frame int64, text string) {
		if c := w.of(path); c != nil {
			c.comments[frame] = append(c.comments[frame], w.numbered(c, frame)+report.Escape(text))
		}
	}
	triggers := map[string][]string{}
	for i := range w.report.Findings {
		f := &w.report.Findings[i]
		add(f.File, f.Frame, w.finding(f))
		if f.TwinFrame != 0 {
			add(f.TwinFile, f.TwinFrame, fmt.Sprintf("bothends finding %d: the other recording of this packet is frame %s of %s: %s, %s.",
				f.ID, w.number(f.File, f.Frame), w.name(f.File), f.Verdict, f.Confidence))
		}
		if t := f.Trigger; t.Sure() && t.Frame != 0 {
			key := fmt.Sprintf("%s\x00%d", t.File, t.Frame)
			if triggers[key] == nil {
				defer func() {
					add(t.File, t.Frame, fmt.Sprintf("bothends: this packet (%s) called for what %s told of.", t.Text, whose(triggers[key])))
				}()
			}
			triggers[key] = append(triggers[key], fmt.Sprint(f.ID))
		}
	}
}

// whose names findings by their numbers.
func whose(numbers []string) string {
	if len(numbers) == 1 {
		return "finding " + numbers[0] + " is"
	}
	last := len(numbers) - 1
	return "findings " + strings.Join(numbers[:last], ", ") + " and " + numbers[last] + " are"
}

// finding says in a comment what the report says of a packet.
func (w *writer) finding(f *report.Finding) string {
	what := fmt.Sprintf("bothends finding %d of %d, connection %d: %s, %s. ", f.ID, len(w.report.Findings), f.Connection, f.Verdict, f.Confidence)
	here := w.report.EndOf(f.File)
	switch {
	case f.Verdict == string(judge.Genuine):
		what += fmt.Sprintf("A %s of the %s, received by the %s", kinds[f.Kind], f.ClaimedSender, f.ReceivedAt)
	case here != f.ReceivedAt:
		what += fmt.Sprintf("A %s of the %s as it was sent", kinds[f.Kind], f.ClaimedSender)
	default:
		what += fmt.Sprintf("A %s in the name of the %s, received by the %s", kinds[f.Kind], f.ClaimedSender, f.ReceivedAt)
	}
	if f.TwinFrame != 0 {
		return what + fmt.Sprintf("; in the other recording it is frame %s of %s.", w.number(f.TwinFile, f.TwinFrame), w.name(f.TwinFile))
	}
	return what + "; the other recording has no such packet."
}

var kinds = map[string]string{
	"rst": "reset", "fin": "FIN", "syn": "SYN", "syn-ack": "SYN/ACK", "data": "segment with data", "ack": "acknowledgment", "icmp": "ICMP error",
}

// number is a frame's in the copy of its file.
func (w *writer) number(path string, frame int64) string {
	c := w.of(path)
	if c == nil || c.numbers == nil {
		return fmt.Sprint(frame)
	}
	return fmt.Sprintf("%d (%d of the whole capture)", c.numbers[frame], frame)
}

// numbered says which frame of the whole capture it was, where that is not plain.
func (w *writer) numbered(c *copied, frame int64) string {
	if c.numbers == nil {
		return ""
	}
	return fmt.Sprintf("Frame %d of the whole capture. ", frame)
}

func (w *writer) name(path string) string {
	if c := w.of(path); c != nil {
		return c.name
	}
	return path
}

// summary is the comment of a section.
func (w *writer) summary(c *copied) string {
	kept := "Copy of all packets of"
	if c.numbers != nil {
		kept = fmt.Sprintf("%d packets, of the connections concerned, of", len(c.numbers))
	}
	sum, stated := "", ""
	for _, capture := range []*report.Capture{&w.report.Captures.Client, &w.report.Captures.Server} {
		for _, f := range capture.Files {
			if f.Path == c.path && f.SHA256 != "" {
				sum = " (SHA-256 " + f.SHA256 + ")"
			}
		}
	}
	if list := w.report.Statements(); len(list) > 0 {
		stated = " Stated by the user: " + strings.Join(list, "; ") + "."
	}
	return report.Escape(fmt.Sprintf("%s: %s %s %s%s, the %s's capture, with comments at the packets of %d findings; packets and times are unchanged.%s",
		w.options.Program, w.report.Headline(), kept, path.Base(strings.ReplaceAll(c.path, `\`, "/")), sum, c.end, len(w.report.Findings), stated))
}

// write makes one copy.
func (w *writer) write(c *copied, out io.Writer) (err error) {
	content, format := c.set.Content(c.index)
	notes := pcapng.Notes{Section: w.summary(c), Packet: func(frame int64) []string { return c.comments[frame] }}
	if c.numbers != nil {
		notes.Keep = func(frame int64) bool { _, kept := c.numbers[frame]; return kept }
	}
	if format == file.Pcapng {
		err = pcapng.Annotate(out, content, notes)
	} else {
		err = convert(out, content, notes)
	}
	if err != nil {
		err = fmt.Errorf("annotate %q: %w", c.path, err)
	}
	return err
}

// convert writes a pcap file as pcapng, with the resolution that its times have.
func convert(out io.Writer, content io.Reader, notes pcapng.Notes) error {
	reader, err := pcap.NewReader(content)
	if err != nil {
		return err
	}
	to, err := pcapng.NewWriter(out, capture.Section{Comments: []string{notes.Section}})
	if err != nil {
		return err
	}
	about := reader.Interfaces()[0]
	about.Comments = nil
	if _, err := to.AddInterface(about); err != nil {
		return err
	}
	for {
		var p capture.Packet
		if err := reader.Next(&p); err == io.EOF {
			return to.Flush()
		} else if err != nil {
			return err
		}
		if notes.Keep != nil && !notes.Keep(p.Frame) {
			continue
		}
		if err := to.WritePacket(&p, notes.Packet(p.Frame)...); err != nil {
			return err
		}
	}
}
