package kernellog

import (
	"os"
	"slices"
	"testing"
)

func TestProcessorsAreListedAsTheKernelListsThem(t *testing.T) {
	for text, want := range map[string][]int{"0\n": {0}, "0-3,8\n": {0, 1, 2, 3, 8}, "5-4\n": nil, "x\n": nil, "": nil} {
		got, err := parseCPUs(text)
		if !slices.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
}

// What the log shows is found out by resets that were made on purpose.
func TestTheLogShowsWhatThisKernelCan(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("BOTHENDS_PRIVILEGED") == "required" {
			t.Fatal("BOTHENDS_PRIVILEGED=required, but the tests do not run as root")
		}
		t.Skip("needs root")
	}
	l, err := Open(func(_, _ Endpoint) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sees := *l.Begin().Sees
	if !sees.Abort { // all kernels with the tracepoint
		t.Errorf("it sees %+v", sees)
	}
	l.test()
	if again := *l.reading.Sees; again != sees {
		t.Errorf("it sees %+v, and then %+v", sees, again)
	}
	if l.listener.lost != 0 {
		t.Errorf("%d events were lost", l.listener.lost)
	}
	if l.reading.OffsetErrorNS <= 0 || l.reading.OffsetErrorNS > 1e6 {
		t.Errorf("the clocks are apart by %d ns, give or take %d", l.reading.OffsetNS, l.reading.OffsetErrorNS)
	}
}
