package contrast

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"bothends/correlate/report"
)

// columns is the width of the text.
const columns = 80

// WriteJSON writes the result as one indented JSON object and a line end.
func (r *Result) WriteJSON(w io.Writer) error {
	encoded, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	_, err = w.Write(append(report.EscapeJSON(encoded), '\n'))
	return err
}

// WriteText writes the result for people: what can be claimed, why, and what not.
func (r *Result) WriteText(w io.Writer) error {
	var p page
	for _, claim := range r.Claims {
		p.para("", "%s", claim)
		p.WriteByte('\n')
	}
	if len(r.Claims) == 0 {
		p.para("", "%s", r.Caution[0])
		p.WriteByte('\n')
	} else {
		p.item("How sure: ", r.sure())
	}
	r.writeOutcomes(&p)
	r.writeFactors(&p)
	r.writeHits(&p)
	r.writeAftermath(&p)
	if cautions := r.cautions(); len(cautions) > 0 {
		p.heading("WHAT THIS CANNOT SAY")
		for _, caution := range cautions {
			p.item("  ? ", caution)
		}
	}
	_, err := io.WriteString(w, p.String())
	return err
}

// cautions are those that do not stand at the top.
func (r *Result) cautions() []string {
	if len(r.Claims) == 0 {
		return r.Caution[1:]
	}
	return r.Caution
}

func (r *Result) sure() string {
	f := &r.Factors[0]
	held := ""
	if f.Strata != "" {
		held = " at equal " + f.Strata
	}
	return fmt.Sprintf("by chance alone this would happen%s with p = %s, or %s as one of %s (Holm).",
		held, small(f.P), small(f.Adjusted), count(r.asked(), "question"))
}

func (r *Result) writeOutcomes(p *page) {
	o := &r.Outcomes
	p.heading(fmt.Sprintf("WHAT BECAME OF THE CONNECTIONS (%s)", count(r.Reports, "report")))
	row := func(name string, n int, note string) {
		if n > 0 || note == "" {
			p.item(fmt.Sprintf("  %-18s %5d  ", name, n), note)
		}
	}
	row("reset on the way", o.Reset, "")
	row("swallowed", o.Swallowed, "")
	row("completed", o.Completed, "")
	row("left out", o.Other, reasons(o.Why))
	row("set apart", o.Apart, fmt.Sprintf("began within %.0f s after a cut, between the same addresses", r.Aftermath.Seconds))
	row("counted once", o.Twice, "were in an earlier report, too")
}

// reasons lists them, the most frequent first.
func reasons(why map[string]int) string {
	names := slices.Sorted(maps.Keys(why))
	slices.SortStableFunc(names, func(a, b string) int { return why[b] - why[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", why[name], name)
	}
	return strings.Join(names, ", ")
}

// mostLevels of a factor are shown.
const mostLevels = 12

func (r *Result) writeFactors(p *page) {
	if len(r.Factors) == 0 {
		return
	}
	p.heading("WHAT THEY DIFFER IN")
	var few []string
	for i := range r.Factors {
		f := &r.Factors[i]
		if f.Smallest > Level {
			few = append(few, f.Name)
			continue
		}
		p.para("  ", "%s: p = %s, corrected %s%s", f.Name, small(f.P), small(f.Adjusted), f.remarks())
		p.line("    %-28s %6s %6s %7s   %s", "", "cut", "of", "share", "95 % interval")
		for i, l := range f.Levels {
			if i == mostLevels {
				p.line("    and %d more values (--format json has all)", len(f.Levels)-i)
				break
			}
			p.line("    %-28s %6d %6d %5.0f %%   %.0f to %.0f %%", l.Value, l.Cut, l.Cut+l.Completed, 100*l.Share, 100*l.Low, 100*l.High)
		}
		p.WriteByte('\n')
	}
	if len(few) > 0 {
		p.para("  ", "Too few of each value to tell anything: %s.", list(few))
	}
	if len(r.Same) > 0 {
		p.para("  ", "The same for all: %s.", list(r.Same))
	}
}

// remarks say how the test of a factor was made, where that is not as usual.
func (f *Factor) remarks() string {
	var all []string
	if f.Kind == Message {
		all = append(all, "whether the client said it; tested for cutting only")
	}
	if f.Strata != "" {
		all = append(all, "at equal "+f.Strata)
	}
	if len(f.Levels) > 2 {
		all = append(all, fmt.Sprintf("by %s against the others, as the most telling of %d values", f.Telling, len(f.Levels)))
	}
	if len(f.SameAs) > 0 {
		all = append(all, "the same division as "+list(f.SameAs))
	}
	if f.ExplainedBy != "" {
		all = append(all, "nothing at equal "+f.ExplainedBy)
	}
	if f.Unknown > 0 {
		all = append(all, fmt.Sprintf("not known of %d", f.Unknown))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, "; ") + ")"
}

func (r *Result) writeHits(p *page) {
	if r.Outcomes.Hit() == 0 || len(r.Hits.ReceivedAt)+len(r.Hits.Triggers)+len(r.Hits.Stages) == 0 {
		return
	}
	p.heading("THOSE THAT WERE CUT")
	for _, row := range []struct {
		name   string
		counts map[string]int
	}{{"resets arrived at", r.Hits.ReceivedAt}, {"in answer to", r.Hits.Triggers}, {"at the stage", r.Hits.Stages}} {
		if len(row.counts) > 0 {
			var parts []string
			for _, name := range slices.Sorted(maps.Keys(row.counts)) {
				parts = append(parts, fmt.Sprintf("%s (%d)", name, row.counts[name]))
			}
			p.item(fmt.Sprintf("  %-18s ", row.name), strings.Join(parts, ", "))
		}
	}
}

func (r *Result) writeAftermath(p *page) {
	a := &r.Aftermath
	n := a.Cut + a.Completed
	if n == 0 {
		return
	}
	p.heading("SOON AFTER A CUT")
	text := fmt.Sprintf("Of %s that began within %.0f s after another one between the same addresses was cut, %d %s cut (%.0f %%; 95 %% interval %.0f to %.0f %%).",
		count(n, "connection"), a.Seconds, a.Cut, were(a.Cut), 100*a.Share, 100*a.Low, 100*a.High)
	if a.Without != "" && a.WithoutCut+a.WithoutCompleted > 0 {
		text += fmt.Sprintf(" Of the %d without what is named above (%s), %d %s.", a.WithoutCut+a.WithoutCompleted, a.Without, a.WithoutCut, were(a.WithoutCut))
	}
	p.para("  ", "%s", text)
	p.para("  ", "They are in none of the tables, as a box may go on blocking two addresses whatever they send.")
}

// small writes a chance with two digits that count.
func small(p float64) string { return fmt.Sprintf("%.2g", p) }

// page is text being laid out in lines of at most so many columns. What came from
// a file is escaped.
type page struct{ strings.Builder }

func (p *page) heading(title string) {
	if !strings.HasSuffix(p.String(), "\n\n") {
		p.WriteByte('\n')
	}
	p.WriteString(title + "\n\n")
}

func (p *page) line(format string, args ...any) {
	p.WriteString(strings.TrimRight(report.Escape(fmt.Sprintf(format, args...)), " ") + "\n")
}

func (p *page) para(indent, format string, args ...any) {
	for _, line := range wrap(fmt.Sprintf(format, args...), columns-len(indent)) {
		p.line("%s%s", indent, line)
	}
}

// item writes wrapped text behind a marker, which the further lines leave free.
func (p *page) item(marker, text string) {
	lines := wrap(text, columns-len(marker))
	if len(lines) == 0 {
		p.line("%s", marker)
	}
	for _, line := range lines {
		p.line("%s%s", marker, line)
		marker = strings.Repeat(" ", len(marker))
	}
}

func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
