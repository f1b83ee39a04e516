// Command bothends compares two captures of the same TCP connections, one made
// at each end, and says which packets one end received that the other never
// sent. It needs no privilege and opens no network connection.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/pflag"

	"bothends/correlate/report"
)

// exitInterrupted is what a shell makes of a program ended by Ctrl-C: 128 and
// the number of SIGINT.
const exitInterrupted = 130

// garbagePercent is how much memory may go unused beside what is in use before it
// is collected: half as much, where Go's default is as much again. Large captures
// take a sixth less memory for it, and no measurable time more.
const garbagePercent = 50

func main() {
	if os.Getenv("GOGC") == "" { // else the user knows better
		debug.SetGCPercent(garbagePercent)
	}
	os.Exit(run(os.Args[1:]))
}

// run does what the arguments say and returns the exit status.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends a program that does not obey the first
	c := newConsole()
	status, err := guarded(func() (int, error) { return dispatch(ctx, c, args) })
	c.progress.erase()
	switch {
	case err == nil:
		return status
	case ctx.Err() != nil:
		c.fail(errors.New("interrupted"), exitInterrupted)
		return exitInterrupted
	default:
		c.fail(err, report.ExitFailed)
		return report.ExitFailed
	}
}

// dispatch finds the verb and runs it.
func dispatch(ctx context.Context, c *console, args []string) (int, error) {
	if len(args) == 0 {
		return 0, &hinted{errors.New("no command given"), "bothends --help lists what it can do"}
	}
	switch verb := args[0]; verb {
	case "compare":
		return compare(ctx, c, args[1:])
	case "info":
		return info(ctx, c, args[1:])
	case "help":
		return help(c, args[1:])
	case "-h", "--help":
		return help(c, nil)
	case "--version", "version":
		return 0, c.print("bothends " + version() + "\n")
	default:
		return 0, unknownVerb(verb)
	}
}

func help(c *console, args []string) (int, error) {
	switch {
	case len(args) == 0:
		return 0, c.print(usage)
	case args[0] == "compare":
		return 0, c.print(compareHelp())
	case args[0] == "info":
		return 0, c.print(infoHelp())
	case args[0] == "help":
		return 0, c.print(usage)
	}
	return 0, unknownVerb(args[0])
}

// unknownVerb guesses that whoever names a file first wants it compared.
func unknownVerb(verb string) error {
	if len(verb) > 1 && verb[0] == '-' {
		return &hinted{fmt.Errorf("unknown flag %q before the command", verb), "flags follow the command: bothends compare CLIENT SERVER " + shellWord(verb)}
	}
	if _, err := os.Stat(verb); err == nil {
		return &hinted{fmt.Errorf("%q is a file and no command", verb), "bothends compare CLIENT SERVER"}
	}
	return &hinted{fmt.Errorf("unknown command %q", verb), "the commands are compare, info and help: bothends compare CLIENT SERVER"}
}

// version is what the build knows of the source it was made from.
func version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok || build.Main.Version == "" {
		return "of unknown version"
	}
	return build.Main.Version
}

// usageError says what is wrong with the flags of a verb.
func usageError(verb string, err error) error {
	return &hinted{err, "bothends " + verb + " --help lists the flags"}
}

// newFlags makes the flag set of a verb, which reports its errors to its caller
// only.
func newFlags(verb string) *pflag.FlagSet {
	flags := pflag.NewFlagSet(verb, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	return flags
}
