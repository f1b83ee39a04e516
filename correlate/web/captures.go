package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate/report"
)

func (b *builder) health() []health {
	one, other := &b.report.Captures.Client, &b.report.Captures.Server
	both := func(name string, say func(*report.Capture) string) health { return health{name, say(one), say(other)} }
	worth := map[*report.Capture]string{one: b.report.Worth("client"), other: b.report.Worth("server")}
	rows := []health{
		both("File", func(c *report.Capture) string {
			var list []string
			for _, f := range c.Files {
				state := f.EndState
				if f.EndReason != "" {
					state += ": " + f.EndReason
				}
				list = append(list, fmt.Sprintf("%s (%s)", name(f.Path), report.Escape(state)))
			}
			return strings.Join(list, ", ")
		}),
		both("Recorded", func(c *report.Capture) string {
			if r := c.Health.Recording; r != nil && r.From != "" {
				return span(r.From, r.Until, b.options.Zone)
			}
			return span(c.First, c.Last, b.options.Zone)
		}),
		both("What it holds", func(c *report.Capture) string {
			return fmt.Sprintf("%d packets, %d connections", c.Packets, c.Health.Connections)
		}),
		both("Completeness", func(c *report.Capture) string { return report.Sentence(worth[c]) }),
		both("Cut short", func(c *report.Capture) string {
			if c.Health.Cut == 0 {
				return ""
			}
			return fmt.Sprintf("%d packets", c.Health.Cut)
		}),
		both("Acknowledged, but not in it", func(c *report.Capture) string {
			if c.Health.Unseen == 0 {
				return ""
			}
			return fmt.Sprintf("%d bytes", c.Health.Unseen)
		}),
		both("Recorded twice", func(c *report.Capture) string {
			if c.Health.Repeated == 0 {
				return ""
			}
			return fmt.Sprintf("%d packets, counted once", c.Health.Repeated)
		}),
		both("Filter", func(c *report.Capture) string { return report.Escape(report.FilterWords(c.Health.Filter)) }),
		both("Clock", func(c *report.Capture) string {
			r := c.Health.Recording
			switch {
			case r == nil || r.Clock == nil:
				return ""
			case !r.Clock.Synchronised:
				return "not synchronised; that is allowed for"
			}
			return fmt.Sprintf("synchronised, wrong by at most %s", time.Duration(r.Clock.MaximumErrorNS).Round(time.Microsecond))
		}),
	}
	return slices.DeleteFunc(rows, func(h health) bool { return h.Client == "" && h.Server == "" })
}

func span(first, last string, zone *time.Location) string {
	from, errFrom := time.Parse(time.RFC3339Nano, first)
	to, errTo := time.Parse(time.RFC3339Nano, last)
	if errFrom != nil || errTo != nil {
		return "at unknown times"
	}
	return fmt.Sprintf("%s, for %s", from.In(zone).Format("2006-01-02 15:04:05 MST"), to.Sub(from).Round(time.Millisecond))
}

func (b *builder) clock() string {
	c := &b.report.Clock
	if !c.Known {
		return "The two clocks cannot be compared."
	}
	return fmt.Sprintf("The server's clock less the client's: %s, give or take %s, by %d packets that passed both taps.",
		time.Duration(c.OffsetNS).Round(time.Microsecond), time.Duration(c.UncertaintyNS).Round(time.Microsecond), c.Points)
}
