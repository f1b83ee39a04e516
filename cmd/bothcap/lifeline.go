//go:build cgo || windows

package main

import (
	"io"
	"time"
)

// lifelineGrace is how long a recording may take to end once its lifeline is gone.
// Who reads it may be gone as well, and then writing waits for ever.
const lifelineGrace = 10 * time.Second

// tether stops a recording when input ends, or brings nothing for so long. If that does
// not help in time, end ends the program.
func tether(input io.Reader, limit time.Duration, stop, end func()) {
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		for buffer := make([]byte, 512); ; {
			if _, err := input.Read(buffer); err != nil {
				return
			}
			beats <- struct{}{}
		}
	}()
	timer := time.NewTimer(limit)
	for alive := true; alive; {
		select {
		case _, alive = <-beats:
			timer.Reset(limit)
		case <-timer.C:
			alive = false
		}
	}
	time.AfterFunc(lifelineGrace, end)
	stop()
}
