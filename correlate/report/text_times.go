package report

import (
	"strings"
	"time"
)

const stampLayout = time.RFC3339Nano

// textLayout leaves the nanoseconds to the JSON form.
const textLayout = "2006-01-02 15:04:05.000000"

func (o TextOptions) zone() *time.Location {
	if o.Zone == nil {
		return time.UTC
	}
	return o.Zone
}

// moment is a stamp in the zone that the text is in, with its name. A stamp that
// is none is left as it is.
func (p *page) moment(stamp string) string {
	at, err := time.Parse(stampLayout, stamp)
	if err != nil {
		return stamp
	}
	return at.In(p.zone).Format(textLayout + " MST")
}

// span is the time from one stamp to another; the date and the zone are not said
// twice.
func (p *page) span(first, last string) string {
	from, errFrom := time.Parse(stampLayout, first)
	to, errTo := time.Parse(stampLayout, last)
	if errFrom != nil || errTo != nil {
		return first + " to " + last
	}
	from, to = from.In(p.zone), to.In(p.zone)
	begin, end := from.Format(textLayout), to.Format(textLayout)
	if date := len("2006-01-02 "); begin[:date] == end[:date] {
		end = end[date:]
	}
	if was, is := from.Format(" MST"), to.Format(" MST"); was != is {
		return begin + was + " to " + end + is
	}
	return begin + " to " + end + to.Format(" MST")
}

// clockLayout is that of the times in the texts of evidence, which are in UTC.
const clockLayout = "15:04:05.000000"

// Said is the text of a piece of evidence with its times in a zone: they are among its
// Values.
func (e *Evidence) Said(zone *time.Location) string {
	var pairs []string
	for _, value := range e.Values {
		stamp, _ := value.(string)
		if at, err := time.Parse(stampLayout, stamp); err == nil && zone != nil {
			pairs = append(pairs, at.UTC().Format(clockLayout), at.In(zone).Format(clockLayout))
		}
	}
	return strings.NewReplacer(pairs...).Replace(e.Text)
}

func (p *page) said(e *Evidence) string { return e.Said(p.zone) }
