package main

import (
	"context"
	"io"
)

// unlessInterrupted runs work and returns its error, or that of ctx as soon as ctx
// ends: whoever presses Ctrl-C waits for nothing, whatever is being computed or
// written. Work that was left behind goes on until the program ends, which is at
// once; it must not change what its caller still reads then.
func unlessInterrupted(ctx context.Context, work func() error) error {
	done := make(chan error, 1)
	go func() {
		_, err := guarded(func() (int, error) { return 0, work() })
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// unlessInterruptedWriting is unlessInterrupted for what writes a result.
func unlessInterruptedWriting(ctx context.Context, render func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		return unlessInterrupted(ctx, func() error { return render(interruptible{ctx, w}) })
	}
}

// interruptible passes on what is written until ctx ends; no further write begins
// then.
type interruptible struct {
	ctx context.Context
	to  io.Writer
}

func (w interruptible) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(p)
}
