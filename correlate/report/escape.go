package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape makes text that came from outside fit for a line on a terminal: control
// characters, line ends, invisible and direction-changing characters and bytes
// that are no UTF-8 are shown as Go escapes them (\n, \x1b, \u202e).
func Escape(text string) string {
	if printable(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size <= 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case strconv.IsPrint(r):
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[size:]
	}
	return b.String()
}

func printable(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !strconv.IsPrint(r) {
			return false
		}
	}
	return true
}

// EscapeJSON does the same for encoded JSON, whose meaning it keeps: characters
// that encoding/json leaves as they are, and that a terminal would obey, become
// \uXXXX. They can stand in strings only. What needs no change is returned as it
// is.
func EscapeJSON(encoded []byte) []byte {
	if harmless(encoded) {
		return encoded
	}
	safe := make([]byte, 0, len(encoded))
	for len(encoded) > 0 {
		r, size := utf8.DecodeRune(encoded)
		if r < utf8.RuneSelf && r != 0x7f || strconv.IsPrint(r) {
			safe = append(safe, encoded[:size]...)
		} else if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			safe = fmt.Appendf(safe, `\u%04x\u%04x`, high, low)
		} else {
			safe = fmt.Appendf(safe, `\u%04x`, r)
		}
		encoded = encoded[size:]
	}
	return safe
}

// harmless reports whether there is nothing but ASCII that EscapeJSON leaves alone.
func harmless(encoded []byte) bool {
	for _, b := range encoded {
		if b >= 0x7f {
			return false
		}
	}
	return true
}
