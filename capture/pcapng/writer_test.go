package pcapng

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bothends/capture"
)

// The frames of every test file: an Ethernet header and an IPv4 TCP reset from
// 192.0.2.1:25 to 198.51.100.2:40000, made by hand.
var resetFrame = fromHex("0200000000010200000000020800" +
	"450000280000400040060000c0000201c6336402" +
	"00199c40000000010000000250040000" + "00000000")

func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// aSecond is 2023-11-14T22:13:20Z in nanoseconds.
const aSecond = 1_700_000_000_000_000_000

func fullInterface() capture.Interface {
	return capture.Interface{
		LinkType: capture.LinkEthernet, SnapLen: 262144, Name: "wwan0", Description: "phone",
		Filter: "host 192.0.2.1", Hardware: "a modem", OS: "Linux 6.1",
		MAC: []byte{2, 0, 0, 0, 0, 1},
		Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.2/24"),
			netip.MustParsePrefix("2001:db8::2/64")},
		Comments: []string{"an interface comment"},
	}
}

// writeFull is a file that uses every option the writer knows.
func writeFull(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, capture.Section{Hardware: "amd64", OS: "Linux 6.1", Application: "bothcap test",
		Comments: []string{"first comment", "zweiter Kommentar: ä"}})
	must(t, err)
	i, err := w.AddInterface(fullInterface())
	must(t, err)
	p := capture.Packet{Interface: i, TimeNS: aSecond + 123456789, Direction: capture.Inbound, OrigLen: len(resetFrame), Data: resetFrame}
	must(t, w.WritePacket(&p))
	p.Direction, p.TimeNS = capture.Outbound, p.TimeNS+1
	must(t, w.WritePacket(&p, "made on the way", "twice"))
	p.Direction, p.OrigLen = capture.DirectionUnknown, 1500
	must(t, w.WritePacket(&p))
	must(t, w.WriteStatistics(i, aSecond+2e9, capture.Counters{StartNS: aSecond, EndNS: aSecond + 2e9,
		Received: known(10), IfDropped: known(0), Accepted: known(9), OSDropped: known(6), Delivered: known(3)}, "a statistics comment"))
	must(t, w.Flush())
	if w.Size() != int64(out.Len()) || w.Written() != w.Size() {
		t.Errorf("Size %d, Written %d, but %d bytes came out", w.Size(), w.Written(), out.Len())
	}
	return out.Bytes()
}

func known(n uint64) capture.Count { return capture.Count{N: n, Known: true} }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The expected bytes were put together by hand from the figures in
// draft-ietf-opsawg-pcapng sections 4.1 to 4.3.
func TestBlocksAreTheDraftsByteForByte(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, capture.Section{OS: "Linux"})
	must(t, err)
	_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkRaw, SnapLen: 96})
	must(t, err)
	must(t, w.WritePacket(&capture.Packet{TimeNS: 0x1122334455667788, Direction: capture.Outbound, OrigLen: 9, Data: []byte("abcde")}))
	must(t, w.Flush())
	want := fromHex("" +
		"0a0d0d0a" + "2c000000" + "4d3c2b1a" + "01000000" + "ffffffffffffffff" +
		"03000500" + "4c696e7578000000" + "00000000" + "2c000000" +
		"01000000" + "20000000" + "65000000" + "60000000" + "09000100" + "09000000" + "00000000" + "20000000" +
		"06000000" + "34000000" + "00000000" + "44332211" + "88776655" + "05000000" + "09000000" +
		"6162636465000000" + "02000400" + "02000000" + "00000000" + "34000000")
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("got  %x\nwant %x", out.Bytes(), want)
	}
}

func TestEveryReaderOfTheFormatTakesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "full.pcapng")
	must(t, os.WriteFile(file, writeFull(t), 0o600))

	info := run(t, "capinfos", file)
	for _, want := range []string{"Number of packets:   3", "nanosecond", "Name = wwan0", "Description = phone",
		"Hardware = a modem", "Operating system = Linux 6.1", "Filter string = host 192.0.2.1",
		"Capture application: bothcap test", "Capture comment:     first comment", "zweiter Kommentar: ä", "Capture length = 262144"} {
		if !strings.Contains(info, want) {
			t.Errorf("capinfos does not say %q:\n%s", want, info)
		}
	}
	fields := run(t, "tshark", "-r", file, "-T", "fields", "-e", "frame.time_epoch", "-e", "frame.packet_flags_direction",
		"-e", "frame.comment", "-e", "frame.cap_len", "-e", "frame.len", "-e", "tcp.flags.reset", "-e", "frame.interface_name")
	want := "1700000000.123456789\t0x00000001\t\t54\t54\t1\twwan0\n" +
		"1700000000.123456790\t0x00000002\tmade on the way,twice\t54\t54\t1\twwan0\n" +
		"1700000000.123456790\t\t\t54\t1500\t1\twwan0\n"
	if fields != want {
		t.Errorf("tshark sees\n%swant\n%s", fields, want)
	}
	dump := run(t, "tcpdump", "-n", "-tt", "--nano", "-r", file)
	if n := strings.Count(dump, "192.0.2.1.25 > 198.51.100.2.40000: Flags [R]"); n != 3 {
		t.Errorf("tcpdump sees %d resets, want 3:\n%s", n, dump)
	}
}

// run runs a program that Debian has and returns what it printed; a complaint
// of any kind fails the test.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TZ=UTC")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, &stderr)
	}
	for _, bad := range []string{"truncated", "damaged", "corrupt", "isn't", "malformed", "cut short"} {
		if strings.Contains(stderr.String(), bad) {
			t.Errorf("%s complains: %s", name, &stderr)
		}
	}
	return stdout.String()
}

func TestTicksGiveBackTheTimesAReaderRoundedDown(t *testing.T) {
	for _, resolution := range []uint64{1, 1e3, 1e6, 1e9, 1e12, 1 << 6, 1 << 10, 1 << 20, 1 << 30, 1 << 32} {
		w := &Writer{interfaces: []timing{{resolution: resolution}}}
		for _, ticks := range []uint64{0, 1, 2, 3, 7, resolution - 1, resolution, 123456789, 1_000_000*resolution + 1} {
			read := nanoseconds(ticks, resolution)
			got, err := w.ticks(0, read)
			if err != nil || nanoseconds(got, resolution) != read {
				t.Errorf("at %d ticks a second %d ns became %d ticks (%v)", resolution, read, got, err)
			}
			if resolution <= 1e9 && got != ticks {
				t.Errorf("at %d ticks a second %d ticks became %d", resolution, ticks, got)
			}
		}
	}
}

// nanoseconds is what a reader makes of a time stamp.
func nanoseconds(ticks, resolution uint64) int64 {
	n := new(big.Int).SetUint64(ticks)
	n.Mul(n, big.NewInt(1e9))
	return n.Div(n, new(big.Int).SetUint64(resolution)).Int64()
}

func TestAnInterfaceStoresItsOwnResolutionAndOffset(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, capture.Section{})
	must(t, err)
	i, err := w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet, Resolution: 1 << 20, OffsetSec: 1_600_000_000})
	must(t, err)
	must(t, w.WritePacket(&capture.Packet{Interface: i, TimeNS: aSecond + 5e8, OrigLen: len(resetFrame), Data: resetFrame}))
	must(t, w.Flush())
	file := filepath.Join(t.TempDir(), "offset.pcapng")
	must(t, os.WriteFile(file, out.Bytes(), 0o600))
	if got := run(t, "tshark", "-r", file, "-T", "fields", "-e", "frame.time_epoch"); !strings.HasPrefix(got, "1700000000.5000000") {
		t.Errorf("tshark reads the time %s, want 1700000000.5", got)
	}
	if _, err := w.AddInterface(capture.Interface{Resolution: 3}); err == nil {
		t.Error("a third of a second was taken as a resolution")
	}
	if err := w.WritePacket(&capture.Packet{Interface: i, TimeNS: 1}); err == nil {
		t.Error("a time before the clock's beginning was written")
	}
	if err := w.WritePacket(&capture.Packet{Interface: 7}); err == nil {
		t.Error("a packet of an interface nobody described was written")
	}
}

func TestAnOptionThatDoesNotFitLeavesNoTrace(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out, capture.Section{})
	must(t, err)
	before := w.Size()
	if _, err := w.AddInterface(capture.Interface{Comments: []string{strings.Repeat("x", 65536)}}); !errors.Is(err, errTooLarge) {
		t.Errorf("got error %v, want %v", err, errTooLarge)
	}
	_, err = w.AddInterface(capture.Interface{Comments: []string{strings.Repeat("x", 65535)}})
	must(t, err)
	must(t, w.Flush())
	if whole := wholeBlocks(out.Bytes()); whole != out.Len() || w.Size() != int64(out.Len()) || w.Size() == before {
		t.Errorf("%d of %d bytes are whole blocks, Size is %d", whole, out.Len(), w.Size())
	}
}

// A failing disk takes a part of what it is given.
type smallDisk struct{ bytes.Buffer }

func (d *smallDisk) Write(b []byte) (int, error) {
	const room = 1 << 20
	if d.Len()+len(b) <= room {
		return d.Buffer.Write(b)
	}
	n, _ := d.Buffer.Write(b[:room-d.Len()])
	return n, errFull
}

var errFull = errors.New("no space left")

// A gathering disk can be lent what lies apart.
type gatheringDisk struct {
	smallDisk
	calls int
}

func (d *gatheringDisk) WritePieces(pieces [][]byte) (int, error) {
	d.calls++
	return d.Write(bytes.Join(pieces, nil))
}

func TestAFullDiskSaysHowMuchIsWhole(t *testing.T) {
	for _, test := range []struct {
		name string
		disk interface {
			io.Writer
			Bytes() []byte
		}
		size, block int
	}{
		{"small packets", &smallDisk{}, 1001, 12 + 20 + 1004},
		{"large packets", &smallDisk{}, 30001, 12 + 20 + 30004},
		{"large packets, lent", &gatheringDisk{}, 30001, 12 + 20 + 30004},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, err := NewWriter(test.disk, capture.Section{})
			must(t, err)
			_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet})
			must(t, err)
			p := capture.Packet{TimeNS: aSecond, OrigLen: test.size, Data: make([]byte, test.size)}
			for err == nil && w.Size() < 4<<20 {
				err = w.WritePacket(&p)
			}
			if !errors.Is(err, errFull) {
				t.Fatalf("got error %v, want %v", err, errFull)
			}
			if err := w.WritePacket(&p); !errors.Is(err, errFull) {
				t.Errorf("the packet after the failure gave %v", err)
			}
			disk := test.disk.Bytes()
			kept := disk[:w.Written()]
			// Less than one block may be lost.
			if lost := len(disk) - len(kept); lost < 0 || lost >= test.block {
				t.Errorf("%d bytes are called incomplete", lost)
			}
			if n := len(kept); binary.LittleEndian.Uint32(kept[n-4:]) != uint32(test.block) {
				t.Errorf("what is kept ends with % x, not with a block's length", kept[n-4:])
			}
		})
	}
}

// To copy is the twin of to lend.
func TestPacketsThatAreLentMakeTheSameFile(t *testing.T) {
	var copied bytes.Buffer
	var lent gatheringDisk
	for _, out := range []io.Writer{&copied, &lent} {
		w, err := NewWriter(out, capture.Section{})
		must(t, err)
		_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet})
		must(t, err)
		data := make([]byte, lendSize+3)
		for _, size := range []int{5, lendSize - 1, lendSize, lendSize + 1, 7, lendSize + 2, lendSize + 3, 0, lendSize} {
			for direction, comments := range [][]string{nil, {"a comment"}, nil} {
				for i := range data {
					data[i] = byte(size + i) // what was lent before is over
				}
				p := capture.Packet{TimeNS: aSecond, Direction: capture.Direction(direction), OrigLen: size, Data: data[:size]}
				must(t, w.WritePacket(&p, comments...))
				long := strings.Repeat("x", maxOption+1)
				if err := w.WritePacket(&p, long); !errors.Is(err, errTooLarge) {
					t.Errorf("got error %v, want %v", err, errTooLarge)
				}
			}
		}
		must(t, w.Flush())
		if w.Written() != w.Size() {
			t.Errorf("%d of %d bytes were written", w.Written(), w.Size())
		}
	}
	if !bytes.Equal(copied.Bytes(), lent.Bytes()) {
		t.Error("the files differ")
	}
	if lent.calls != 5*3 {
		t.Errorf("%d packets were lent, want the 15 that are large", lent.calls)
	}
}

func TestWritingAPacketAllocatesNothing(t *testing.T) {
	var disk nowhere
	w, err := NewWriter(&disk, capture.Section{})
	must(t, err)
	_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet})
	must(t, err)
	p := capture.Packet{TimeNS: aSecond, Direction: capture.Inbound, OrigLen: 65000, Data: make([]byte, 65000)}
	if n := testing.AllocsPerRun(1000, func() { w.WritePacket(&p) }); n != 0 {
		t.Errorf("%v allocations a packet: a recorder at 400,000 packets a second cannot afford one", n)
	}
	for _, n := range disk.calls {
		if n < 64<<10 {
			t.Errorf("a write of %d bytes: below 64 KiB recorders lose packets", n)
		}
	}
}

type nowhere struct{ calls []int }

func (n *nowhere) Write(b []byte) (int, error) {
	if len(n.calls) < cap(n.calls) || n.calls == nil {
		if n.calls == nil {
			n.calls = make([]int, 0, 512)
		}
		n.calls = append(n.calls, len(b))
	}
	return len(b), nil
}

func BenchmarkWritePacket(b *testing.B) {
	w, _ := NewWriter(&nowhere{}, capture.Section{})
	w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet})
	p := capture.Packet{TimeNS: aSecond, Direction: capture.Inbound, OrigLen: 100, Data: make([]byte, 100)}
	b.ReportAllocs()
	for b.Loop() {
		w.WritePacket(&p)
	}
}
