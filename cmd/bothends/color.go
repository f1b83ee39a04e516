package main

import (
	"os"
	"time"

	"golang.org/x/term"

	"bothends/correlate/report"
)

// Values of --color.
const (
	colorAuto   = "auto"
	colorAlways = "always"
	colorNever  = "never"
)

// textOptions fits the text to where it goes.
func (r *rendering) textOptions() report.TextOptions {
	text := report.TextOptions{All: r.all, Color: r.color == colorAlways, Extent: r.extent()}
	if r.local {
		text.Zone = time.Local
	}
	if r.output != standardOutput || !term.IsTerminal(int(os.Stdout.Fd())) {
		return text
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
		text.Width = width
	}
	if r.color == colorAuto {
		text.Color = wantsColor()
	}
	return text
}

// wantsColor follows https://no-color.org and the custom that a dumb terminal
// has no colours.
func wantsColor() bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && obeysEscapes(os.Stdout)
}

// extent is how much of a comparison the text tells.
func (r *rendering) extent() report.Extent {
	switch {
	case r.details || r.all:
		return report.Details
	case r.brief:
		return report.Brief
	}
	return report.Screen
}
