package remote

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// quote makes one word of any text for the shell with which somebody logs in: sh and
// its kind, and fish, which knows backslashes within single quotes. Text with
// controlling characters is refused: no name and no filter has them.
func quote(word string) (string, error) {
	if !utf8.ValidString(word) || strings.ContainsFunc(word, unicode.IsControl) {
		return "", fmt.Errorf("%q cannot be handed to a shell elsewhere", word)
	}
	return quoted(word), nil
}

// quoted is quote for text of our own.
func quoted(word string) string { return "'" + apart.Replace(word) + "'" }

// apart puts what a shell may know within single quotes outside of them, behind a
// backslash.
var apart = strings.NewReplacer(`'`, `'\''`, `\`, `'\\'`)
