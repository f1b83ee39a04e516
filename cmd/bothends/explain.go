package main

import (
	"errors"
	"fmt"

	"bothends/correlate"
	"bothends/correlate/report"
)

// explain adds to an error of the comparison what the user can do.
func explain(err error) error {
	if errors.Is(err, correlate.ErrNoTCP) {
		return &hinted{err, "was it recorded on the interface that carries the session, and does the filter admit TCP?"}
	}
	return err
}

func sameFile(mine, theirs string) error {
	err := fmt.Errorf("%q is given as the capture of both ends", mine)
	if mine != theirs {
		err = fmt.Errorf("%q and %q are the same file", mine, theirs)
	}
	return &hinted{err, "a comparison needs a second recording, made at the other end at the same time"}
}

// nothingInCommon says what each capture holds, so that the user sees why they
// do not belong together.
func nothingInCommon(r *report.Report) error {
	return &hinted{correlate.ErrNothingInCommon, "were both recorded during the same session?"}
}

// warnOfCaptures says what is wrong with captures that were compared all the same.
func warnOfCaptures(c *console, r *report.Report) {
	for _, end := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range end.Files {
			if f.EndReason != "" {
				c.warn("", "%s: %s: %s; what stands before it is compared", f.Path, f.EndState, f.EndReason)
			}
		}
	}
}
