package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"bothends/correlate/report"
)

// A keptReport is of all of them.
type keptReport struct {
	folders [2]string
	pairs   []keptPair
	details bool
}

// exitUndecided is the status of what stays open.
const exitUndecided = 3

// severity orders the statuses of pairs, the worst last: proved, then undecided.
var severity = []int{0, exitUndecided, 1}

func (k *keptReport) status() (worst int) {
	for n := range k.pairs {
		if slices.Index(severity, k.pairs[n].Status) > slices.Index(severity, worst) {
			worst = k.pairs[n].Status
		}
	}
	return worst
}

// WriteJSON writes a line for each connection.
func (k *keptReport) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	for n := range k.pairs {
		if err := encoder.Encode(&k.pairs[n]); err != nil {
			return err
		}
	}
	return nil
}

// WriteText writes a line for each connection, and with details each report.
func (k *keptReport) WriteText(w io.Writer, o report.TextOptions) error {
	var b strings.Builder
	path, both := 0, 0
	for n := range k.pairs {
		p := &k.pairs[n]
		if p.Status == 1 {
			path++
		}
		if p.Report != nil {
			both++
		}
	}
	switch {
	case path > 0:
		fmt.Fprintf(&b, "Interference: %d of %s that ended badly.\n\n", path, plural(len(k.pairs), "connection"))
	default:
		fmt.Fprintf(&b, "No interference proved in the %s that ended badly.\n\n", plural(len(k.pairs), "connection"))
	}
	fmt.Fprintf(&b, "Kept in %s and in %s; %d at both ends.\n", report.Escape(k.folders[0]), report.Escape(k.folders[1]), both)
	zone := o.Zone
	if zone == nil {
		zone = time.UTC
	}
	day := ""
	for n := range k.pairs {
		p := &k.pairs[n]
		if d := p.At.In(zone).Format("2006-01-02, MST"); d != day {
			day = d
			fmt.Fprintf(&b, "\n%s\n", day)
		}
		fmt.Fprintf(&b, "  %s  %-10s  %s -> %s  %s\n", p.At.In(zone).Format("15:04:05"), p.Why, p.Client, p.Server, report.Escape(p.words()))
	}
	if example := k.example(); example != "" {
		fmt.Fprintf(&b, "\nAll of one, with the evidence: %s\n", example)
	}
	if _, err := io.WriteString(w, b.String()); err != nil || !k.details {
		return err
	}
	for n := range k.pairs {
		if p := &k.pairs[n]; p.Report != nil {
			if _, err := fmt.Fprintf(w, "\n\n%s  %s -> %s\n\n", p.At.In(zone).Format("2006-01-02 15:04:05"), p.Client, p.Server); err != nil {
				return err
			}
			if err := p.Report.WriteText(w, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// words say what ended a connection.
func (p *keptPair) words() string {
	switch {
	case p.ServerFile == "":
		return "kept at the client only: the other end saw it end well, or did not see it"
	case p.ClientFile == "":
		return "kept at the server only: the other end saw it end well, or did not see it"
	case p.Problem != "":
		return "not compared: " + p.Problem
	case p.Ending == nil:
		return "in neither capture as it was kept"
	}
	return strings.ReplaceAll(p.Ending.Kind, "-", " ") + ", " + p.Ending.Confidence
}

// example is how to see one pair alone: the first that the path ended.
func (k *keptReport) example() string {
	for _, status := range []int{1, exitUndecided, 0} {
		for n := range k.pairs {
			p := &k.pairs[n]
			if p.Report != nil && p.Status == status && !strings.Contains(p.ClientFile+p.ServerFile, ", section ") {
				return "bothends compare " + shellWord(filepath.Clean(p.ClientFile)) + " " + shellWord(filepath.Clean(p.ServerFile))
			}
		}
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
