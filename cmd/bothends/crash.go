package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

// guarded turns a crash of f into an error of one line that says where it was,
// as whoever sees it can do nothing with a stack trace. Those who can ask for it
// as in any Go program, with GOTRACEBACK, and get it undisturbed.
func guarded(f func() (int, error)) (status int, err error) {
	if os.Getenv("GOTRACEBACK") != "" {
		return f()
	}
	debug.SetTraceback("none") // for goroutines that this function does not run
	defer func() {
		if cause := recover(); cause != nil {
			err = &hinted{
				fmt.Errorf("internal error: %v at %s", cause, crashSite()),
				"this is a defect of bothends and not of the captures; run it again with GOTRACEBACK=all and report what it prints",
			}
		}
	}()
	return f()
}

// crashSite is the innermost line of this module that was running when it
// panicked, as "package.function (file:line)".
func crashSite() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(0, callers)])
	for panicked := false; ; {
		frame, more := frames.Next()
		if frame.Function == "runtime.gopanic" {
			panicked = true
		} else if panicked && !strings.HasPrefix(frame.Function, "runtime.") {
			return fmt.Sprintf("%s (%s:%d)", frame.Function, frame.File, frame.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}
