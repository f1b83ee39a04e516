package usage

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// Guess is the word that was probably meant, or empty if none is near.
func Guess(typed string, known []string) string {
	best, nearest := "", 1+max(1, len(typed)/3) // as git does: one slip in three letters
	for _, word := range known {
		n := distance(strings.ToLower(typed), word)
		if strings.HasPrefix(word, typed) && len(typed) >= 2 {
			n = 1
		}
		if n < nearest {
			best, nearest = word, n
		}
	}
	return best
}

// GuessFlag is the flag that was probably meant when parsing failed, with its
// dashes, or empty.
func GuessFlag(flags *pflag.FlagSet, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || len(unknown.GetSpecifiedName()) < 2 {
		return ""
	}
	var known []string
	flags.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	if name := Guess(unknown.GetSpecifiedName(), known); name != "" {
		return "--" + name
	}
	return ""
}

// distance counts the letters to insert, drop, exchange or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
