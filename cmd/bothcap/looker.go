//go:build cgo || windows

package main

import (
	"os"

	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/child"
	"bothends/cmd/bothcap/internal/host"
	"bothends/cmd/bothcap/internal/privilege"
)

// lookAgain starts the process that looks at the packet filters a second time, when all
// privilege is given up. Without it the recording goes on, and the second look shows less.
func (r *recording) lookAgain() {
	if r.roles.recorder == nil {
		return
	}
	err := child.KeepDescriptors()
	var looker *host.Looker
	if err == nil {
		looker, err = host.StartLooker(r.roles.recorder.UID)
	}
	if err != nil {
		r.console.say("%v", err)
		return
	}
	r.looker = looker
	r.config.Host.Facts = func() testimony.HostFacts {
		f := host.Facts()
		if !r.roles.dropped {
			return f
		}
		if again, err := looker.Look(); err == nil {
			f.ResetRules, f.NATRules, f.RulesFrom, f.Namespaces = again.ResetRules, again.NATRules, again.RulesFrom, again.Namespaces
		}
		return f
	}
}

// lookWhenAsked is all that such a process does.
func lookWhenAsked() int {
	if err := privilege.ForbidGaining(); err != nil {
		return exitNotStarted
	}
	if err := host.BeLooker(os.Stdin, os.Stdout); err != nil {
		return exitIncomplete
	}
	return exitRecorded
}
