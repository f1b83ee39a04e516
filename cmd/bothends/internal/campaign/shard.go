package campaign

import (
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// A Shard is a part of the list: the first to the last of Of, counted from 1. The
// zero value is all of it. The pairs of a shard follow each other, so that the
// output of all shards one after the other is that of the whole list.
type Shard struct{ Number, Of int }

// mostShards keeps a slip of the finger from making as many names.
const mostShards = 1_000_000

// auto takes the number from whoever started the program many times.
const auto = "auto"

// ParseShard reads "2/8", or "auto/8" and "auto" with what Kubernetes (Indexed
// Job) or Slurm (job array) have put into the environment.
func ParseShard(text string, getenv func(string) string) (Shard, error) {
	number, of, divided := strings.Cut(text, "/")
	if number == auto {
		return autoShard(of, getenv)
	}
	if !divided {
		return Shard{}, fmt.Errorf("%q is not I/N", text)
	}
	return newShard(number, of, 0)
}

// newShard counts from 1 what is counted from first.
func newShard(number, of string, first int) (Shard, error) {
	i, err := strconv.Atoi(number)
	if err != nil {
		return Shard{}, fmt.Errorf("%q is no number", number)
	}
	n, err := strconv.Atoi(of)
	if err != nil {
		return Shard{}, fmt.Errorf("%q is no number of shards", of)
	}
	s := Shard{i + first, n}
	if n < 1 || n > mostShards || s.Number < 1 || s.Number > n {
		return Shard{}, fmt.Errorf("there is no shard %d of %d", s.Number, n)
	}
	return s, nil
}

func autoShard(of string, getenv func(string) string) (Shard, error) {
	if index := getenv("JOB_COMPLETION_INDEX"); index != "" {
		if of == "" {
			return Shard{}, errors.New("how many shards there are Kubernetes does not say: write auto/N, with N of completions")
		}
		return newShard(index, of, 1)
	}
	if task := getenv("SLURM_ARRAY_TASK_ID"); task != "" {
		first, err := strconv.Atoi(getenv("SLURM_ARRAY_TASK_MIN"))
		if err != nil {
			return Shard{}, errors.New("SLURM_ARRAY_TASK_MIN is not set")
		}
		if of == "" {
			of = getenv("SLURM_ARRAY_TASK_COUNT")
		}
		return newShard(task, of, 1-first)
	}
	return Shard{}, errors.New("neither JOB_COMPLETION_INDEX (Kubernetes) nor SLURM_ARRAY_TASK_ID (Slurm) is set")
}

// Of n pairs the shard has those from one position up to another.
func (s Shard) bounds(n int) (from, to int) {
	if s.Of == 0 {
		return 0, n
	}
	return n * (s.Number - 1) / s.Of, n * s.Number / s.Of
}

// Part are the pairs of a shard in their order.
func (m *Manifest) Part(s Shard) iter.Seq2[Pair, error] {
	from, to := s.bounds(m.Pairs)
	return func(yield func(Pair, error) bool) {
		n := 0
		for p, err := range m.All() {
			if err != nil || n >= from {
				if n >= to || !yield(p, err) {
					return
				}
			}
			n++
		}
	}
}

// Name fills the shard's number into a file name with {shard} in it, with leading
// zeros: so the names sort as the shards do.
func (s Shard) Name(path string) string {
	return strings.ReplaceAll(path, "{shard}", fmt.Sprintf("%0*d", len(strconv.Itoa(s.Of)), max(s.Number, 1)))
}
