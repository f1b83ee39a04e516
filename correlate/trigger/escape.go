package trigger

import (
	"fmt"
	"strings"
)

// foreign is printable, in quotes where it could be taken for the report's own
// words: a server's name may hold commas and brackets.
func foreign(b []byte, limit int) string {
	text := printable(b, limit)
	if strings.ContainsAny(text, " ,()") {
		return `"` + text + `"`
	}
	return text
}

// maxValue bounds a detail: the longest host name (RFC 1035 section 2.3.4).
const maxValue = 255

// printable shows at most limit bytes of b. What is not printable ASCII, and the
// backslash and the quote, are escaped: also UTF-8, whose letters can look like others or turn
// the direction of a line.
func printable(b []byte, limit int) string {
	var text strings.Builder
	for _, c := range b[:min(len(b), limit)] {
		if c >= ' ' && c <= '~' && c != '\\' && c != '"' {
			text.WriteByte(c)
		} else {
			fmt.Fprintf(&text, `\x%02x`, c)
		}
	}
	if len(b) > limit {
		text.WriteString("...")
	}
	return text.String()
}
