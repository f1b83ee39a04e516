//go:build cgo || windows

package main

import (
	"os/exec"
	"strings"
	"testing"
)

// A file's name may come from others, by a shell's pattern.
func TestNamesDoNotReachTheTerminalAsCommands(t *testing.T) {
	var out strings.Builder
	c := &console{out: &out}
	c.say("writing to %s, \xff and \u202e", "a\x1b]0;title\a.pcapng")
	if got, want := out.String(), `bothcap: writing to a\x1b]0;title\x07.pcapng, \xff and \xe2\x80\xae`+"\n"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAWordForAShellIsThatWord(t *testing.T) {
	for _, word := range []string{"plain.pcapng", "", "two words", "it's", `back\slash`, "esc\x1b[2J", "line\nend", "\xff", "it's\x01", "größe"} {
		quoted := shellWord(word)
		if strings.ContainsAny(quoted, "\x1b\n\x01") || strings.Contains(quoted, "\xff") {
			t.Errorf("%q is shown as %q", word, quoted)
		}
		out, err := exec.Command("bash", "-c", "printf %s "+quoted).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is quoted as %s, which is %q to bash: %v", word, quoted, out, err)
		}
	}
}
