package correlate_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// A spoiler makes the alleged sender's capture a worse witness than it was: for
// each of its plans it says what becomes of each packet.
type spoiler struct {
	name  string
	loses bool // frames are numbered anew, and only the alleged sender's capture is spoiled
	plans func(packets int) []plan
}

type plan struct {
	what string
	edit func(n int, r record) bool
}

// Kernels lose packets in bursts, not one by one.
var bursts = spoiler{"packets lost in a burst", true, func(packets int) (plans []plan) {
	for _, length := range []int{1, 2, 3, 4, 6, 9, 14, 30} {
		for first := range packets {
			plans = append(plans, plan{strconv.Itoa(length) + " from " + strconv.Itoa(first),
				func(n int, _ record) bool { return n < first || n >= first+length }})
		}
	}
	return plans
}}

// A clock that is set while recording, by less than a round trip and by more.
var steps = spoiler{"a clock set in mid capture", false, func(packets int) (plans []plan) {
	for _, ms := range []int{-3000, -200, -40, -25, -10, -3, 3, 10, 25, 40, 200, 3000} {
		for first := range packets {
			plans = append(plans, plan{"by " + strconv.Itoa(ms) + " ms from " + strconv.Itoa(first), func(n int, r record) bool {
				if n >= first {
					r.set(time.Duration(ms) * time.Millisecond)
				}
				return true
			}})
		}
	}
	return plans
}}

// Whatever befalls the capture of the host that sent a reset, or the clock of either
// end, the reset is not called forged. Each run tries a share of all plans; BOTHENDS_SEEDS
// tries as many times more.
func TestASpoiledCaptureNeverTurnsAGenuineResetIntoAnInjection(t *testing.T) {
	share := 0.02
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_SEEDS")); err == nil {
		share *= float64(more)
	}
	for _, s := range []spoiler{bursts, steps} {
		t.Run(s.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			dir, pairs := t.TempDir(), 0
			for folder, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*")) {
				if !hasGenuineReset(tr) || len(tr.Client) != 1 || len(tr.Server) != 1 {
					continue
				}
				for _, end := range []string{"client", "server"} {
					if s.loses && !hasReset(tr, end) {
						continue
					}
					ends := map[string][]string{"client": within(folder, tr.Client), "server": within(folder, tr.Server)}
					whole := ends[end][0]
					spoiled := filepath.Join(dir, filepath.Base(whole))
					ends[end] = []string{spoiled}
					for _, p := range s.plans(rewrite(t, whole, spoiled, func(int, record) bool { return true })) {
						if random.Float64() > share {
							continue
						}
						rewrite(t, whole, spoiled, p.edit)
						pairs++
						if r := compareFiles(ends["client"], ends["server"]); r != nil {
							wrongly(t, tr, r, s.loses, spoiled, filepath.Base(folder)+", "+p.what+" at the "+end)
						}
					}
				}
			}
			t.Logf("%d spoiled pairs", pairs)
		})
	}
}

// The server's clock is set by three seconds just after the client's SYN has come: by the
// clocks as they are fitted it arrived before it was sent. It is no forged one.
func TestASYNThatCameBeforeAClockWasSetIsNotForged(t *testing.T) {
	const folder, syn = "../fixtures/synthetic/server-capture-with-random-holes", 32
	tr := readTruth(t, folder)
	spoiled := filepath.Join(t.TempDir(), "server.pcap")
	rewrite(t, filepath.Join(folder, "server.pcap"), spoiled, func(n int, r record) bool {
		if n > syn {
			r.set(3 * time.Second)
		}
		return true
	})
	r := compareFiles(within(folder, tr.Client), []string{spoiled})
	for i := range r.Findings {
		if f := &r.Findings[i]; f.Kind == "syn" && f.Frame == syn && f.ReceivedAt == "server" && f.Verdict == "injected" {
			t.Errorf("injected, %s%s", f.Confidence, evidence(f))
		}
	}
	whole := compareFiles(within(folder, tr.Client), within(folder, tr.Server))
	if unsent(r) <= unsent(whole) {
		t.Error("the SYN has its counterpart: the clocks were fitted otherwise, and this tests nothing")
	}
}

// The client's clock is set back between what the server's reset acknowledges and that reset,
// which fell into a hole of the server's capture. By the client's clock it came sooner than
// half a round trip; it is no forged one.
func TestAResetThatCameAfterAClockWasSetBackIsNotTooSoon(t *testing.T) {
	const folder, trigger = "../fixtures/synthetic/genuine-reset-that-fell-into-a-hole-of-the-server-capture", 43
	tr := readTruth(t, folder)
	for _, back := range []time.Duration{30, 40, 45} {
		spoiled := filepath.Join(t.TempDir(), "client.pcap")
		rewrite(t, filepath.Join(folder, "client.pcap"), spoiled, func(n int, r record) bool {
			if n >= trigger {
				r.set(-back * time.Millisecond)
			}
			return true
		})
		wrongly(t, tr, compareFiles([]string{spoiled}, within(folder, tr.Server)), false, spoiled, "back by "+(back*time.Millisecond).String())
	}
}

// unsent is how many segments arrived that the sender's capture lacks.
func unsent(r *report.Report) (n int64) {
	for i := range r.Connections {
		if l := r.Connections[i].Ledger; l != nil {
			n += l.ReceivedNotSent + l.SentNotCaptured
		}
	}
	return n
}

// wrongly reports the accusations that the truth does not bear out. Where packets
// are missing from the spoiled capture its frames count no more as the truth has
// them, and accusations rest on those of the other.
func wrongly(t *testing.T, tr *truth.Truth, r *report.Report, loses bool, spoiled, where string) {
	t.Helper()
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Verdict != "injected" && f.Verdict != "modified" || loses && f.File == spoiled {
			continue
		}
		if !isForged(tr, f) {
			t.Errorf("%s: %s at %s frame %d is %s (%s)%s", where, f.Kind, f.ReceivedAt, f.Frame, f.Verdict, f.Confidence, evidence(f))
		}
	}
}

// Both captures lose packets, each in its own way, of sessions with which nobody
// tampered.
func TestTwoSpoiledCapturesOfAnHonestSessionAccuseNobody(t *testing.T) {
	trials := 10
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_SEEDS")); err == nil {
		trials *= more
	}
	random := rand.New(rand.NewPCG(3, 4))
	dir := t.TempDir()
	pairs := 0
	for folder, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*")) {
		honest := !slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool { return p.Origin != "genuine" })
		if !honest || !hasGenuineReset(tr) || len(tr.Client) != 1 || len(tr.Server) != 1 {
			continue
		}
		for range trials {
			var ends [2][]string
			for i, name := range []string{tr.Client[0], tr.Server[0]} {
				whole, spoiled := filepath.Join(folder, name), filepath.Join(dir, strconv.Itoa(i))
				ends[i] = []string{spoiled}
				plans := bursts.plans(rewrite(t, whole, spoiled, func(int, record) bool { return true }))
				edit := plans[random.IntN(len(plans))].edit
				if random.IntN(3) == 0 {
					edit = func(int, record) bool { return random.Float64() > 0.05 }
				}
				rewrite(t, whole, spoiled, edit)
			}
			pairs++
			r := compareFiles(ends[0], ends[1])
			if r == nil || r.Summary.Injected+r.Summary.Modified == 0 {
				continue
			}
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Verdict == "injected" || f.Verdict == "modified" {
					t.Errorf("%s: %s at %s is %s (%s)%s", filepath.Base(folder), f.Kind, f.ReceivedAt, f.Verdict, f.Confidence, evidence(f))
				}
			}
		}
	}
	t.Logf("%d spoiled pairs", pairs)
}

// Someone may insist on the wrong ends.
func TestExchangedCapturesAccuseNobody(t *testing.T) {
	for folder, tr := range inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*")) {
		r := compareFiles(within(folder, tr.Server), within(folder, tr.Client))
		if r == nil || slices.ContainsFunc(tr.Packets, func(p truth.Packet) bool { return p.Origin != "genuine" }) {
			continue
		}
		if n := r.Summary.Injected + r.Summary.Modified; n > 0 {
			t.Errorf("%s: %d accusations", filepath.Base(folder), n)
		}
	}
}

// Where a clock was set back while recording the report says so, and no sign counts
// that rests on the time.
func TestAClockThatWasSetBackIsSaidAndNothingRestsOnTheTime(t *testing.T) {
	const folder = "../fixtures/pairs/starttls-2012"
	spoiled := filepath.Join(t.TempDir(), "client.pcapng")
	rewrite(t, filepath.Join(folder, "client.pcapng"), spoiled, func(n int, r record) bool {
		if n >= 25 {
			r.set(-200 * time.Millisecond)
		}
		return true
	})
	r := compareFiles([]string{spoiled}, []string{filepath.Join(folder, "server.pcapng")})
	if back := time.Duration(r.Clock.SetBackNS); r.Clock.Known || back > 200*time.Millisecond || back < 150*time.Millisecond {
		t.Errorf("clock %+v, want nothing but that it was set back by not quite 200 ms", r.Clock)
	}
	timed := []string{"light-cone", "light-cone-one-clock", "sender-contradiction", "kernel-count", "order"}
	for i := range r.Findings {
		for _, e := range r.Findings[i].Evidence {
			if e.Outcome == "supports" && slices.Contains(timed, e.Rule) {
				t.Errorf("finding %d rests on the time: %s", i+1, e.Text)
			}
		}
	}
	var text strings.Builder
	if err := r.WriteText(&text, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if words := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(words, "the times of one capture run back by 1") {
		t.Errorf("the text does not say it:\n%s", text.String())
	}
}
