package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/report"
)

// compareOptions are what the command line of `bothends compare` says.
type compareOptions struct {
	client, server []string // files by end, where they are given so
	tap            []string // NAME=FILE
	positional     []string // else CLIENT and SERVER, and the taps between them
	showPayload    bool
	memoryLimit    memorySize
	attest         []string
	stated         []judge.Statement // attest, read
	logs           []string
	logZone        string
	taps           []tapFiles // tap, read
	takesTaps      bool       // the verb may take more than two
	rendering
	views
}

// compareVerb is the verb; it returns the status of the verdict.
func compareVerb() verb {
	var o compareOptions
	flags := newFlags("compare")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:  "compare",
			Title: "compare the captures of both ends and say which packets were made, changed or lost between them",
			Synopsis: []string{
				"compare [FLAGS] CLIENT SERVER",
				"compare [FLAGS] --client FILE [--client FILE...] --server FILE [--server FILE...]",
				"compare [FLAGS] FOLDER FOLDER",
				"compare [FLAGS] CLIENT BETWEEN... SERVER",
			},
			Text: []string{
				`CLIENT and SERVER are captures in pcap or pcapng format, also compressed with gzip, zstd or lz4; "-" is standard input. If they are given in the wrong order, bothends notices.`,
				rotatedSets,
				"With --client and --server the ends are taken as given.",
				"Two FOLDERs are those in which bothcap watch kept what ended badly at each end. What belongs together is paired, by sequence numbers, or by addresses and time, and told in a line for each connection: what ended it, or that only one end kept it. The exit status is the worst of them. --format json prints an object for each, one a line; --details tells all of each.",
				"Further taps on the path stand between the two in its order, as BETWEEN or as --tap. Every verdict on the path then names the stretch between two taps that it is about.",
			},
			Flags: flags,
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			o.positional, o.takesTaps = args, true
			if err := o.check(); err != nil {
				return 0, err
			}
			if o.folders() {
				return o.runKept(ctx, c)
			}
			if err := o.views.check(flags, o.force, o.inputs()); err != nil {
				return 0, err
			}
			return o.run(ctx, c)
		},
	}
}

func (o *compareOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.client, "client", nil, "a `FILE` recorded at the client; repeat it for further files")
	flags.StringArrayVar(&o.server, "server", nil, "a `FILE` recorded at the server; repeat it for further files")
	flags.StringArrayVar(&o.tap, "tap", nil, "a tap on the path and its `NAME=FILE`; repeat it in the order of the path: of\nall taps from the client's to the server's, or with --client and --server\nof those between (a name that comes again has a further file)")
	usage.File(flags, "client", "server")
	flags.BoolVar(&o.details, "details", false, "tell everything: both ends, each finding with its evidence, what the captures are worth")
	flags.BoolVar(&o.brief, "brief", false, "tell the verdict, and which connections were hit, and no more")
	o.rendering.addFlags(flags, "list connections without findings too, and shorten nothing")
	flags.BoolVar(&o.showPayload, "show-payload", false, "show the first bytes of the message before a reset even if nothing\nrecognises it: they may hold a password or somebody's words")
	flags.StringArrayVar(&o.attest, "attest", nil, "state a fact that no capture can hold, as `END:FACT`: server:one-way-out,\nserver:one-host, client:drops=0 and the like; the report shows it as yours\n(a wrong one makes a wrong verdict; repeat it for further facts)")
	flags.StringArrayVar(&o.logs, "log", nil, "quote from a mail server's or another program's log `FILE`, beside each\nending, what it says of that connection's address at that time; plain or\ngzip (repeat it for further logs)")
	flags.StringVar(&o.logZone, "log-zone", "", "the `ZONE` of the logs' times where they name none: +01:00, Europe/Berlin\n(unless given, the one in which they fit the connections)")
	usage.File(flags, "log")
	o.views.addFlags(flags)
	o.memoryLimit = notGiven
	flags.Var(&o.memoryLimit, "memory-limit", "about how much memory to take, as a `SIZE` such as 512M or 2G; 0 is any\n(half of the machine's unless given; of connections that do not fit the\nfirst are compared, and the rest are counted)")
	addHelp(flags)
}

// check refuses what cannot be meant.
func (o *compareOptions) check() error {
	if err := o.rendering.check(); err != nil {
		return err
	}
	if err := o.readStatements(); err != nil {
		return err
	}
	if err := o.readTaps(); err != nil {
		return err
	}
	if err := o.checkLogs(); err != nil {
		return err
	}
	return o.checkCaptures()
}

func (o *compareOptions) checkLogs() error {
	if o.logZone != "" && len(o.logs) == 0 {
		return errors.New("--log-zone is of the times in a log, and no --log is given")
	}
	for i, path := range o.logs {
		if slices.Contains(o.logs[:i], path) {
			return fmt.Errorf("--log: %q is given twice", path)
		}
	}
	return nil
}

func (o *compareOptions) readStatements() error {
	for _, text := range o.attest {
		s, err := judge.ParseStatement(text)
		if err != nil {
			return fmt.Errorf("--attest: %w", err)
		}
		o.stated = append(o.stated, s)
	}
	return nil
}

// inputs are all files that are compared.
func (o *compareOptions) inputs() (list []string) {
	for _, t := range o.path() {
		list = append(list, t.files...)
	}
	return list
}

// run compares, writes the report and returns the status of the verdict.
func (o *compareOptions) run(ctx context.Context, c *console) (int, error) {
	if err := checkOutput(o.output, o.force, o.inputs()); err != nil {
		return 0, err
	}
	_, _, fixed := o.captures()
	ctx, cancel := context.WithCancel(ctx) // of the checksums, if the comparison fails
	defer cancel()
	sets, r, sums, err := o.compare(ctx, c, o.path(), fixed, o.wanted)
	defer closeAll(sets)
	nothing := errors.Is(err, correlate.ErrNothingInCommon)
	if err != nil && !nothing {
		return 0, err
	}
	warnOfCaptures(c, r)
	r.Program = "bothends " + version()
	if err := sums.note(ctx, r); err != nil {
		return 0, err
	}
	if err := o.quoteLogs(ctx, r); err != nil {
		return 0, err
	}
	if !nothing {
		if err := o.views.write(ctx, r, ends(sets), o.force, o.textOptions().Zone); err != nil {
			return 0, err
		}
	}
	if !nothing || o.format == formatJSON {
		if err := o.rendering.write(ctx, c, r); err != nil {
			return 0, err
		}
	}
	if nothing {
		return 0, nothingInCommon(r)
	}
	return r.ExitStatus(), nil
}

// quoteLogs puts what the logs say of the connections into the report.
func (o *compareOptions) quoteLogs(ctx context.Context, r *report.Report) error {
	logs := correlate.Logs{Paths: o.logs}
	if o.logZone != "" {
		began, err := time.Parse(time.RFC3339Nano, r.Captures.Client.First)
		if err != nil {
			began = time.Now()
		}
		ahead, err := correlate.ParseZone(o.logZone, began)
		if err != nil {
			return fmt.Errorf("--log-zone: %w", err)
		}
		logs.Zone = &ahead
	}
	if err := correlate.Quote(ctx, r, logs); err != nil {
		return fmt.Errorf("--log: %w", err)
	}
	return nil
}

// compare opens all captures and compares them, and sums them up beside if that is wanted.
// The sets are to be closed even with an error; correlate.ErrNothingInCommon comes with a
// report.
func (o *compareOptions) compare(ctx context.Context, c *console, path []tapFiles, fixed bool, wanted func([]*file.Set) bool) (sets []*file.Set, r *report.Report, sums *checksums, err error) {
	c.progress = newProgress(os.Stderr)
	var paths [][]string
	for _, t := range path {
		paths = append(paths, t.files)
	}
	if sets, err = openAll(ctx, paths...); err != nil {
		return sets, nil, nil, err
	}
	for i := range sets {
		for _, other := range sets[i+1:] {
			if mine, theirs, found := sets[i].Common(other); found {
				return sets, nil, nil, sameFile(mine, theirs)
			}
		}
	}
	const passes = 2 // over each capture of a comparison
	c.progress.expect("comparing", passes*int64(len(sets)-1), sets[0], sets[len(sets)-1])
	c.progress.expect("comparing", passes*2, sets[1:len(sets)-1]...)
	if o.memoryLimit == notGiven {
		o.memoryLimit = halfOfMachine(procMemInfo, groupMemoryMax)
	}
	if o.memoryLimit > 0 && os.Getenv("GOMEMLIMIT") == "" { // else the user knows better
		debug.SetMemoryLimit(int64(o.memoryLimit))
	}
	length := int64(0)
	for _, set := range sets {
		length += set.Length()
	}
	inLargePages(forLargePages(length, int64(o.memoryLimit)))
	how := correlate.Options{FixedEnds: fixed, Progress: c.progress.advance, MemoryLimit: int64(o.memoryLimit), ShowPayload: o.showPayload, Stated: o.stated}
	if wanted(sets) {
		sums = sum(ctx, ends(sets))
	}
	how.Growing = func(is bool) {
		if growing(is); !is {
			sums.firstRead()
		}
	}
	var compared *report.Report // which an interrupted comparison may still set
	err = unlessInterrupted(ctx, func() (err error) {
		if len(sets) < correlate.LeastTaps {
			compared, err = correlate.Compare(ctx, sets[0], sets[1], how)
			return err
		}
		taps := make([]correlate.Tap, len(sets))
		for i := range sets {
			taps[i] = correlate.Tap{Name: path[i].name, Set: sets[i]}
		}
		compared, err = correlate.ComparePath(ctx, taps, how)
		return err
	})
	c.progress.erase()
	if err != nil && !errors.Is(err, correlate.ErrNothingInCommon) {
		return sets, nil, nil, advise(err)
	}
	return sets, compared, sums, err
}

// ends are the first and the last of several taps.
func ends(sets []*file.Set) [2]*file.Set { return [2]*file.Set{sets[0], sets[len(sets)-1]} }

// openAll opens captures at the same time, as each may have to be unpacked. When one
// cannot be opened, the others are not waited for.
func openAll(ctx context.Context, paths ...[]string) (sets []*file.Set, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sets = make([]*file.Set, len(paths))
	problems := make([]error, len(paths))
	var group sync.WaitGroup
	for i := range sets {
		group.Go(func() {
			if sets[i], problems[i] = file.Open(ctx, paths[i]); problems[i] != nil {
				cancel()
			}
		})
	}
	group.Wait()
	for _, problem := range problems {
		if problem != nil && (err == nil || errors.Is(err, context.Canceled)) {
			err = problem // that another one was cancelled is no reason
		}
	}
	return sets, err
}

func closeAll(sets []*file.Set) {
	for _, set := range sets {
		if set != nil {
			set.Close() // the temporary files have served; nothing is lost with them
		}
	}
}
