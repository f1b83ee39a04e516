package usage

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	// columns is the width of the help, that of the narrowest terminal in use.
	columns = 80
	// widestName is how much of a line a flag's name may take; what a longer one
	// does stands on the next line.
	widestName = 28
)

// Help is the program's own, which lists its verbs. That of a program that does
// something without any is of this, and names the verbs.
func (p *Program) Help() string {
	if v, ok := p.Verb(""); ok {
		return p.VerbHelp(v)
	}
	var h page
	h.paragraphs(p.Intro)
	h.heading("Usage:")
	var rows [][2]string
	for i := range p.Verbs {
		v := &p.Verbs[i]
		rows = append(rows, [2]string{p.Name + " " + strings.ReplaceAll(v.Synopsis[0], "[FLAGS] ", ""), v.Title})
	}
	rows = append(rows, [2]string{p.Name + " help [COMMAND]", "show this help, or a command's"})
	for _, f := range p.Flags {
		rows = append(rows, [2]string{strings.TrimSpace(p.Name + " --" + f.Name + " " + f.Value), f.Title})
	}
	h.table(rows, columns/2)
	h.statuses(p.Statuses)
	h.paragraphs(p.Outro)
	return h.String()
}

// VerbHelp is that of one verb, with its flags.
func (p *Program) VerbHelp(v *Verb) string {
	var h page
	if v.Name == "" {
		h.paragraphs(p.Intro)
	} else {
		h.paragraphs([]string{sentence(v.Title)})
	}
	h.heading("Usage:")
	for _, line := range v.Synopsis {
		h.hang("  ", p.Name+" "+line, "      ")
	}
	for i := range p.Verbs {
		if other := &p.Verbs[i]; v.Name == "" && other.Name != "" {
			h.hang("  ", p.Name+" "+other.Synopsis[0]+": "+other.Title, "      ")
		}
	}
	for _, f := range p.Flags {
		if v.Name == "" {
			h.hang("  ", strings.TrimSpace(p.Name+" --"+f.Name+" "+f.Value), "      ")
		}
	}
	h.paragraphs(v.Text)
	if list := v.flagList(); len(list) > 0 {
		h.heading("Flags:")
		var rows [][2]string
		for _, f := range list {
			name := strings.Join(names(f), ", ")
			if f.Shorthand == "" {
				name = "    " + name
			}
			rows = append(rows, [2]string{strings.TrimRight(name+" "+valueOf(f), " "), useOf(f)})
		}
		h.table(rows, widestName)
	}
	statuses := v.Statuses
	if len(statuses.List) == 0 {
		statuses = p.Statuses
	}
	h.statuses(statuses)
	if v.Name == "" {
		h.paragraphs(p.Outro)
	}
	return h.String()
}

// Table sets rows in two columns, as help does.
func Table(rows [][2]string) string {
	var h page
	h.table(rows, widestName)
	return h.String()
}

// Fill breaks text into lines, as help does.
func Fill(text string) string {
	var h page
	h.hang("", text, "")
	return h.String()
}

// page is help being written.
type page struct{ strings.Builder }

func (h *page) heading(text string) {
	if h.Len() > 0 {
		h.WriteByte('\n')
	}
	h.WriteString(text + "\n")
}

// paragraphs fills lines; what begins with a space is kept as it is.
func (h *page) paragraphs(list []string) {
	for _, text := range list {
		if h.Len() > 0 {
			h.WriteByte('\n')
		}
		if strings.HasPrefix(text, " ") {
			h.WriteString(text + "\n")
			continue
		}
		h.hang("", text, "")
	}
}

func (h *page) statuses(s Statuses) {
	if len(s.List) == 0 {
		return
	}
	h.heading("Exit status:")
	var rows [][2]string
	for _, status := range s.List {
		rows = append(rows, [2]string{fmt.Sprintf("%-3s", status.Code), status.Meaning})
	}
	h.table(rows, widestName)
	h.paragraphs(s.Text)
}

// table sets rows in two columns, the first no wider than limit.
func (h *page) table(rows [][2]string, limit int) {
	width := 0
	for _, row := range rows {
		if n := utf8.RuneCountInString(row[0]); n <= limit {
			width = max(width, n)
		}
	}
	indent := strings.Repeat(" ", width+4)
	for _, row := range rows {
		if utf8.RuneCountInString(row[0]) > width {
			h.WriteString("  " + row[0] + "\n")
			h.hang(indent, row[1], indent)
			continue
		}
		h.hang(fmt.Sprintf("  %-*s  ", width, row[0]), row[1], indent)
	}
}

// hang writes text behind a first word, and its further lines under an indent.
func (h *page) hang(first, text, indent string) {
	line := first
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > columns {
			h.WriteString(line + "\n")
			line, empty = indent, true
		}
		if !empty {
			line += " "
		}
		line += word
		empty = false
	}
	h.WriteString(strings.TrimRight(line, " ") + "\n")
}

// sentence makes one of a title.
func sentence(title string) string {
	return strings.ToUpper(title[:1]) + title[1:] + "."
}
