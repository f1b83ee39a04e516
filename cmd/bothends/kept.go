package main

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"bothends/cmd/bothends/internal/kept"
	"bothends/correlate"
	"bothends/correlate/report"
)

// folders reports whether two folders of what flight recorders kept are compared.
func (o *compareOptions) folders() bool {
	first, second := o.named()
	return len(first) == 1 && len(second) == 1 && isFolder(first[0]) && isFolder(second[0])
}

// named are the captures as they stand on the command line.
func (o *compareOptions) named() (first, second []string) {
	if len(o.positional) == 2 {
		return o.positional[:1], o.positional[1:]
	}
	return o.client, o.server
}

func isFolder(path string) bool {
	about, err := os.Stat(path)
	return err == nil && about.IsDir()
}

// runKept compares each connection that was kept at both ends, and returns the worst
// status.
func (o *compareOptions) runKept(ctx context.Context, c *console) (int, error) {
	first, second := o.named()
	if o.views.any() {
		return 0, &hinted{errors.New("--html, --annotate and the like are of one pair of captures"), "bothends compare FILE FILE, with two files that belong together"}
	}
	var units [2][]kept.Unit
	for n, dir := range []string{first[0], second[0]} {
		list, others, err := kept.List(ctx, dir)
		if errors.Is(err, kept.ErrNone) {
			return 0, &hinted{err, "give the folders of two recorders (bothcap watch --dir); for rotated files of a recording a pattern in quotes: 'DIR/*.pcapng'"}
		}
		if err != nil {
			return 0, err
		}
		for _, path := range others {
			c.warn("compare it by itself", "%s is left out: bothcap watch did not keep it", path)
		}
		units[n] = list
	}
	if kept.Exchanged(units[0], units[1]) {
		first, second, units[0], units[1] = second, first, units[1], units[0]
	}
	inputs := slices.Concat(pathsOf(units[0]), pathsOf(units[1]))
	if err := checkOutput(o.output, o.force, inputs); err != nil {
		return 0, err
	}
	all := &keptReport{folders: [2]string{first[0], second[0]}, details: o.details}
	for _, pair := range kept.Match(units[0], units[1]) {
		told, err := o.comparePair(ctx, c, pair)
		if err != nil {
			return 0, err
		}
		all.pairs = append(all.pairs, told)
	}
	if err := o.rendering.write(ctx, c, all); err != nil {
		return 0, err
	}
	return all.status(), nil
}

func pathsOf(units []kept.Unit) (paths []string) {
	for n := range units {
		paths = append(paths, units[n].Path)
	}
	return paths
}

// A keptPair is what is told of one connection that ended badly.
type keptPair struct {
	Schema     string         `json:"schema"`
	Why        string         `json:"why"` // as the recorder kept it: "reset", "unanswered" or "stuck"
	At         time.Time      `json:"at"`
	Client     string         `json:"client"` // ip:port, as the end sees it that At is of
	Server     string         `json:"server"`
	ClientFile string         `json:"client_file,omitempty"` // empty if that end kept nothing of it
	ServerFile string         `json:"server_file,omitempty"`
	Status     int            `json:"status"`            // the exit status that this pair alone would have
	Problem    string         `json:"problem,omitempty"` // why it could not be compared
	Ending     *report.Ending `json:"ending,omitempty"`
	Report     *report.Report `json:"report,omitempty"`
}

const keptSchema = "bothends.kept/1"

// comparePair compares one. That it cannot be compared is no error.
func (o *compareOptions) comparePair(ctx context.Context, c *console, pair kept.Pair) (keptPair, error) {
	unit := pair.Client
	if unit == nil {
		unit = pair.Server
	}
	told := keptPair{Schema: keptSchema, Why: unit.Why, At: unit.At, Client: unit.Client.String(), Server: unit.Server.String(), Status: exitUndecided}
	if pair.Client != nil {
		told.ClientFile = pair.Client.Name()
	}
	if pair.Server != nil {
		told.ServerFile = pair.Server.Name()
	}
	if pair.Client == nil || pair.Server == nil {
		return told, nil
	}
	var paths [2]string
	for n, u := range []*kept.Unit{pair.Client, pair.Server} {
		path, done, err := u.File()
		if err != nil {
			return told, err
		}
		defer done()
		paths[n] = path
	}
	sets, r, _, err := o.compare(ctx, c, []tapFiles{{clientTap, paths[:1]}, {serverTap, paths[1:]}}, len(o.positional) != 2, never)
	defer closeAll(sets)
	switch {
	case ctx.Err() != nil:
		return told, err
	case err != nil && !errors.Is(err, correlate.ErrNothingInCommon):
		told.Problem = err.Error()
		return told, nil
	case err != nil:
		told.Problem = "the two files have no connection in common"
		return told, nil
	}
	rename(r, paths, pair)
	told.Report, told.Status = r, r.ExitStatus()
	told.Ending = endingOf(r, pair)
	return told, nil
}

// rename has a report name the files in which sections stand, and not copies of them.
func rename(r *report.Report, paths [2]string, pair kept.Pair) {
	for n, u := range []*kept.Unit{pair.Client, pair.Server} {
		for _, capture := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
			for i := range capture.Files {
				if capture.Files[i].Path == paths[n] {
					capture.Files[i].Path = u.Name()
				}
			}
		}
		for i := range r.Findings {
			f := &r.Findings[i]
			for _, file := range []*string{&f.File, &f.TwinFile} {
				if *file == paths[n] {
					*file = u.Name()
				}
			}
			if f.Trigger != nil && f.Trigger.File == paths[n] {
				f.Trigger.File = u.Name()
			}
		}
	}
}

// endingOf is what ended the connection for which the files were kept.
func endingOf(r *report.Report, pair kept.Pair) *report.Ending {
	views := map[string]bool{}
	for _, u := range []*kept.Unit{pair.Client, pair.Server} {
		views[u.Client.String()+" "+u.Server.String()] = true
	}
	for n := range r.Connections {
		c := &r.Connections[n]
		if views[c.ClientView.Client+" "+c.ClientView.Server] || views[c.ServerView.Client+" "+c.ServerView.Server] {
			return c.Ending
		}
	}
	return nil
}
