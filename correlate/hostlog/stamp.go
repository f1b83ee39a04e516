package hostlog

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Stamp is the time in a line of a log. What the line does not say is left open.
type Stamp struct {
	Clock time.Time // as it stands there, as if it were UTC
	Dated bool      // the line gives the year
	Zoned bool      // the line gives the time zone, and Clock is in UTC
}

// Forms of stamps, most telling first. Of syslog (RFC 3164 section 4.1.2) year and zone
// are missing; RFC 5424 section 6.2.3 takes them from RFC 3339.
var (
	rfc3339 = regexp.MustCompile(`(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?`)
	slashes = regexp.MustCompile(`(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)()()`)                                                // nginx's error log
	common  = regexp.MustCompile(`(\d\d)/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})`) // access logs
	rfc3164 = regexp.MustCompile(`(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?`)
	ctime   = regexp.MustCompile(`(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d:\d\d:\d\d) (\d{4})\b`) // ctime(3), as OpenVPN's log has it
	epoch   = regexp.MustCompile(`^\[?(1\d{9})(?:\.(\d{1,9}))?\b`)
)

// stampWithin is how far into a line its time may stand.
const stampWithin = 120

// findStamp finds the time of a line, and what follows it.
func findStamp(line string) (s Stamp, rest string, ok bool) {
	head := line[:min(len(line), stampWithin)]
	for _, form := range []struct {
		*regexp.Regexp
		separator byte
	}{{rfc3339, '-'}, {slashes, '/'}} {
		if m := find(form.Regexp, head, hasDate(head, form.separator, 2)); m != nil {
			g := groups(head, m)
			t, err := time.Parse("2006-01-02 15:04:05", fmt.Sprintf("%s-%s-%s %s:%s:%s", g[1], g[2], g[3], g[4], g[5], g[6]))
			if err != nil {
				continue
			}
			s = Stamp{Clock: t.Add(fraction(g[7])), Dated: true, Zoned: g[8] != ""}
			if s.Zoned {
				s.Clock = s.Clock.Add(-zoneOffset(g[8]))
			}
			return s, line[m[1]:], true
		}
	}
	if m := find(common, head, hasDate(head, '/', 3)); m != nil {
		g := groups(head, m)
		if t, err := time.Parse("02/Jan/2006 15:04:05 -0700", fmt.Sprintf("%s/%s/%s %s %s", g[1], g[2], g[3], g[4], g[5])); err == nil {
			// The address stands before the time in such logs.
			return Stamp{Clock: t.UTC(), Dated: true, Zoned: true}, line[:m[0]] + line[m[1]:], true
		}
	}
	if m := find(ctime, head, hasWeekday(head)); m != nil {
		g := groups(head, m)
		if t, err := time.Parse("2006 Jan 2 15:04:05", fmt.Sprintf("%s %s %s %s", g[4], g[1], g[2], g[3])); err == nil {
			return Stamp{Clock: t, Dated: true}, line[m[1]:], true
		}
	}
	if m := find(rfc3164, head, true); m != nil {
		g := groups(head, m)
		// The year is open; a leap year admits 29 February.
		if t, err := time.Parse("2006 Jan 2 15:04:05", fmt.Sprintf("2000 %s %s %s", g[1], g[2], g[3])); err == nil {
			return Stamp{Clock: t.Add(fraction(g[4]))}, line[m[1]:], true
		}
	}
	if m := find(epoch, head, true); m != nil {
		g := groups(head, m)
		seconds, err := strconv.ParseInt(g[1], 10, 64)
		if err == nil {
			return Stamp{Clock: time.Unix(seconds, 0).UTC().Add(fraction(g[2])), Dated: true, Zoned: true}, line[m[1]:], true
		}
	}
	return s, "", false
}

// find looks for a form, unless it is known already that the text does not have it: a log
// may have millions of lines, and a search takes a microsecond for each few characters.
func find(form *regexp.Regexp, text string, possible bool) []int {
	if !possible {
		return nil
	}
	return form.FindStringSubmatchIndex(text)
}

// hasDate reports whether two separators of a date stand so many characters apart, with a
// digit before the first.
func hasDate(text string, separator byte, apart int) bool {
	for i := 1; i+apart+1 < len(text); i++ {
		if text[i] == separator && text[i+apart+1] == separator && text[i-1] >= '0' && text[i-1] <= '9' {
			return true
		}
	}
	return false
}

func hasWeekday(text string) bool {
	return slices.ContainsFunc(weekdays, func(day string) bool { return strings.Contains(text, day) })
}

var weekdays = []string{"Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun "}

func groups(text string, at []int) (g []string) {
	for i := 0; i < len(at); i += 2 {
		if at[i] < 0 {
			g = append(g, "")
			continue
		}
		g = append(g, text[at[i]:at[i+1]])
	}
	return g
}

// fraction reads the digits behind the seconds.
func fraction(digits string) time.Duration {
	n, err := strconv.ParseInt((digits + "000000000")[:9], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}

// zoneOffset reads "Z", "+0200" or "+02:00".
func zoneOffset(text string) time.Duration {
	digits := strings.ReplaceAll(text, ":", "")
	if len(digits) != 5 {
		return 0
	}
	hours, errH := strconv.Atoi(digits[1:3])
	minutes, errM := strconv.Atoi(digits[3:])
	if errH != nil || errM != nil {
		return 0
	}
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if digits[0] == '-' {
		return -d
	}
	return d
}

// at is a stamp in a zone that is so far ahead of UTC, in the year in which it comes
// nearest to a time.
func (s Stamp) at(ahead time.Duration, near time.Time) time.Time {
	if s.Zoned {
		return s.Clock
	}
	if s.Dated {
		return s.Clock.Add(-ahead)
	}
	best := time.Time{}
	for year := near.Year() - 1; year <= near.Year()+1; year++ {
		c := s.Clock
		t := time.Date(year, c.Month(), c.Day(), c.Hour(), c.Minute(), c.Second(), c.Nanosecond(), time.UTC).Add(-ahead)
		if best.IsZero() || t.Sub(near).Abs() < best.Sub(near).Abs() {
			best = t
		}
	}
	return best
}
