package campaign

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"bothends/cmd/bothends/internal/outside"
)

// A Worker compares in a process of its own, so that a pair that crashes it, or
// takes more memory than there is, costs its own line and no other.
type Worker struct{ Fetch Fetch }

// Serve compares each pair that stands in the input, as a line of JSON, and writes
// its line, until the input ends.
func (w *Worker) Serve(ctx context.Context, input io.Reader, output io.Writer) error {
	decoder := json.NewDecoder(input)
	for {
		var p Pair
		if err := decoder.Decode(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		line, err := w.compare(ctx, &p)
		if err != nil {
			return err
		}
		encoded, err := line.encode()
		if err != nil {
			return err
		}
		if _, err := output.Write(encoded); err != nil {
			return err
		}
	}
}

// A process is a worker that is running, or not yet, or no more.
type process struct {
	command []string // that serves
	running *outside.Worker
	lines   *bufio.Reader
}

// compare lets the worker compare a pair. If it dies of it the line says so, and
// the next pair has a new one.
func (w *process) compare(ctx context.Context, p *Pair) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.running == nil {
		running, err := outside.StartWorker(ctx, w.command)
		if err != nil {
			return nil, fmt.Errorf("start a worker: %w", err)
		}
		w.running, w.lines = running, bufio.NewReaderSize(running.Work, 1<<16)
	}
	err := json.NewEncoder(w.running.Orders).Encode(p)
	var line []byte
	if err == nil {
		line, err = w.lines.ReadBytes('\n')
	}
	if err == nil {
		return line, nil
	}
	err = w.stop()
	if ctx.Err() != nil { // who interrupts one interrupts all
		return nil, ctx.Err()
	}
	crashed := Line{Schema: Schema, ID: p.ID, Factors: p.Factors, Said: []Said{}, Status: exitCrashed,
		Error: fmt.Sprintf("the comparison crashed: %v", err),
		Hint:  "this is a defect of bothends and not of the captures; compare them with GOTRACEBACK=all and report what it prints"}
	return crashed.encode()
}

// exitCrashed is compare's own status for what could not be compared.
const exitCrashed = 2

// stop ends the worker and says how it ended.
func (w *process) stop() error {
	if w.running == nil {
		return nil
	}
	running := w.running
	w.running = nil
	return running.Stop()
}

// A Runner compares pairs on several workers and hands on their lines in order.
type Runner struct {
	Command []string // that runs [Worker.Serve] on its standard streams
	Jobs    int
}

// ahead is how many pairs a worker may be ahead of the one whose line comes next.
// Their lines are held until then.
const ahead = 4

// Run compares the pairs and hands on the line of each, in their order, and whether
// it has a comparison and no error. The first error of either ends it.
func (r *Runner) Run(ctx context.Context, pairs func(yield func(Pair) bool), line func(line []byte, ok bool) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type task struct {
		pair Pair
		done chan []byte
	}
	tasks := make(chan task)
	queue := make(chan task, r.Jobs*ahead)
	var group sync.WaitGroup
	for range r.Jobs {
		group.Go(func() {
			w := &process{command: r.Command}
			for t := range tasks {
				made, err := w.compare(ctx, &t.pair)
				if err != nil {
					cancel(err)
				}
				t.done <- made
			}
			if err := w.stop(); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("a worker ended badly: %w", err))
			}
		})
	}
	group.Go(func() {
		defer close(queue)
		defer close(tasks)
		for p := range pairs {
			t := task{p, make(chan []byte, 1)}
			select {
			case queue <- t:
			case <-ctx.Done():
				return
			}
			tasks <- t // some worker takes it, if only to find that ctx is done
		}
	})
	for t := range queue {
		made := <-t.done
		if ctx.Err() != nil {
			continue // what is left only has to be waited for
		}
		if err := line(made, !failed(made)); err != nil {
			cancel(err)
		}
	}
	group.Wait()
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return ctx.Err()
}

// failed reports whether a line has an error.
func failed(line []byte) bool {
	var h head
	return json.Unmarshal(line, &h) != nil || h.Error != ""
}
