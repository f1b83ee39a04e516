package file

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"bothends/capture"
	"bothends/capture/internal/readertest"
)

// packers compress with the libraries; TestFilesThatTheProgramsPacked has the
// programs gzip, zstd and lz4 do it.
var packers = map[Compression]func(*testing.T, []byte) []byte{
	Gzip: func(t *testing.T, in []byte) []byte {
		return packed(t, in, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
	},
	Zstd: func(t *testing.T, in []byte) []byte {
		return packed(t, in, func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
			if err != nil {
				t.Fatal(err)
			}
			return z
		})
	},
	LZ4: func(t *testing.T, in []byte) []byte {
		return packed(t, in, func(w io.Writer) io.WriteCloser {
			z := lz4.NewWriter(w)
			if err := z.Apply(lz4.BlockSizeOption(lz4.Block64Kb)); err != nil {
				t.Fatal(err)
			}
			return z
		})
	},
}

func packed(t *testing.T, in []byte, pack func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := pack(&out)
	if _, err := w.Write(in); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// incompressible is a capture of n packets of a kilobyte of noise, so that a
// compressed stream of it can be cut at many places.
func incompressible(n int) []byte {
	seconds := make([]uint32, n)
	for i := range seconds {
		seconds[i] = uint32(i + 1)
	}
	b := classic(1, strings.Repeat("n", 1024), seconds...)
	state := uint32(7)
	for i := range b {
		if at := (i - 24) % 1040; i >= 24 && at >= 16 {
			state = state*1664525 + 1013904223
			b[i] = byte(state >> 24)
		}
	}
	return b
}

func TestCompressedFilesHoldTheirCapture(t *testing.T) {
	for compression, pack := range packers {
		t.Run(string(compression), func(t *testing.T) {
			plain := incompressible(10)
			file := pack(t, plain)
			want, _ := readThrough(t, open(t, write(t, "plain", plain)))
			s := open(t, write(t, "no-telling-name", file))
			for range 2 {
				got, r := readThrough(t, s)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("packets (-want +got):\n%s", diff)
				}
				about := r.Files()[0]
				if about.Compression != compression || about.Format != Pcap || about.Size != int64(len(file)) || about.End != (capture.End{}) {
					t.Errorf("file is %+v, want %s of %d bytes, complete", about, compression, len(file))
				}
			}
		})
	}
}

func TestStreamsOneAfterTheOtherAreOne(t *testing.T) {
	plain := classic(1, "abc", 1, 2, 3, 4)
	for compression, pack := range packers {
		t.Run(string(compression), func(t *testing.T) {
			file := append(pack(t, plain[:50]), pack(t, plain[50:])...)
			packets, r := readThrough(t, open(t, write(t, "f", file)))
			if len(packets) != 4 || r.End().Kind != capture.Complete {
				t.Errorf("%d packets, %v %s; want 4, complete", len(packets), r.End(), r.End().Reason)
			}
		})
	}
}

func TestACompressedStreamThatIsCutKeepsWhatCameBefore(t *testing.T) {
	plain := incompressible(1000)
	whole, _ := readThrough(t, open(t, write(t, "plain", plain)))
	for compression, pack := range packers {
		t.Run(string(compression), func(t *testing.T) {
			file := pack(t, plain)
			for _, cut := range []int{len(file) / 2, len(file) * 9 / 10, len(file) - 1} {
				packets, r := readThrough(t, open(t, write(t, "f", file[:cut])))
				end := r.End()
				// The compressors add less than 1 %, and decoders give whole blocks of at most 128 KiB.
				if lowest := (cut*99/100 - 256<<10) / 1040; len(packets) < lowest {
					t.Errorf("cut at %d: %d packets, want at least %d", cut, len(packets), lowest)
				}
				for i, p := range packets {
					if !bytes.Equal(p.Data, whole[i].Data) || p.TimeNS != whole[i].TimeNS {
						t.Errorf("cut at %d: packet %d differs", cut, i)
					}
				}
				if end.Kind != capture.Truncated || end.Offset < int64(24+1040*len(packets)) || end.Offset > int64(len(plain)) ||
					!strings.Contains(end.Reason, string(compression)) {
					t.Errorf("cut at %d: %v, %q after %d packets; want truncated behind them, naming %s", cut, end, end.Reason, len(packets), compression)
				}
			}
		})
	}
}

func TestACompressedStreamThatIsDamagedSaysSo(t *testing.T) {
	plain := incompressible(1000)
	for compression, pack := range packers {
		t.Run(string(compression), func(t *testing.T) {
			file := pack(t, plain)
			file[len(file)*3/4] ^= 0x10
			_, r := readThrough(t, open(t, write(t, "f", file)))
			if end := r.End(); end.Kind != capture.Damaged || !strings.Contains(end.Reason, string(compression)) {
				t.Errorf("%v, %q; want damaged, naming %s", end, end.Reason, compression)
			}
		})
	}
	t.Run("garbage behind a gzip stream", func(t *testing.T) {
		file := append(packers[Gzip](t, plain), "this is no gzip stream"...)
		packets, r := readThrough(t, open(t, write(t, "f", file)))
		if end := r.End(); len(packets) != 1000 || end.Kind != capture.Damaged || end.Offset != int64(len(plain)) {
			t.Errorf("%d packets, %v; want 1000, damaged at offset %d", len(packets), end, len(plain))
		}
	})
}

func TestACompressedFileThatIsNoCaptureIsRefused(t *testing.T) {
	gz := packers[Gzip]
	for _, test := range []struct {
		name string
		file []byte
		want error
		text string
	}{
		{"text", gz(t, []byte("hello\n")), ErrNoCapture, "looks like text"},
		{"nothing", gz(t, nil), ErrEmpty, "is empty once unpacked"},
		{"packed twice", packers[Zstd](t, gz(t, classic(1, "x", 1))), ErrNoCapture, "gzip data, packed twice"},
		{"a stream cut in its header", gz(t, classic(1, "x", 1))[:5], ErrUnreadable, "unexpected EOF"},
		{"a stream of nonsense", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff"), ErrUnreadable, "corrupt"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "f", test.file)
			_, err := Open(context.Background(), []string{path})
			if !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), test.text) {
				t.Errorf("Open: %v, want %v with %q", err, test.want, test.text)
			}
		})
	}
}

// zeros is a capture of packets of zeros, which packs a thousand to one.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := copy(p, make([]byte, min(int64(len(p)), z.left)))
	z.left -= int64(n)
	return n, nil
}

func TestABombIsDefusedAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := new(naming).newSpool(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const packed, free = 10 << 10, 1 << 20
	s.free = free
	_, err = s.fill(context.Background(), &source{read: packed}, &zeros{1 << 30}, true)
	if !errors.Is(err, ErrExpansion) {
		t.Errorf("fill: %v, want %v", err, ErrExpansion)
	}
	if s.size > packed*maxExpansion+2*copyBuffer {
		t.Errorf("%d bytes were written before it stopped", s.size)
	}
	s.close()
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
}

func TestWhatUnpacksToLittleIsNoBomb(t *testing.T) {
	plain := append(classic(1, "x", 1), classic(1, strings.Repeat("\x00", 60000), make([]uint32, 200)...)[24:]...)
	file := packers[Gzip](t, plain)
	if len(plain)/len(file) < maxExpansion {
		t.Fatalf("the test's file shrinks only to 1/%d", len(plain)/len(file))
	}
	if packets, r := readThrough(t, open(t, write(t, "f", file))); len(packets) != 201 || r.End().Kind != capture.Complete {
		t.Errorf("%d packets, %v; want 201, complete", len(packets), r.End())
	}
}

func TestASpoolHasNoNameWhileItIsInUse(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot remove an open file")
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := open(t, write(t, "f", packers[Gzip](t, classic(1, "x", 1))))
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%d files (%v) would stay after a kill", len(left), err)
	}
	if packets, _ := readThrough(t, s); len(packets) != 1 {
		t.Errorf("%d packets, want 1", len(packets))
	}
}

func TestNoRoomForASpoolIsOneClearLine(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	path := write(t, "f", packers[Gzip](t, classic(1, "x", 1)))
	_, err := Open(context.Background(), []string{path})
	var problem *Error
	if !errors.As(err, &problem) || !errors.Is(err, ErrNoSpace) || problem.Hint != hintTemporary {
		t.Errorf("Open: %v, want %v with a hint", err, ErrNoSpace)
	}
}

func TestFilesThatTheProgramsPacked(t *testing.T) {
	plain := incompressible(20)
	for _, args := range [][]string{
		{"gzip", "-c"}, {"gzip", "-1", "-c"}, {"zstd", "-q", "-c"}, {"zstd", "-q", "-c", "--long=27", "-19"},
		{"lz4", "-q", "-c"}, {"lz4", "-q", "-c", "-l"}, {"lz4", "-q", "-c", "-9", "-BD"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out := readertest.Run(t, args[0], append(args[1:], write(t, "plain", plain))...)
			packets, r := readThrough(t, open(t, write(t, "packed", []byte(out))))
			if len(packets) != 20 || r.End().Kind != capture.Complete || string(r.Files()[0].Compression) != args[0] {
				t.Errorf("%d packets, %+v; want 20 from %s, complete", len(packets), r.Files()[0], args[0])
			}
		})
	}
}

func TestNoSpoolIsMadeOnceTheInputIsGivenUp(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s, err := new(naming).newSpool(ctx); s != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("spool %v, %v; want none, %v", s, err, context.Canceled)
	}
}
