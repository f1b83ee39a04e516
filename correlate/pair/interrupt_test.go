package pair

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"bothends/correlate/survey"
)

// match is Match that nobody interrupts.
func match(first, second *survey.Survey, fixed bool) ([]Pair, Placement) {
	pairs, at, err := Match(context.Background(), first, second, fixed)
	if err != nil {
		panic(err)
	}
	return pairs, at
}

// askedTimes ends by itself when it has been asked so many times.
type askedTimes struct {
	context.Context
	left int
}

func (c *askedTimes) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func (c *askedTimes) Deadline() (time.Time, bool) { return time.Time{}, false }

// However far it has come, pairing ends with ctx, and gives no half of a result.
func TestPairingEndsWithItsContext(t *testing.T) {
	atClient, atServer := many(3*ctxEvery, 5, func(r *rand.Rand, _ int) (made, made) {
		x, y := r.Uint32(), r.Uint32()
		return opened(client, service, x, y), opened(natted, service, x, y)
	})
	first, second := surveyOf(atClient...), surveyOf(atServer...)
	whole := &askedTimes{context.Background(), 1 << 30}
	if _, _, err := Match(whole, first, second, false); err != nil {
		t.Fatal(err)
	}
	asked := 1<<30 - whole.left
	if least := 9 + 3; asked < least {
		t.Errorf("ctx was asked %d times, want it between all steps and within the long ones: %d at least", asked, least)
	}
	for n := range asked {
		pairs, _, err := Match(&askedTimes{context.Background(), n}, first, second, false)
		if !errors.Is(err, context.Canceled) || pairs != nil {
			t.Errorf("interrupted when asked for the %d. time: %d pairs, %v", n+1, len(pairs), err)
		}
	}
}
