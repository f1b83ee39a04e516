package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bothends/correlate"
	"bothends/correlate/report"
)

// advise adds to an error of the comparison what the user can do.
func advise(err error) error {
	if errors.Is(err, correlate.ErrSameEnd) {
		return &hinted{err, "a comparison needs one recording of each end, made at the same time"}
	}
	if errors.Is(err, correlate.ErrNoTCP) {
		return &hinted{err, "record on the interface that carries the session, outside of any tunnel, with a filter that admits TCP"}
	}
	return err
}

func sameFile(mine, theirs string) error {
	err := fmt.Errorf("%q is given as the capture of both ends", mine)
	if mine != theirs {
		err = fmt.Errorf("%q and %q are the same file", mine, theirs)
	}
	return &hinted{err, "a comparison needs two recordings, made at the same time at either end"}
}

// nothingInCommon says what each capture holds, so that the user sees why they
// do not belong together.
func nothingInCommon(r *report.Report) error {
	client, server := &r.Captures.Client, &r.Captures.Server
	gap, known := apart(client, server)
	times := "by their clocks, both were running at the same time"
	hint := "were both made of the same sessions? If a proxy, a load balancer or a VPN stands between the ends, record behind it as well"
	switch {
	case !known:
		times = "not both have times"
	case gap > 0:
		times = fmt.Sprintf("by their clocks, one began %s after the other had ended", rough(gap))
		hint = "record at both ends during the same session; clocks may differ, recordings must overlap"
	}
	return &hinted{&detailed{correlate.ErrNothingInCommon, []string{
		holding(client, r.Connections, func(c *report.Connection) report.View { return c.ClientView }),
		holding(server, r.Connections, func(c *report.Connection) report.View { return c.ServerView }),
		times,
	}}, hint}
}

// mostNamed is how many connections of a capture an error names.
const mostNamed = 3

// holding describes a capture in one line: its times and connections.
func holding(c *report.Capture, all []report.Connection, view func(*report.Connection) report.View) string {
	var connections []string
	for i := range all {
		if v := view(&all[i]); v.Client != "" {
			connections = append(connections, v.Client+" -> "+v.Server)
		}
	}
	named := strings.Join(connections[:min(mostNamed, len(connections))], ", ")
	if more := len(connections) - mostNamed; more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("%s: %s to %s, %s", paths(c), seconds(c.First), seconds(c.Last), named)
}

func paths(c *report.Capture) string {
	var list []string
	for _, f := range c.Files {
		list = append(list, f.Path)
	}
	return strings.Join(list, ", ")
}

// seconds cuts a stamp to what tells one session from another.
func seconds(stamp string) string {
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return "an unknown time"
	}
	return at.UTC().Format("2006-01-02 15:04:05 UTC")
}

// apart is how long after the end of one capture the other began, negative if
// they overlap.
func apart(one, other *report.Capture) (gap time.Duration, known bool) {
	var times []time.Time
	for _, stamp := range []string{one.First, one.Last, other.First, other.Last} {
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil {
			return 0, false
		}
		times = append(times, at)
	}
	return max(times[2].Sub(times[1]), times[0].Sub(times[3])), true
}

// rough is a duration as people say it.
func rough(d time.Duration) string {
	if days := d / (24 * time.Hour); days >= 2 {
		return fmt.Sprintf("%d days", days)
	}
	return d.Round(time.Second).String()
}

// warnOfCaptures says what is wrong with captures that were compared all the same.
func warnOfCaptures(c *console, r *report.Report) {
	for _, f := range slices.Concat(r.Captures.Client.Files, r.Captures.Server.Files) {
		if f.EndReason != "" {
			c.warn("what was recorded after that cannot be used; copy the file again if it was copied", "%s: %s: %s", f.Path, f.EndState, f.EndReason)
		}
	}
	if ends := r.Ends; ends.DecidedBy == "the command line" && ends.Against > ends.For {
		c.warn("exchange --client and --server, or give the captures without them",
			"the captures look as if --client and --server were exchanged: %d of %d connections say so", ends.Against, ends.For+ends.Against)
	}
}
