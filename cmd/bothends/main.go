// Command bothends compares two captures of the same TCP connections, one made
// at each end, and says which packets one end received that the other never
// sent. It needs no privilege and opens no network connection.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"bothends"
	"bothends/correlate/outcome"
)

// exitInterrupted is what a shell makes of a program ended by Ctrl-C: 128 and
// the number of SIGINT.
const exitInterrupted = 130

func main() {
	collect(garbagePercent)
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
		c.fail(err, int(outcome.Failed))
		return int(outcome.Failed)
	}
}

// version names this build.
func version() string { return bothends.Version() }
