package report

import "strings"

// Headline is the verdict in one sentence, as the text begins with it.
func (r *Report) Headline() string {
	t := &text{Report: r, page: page{width: endless}}
	t.verdict()
	line, _, _ := strings.Cut(t.page.String(), "\n")
	return line
}

// endless is a width that no sentence has.
const endless = 1 << 20

// EndOf is the end whose capture holds a file: "client" or "server".
func (r *Report) EndOf(path string) string {
	for _, f := range r.Captures.Server.Files {
		if f.Path == path {
			return "server"
		}
	}
	return "client"
}

// Explanation is what the text says below its headline of what the verdict means
// and how sure it is, a paragraph each.
func (r *Report) Explanation() (paragraphs []string) {
	t := &text{Report: r, page: page{width: endless}}
	t.verdict()
	for i, paragraph := range strings.Split(strings.TrimSpace(t.page.String()), "\n\n") {
		if i > 0 {
			paragraphs = append(paragraphs, strings.Join(strings.Fields(paragraph), " "))
		}
	}
	return paragraphs
}
