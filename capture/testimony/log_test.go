package testimony

import (
	"testing"
	"time"
)

var logged = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return logged.Add(d) }

// A month of notes, one every ten seconds, the kernel's count one higher in each,
// and the interface down for five seconds of every minute.
func TestALogOfAMonthIsBoundedAndStillTrue(t *testing.T) {
	l := NewLog()
	const month = 30 * 24 * time.Hour
	l.add(&Record{Event: Start, Time: logged, Uplinks: []string{"eth0"}})
	for d := time.Duration(0); d < month; d += 10 * time.Second {
		l.add(&Record{Event: Statistics, Time: after(d), Uplinks: []string{"eth0", "wwan0"}, Kernel: map[string]uint64{"Tcp.OutRsts": uint64(d / (10 * time.Second))}})
		if d%time.Minute == 0 {
			l.add(&Record{Event: GapBegins, Time: after(d), Gap: &Gap{From: after(d)}})
			l.add(&Record{Event: GapEnds, Time: after(d), Gap: &Gap{From: after(d), Until: after(d + 5*time.Second)}})
		}
	}
	if len(l.Resets()) > maxCounts || len(l.Resets()) < maxCounts/2 {
		t.Errorf("%d counts kept, want %d at most and not many fewer", len(l.Resets()), maxCounts)
	}
	for i, c := range l.Resets() {
		if want := uint64(c.Time.Sub(logged) / (10 * time.Second)); c.Resets != want {
			t.Fatalf("count %d is %d at %s, want %d", i, c.Resets, c.Time, want)
		}
	}
	if first, last := l.Resets()[0].Time, l.Resets()[len(l.Resets())-1].Time; !first.Equal(logged) || last.Before(after(month-10*time.Minute)) {
		t.Errorf("counts from %s to %s, want the whole month", first, last)
	}
	if len(l.Gaps) > maxGaps {
		t.Errorf("%d gaps kept, want %d at most", len(l.Gaps), maxGaps)
	}
	for d := time.Duration(0); d < month; d += 61 * time.Minute {
		if !down(l, after(d+time.Second)) {
			t.Fatalf("it was down at %s, and no gap tells", after(d+time.Second))
		}
	}
	if len(l.Uplinks) != 2 || l.Looks != 2 || !l.AlwaysLooked {
		t.Errorf("uplinks %q, %d looks, always %t", l.Uplinks, l.Looks, l.AlwaysLooked)
	}
}

// down reports whether a gap spans the time.
func down(l *Log, at time.Time) bool {
	for _, g := range l.Gaps {
		if !at.Before(g.From) && (g.Until.IsZero() || !at.After(g.Until)) {
			return true
		}
	}
	return false
}

func TestAGapThatDoesNotEndIsOpen(t *testing.T) {
	l := NewLog()
	l.Add(Record{Event: GapBegins, Time: logged, Gap: &Gap{From: logged}}.Line())
	if len(l.Gaps) != 1 || !l.Gaps[0].Until.IsZero() {
		t.Errorf("%+v", l.Gaps)
	}
	l.Add(Record{Event: GapEnds, Time: after(2), Gap: &Gap{From: logged, Until: after(2)}}.Line())
	l.Add(Record{Event: GapEnds, Time: after(9), Gap: &Gap{From: after(8), Until: after(9)}}.Line()) // its beginning was not recorded
	if len(l.Gaps) != 2 || !l.Gaps[0].Until.Equal(after(2)) || !l.Gaps[1].From.Equal(after(8)) {
		t.Errorf("%+v", l.Gaps)
	}
}

func TestNamesThatNoHostHasCostNoMoreThanTheBound(t *testing.T) {
	l := NewLog()
	for i := range 10 * maxUplinks {
		l.add(&Record{Event: Statistics, Time: logged, Uplinks: []string{string(make([]byte, 1<<16)) + string(rune('a'+i%26)), time.Duration(i).String()}})
	}
	size := 0
	for _, name := range l.Uplinks {
		size += len(name)
	}
	if len(l.Uplinks) > maxUplinks || size > maxUplinks*maxName {
		t.Errorf("%d names of %d bytes", len(l.Uplinks), size)
	}
}
