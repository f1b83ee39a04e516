package correlate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/report"
	"bothends/fixtures/truth"
)

// A manner is one way in which captures come out worse than they were made: what
// becomes of each packet of the sender's capture, and of the receiver's.
type manner struct {
	name string
	both bool // the receiver's capture suffers, too
	edit func(c *captureUnderTest, random *rand.Rand) func(n int, r record) bool
}

// captureUnderTest is one end's capture and which of its packets, from 0, are resets
// that its own host sent and that arrived.
type captureUnderTest struct {
	packets int
	own     []int
}

func (c *captureUnderTest) somewhere(random *rand.Rand) int { return random.IntN(max(1, c.packets)) }

var manners = []manner{
	{"packets lost one by one", false, losing},
	{"packets lost one by one at both ends", true, losing},
	{"packets lost in a burst", false, inBurst},
	{"packets lost in a burst at both ends", true, inBurst},
	{"its own resets lost, and nothing else", false, losingOwn},
	{"each end's own resets lost, and nothing else", true, losingOwn},
	{"begun too late", false, begunLate},
	{"begun too late at both ends", true, begunLate},
	{"ended too early", false, endedEarly},
	{"ended too early at both ends", true, endedEarly},
	{"a clock set", false, clockSet},
	{"a clock set, and its own resets lost", false, also(clockSet, losingOwn)},
	{"both clocks set, and each end's own resets lost", true, also(clockSet, losingOwn)},
	{"a clock that drifts", false, drifting},
	{"a clock that drifts, and its own resets lost", false, also(drifting, losingOwn)},
	{"a clock that drifts, and packets lost at both ends", true, also(drifting, losing)},
	{"stamps of the coarsest clocks, and its own resets lost", false, also(coarse, losingOwn)},
}

func losing(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	rate := deletionRates[random.IntN(len(deletionRates))]
	return func(int, record) bool { return random.Float64() >= rate }
}

func inBurst(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	first, length := c.somewhere(random), 1+random.IntN(30)
	return func(n int, _ record) bool { return n < first || n >= first+length }
}

// losingOwn loses all resets of the host's, or one of them.
func losingOwn(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	one := -1
	if len(c.own) > 1 && random.IntN(2) == 0 {
		one = c.own[random.IntN(len(c.own))]
	}
	return func(n int, _ record) bool { return !slices.Contains(c.own, n) || one >= 0 && n != one }
}

func begunLate(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	first := c.somewhere(random)
	return func(n int, _ record) bool { return n >= first }
}

func endedEarly(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	end := 1 + c.somewhere(random)
	return func(n int, _ record) bool { return n < end }
}

// clockSet sets the clock by less than a round trip or by more, anywhere or, as it is
// hardest to see, near one of the host's own resets.
func clockSet(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	steps := []int{-3600_000, -3000, -200, -60, -40, -25, -10, -3, 3, 10, 25, 40, 60, 200, 3000, 3600_000}
	by, first := time.Duration(steps[random.IntN(len(steps))])*time.Millisecond, c.somewhere(random)
	if len(c.own) > 0 && random.IntN(2) == 0 {
		first = max(0, c.own[random.IntN(len(c.own))]-3+random.IntN(6))
	}
	return func(n int, r record) bool {
		if n >= first {
			r.set(by)
		}
		return true
	}
}

// drifting lets the clock run away, packet by packet.
func drifting(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
	each := time.Duration(random.IntN(2001)-1000) * time.Microsecond
	return func(n int, r record) bool {
		r.set(time.Duration(n) * each / 10)
		return true
	}
}

// coarse cuts stamps down to those of a clock that ticks 64 times a second, as those
// of Windows did.
func coarse(*captureUnderTest, *rand.Rand) func(int, record) bool {
	const tick = 15625 * time.Microsecond
	return func(_ int, r record) bool {
		r.set(-(r.at() % tick))
		return true
	}
}

// also has both befall a capture.
func also(a, b func(*captureUnderTest, *rand.Rand) func(int, record) bool) func(*captureUnderTest, *rand.Rand) func(int, record) bool {
	return func(c *captureUnderTest, random *rand.Rand) func(int, record) bool {
		first, second := a(c, random), b(c, random)
		return func(n int, r record) bool {
			kept := first(n, r)
			return second(n, r) && kept
		}
	}
}

// Whatever befell the captures, a packet that its host sent is not called forged: not
// by the captures alone, nor with every true statement beside them. How many honest
// resets were put to it, and how many of the forged are still named, is printed.
// BOTHENDS_SEEDS tries as many times more.
func TestADegradedPairAccusesNobody(t *testing.T) {
	trials := 1
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_SEEDS")); err == nil {
		trials *= more
	}
	var table []string
	all := tally{}
	pairs := inOrder(readTruths(t, "../fixtures/synthetic/*", "../fixtures/pairs/*", "../fixtures/cases/*"))
	own := map[string]map[string][]int{}
	for folder, tr := range pairs {
		own[folder] = ownResets(folder, tr)
	}
	dir := t.TempDir()
	for i, m := range manners {
		random := rand.New(rand.NewPCG(uint64(i), 77))
		sum := tally{}
		for folder, tr := range pairs {
			if tr.KnownFault != "" || len(tr.Client) != 1 || len(tr.Server) != 1 {
				continue
			}
			for _, sender := range []string{"client", "server"} {
				if !hasReset(tr, sender) {
					continue
				}
				if testing.Short() && random.IntN(4) > 0 {
					continue
				}
				for range trials {
					d := degrade(t, dir, folder, tr, own[folder], sender, m, random)
					for _, stated := range [][]judge.Statement{nil, trueStatements(tr)} {
						r := compareWith([]string{d.paths["client"]}, []string{d.paths["server"]}, correlate.Options{FixedEnds: true, Stated: stated})
						if r == nil || stated != nil && lies(r, d) {
							continue
						}
						sum.count(t, tr, r, d, stated != nil, fmt.Sprintf("%s, %s at the %s", filepath.Base(folder), m.name, sender))
					}
				}
			}
		}
		table = append(table, fmt.Sprintf("| %s | %d | %d | %d | %s | %s |", m.name, sum.honest, sum.accused, sum.forged, share(sum.named, sum.forged), share(sum.namedStated, sum.forgedStated)))
		all.add(sum)
	}
	t.Logf("honest resets: %d, accused: %d\n| what befell the captures | honest resets | accused | forged resets | named | with true statements |\n|---|---|---|---|---|---|\n%s",
		all.honest, all.accused, strings.Join(table, "\n"))
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f %%", 100*float64(n)/float64(of))
}

// tally counts resets; of those with statements only where no capture lies ([lies]).
type tally struct{ honest, accused, forged, named, forgedStated, namedStated int }

func (s *tally) add(o tally) {
	s.honest, s.accused = s.honest+o.honest, s.accused+o.accused
	s.forged, s.named = s.forged+o.forged, s.named+o.named
	s.forgedStated, s.namedStated = s.forgedStated+o.forgedStated, s.namedStated+o.namedStated
}

// count compares what is said of the packets of the truth that the degraded capture of
// their receiver still holds.
func (s *tally) count(t *testing.T, tr *truth.Truth, r *report.Report, d *degraded, stated bool, where string) {
	t.Helper()
	verdict := map[string]*report.Finding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Verdict == "injected" || f.Verdict == "modified" {
			verdict[f.ReceivedAt+strconv.FormatInt(d.frameBefore(f.ReceivedAt, f.Frame), 10)] = f
		}
	}
	known := map[string]bool{}
	for _, p := range tr.Packets {
		for _, again := range p.AlsoFrames { // the same packet, recorded on another interface, may be the one that is left
			known[p.ReceivedAt+strconv.FormatInt(again, 10)] = true
		}
		if p.Fate != truth.Received && p.Fate != truth.Duplicated || p.Frame == 0 || !d.holds(p.ReceivedAt, p.Frame) {
			continue
		}
		key := p.ReceivedAt + strconv.FormatInt(p.Frame, 10)
		f := verdict[key]
		known[key] = true
		switch {
		case p.Origin == truth.Injected || p.Origin == truth.Owner || p.Origin == truth.Modified:
			if p.Kind != "rst" || p.Origin != truth.Injected {
				continue
			}
			switch {
			case !stated:
				s.forged++
				if f != nil {
					s.named++
				}
			default:
				s.forgedStated++
				if f != nil {
					s.namedStated++
				}
			}
		default:
			if !stated && p.Kind == "rst" {
				s.honest++
			}
			if f != nil {
				s.accused++
				t.Errorf("%s: %s %s at %s frame %d is %s (%s, statements: %v)%s", where, p.Origin, p.Flags, p.ReceivedAt, p.Frame, f.Verdict, f.Confidence, stated, evidence(f))
			}
		}
	}
	s.countLost(t, tr, r, d, where)
	for key, f := range verdict { // data and acknowledgments, of which the truth says nothing, are honest
		changed := func(p truth.Packet) bool { // the truth has the first of several on a connection
			return p.Origin == truth.Modified && f.Verdict == "modified" && p.Src == f.Src && p.Dst == f.Dst
		}
		if !known[key] && !slices.ContainsFunc(tr.Packets, changed) {
			s.accused++
			t.Errorf("%s: %s %s at %s frame %d is %s (%s, statements: %v)%s", where, f.Kind, f.Flags, f.ReceivedAt, f.Frame, f.Verdict, f.Confidence, stated, evidence(f))
		}
	}
}

// countLost holds that no data, no SYN and no FIN is called lost, surer than supported, that the whole capture of its
// receiver holds: one that lacks a packet does not make it so.
func (s *tally) countLost(t *testing.T, tr *truth.Truth, r *report.Report, d *degraded, where string) {
	t.Helper()
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Verdict != "lost" || f.Confidence == "supported" || f.Kind == "rst" || lies(r, d) {
			continue
		}
		gone := func(p truth.Packet) bool {
			return p.ClaimedSender == f.SeenAt() && p.Seq == f.Seq && p.Fate != truth.Received
		}
		if !slices.ContainsFunc(tr.Packets, gone) && d.arrived(t, f) {
			s.accused++
			t.Errorf("%s: %s %s of the %s, frame %d, is lost (%s)%s", where, f.Kind, f.Flags, f.SeenAt(), f.Frame, f.Confidence, evidence(f))
		}
	}
}

// lies reports whether a capture lacks packets and says itself that it lost none, as
// it would if somebody had taken them out. Of such a recording nothing more may be true.
func lies(r *report.Report, d *degraded) bool {
	return d.lacks["client"] && r.Captures.Client.Drops.Known || d.lacks["server"] && r.Captures.Server.Drops.Known
}

// degraded is a pair that something befell, and which packets of each capture are left,
// by their numbers from 0.
type degraded struct {
	paths map[string]string
	kept  map[string][]int
	lacks map[string]bool // by end: packets are missing
	whole map[string]string
}

func (d *degraded) frameBefore(end string, frame int64) int64 {
	if kept := d.kept[end]; frame >= 1 && int(frame) <= len(kept) {
		return int64(kept[frame-1]) + 1
	}
	return -frame
}

func (d *degraded) holds(end string, frame int64) bool {
	return slices.Contains(d.kept[end], int(frame)-1)
}

// arrived reports whether the whole capture of a packet's receiver holds its numbers and its
// flags: a NAT leaves those alone, and what renumbers makes none that are equal.
func (d *degraded) arrived(t *testing.T, f *report.Finding) (found bool) {
	bits := byte(0)
	for i, letter := range "FSRPAUEC" {
		if strings.ContainsRune(f.Flags, letter) {
			bits |= 1 << i
		}
	}
	numbers := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, f.Seq), f.Ack)
	whole := d.whole[f.ReceivedAt]
	rewrite(t, whole, filepath.Join(t.TempDir(), "capture"), func(_ int, r record) bool {
		const flagsBehind = 13 - 4
		at := bytes.Index(r.bytes, numbers)
		found = found || at >= 0 && at+flagsBehind < len(r.bytes) && r.bytes[at+flagsBehind] == bits
		return false
	})
	return found
}

func degrade(t *testing.T, dir, folder string, tr *truth.Truth, own map[string][]int, sender string, m manner, random *rand.Rand) *degraded {
	t.Helper()
	d := &degraded{map[string]string{}, map[string][]int{}, map[string]bool{}, map[string]string{}}
	for end, name := range inOrder(map[string]string{"client": tr.Client[0], "server": tr.Server[0]}) {
		whole := filepath.Join(folder, name)
		d.paths[end], d.whole[end] = filepath.Join(dir, end), whole
		c := &captureUnderTest{own: own[end]}
		c.packets = rewrite(t, whole, d.paths[end], func(int, record) bool { return true })
		edit := func(int, record) bool { return true }
		if end == sender || m.both {
			edit = m.edit(c, random)
		}
		rewrite(t, whole, d.paths[end], func(n int, r record) bool {
			kept := edit(n, r)
			if kept {
				d.kept[end] = append(d.kept[end], n)
			}
			return kept
		})
		d.lacks[end] = len(d.kept[end]) < c.packets
	}
	return d
}

// ownResets are, by end, the packets of its capture, from 0, that are resets which its
// host sent and which arrived. Where they stand there, the truth does not say.
func ownResets(folder string, tr *truth.Truth) map[string][]int {
	own := map[string][]int{}
	r := compareFiles(within(folder, tr.Client), within(folder, tr.Server))
	if r == nil {
		return own
	}
	for _, f := range r.Findings {
		if f.Verdict == "genuine" && f.TwinFrame > 0 {
			own[f.ClaimedSender] = append(own[f.ClaimedSender], int(f.TwinFrame)-1)
		}
	}
	return own
}

// trueStatements are all that a user might state of a pair, but those that do not hold.
func trueStatements(tr *truth.Truth) (list []judge.Statement) {
	for _, text := range []string{"client:one-way-out", "server:one-way-out", "server:one-host"} {
		if s, err := judge.ParseStatement(text); err == nil && !slices.Contains(tr.NotSo, text) {
			list = append(list, s)
		}
	}
	return list
}
