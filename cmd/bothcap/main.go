//go:build cgo || windows

// Command bothcap records one session's TCP segments at one end, with all that
// a later judge needs to trust the recording. It runs as root only until its
// handle is open.
package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"bothends"
	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/host"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

// Exit statuses; the list for users is in help.go. A command's own status
// stands for a recording around it that went well.
const (
	exitRecorded    = 0
	exitIncomplete  = 1
	exitNotStarted  = 2
	exitFailed      = 125 // around a command
	exitInterrupted = 130
)

// run does what the arguments say and returns the exit status.
func run(arguments []string) int {
	if len(arguments) == 1 && arguments[0] == host.LookerArgument && host.LookerArgument != "" {
		return lookWhenAsked()
	}
	c := newConsole()
	if len(arguments) > 0 && arguments[0] == "check" {
		return runCheck(arguments[1:], c)
	}
	if len(arguments) > 0 && arguments[0] == "watch" {
		return runWatch(arguments[1:], c)
	}
	if len(arguments) > 0 && arguments[0] == "both" {
		return runBoth(arguments[1:], c)
	}
	o, err := parse(arguments)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		fmt.Print(program().Help())
		return exitRecorded
	case err == nil && o.version:
		fmt.Println(application())
		return exitRecorded
	case err == nil && o.manual:
		fmt.Print(program().Man(bothends.Version()))
		return exitRecorded
	case err == nil && o.completion != "":
		var script string
		if script, err = program().Complete(o.completion); err == nil {
			fmt.Print(script)
			return exitRecorded
		}
	case err == nil && o.listInterfaces:
		err = listInterfaces()
		if err == nil {
			return exitRecorded
		}
	case err == nil:
		return record(o, c)
	}
	c.fail(err)
	if len(o.command) > 0 {
		return exitFailed
	}
	return exitNotStarted
}

// application names the program as it does in the files it writes.
func application() string {
	return fmt.Sprintf("bothcap %s, %s", bothends.Version(), live.Version())
}

func listInterfaces() error {
	list, err := live.List()
	if err != nil {
		return err
	}
	for _, i := range list {
		state := "down"
		if i.Up {
			state = "up"
		}
		fmt.Printf("%-16s %-5s %s", i.Name, state, strings.Join(i.Addresses, " "))
		if i.Description != "" {
			fmt.Printf("  (%s)", i.Description)
		}
		fmt.Println()
	}
	return nil
}

// A hinted error says what to type next.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }
