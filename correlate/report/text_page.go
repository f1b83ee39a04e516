package report

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// page is text being laid out in lines of at most width columns.
type page struct {
	strings.Builder
	width int
	color bool
	zone  *time.Location
}

// A style is an ANSI escape sequence, by what it stands for.
type style string

const (
	plain   style = ""
	bold    style = "\x1b[1m"
	alarm   style = "\x1b[1;31m"
	doubt   style = "\x1b[1;33m"
	success style = "\x1b[1;32m"
	endOf   style = "\x1b[0m"
)

// heading starts a section.
func (p *page) heading(title string) {
	p.blank()
	p.line(bold, "", title)
	p.blank()
}

// blank leaves one line free, however often it is called.
func (p *page) blank() {
	if !strings.HasSuffix(p.String(), "\n\n") {
		p.WriteByte('\n')
	}
}

// line writes one line as it is.
func (p *page) line(s style, indent, content string) {
	content = Escape(content)
	if p.color && s != plain {
		content = string(s) + content + string(endOf)
	}
	p.WriteString(indent + content + "\n")
}

// para writes wrapped text, every line of it indented.
func (p *page) para(s style, indent, format string, args ...any) {
	p.hang(s, indent, indent, format, args...)
}

// item writes wrapped text behind a marker, which the further lines leave free.
func (p *page) item(indent, marker, format string, args ...any) {
	p.hang(plain, indent+marker, indent+strings.Repeat(" ", len(marker)), format, args...)
}

func (p *page) hang(s style, first, rest, format string, args ...any) {
	indent := first
	for _, content := range wrap(fmt.Sprintf(format, args...), p.width-len(first)) {
		p.line(s, indent, content)
		indent = rest
	}
}

// wrap breaks content at its spaces into lines of at most width runes. A word
// that is longer has a line of its own.
func wrap(content string, width int) []string {
	var lines []string
	line, length := "", 0
	for _, word := range strings.Fields(content) {
		n := utf8.RuneCountInString(Escape(word))
		if length > 0 && length+1+n > width {
			lines = append(lines, line)
			line, length = "", 0
		}
		if length > 0 {
			line, length = line+" ", length+1
		}
		line, length = line+word, length+n
	}
	if length > 0 {
		lines = append(lines, line)
	}
	return lines
}

// count puts a number before a noun, and the noun into its number.
func count[N int | int64 | uint64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, plural(noun))
}

func plural(noun string) string {
	if strings.HasSuffix(noun, "y") {
		return noun[:len(noun)-1] + "ies"
	}
	return noun + "s"
}

// list joins words as English does, and counts those beyond the limit.
func list(words []string, limit int) string {
	if len(words) > limit {
		return fmt.Sprintf("%s and %d more", strings.Join(words[:limit], ", "), len(words)-limit)
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
