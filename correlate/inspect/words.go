package inspect

import (
	"fmt"
	"time"
)

// counted puts a number before a noun.
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// was is the verb for n of something.
func was(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// ofConnections is "3 of 12 connections", or "its one connection".
func ofConnections(n, total int) string {
	switch {
	case total == 1:
		return "its only connection"
	case n == total:
		return fmt.Sprintf("all %d connections", n)
	}
	return fmt.Sprintf("%d of %d connections", n, total)
}

// readable rounds to what a reader needs of a duration.
func readable(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Microsecond).String()
}
