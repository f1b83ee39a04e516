package main

import (
	"context"
	"encoding/hex"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"bothends/capture/file"
	"bothends/correlate/report"
)

// checksums are those of the captures of a comparison. They are worked out beside it, once
// the captures were read for the first time: that keeps all processors busy, and much of
// what comes next does not. A nil checksums does nothing.
type checksums struct {
	begin   func()
	done    chan struct{}
	files   [2][]file.File
	digests [2][]file.Digest
	err     error
}

// sum returns checksums of two sets, which may be closed meanwhile. They take at most all
// processors but one: the comparison itself is what is waited for.
func sum(ctx context.Context, sets [2]*file.Set) *checksums {
	begun := make(chan struct{})
	s := &checksums{begin: sync.OnceFunc(func() { close(begun) }), done: make(chan struct{})}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, runtime.GOMAXPROCS(0)-1))
	for i, set := range sets {
		s.files[i] = set.Files()
	}
	go func() {
		defer close(s.done)
		select {
		case <-begun:
		case <-ctx.Done():
		}
		for i, set := range sets {
			group.Go(func() (err error) {
				s.digests[i], err = set.Digests(ctx)
				return err
			})
		}
		s.err = group.Wait()
	}()
	return s
}

// firstRead tells that the captures were read for the first time.
func (s *checksums) firstRead() {
	if s != nil {
		s.begin()
	}
}

// note waits for the checksums, and gives the files of a report theirs.
func (s *checksums) note(ctx context.Context, r *report.Report) error {
	if s == nil {
		return nil
	}
	s.begin()
	select {
	case <-s.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	for i, digests := range s.digests {
		for n, digest := range digests {
			if digest.Known {
				r.NoteSum(s.files[i][n].Path, hex.EncodeToString(digest.Sum[:]))
			}
		}
	}
	return s.err
}

// always and never say of captures that their checksums are wanted, or not.
func always([]*file.Set) bool { return true }
func never([]*file.Set) bool  { return false }
