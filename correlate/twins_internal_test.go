package correlate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/capture/file"
	"bothends/correlate/report"
	"bothends/fixtures/bulk"
)

// degradedPairs is how many pairs the test below makes; TWINS in the environment asks
// for more.
const degradedPairs = 500

// Recordings that miss, double, reorder or change packets, that begin late and end
// early, and paths that lose and reset: whatever they are, the short ways come out as
// the slow twin does, which lays every segment over every other.
func TestTheShortWaysComeOutAsTheLongOneOnDegradedPairs(t *testing.T) {
	n := degradedPairs
	if testing.Short() {
		n /= 10
	}
	if more, err := strconv.Atoi(os.Getenv("TWINS")); err == nil {
		n = more
	}
	dir := t.TempDir()
	short, compared, cut := 0, 0, 0
	for seed := range uint64(n) {
		random := rand.New(rand.NewPCG(seed, 17))
		paths := degradedPair(t, dir, random)
		fast, alike := comparePaths(t, paths, Options{})
		slow, _ := comparePaths(t, paths, Options{alignAll: true})
		sampled(t, &slow, &fast)
		if diff := cmp.Diff(slow, fast); diff != "" {
			kept := filepath.Join(os.TempDir(), fmt.Sprintf("twins-%d", seed))
			if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
				t.Log(err)
			}
			t.Fatalf("seed %d, kept in %s (-long way +short way)\n%s", seed, kept, diff)
		}
		short, compared = short+alike, compared+len(slow.Connections)
		for i := range fast.Connections {
			if c := &fast.Connections[i]; c.Ledger != nil && c.Ledger.SentNotCaptured > 0 {
				cut++
			}
		}
	}
	t.Logf("%d pairs, %d connections, %d of them the short way, %d with segments that one capture lacks", n, compared, short, cut)
	if short < compared/20 {
		t.Errorf("only %d of %d connections went the short way: the test shows little", short, compared)
	}
}

// comparePaths also says how many connections went the short way.
func comparePaths(t *testing.T, paths [2]string, o Options) (out comparedAs, short int) {
	t.Helper()
	var sets [2]*file.Set
	for i, path := range paths {
		var err error
		if sets[i], err = file.Open(context.Background(), []string{path}); err != nil {
			t.Fatal(err)
		}
		defer sets[i].Close()
	}
	o.FixedEnds = true
	r, a, err := o.compare(context.Background(), sets)
	if errors.Is(err, ErrNoTCP) {
		return out, 0
	}
	if err != nil && !errors.Is(err, ErrNothingInCommon) {
		t.Fatal(err)
	}
	return outcomeOf(r), a.alikeCount()
}

// alikeCount is how many connections were taken for alike.
func (a *alignment) alikeCount() (n int) {
	for i := range a.cases {
		if a.cases[i].Alike {
			n++
		}
	}
	return n
}

func outcomeOf(r *report.Report) (out comparedAs) {
	out = comparedAs{Connections: r.Connections, Health: [2]report.Health{r.Captures.Client.Health, r.Captures.Server.Health}, Summary: r.Summary}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, judged{f.Kind, f.Verdict, f.Confidence, f.ReceivedAt, f.File, f.Frame})
	}
	return out
}

// A frame is a record of a pcap file of the bulk generator.
type frame struct {
	us   int64 // since the epoch
	data []byte
}

// Where things stand in its frames: Ethernet, IPv4 without options, TCP.
const (
	atIPID  = 18
	atTTL   = 22
	atSeq   = 38
	atAck   = 42
	atFlags = 47
	atData  = 66
)

// degradedPair writes a pair of captures to dir, of a few connections, with a handful
// of faults of all kinds in it.
func degradedPair(t *testing.T, dir string, random *rand.Rand) (paths [2]string) {
	t.Helper()
	o := bulk.Options{
		Packets: 60 + random.IntN(240), Concurrent: 1 + random.IntN(8), PerSession: 8 + random.IntN(40),
		Payload: 12 + random.IntN(60), Cut: random.IntN(2) == 0,
	}
	if random.IntN(2) == 0 {
		o.LossEvery = 5 + random.IntN(50)
	}
	if random.IntN(3) == 0 {
		o.ResetEvery = 2 + random.IntN(4)
	}
	if _, err := bulk.Write(dir, o); err != nil {
		t.Fatal(err)
	}
	offset := int64(0) // of the server's clock, in microseconds
	if random.IntN(4) == 0 {
		offset = random.Int64N(4e6) - 2e6
	}
	for i, name := range []string{"client.pcap", "server.pcap"} {
		paths[i] = filepath.Join(dir, name)
		b, err := os.ReadFile(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		frames := parseFrames(b)
		for range random.IntN(4) {
			frames = degrade(frames, random)
		}
		b = b[:24]
		for _, f := range frames {
			at := f.us + int64(i)*offset
			for _, v := range []int{int(at / 1e6), int(at % 1e6), len(f.data), len(f.data)} {
				b = binary.LittleEndian.AppendUint32(b, uint32(v))
			}
			b = append(b, f.data...)
		}
		if err := os.WriteFile(paths[i], b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

func parseFrames(b []byte) (frames []frame) {
	le := binary.LittleEndian
	for at := 24; at < len(b); {
		n := int(le.Uint32(b[at+8:]))
		data := append([]byte(nil), b[at+16:at+16+n]...)
		frames = append(frames, frame{int64(le.Uint32(b[at:]))*1e6 + int64(le.Uint32(b[at+4:])), data})
		at += 16 + n
	}
	return frames
}

// degrade does one fault to a capture.
func degrade(frames []frame, random *rand.Rand) []frame {
	if len(frames) < 10 {
		return frames
	}
	be := binary.BigEndian
	i := random.IntN(len(frames) - 1)
	f := &frames[i]
	switch random.IntN(14) {
	case 0: // one is missing
		return slices.Delete(frames, i, i+1)
	case 1: // a burst is missing
		return slices.Delete(frames, i, min(len(frames), i+1+random.IntN(10)))
	case 2: // the recording begins late
		return frames[i/2:]
	case 3: // it ends early
		return frames[:len(frames)-i/2]
	case 4: // one is doubled, at once or later
		again := frame{f.us + random.Int64N(5000), slices.Clone(f.data)}
		j := min(len(frames), i+1+random.IntN(5))
		return slices.Insert(frames, j, again)
	case 5: // two stand in the wrong order
		frames[i], frames[i+1] = frames[i+1], frames[i]
	case 6: // bytes are changed
		if len(f.data) > atData {
			f.data[atData+random.IntN(len(f.data)-atData)] ^= 1 << random.IntN(8)
		}
	case 7: // a reset that nobody else saw
		forged := slices.Clone(f.data[:atData])
		forged[atFlags] = 0x14
		be.PutUint16(forged[16:], uint16(atData-14))
		forged[atTTL] -= uint8(random.IntN(4))
		return slices.Insert(frames, i+1, frame{f.us + 100, forged})
	case 8: // another TTL
		f.data[atTTL] -= 3
	case 9: // another IP-ID
		be.PutUint16(f.data[atIPID:], uint16(random.Uint32()))
	case 10: // an acknowledgment of less
		be.PutUint32(f.data[atAck:], be.Uint32(f.data[atAck:])-uint32(random.IntN(100)))
	case 11: // another number
		be.PutUint32(f.data[atSeq:], be.Uint32(f.data[atSeq:])+uint32(random.IntN(100)))
	case 12: // a FIN that nobody else saw
		f.data[atFlags] |= 1
	case 13: // the last of one direction are missing
		src := slices.Clone(f.data[26:38])
		return slices.DeleteFunc(frames, func(g frame) bool { return g.us >= f.us && slices.Equal(g.data[26:38], src) })
	}
	return frames
}
