package main

import (
	"errors"
	"strings"
	"testing"
)

func TestACrashIsOneLineThatSaysWhere(t *testing.T) {
	t.Setenv("GOTRACEBACK", "")
	_, err := guarded(func() (int, error) {
		var none []int
		return none[len(none)], nil
	})
	var advice *hinted
	if !errors.As(err, &advice) || !strings.Contains(advice.hint, "GOTRACEBACK=all") {
		t.Fatalf("%v, want an error with a hint", err)
	}
	for _, part := range []string{"internal error: runtime error: index out of range [0] with length 0", "TestACrashIsOneLineThatSaysWhere", "crash_test.go:"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q has several lines", err)
	}
}

func TestADeveloperGetsTheCrash(t *testing.T) {
	t.Setenv("GOTRACEBACK", "all")
	defer func() {
		if recover() == nil {
			t.Error("no panic came through")
		}
	}()
	guarded(func() (int, error) { panic("x") })
}
