package correlate

import (
	"context"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"

	"bothends/capture/file"
	"bothends/correlate/judge"
	"bothends/fixtures/bulk"
)

// askedAfter is a context that ends when it is asked for the nth time whether it has:
// who counts how often it is asked afterwards counts the work that is still done.
type askedAfter struct {
	context.Context
	end        context.CancelFunc
	left, late atomic.Int64
}

func endWhenAsked(n int64) *askedAfter {
	ctx, end := context.WithCancel(context.Background())
	a := &askedAfter{Context: ctx, end: end}
	a.left.Store(n)
	return a
}

func (a *askedAfter) Err() error {
	switch n := a.left.Add(-1); {
	case n == 0:
		a.end()
	case n < 0:
		a.late.Add(1)
	}
	return a.Context.Err()
}

// Whoever interrupts a comparison waits for no more than one connection, whatever it
// is at: judging, ending or putting the report together. What was done after the
// interrupt is counted, not timed.
func TestAnInterruptedStageLooksAtNoFurtherConnection(t *testing.T) {
	const n = 600
	dir := t.TempDir()
	if err := bulk.WriteShape(dir, "forged", n); err != nil {
		t.Fatal(err)
	}
	uninterrupted := context.Background()
	o := &Options{FixedEnds: true}
	// got is what each stage has come to.
	type got struct {
		pairing
		*alignment
		judgement judge.Judgement
		*ended
	}
	type stage = func(*got, context.Context) error
	align := func(g *got, ctx context.Context) (err error) {
		g.alignment, err = o.align(ctx, g.pairing)
		return err
	}
	decide := func(g *got, ctx context.Context) (err error) {
		g.judgement, err = o.judge(ctx, g.alignment)
		return err
	}
	end := func(g *got, ctx context.Context) (err error) {
		g.ended, err = o.end(ctx, g.alignment, &g.judgement)
		return err
	}
	for _, test := range []struct {
		name   string
		before []stage
		// run runs the stage, and returns with how many connections it has dealt.
		run func(*got, context.Context) (done int, err error)
		// loops are how often the stage goes over all connections at least, and behind is
		// how often it asks when it has dealt with all.
		loops, behind int64
	}{
		{"judge", []stage{align}, func(g *got, ctx context.Context) (int, error) {
			err := decide(g, ctx)
			return len(g.judgement.Ledgers), err
		}, 3, n},
		{"end", []stage{align, decide}, func(g *got, ctx context.Context) (done int, err error) {
			err = end(g, ctx)
			for i := range g.endings {
				if e := g.endings[i]; e != nil && e.Kind != "" {
					done++
				}
			}
			return done, err
		}, 2, 0},
		{"report", []stage{align, decide, end}, func(g *got, ctx context.Context) (done int, err error) {
			r, err := o.report(ctx, g.alignment, g.ended, g.sumUp(g.ended))
			for i := range r.Connections {
				if r.Connections[i].Ending != nil {
					done++
				}
			}
			return done, err
		}, 3, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			prepared := func() *got {
				read, err := o.survey(uninterrupted, setsOf(t, dir))
				if err != nil {
					t.Fatal(err)
				}
				g := &got{}
				if g.pairing, err = o.pair(uninterrupted, read); err != nil {
					t.Fatal(err)
				}
				for _, stage := range test.before {
					if err := stage(g, uninterrupted); err != nil {
						t.Fatal(err)
					}
				}
				return g
			}
			const never = 1 << 40
			whole := endWhenAsked(never)
			if done, err := test.run(prepared(), whole); err != nil || done != n {
				t.Fatalf("it dealt with %d connections without an interrupt: %v", done, err)
			}
			asked := never - whole.left.Load()
			if asked < test.loops*n {
				t.Errorf("it asked %d times, want that it does in each of %d loops for each of %d connections", asked, test.loops, n)
			}
			for _, to := range []int64{0, 1, n / 2, n, asked - test.behind} { // connections left
				at := asked - test.behind - to
				if at < 1 {
					at = 1
				}
				ctx := endWhenAsked(at)
				done, err := test.run(prepared(), ctx)
				if want := max(0, n-1-int(to)); done != want || !errors.Is(err, context.Canceled) {
					t.Errorf("interrupted with %d connections to come, it dealt with %d, want %d; %v", to, done, want, err)
				}
				if late := ctx.late.Load(); late > 0 {
					t.Errorf("it asked %d times more after the interrupt", late)
				}
			}
			for at := asked; at > asked-test.behind; at -= 1 + test.behind/3 { // behind the loop that is counted
				ctx := endWhenAsked(at)
				if _, err := test.run(prepared(), ctx); !errors.Is(err, context.Canceled) || ctx.late.Load() > 0 {
					t.Errorf("interrupted at the %dth of %d times that it asks: %v, and it asked %d times more", at, asked, err, ctx.late.Load())
				}
			}
		})
	}
}

func setsOf(t *testing.T, dir string) (sets [2]*file.Set) {
	t.Helper()
	for i, name := range []string{"client.pcap", "server.pcap"} {
		set, err := file.Open(context.Background(), []string{filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		sets[i] = set
	}
	return sets
}
