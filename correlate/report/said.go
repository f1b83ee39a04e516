package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// mostSaid is how many lines of a log stand beside an ending, mostSaidChars how much of
// each.
const (
	mostSaid      = 5
	mostSaidChars = 200
)

// tellingWords are in lines that say how a session ended: first those by which it ended
// badly, then those that it ended.
var tellingWords = []*regexp.Regexp{
	regexp.MustCompile(`(?i)lost|time[d ]?-? ?out|reset|refus|reject|error|fail|abort|broken|EOF|EOM`),
	regexp.MustCompile(`(?i)disconnect|clos|quit`),
}

// Said are at most n lines of logs on a connection, in the words "postfix said at
// 11:58:31: lost connection after STARTTLS": of more than n the last that say how a
// session ended. Text from logs is escaped.
func (c *Connection) Said(n int, zone *time.Location) (sentences []string) {
	lines := c.Log
	for _, words := range tellingWords {
		if len(lines) <= n {
			break
		}
		telling := slices.DeleteFunc(slices.Clone(lines), func(l LogLine) bool { return !words.MatchString(l.Text) })
		if len(telling) > 0 {
			lines = telling[max(0, len(telling)-n):]
		}
	}
	for _, l := range lines[max(0, len(lines)-n):] {
		sentences = append(sentences, l.sentence(zone))
	}
	return sentences
}

func (l *LogLine) sentence(zone *time.Location) string {
	who, _, _ := strings.Cut(l.Program, "/") // of postfix/smtpd users know the first
	if who == "" {
		who = "the log"
	}
	at := ""
	if t, err := time.Parse(stampLayout, l.Time); err == nil {
		at = t.In(zone).Format(" at 15:04:05")
	}
	text := []rune(l.Text)
	if len(text) > mostSaidChars {
		text = append(text[:mostSaidChars], '.', '.', '.')
	}
	or := ""
	if l.Shared {
		or = " (of this or another connection of that address)"
	}
	return fmt.Sprintf("%s said%s: %s%s", Escape(who), at, Escape(string(text)), or)
}

// quoted quotes the log beside a connection.
func (t *text) quoted(c *Connection, n int, indent string) {
	for _, sentence := range c.Said(n, t.zone) {
		t.hang(plain, indent, indent+"  ", "%s", sentence)
	}
}

// logs says how the times of the logs were read.
func (t *text) logs() {
	for _, sentence := range t.LogsRead() {
		t.para(plain, "  ", "%s", sentence)
	}
}

// howRead says whose log it is, and how its times were read.
func (l *Log) howRead() string {
	if l.Lines == 0 {
		text := Escape(l.Path) + " has 0 lines on these connections: none names an address of theirs within their time"
		if !l.ZoneStated {
			text += " (--log-zone says in which zone its times are)"
		}
		return text + "."
	}
	text := fmt.Sprintf("%s, by the addresses in it a log of the %s's, has %s on these connections", Escape(l.Path), l.End, count(l.Lines, "line"))
	switch {
	case !l.ZoneStated:
		text += fmt.Sprintf("; it names no time zone, and is read as %s, by which most lines fall into a connection of their address (--log-zone says another)", zoneName(l.AheadNS))
	case l.AheadNS != 0:
		text += "; its times are read as " + zoneName(l.AheadNS)
	}
	if !l.YearStated {
		text += "; it names no year, and is taken to be of that of the captures"
	}
	return text + "."
}

// zoneName is "UTC" or "UTC+01:00".
func zoneName(aheadNS int64) string {
	minutes := aheadNS / int64(time.Minute)
	switch {
	case minutes == 0:
		return "UTC"
	case minutes < 0:
		return fmt.Sprintf("UTC-%02d:%02d", -minutes/60, -minutes%60)
	}
	return fmt.Sprintf("UTC+%02d:%02d", minutes/60, minutes%60)
}

// LogsRead says of each log how its times were read.
func (r *Report) LogsRead() (sentences []string) {
	for i := range r.Logs {
		sentences = append(sentences, r.Logs[i].howRead())
	}
	return sentences
}
