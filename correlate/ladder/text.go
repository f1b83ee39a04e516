package ladder

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// TextOptions change how a ladder looks in a terminal.
type TextOptions struct {
	Width int            // columns; less than 80 is 80
	Zone  *time.Location // of the times; nil is UTC
}

// Limits of the drawing, in columns.
const (
	narrowest = 80
	broadest  = 120
	margin    = 13 // a time on either side
)

// legend says what the arrows mean.
const legend = "---> arrived   ---X never arrived   *==> forged on the way   ?--> nobody knows who sent it"

// WriteText draws it with the client's tap on the left, the server's on the right
// and time downwards.
func (l *Ladder) WriteText(w io.Writer, o TextOptions) error {
	width := min(max(o.Width, narrowest), broadest)
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	var b strings.Builder
	c := l.Connection
	view := c.ClientView
	if view.Client == "" {
		view = c.ServerView
	}
	fmt.Fprintf(&b, "Connection %d: %s -> %s\n", c.ID, report.Escape(view.Client), report.Escape(view.Server))
	if len(l.Steps) == 0 {
		b.WriteString("Neither capture holds a segment of it any more.\n")
		_, err := io.WriteString(w, b.String())
		return err
	}
	begin := l.Steps[0].At()
	fmt.Fprintf(&b, "Times are seconds after %s, by the client's clock.\n%s\n\n", time.Unix(0, begin).In(zone).Format("2006-01-02 15:04:05.000 MST"), legend)
	fmt.Fprintf(&b, "%-*s%*s\n", width/2, "      client's tap", width-width/2, "server's tap      ")
	last := begin
	for i := range l.Steps {
		s := &l.Steps[i]
		if gap := s.At() - last; gap >= int64(quiet) {
			fmt.Fprintf(&b, "%s\n", centred(fmt.Sprintf("... %s of quiet ...", time.Duration(gap).Round(100*time.Millisecond)), width))
		}
		last = max(last, s.At(), s.GotNS)
		if s.Folded > 0 {
			fmt.Fprintf(&b, "%s\n", centred("... "+s.Label+" ...", width))
			continue
		}
		b.WriteString(s.line(begin, width) + "\n")
		for _, note := range s.notes() {
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", margin+2), report.Escape(note))
		}
	}
	if l.More > 0 {
		fmt.Fprintf(&b, "and %s more\n", count(l.More, "segment"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quiet is a silence that is shown as one.
const quiet = time.Second

func centred(text string, width int) string {
	return strings.Repeat(" ", max(0, (width-len(text))/2)) + text
}

// line draws one step between the taps.
func (s *Step) line(begin int64, width int) string {
	clientNS, serverNS := s.SentNS, s.GotNS
	if s.FromServer {
		clientNS, serverNS = s.GotNS, s.SentNS
	}
	stamp := func(ns int64) string {
		if ns == 0 {
			return strings.Repeat(" ", margin-2)
		}
		return fmt.Sprintf("%*.6f", margin-2, float64(ns-begin)/1e9)
	}
	room := width - 2*margin - 2
	label := " " + report.Escape(s.Label) + " "
	if limit := room - 12; len(label) > limit {
		label = label[:limit-4] + "... "
	}
	stroke := "-"
	if s.Forged() {
		stroke = "="
	}
	body := []byte(strings.Repeat(stroke, room))
	from, to := 0, room // what of the path is drawn, seen from the sender
	mark := byte(0)
	switch {
	case s.Crossed():
	case s.SentNS != 0:
		to, mark = room*2/3, 'X'
	case s.Forged():
		from, mark = room/3, '*'
	default:
		from, mark = room/3, '?'
	}
	for i := range body {
		if i < from || i >= to {
			body[i] = ' '
		}
	}
	copy(body[from+(to-from-len(label))/2:], label)
	if s.SentNS != 0 && !s.Crossed() {
		body[to-1] = mark
	} else {
		body[room-1] = '>'
		if mark != 0 {
			body[from] = mark
		}
	}
	if s.FromServer {
		slices.Reverse(body)
		text := string(body)
		reversed := []byte(label)
		slices.Reverse(reversed)
		body = []byte(strings.Replace(strings.Replace(text, string(reversed), label, 1), ">", "<", 1))
	}
	return strings.TrimRight(fmt.Sprintf("%s  |%s|  %s", stamp(clientNS), body, strings.TrimSpace(stamp(serverNS))), " ")
}

// Forged reports whether the report says that it was made on the way.
func (s *Step) Forged() bool {
	return s.Finding != nil && (s.Finding.Verdict == string(judge.Injected) || s.Finding.Verdict == string(judge.Conditional))
}

// notes say what the report says of the step.
func (s *Step) notes() (list []string) {
	if f := s.Finding; f != nil {
		frame := fmt.Sprintf("frame %d of %s", f.Frame, path.Base(strings.ReplaceAll(f.File, `\`, "/")))
		list = append(list, fmt.Sprintf("^ finding %d: %s, %s (%s)", f.ID, f.Verdict, f.Confidence, frame))
	}
	if len(s.Triggers) > 0 {
		ids := slices.Compact(slices.Sorted(slices.Values(s.Triggers)))
		var words []string
		for _, id := range ids {
			words = append(words, fmt.Sprint(id))
		}
		if len(words) == 1 {
			list = append(list, "^ finding "+words[0]+" answers this")
		} else {
			list = append(list, "^ findings "+strings.Join(words, " and ")+" answer this")
		}
	}
	return list
}
