package usage

import (
	"fmt"
	"strings"
)

// Man is the manual page in man(7)'s language. It has no date, so that the same
// source makes the same page.
func (p *Program) Man(version string) string {
	var m strings.Builder
	fmt.Fprintf(&m, ".TH %s 1 \"\" \"%s\" \"User Commands\"\n", strings.ToUpper(p.Name), roff(p.Name+" "+version))
	m.WriteString(".SH NAME\n" + roff(p.Name) + " \\- " + roff(p.Title) + "\n")
	m.WriteString(".SH SYNOPSIS\n")
	for i := range p.Verbs {
		for _, line := range p.Verbs[i].Synopsis {
			m.WriteString(".HP\n" + p.typed(line) + "\n")
		}
	}
	for _, f := range p.Flags {
		m.WriteString(".HP\n" + p.typed(strings.TrimSpace("--"+f.Name+" "+f.Value)) + "\n")
	}
	m.WriteString(".SH DESCRIPTION\n")
	manParagraphs(&m, p.Intro)
	commands := false
	for i := range p.Verbs {
		v := &p.Verbs[i]
		if v.Name != "" && !commands {
			commands = true
			m.WriteString(".SH COMMANDS\n")
		}
		if v.Name != "" {
			fmt.Fprintf(&m, ".SS %s\n%s\n", roff(v.Name), roff(sentence(v.Title)))
		}
		manParagraphs(&m, v.Text)
		if v.Name == "" {
			m.WriteString(".SH OPTIONS\n")
		}
		for _, f := range v.flagList() {
			var words []string
			for _, name := range names(f) {
				words = append(words, "\\fB"+roff(name)+"\\fR")
			}
			term := strings.Join(words, ", ")
			if value := valueOf(f); value != "" {
				term += " \\fI" + roff(value) + "\\fR"
			}
			m.WriteString(".TP\n" + term + "\n" + roff(sentence(useOf(f))) + "\n")
		}
		if v.Name != "" && len(v.Statuses.List) > 0 {
			m.WriteString(".PP\nExit status:\n")
			manStatuses(&m, v.Statuses)
		}
	}
	if len(p.Statuses.List) > 0 {
		m.WriteString(".SH EXIT STATUS\n")
		manStatuses(&m, p.Statuses)
	}
	if len(p.Outro) > 0 {
		m.WriteString(".SH NOTES\n")
		manParagraphs(&m, p.Outro)
	}
	if len(p.Examples) > 0 {
		m.WriteString(".SH EXAMPLES\n")
		for _, e := range p.Examples {
			m.WriteString(".PP\n" + roff(e.Title) + "\n.PP\n.in +4n\n.EX\n" + roff(e.Command) + "\n.EE\n.in\n")
		}
	}
	if len(p.SeeAlso) > 0 {
		m.WriteString(".SH SEE ALSO\n")
		for i, page := range p.SeeAlso {
			name, section, _ := strings.Cut(strings.TrimSuffix(page, ")"), "(")
			comma := ","
			if i == len(p.SeeAlso)-1 {
				comma = ""
			}
			fmt.Fprintf(&m, ".BR %s (%s)%s\n", roff(name), section, comma)
		}
	}
	return m.String()
}

// typed sets what is typed as it stands in bold, and what stands for something
// else in italics.
func (p *Program) typed(line string) string {
	words := strings.Fields(line)
	for i, word := range words {
		if bare := strings.Trim(word, "[].,|"); bare != "" && bare == strings.ToUpper(bare) && strings.ToLower(bare) != bare {
			words[i] = strings.Replace(roff(word), roff(bare), "\\fI"+roff(bare)+"\\fR", 1)
		} else {
			words[i] = "\\fB" + roff(word) + "\\fR"
		}
	}
	return "\\fB" + roff(p.Name) + "\\fR " + strings.Join(words, " ")
}

func manParagraphs(m *strings.Builder, list []string) {
	for _, text := range list {
		if strings.HasPrefix(text, " ") {
			m.WriteString(".PP\n.EX\n" + roff(text) + "\n.EE\n")
			continue
		}
		m.WriteString(".PP\n" + roff(text) + "\n")
	}
}

func manStatuses(m *strings.Builder, s Statuses) {
	for _, status := range s.List {
		fmt.Fprintf(m, ".TP\n.B %s\n%s\n", status.Code, roff(sentence(status.Meaning)))
	}
	manParagraphs(m, s.Text)
}

// roff keeps text from being read as the language's own: backslashes, the
// hyphens that are minus signs, and lines that begin like a request.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
