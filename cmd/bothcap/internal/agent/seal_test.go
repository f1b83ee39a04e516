package agent

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/capture/live"
	"bothends/capture/seal"
	"bothends/cmd/bothcap/internal/store"
)

// A sealedFile is one that was recorded, and what is known of it beside the file.
type sealedFile struct {
	path   string
	points []int64 // bytes that a seal fixes
	stands []int64 // where the block that holds each seal begins
	whole  []byte
}

// recordSealed records so many files, each with packets and seals within, and
// returns them with the values that were printed.
func recordSealed(t *testing.T, files int, o store.Options) (recorded []sealedFile, head, value string) {
	t.Helper()
	c := config()
	out := &memorySource{}
	o.Seal, o.Rotate, o.Now = true, files > 1, time.Now
	var output *store.Files
	a, err := Start(c, func(string, live.Options) (Source, error) { return out, nil }, func() (Output, error) {
		output, err := store.Create(filepath.Join(t.TempDir(), "client.pcapng"), o)
		return output, err
	})
	if err != nil {
		t.Fatal(err)
	}
	output = a.out.(*store.Files)
	head = output.Head()
	for n := range files {
		f := sealedFile{points: []int64{headEnd(t, output.Paths()[n])}}
		f.stands = f.points[:1:1]
		for part := range 3 {
			a.packets(a.taps[0], packets(0, segmentOf(toServer, syn), segmentOf(toClient, ack), segmentOf(toServer, ack)))
			a.writer.Flush()
			output.Seal(true) // the hasher has had the time
			f.points = append(f.points, a.writer.Size())
			f.stands = append(f.stands, a.writer.Size())
			if part < 2 {
				a.statistics(time.Now(), "statistics")
			}
		}
		if n < files-1 {
			a.rotate(time.Now())
		}
		recorded = append(recorded, f)
	}
	a.Stop(time.Now())
	if err := a.Record(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := output.Close(); err != nil {
		t.Fatal(err)
	}
	for n, path := range output.Paths() {
		recorded[n].path = path
		if recorded[n].whole, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	return recorded, head, output.Value()
}

// memorySource is an interface on which nothing comes.
type memorySource struct{ recorded }

// headEnd is where a file's section header and interface description end.
func headEnd(t *testing.T, path string) int64 {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := binary.LittleEndian.Uint32(b[4:])
	return int64(at + binary.LittleEndian.Uint32(b[at+4:]))
}

func look(t *testing.T, b []byte) seal.File {
	t.Helper()
	f, err := seal.Read(context.Background(), bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatWasChangedInASealedFileShows(t *testing.T) {
	recorded, head, value := recordSealed(t, 1, store.Options{})
	f := recorded[0]
	whole := f.whole
	size := int64(len(whole))
	// The truth of it: sha256sum of the beginning is what stands in the seal.
	for _, at := range f.points {
		sum := exec.Command("sha256sum")
		sum.Stdin = bytes.NewReader(whole[:at])
		printed, err := sum.Output()
		if err != nil {
			t.Skip(err)
		}
		if !bytes.Contains(whole, []byte(fmt.Sprintf(`"bytes":%d,"sha256":%q`, at, strings.Fields(string(printed))[0]))) {
			t.Errorf("no seal of the first %d bytes says %s", at, printed)
		}
	}
	last := bytes.LastIndex(whole, []byte(`bothends: {"schema"`)) // the last seal's record
	blocks := starts(whole)
	second := blocks[slices.Index(blocks, f.points[1])-3:] // the packets before the second seal
	// The year in the record that holds a seal, which is behind what that one seals.
	stamped := f.stands[1] + int64(bytes.Index(whole[f.stands[1]:], []byte(`"time":"`))+len(`"time":"20`))
	change := func(at int64) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 1; return b }
	}
	cut := func(from, to int64) func([]byte) []byte {
		return func(b []byte) []byte { return append(b[:from], b[to:]...) }
	}
	for _, test := range []struct {
		name   string
		attack func([]byte) []byte
		state  seal.State
		holds  int64
	}{
		{"nothing", func(b []byte) []byte { return b }, seal.Intact, size},
		{"a byte of the head", change(100), seal.Changed, 0},
		{"a byte of a packet in the second part", change(f.points[1] - 40), seal.Changed, f.points[0]},
		{"a byte of a packet in the last part", change(f.points[3] - 40), seal.Changed, f.points[2]},
		{"a byte of a seal", change(stamped), seal.Changed, f.points[1]},
		{"a byte of the last seal's framing", change(size - 2), seal.Changed, blocks[len(blocks)-1]},
		{"a digit of the last seal", change(int64(last) + 200), seal.Changed, f.points[3]},
		{"a packet is cut out", cut(second[0], second[1]), seal.Changed, f.points[0]},
		{"a seal is cut out", cut(f.stands[1], after(blocks, f.stands[1])), seal.Changed, f.points[0]},
		{"two packets change places", func(b []byte) []byte {
			first, other := bytes.Clone(b[second[0]:second[1]]), bytes.Clone(b[second[1]:second[2]])
			copy(b[second[0]:], append(other, first...))
			return b
		}, seal.Changed, f.points[0]},
		{"cut at a block", func(b []byte) []byte { return b[:second[0]] }, seal.Open, f.points[0]},
		{"cut within a block", func(b []byte) []byte { return b[:f.points[2]+10] }, seal.Open, f.points[1]},
		{"cut before the last seal", func(b []byte) []byte { return b[:blocks[len(blocks)-1]] }, seal.Open, f.points[3]},
		{"a packet added", func(b []byte) []byte { return append(b, b[second[0]:second[1]]...) }, seal.Changed, size},
		{"nonsense added", func(b []byte) []byte { return append(b, "nonsense"...) }, seal.Changed, size},
		{"a length", change(second[0] + 6), seal.Changed, f.points[0]},
		{"all seals taken out", func(b []byte) []byte {
			var rest []byte
			for n, at := range blocks {
				to := size
				if n+1 < len(blocks) {
					to = blocks[n+1]
				}
				if b[at] != 5 {
					rest = append(rest, b[at:to]...)
				}
			}
			return rest
		}, seal.Gone, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := look(t, test.attack(bytes.Clone(whole)))
			if got.State != test.state || got.Holds != test.holds && test.name != "a length" {
				t.Errorf("%q, holds up to %d, want %q up to %d", got.State, got.Holds, test.state, test.holds)
			}
			if got.State == seal.Intact && (got.Head != head || got.Value != value || !got.Last || got.Frames != 9) {
				t.Errorf("%+v, and printed were %s and %s", got, head, value)
			}
		})
	}
}

// starts are where the blocks of a file begin.
func starts(b []byte) (list []int64) {
	for at := int64(0); at < int64(len(b)); at += int64(binary.LittleEndian.Uint32(b[at+4:])) {
		list = append(list, at)
	}
	return list
}

func after(blocks []int64, at int64) int64 { return blocks[slices.Index(blocks, at)+1] }

func TestTheChainGoesOnOverTheFilesOfASet(t *testing.T) {
	recorded, head, value := recordSealed(t, 4, store.Options{})
	var files []seal.File
	for _, f := range recorded {
		files = append(files, look(t, f.whole))
	}
	if last := files[3]; last.Value != value || !last.Last || last.Previous != files[2].Value {
		t.Errorf("the last is %+v, and printed was %s", last, value)
	}
	whole := seal.Join(files)
	if whole.Head != head || whole.Earlier != 0 || whole.Missing != nil || whole.Later || whole.Unlinked != nil {
		t.Errorf("of all: %+v", whole)
	}
	// The second is left out, the first is gone, the last is gone.
	if c := seal.Join([]seal.File{files[3], files[0], files[2]}); !slices.Equal(c.Missing, []int{2}) || c.Later || c.Earlier != 0 {
		t.Errorf("without the second: %+v", c)
	}
	if c := seal.Join(files[1:3]); c.Earlier != 1 || c.Missing != nil || !c.Later {
		t.Errorf("without the first and the last: %+v", c)
	}
	// Another recording's third file in its place, as intact as it is.
	other, _, _ := recordSealed(t, 4, store.Options{})
	if c := seal.Join([]seal.File{files[1], look(t, other[2].whole)}); c.Head != "" {
		t.Errorf("of two recordings: %+v", c)
	}
	// A third file made anew, with all seals right but for the link.
	forged := files[2]
	forged.Previous = files[0].Value
	if c := seal.Join([]seal.File{files[1], forged}); !slices.Equal(c.Unlinked, []int{3}) {
		t.Errorf("with a link that is wrong: %+v", c)
	}
}

func TestAFileThatIsRemovedStaysInTheChain(t *testing.T) {
	dir := t.TempDir()
	f, err := store.Create(filepath.Join(dir, "a.pcapng"), store.Options{Rotate: true, Keep: 1, Now: time.Now, Seal: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		fmt.Fprint(f, "what is no block is not looked at")
		if err := f.Rotate(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Paths()[0])
	if err != nil || !bytes.Contains(b, []byte(`"file":6`)) || !bytes.Contains(b, []byte(`"previous":"`)) {
		t.Errorf("%q, %v", b, err)
	}
}

func TestStockToolsReadASealedFile(t *testing.T) {
	recorded, _, _ := recordSealed(t, 1, store.Options{})
	for _, tool := range []string{"tshark -r", "capinfos", "tcpdump -n -r"} {
		words := append(strings.Fields(tool), recorded[0].path)
		out, err := exec.Command(words[0], words[1:]...).Output()
		if err != nil || len(out) == 0 {
			t.Errorf("%s: %v", tool, err)
		}
		if words[0] == "tshark" && strings.Count(string(out), "\n") != 9 {
			t.Errorf("tshark shows: %s", out)
		}
	}
	copied := recorded[0].path + ".copy"
	if out, err := exec.Command("editcap", recorded[0].path, copied).CombinedOutput(); err != nil {
		t.Fatalf("%s, %v", out, err)
	}
	b, _ := os.ReadFile(copied)
	if got := look(t, b); got.State == seal.Intact || got.Holds > recorded[0].points[0] {
		t.Errorf("a copy that editcap wrote: %+v", got)
	}
}
