//go:build linux && cgo

package live

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"
	"unsafe"

	"bothends/capture"
)

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("BOTHENDS_PRIVILEGED") == "required" {
		t.Fatal("BOTHENDS_PRIVILEGED=required, but the tests do not run as root")
	}
	t.Skip("needs root, to capture on the loopback")
}

// say sends n numbered datagrams over the loopback to a port of its own, where
// nobody listens. A connected socket would be told so, and not send every one.
// Every tenth is too large to be copied into a batch.
func say(t *testing.T, port, n, size int) {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i := range n {
		text := append(fmt.Appendf(nil, "datagram %06d", i), make([]byte, size)...)
		if i%10 == 9 {
			text = append(text, make([]byte, 8000)...)
		}
		if _, err := c.WriteTo(text, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
			t.Fatal(err)
		}
	}
}

// drain reads until nothing has come for a while.
func drain(t *testing.T, h *Handle) (packets []capture.Packet) {
	t.Helper()
	keep := func(read []capture.Packet) bool {
		for _, p := range read {
			p.Data = bytes.Clone(p.Data)
			packets = append(packets, p)
		}
		return true
	}
	for quiet := 0; quiet < 10; {
		switch err := h.Read(keep); {
		case err == nil:
		case errors.Is(err, ErrTimeout):
			quiet++
		default:
			t.Fatal(err)
		}
	}
	return packets
}

// Both ways of reading must yield the same; the one by one is libpcap's own.
func TestBatchesAreThePacketsThatComeOneByOne(t *testing.T) {
	needRoot(t)
	o := Options{SnapLen: 65536, BufferSize: 32 << 20, Timeout: 50 * time.Millisecond}
	const port, count = 9371, 3000
	var handles [2]*Handle
	for i := range handles {
		h, err := Open("lo", o)
		if err != nil {
			t.Fatal(err)
		}
		defer h.Close()
		if err := h.Filter(fmt.Sprintf("udp dst port %d", port)); err != nil {
			t.Fatal(err)
		}
		handles[i] = h
	}
	if handles[0].batch == nil {
		t.Fatal("gopacket's handle has changed: packets would be read one by one")
	}
	handles[1].batch.close()
	handles[1].batch = nil
	say(t, port, count, 500)
	var read [2][]capture.Packet
	for i, h := range handles {
		read[i] = drain(t, h)
	}
	if len(read[0]) != count || len(read[1]) != count {
		t.Fatalf("%d packets in batches, %d one by one, want %d", len(read[0]), len(read[1]), count)
	}
	for n := range read[0] {
		a, b := read[0][n], read[1][n]
		// Each socket stamps a packet by itself.
		if apart := time.Duration(a.TimeNS - b.TimeNS).Abs(); apart > time.Second {
			t.Fatalf("packet %d: times are %s apart", n, apart)
		}
		b.TimeNS = a.TimeNS
		if !bytes.Equal(a.Data, b.Data) || a.OrigLen != b.OrigLen || a.Direction != b.Direction || a.LinkType != b.LinkType {
			t.Fatalf("packet %d: %+v in a batch, %+v alone", n, a, b)
		}
		if want := fmt.Sprintf("datagram %06d", n); !bytes.Contains(a.Data, []byte(want)) {
			t.Fatalf("packet %d does not hold %q", n, want)
		}
	}
	c, err := handles[0].Counters()
	// The loopback shows a packet as it is sent and as it is received; libpcap hands
	// on the second only.
	if err != nil || c != (Counters{Received: 2 * count}) {
		t.Errorf("counters %+v, %v", c, err)
	}
}

// libpcap gives the ring's blocks back while a batch is gathered, and a packet
// that still lay there would be overwritten once the ring is full.
func TestPacketsThatAwaitTheirBatchAreNoLongerInTheRing(t *testing.T) {
	needRoot(t)
	h, err := Open("lo", Options{SnapLen: 65536, BufferSize: 8 << 20, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Filter("udp dst port 9374"); err != nil {
		t.Fatal(err)
	}
	say(t, 9374, 100, 0)
	batch := uintptr(unsafe.Pointer(h.batch.batch))
	inRing := map[int]bool{} // by length
	for n := 0; n < 100; {
		err := h.Read(func(packets []capture.Packet) bool {
			n += len(packets)
			for i, p := range packets {
				away := uintptr(unsafe.Pointer(&p.Data[0])) - batch
				if away < unsafe.Sizeof(*h.batch.batch) {
					continue
				}
				inRing[len(p.Data)] = true
				if i < len(packets)-1 {
					t.Errorf("packet %d of %d in its batch is still in the ring", i+1, len(packets))
				}
			}
			return true
		})
		if err != nil && err != ErrTimeout {
			t.Fatal(err)
		}
	}
	if len(inRing) != 1 {
		t.Errorf("packets of these lengths were handed on in the ring: %v; want the large ones", inRing)
	}
}

func TestWhoHasEnoughGetsNoMore(t *testing.T) {
	needRoot(t)
	h, err := Open("lo", Options{SnapLen: 65536, BufferSize: 8 << 20, Timeout: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Filter("udp dst port 9373"); err != nil {
		t.Fatal(err)
	}
	say(t, 9373, 1000, 0)
	calls := 0
	for err = ErrTimeout; err == ErrTimeout; {
		err = h.Read(func([]capture.Packet) bool { calls++; return false })
	}
	if err != nil || calls != 1 {
		t.Errorf("called %d times, %v", calls, err)
	}
	if rest := drain(t, h); len(rest) != 990 {
		t.Errorf("%d packets were left, want all but the first batch of 10", len(rest))
	}
}

// gopacket v1.1.19 has the names of the two resolutions the wrong way round.
// The stamps themselves tell: a clock of microseconds has none between.
func TestNanosecondsAreGrantedWhereTheStampsHaveThem(t *testing.T) {
	needRoot(t)
	h, err := Open("lo", Options{SnapLen: 128, BufferSize: 1 << 20, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Filter("udp dst port 9372"); err != nil {
		t.Fatal(err)
	}
	before := time.Now()
	say(t, 9372, 50, 0)
	after := time.Now()
	between := false
	packets := drain(t, h)
	for _, p := range packets {
		between = between || p.TimeNS%1000 != 0
		if p.TimeNS < before.UnixNano() || p.TimeNS > after.UnixNano() {
			t.Errorf("a packet of %d ns, sent between %d and %d", p.TimeNS, before.UnixNano(), after.UnixNano())
		}
	}
	if len(packets) != 50 {
		t.Errorf("%d packets, want 50", len(packets))
	}
	if h.Nanoseconds() != between {
		t.Errorf("Nanoseconds is %v, but stamps between microseconds: %v", h.Nanoseconds(), between)
	}
}

func TestWhatCannotBeOpenedIsSaid(t *testing.T) {
	o := Options{SnapLen: 128, BufferSize: 1 << 20, Timeout: time.Millisecond}
	needRoot(t)
	if _, err := Open("bc-none", o); !errors.Is(err, ErrNoInterface) {
		t.Errorf("got %v, want %v", err, ErrNoInterface)
	}
	h, err := Open("lo", o)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Filter("tcp prot 5"); err == nil {
		t.Error("a filter that is none was taken")
	}
	if h.State() != Up {
		t.Errorf("the loopback's state is %d", h.State())
	}
}
