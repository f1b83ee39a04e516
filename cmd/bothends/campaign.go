package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/pflag"

	"bothends/cmd/bothends/internal/campaign"
	"bothends/cmd/bothends/internal/outside"
	"bothends/cmd/internal/usage"
)

// campaignOptions are what the command line of `bothends campaign` says.
type campaignOptions struct {
	jobs   int
	shard  string
	fetch  string
	output string
	retry  bool
	worker bool
}

// campaignVerb is the verb; it returns 0 once every pair has its line, whatever
// stands in it.
func campaignVerb() verb {
	var o campaignOptions
	flags := newFlags("campaign")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "campaign",
			Title:    "compare pair after pair of a list, on all processors, into one line of JSON each",
			Synopsis: []string{"campaign [FLAGS] MANIFEST"},
			Text: []string{
				`MANIFEST is CSV with a header line: id, client, server, and a column for each thing that you know of a session (a factor, such as the provider). Several files of one capture have several columns of the same name. Or it is lines of JSON, as {"id": "7", "client": ["c1.pcapng", "c2.pcapng"], "server": "s.pcapng", "factors": {"provider": "A"}}. The captures are each end's as listed; paths are taken from the folder where the program is started.`,
				`Each line holds the id, the factors, the report of compare, and what the clients said, by the names of commands alone. "bothends contrast" reads them. A pair that cannot be compared has the error in its line, and the rest goes on.`,
				"With -o the file is gone on with: pairs that have their line are not compared again. With --shard many machines share a list; each writes a file of its own, and put together in the order of their numbers they are what one machine would have written, byte for byte.",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "every pair has its line, be it of an error"},
				{Code: "2", Meaning: "could not go on: usage, unreadable manifest, full disk"},
				{Code: "130", Meaning: "interrupted; with -o, start it again to go on"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			return 0, o.run(ctx, c, args)
		},
	}
}

func (o *campaignOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVarP(&o.output, "output", "o", standardOutput, "`FILE` to go on with, instead of standard output; {shard} in its\nname stands for the shard's number")
	flags.IntVarP(&o.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "`NUMBER` of pairs to compare at a time (one for each processor)")
	flags.StringVar(&o.shard, "shard", "", "do `I/N`, the I-th of N parts of the list; auto/N takes I from\nKubernetes or Slurm")
	flags.StringVar(&o.fetch, "fetch", "", "`COMMAND` that prints a file, with {} for its name, such as\n'rclone cat {}' or 'curl -sSf {}'; nothing is kept")
	flags.BoolVar(&o.retry, "retry", false, "compare pairs again whose line has an error")
	flags.BoolVar(&o.worker, "worker", false, "")
	flags.MarkHidden("worker")
	usage.File(flags, "output")
	addHelp(flags)
}

func (o *campaignOptions) run(ctx context.Context, c *console, args []string) error {
	fetch, err := o.parseFetch()
	if err != nil {
		return err
	}
	if o.worker {
		return (&campaign.Worker{Fetch: fetch}).Serve(ctx, os.Stdin, c.stdout)
	}
	shard, err := o.check(args)
	if err != nil {
		return err
	}
	manifest, err := campaign.Open(args[0])
	if err != nil {
		return &hinted{withoutPathOf(args[0], err), "bothends campaign --help says what a manifest looks like"}
	}
	if o.output == standardOutput {
		return o.compare(ctx, c, manifest, shard, nil)
	}
	path := shard.Name(o.output)
	output, err := campaign.Continue(path, o.retry)
	if err != nil {
		return outputError(path, err)
	}
	err = o.compare(ctx, c, manifest, shard, output)
	return errors.Join(err, outputError(path, output.Close()))
}

// withoutPathOf says once what cannot be read.
func withoutPathOf(path string, err error) error {
	if cause := withoutPath(err); cause != err {
		return fmt.Errorf("%q: %w", path, cause)
	}
	return err
}

func (o *campaignOptions) parseFetch() (campaign.Fetch, error) {
	if o.fetch == "" {
		return nil, nil
	}
	fetch, err := campaign.ParseFetch(o.fetch)
	if err != nil {
		return nil, &hinted{fmt.Errorf("--fetch: %w", err), "write it as --fetch 'rclone cat {}'"}
	}
	return fetch, nil
}

// check refuses what cannot be meant.
func (o *campaignOptions) check(args []string) (shard campaign.Shard, err error) {
	switch {
	case len(args) == 0:
		return shard, &hinted{errors.New("no manifest is given"), "name it: bothends campaign MANIFEST"}
	case len(args) > 1:
		return shard, &hinted{fmt.Errorf("%q is given beside the manifest", args[1]), "one campaign has one manifest"}
	case o.jobs < 1:
		return shard, &hinted{fmt.Errorf("--jobs %d cannot be meant", o.jobs), "give how many pairs to compare at a time"}
	case o.retry && o.output == standardOutput:
		return shard, &hinted{errors.New("--retry has no file to go on with"), "name it: -o FILE"}
	}
	if o.shard != "" {
		if shard, err = campaign.ParseShard(o.shard, os.Getenv); err != nil {
			return shard, &hinted{fmt.Errorf("--shard: %w", err), "write it as --shard 2/8, or auto/8 in a job of many"}
		}
	}
	return shard, o.checkOutput(args[0], shard)
}

// checkOutput refuses the manifest as the output; campaigns go on with any other
// file that has their lines.
func (o *campaignOptions) checkOutput(manifest string, shard campaign.Shard) error {
	path := shard.Name(o.output)
	if path == standardOutput {
		return nil
	}
	if about, err := os.Stat(path); err == nil && !about.Mode().IsRegular() {
		return &hinted{fmt.Errorf("output %q is no file that can be gone on with", path), "leave -o out, and send standard output there"}
	}
	if filepath.Clean(path) == filepath.Clean(manifest) {
		return &hinted{fmt.Errorf("output %q is the manifest", path), "choose another name"}
	}
	return checkDirectory(path)
}

// compare runs the workers, and says on standard error how it went.
func (o *campaignOptions) compare(ctx context.Context, c *console, m *campaign.Manifest, shard campaign.Shard, output *campaign.Output) error {
	program, err := outside.Itself()
	if err != nil {
		return fmt.Errorf("find this program, to start workers: %w", err)
	}
	runner := campaign.Runner{Command: []string{program, "campaign", "--worker"}, Jobs: o.jobs}
	if o.fetch != "" {
		runner.Command = append(runner.Command, "--fetch", o.fetch)
	}
	var unread error
	missing := func(yield func(campaign.Pair) bool) {
		for p, err := range m.Part(shard) {
			if err != nil {
				unread = err
				return
			}
			if (output == nil || !output.Has(p.ID)) && !yield(p) {
				return
			}
		}
	}
	var to io.Writer = c.stdout
	before := 0
	if output != nil {
		to, before = output, output.Done()
	}
	failed := 0
	err = runner.Run(ctx, missing, func(line []byte, ok bool) error {
		if !ok {
			failed++
		}
		_, err := to.Write(line)
		return err
	})
	if err := errors.Join(err, unread); err != nil {
		return err
	}
	if failed > 0 {
		c.warn("their lines say why; --retry compares them again", "%d pairs could not be compared", failed)
	}
	if before > 0 {
		c.warn("", "%d pairs had their line already", before)
	}
	return nil
}
