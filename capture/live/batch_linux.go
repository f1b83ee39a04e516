//go:build cgo

package live

/*
#cgo LDFLAGS: -lpcap
#include <pcap.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// One packet in a batch; its bytes follow, and then up to 7 to the next multiple
// of 8.
struct record {
	int64_t seconds, fraction;
	uint32_t captured, original;
};

struct batch {
	pcap_t *handle;
	uint32_t used, count;
	uint32_t full; // beyond this no packet is taken in
	uint64_t bytes[];
};

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes) {
	struct batch *b = (struct batch *)user;
	struct record *r = (struct record *)((u_char *)b->bytes + b->used);
	r->seconds = h->ts.tv_sec;
	r->fraction = h->ts.tv_usec;
	r->captured = h->caplen;
	r->original = h->len;
	memcpy(r + 1, bytes, h->caplen);
	b->used += (sizeof *r + h->caplen + 7) & ~7u;
	b->count++;
	if (b->used > b->full)
		pcap_breakloop(b->handle);
}

// fill takes in what is there, and does not wait. It returns libpcap's error, if
// any; packets may have come before it.
static int fill(struct batch *b) {
	b->used = b->count = 0;
	int n = pcap_dispatch(b->handle, -1, take, (u_char *)b);
	return n == PCAP_ERROR ? -1 : 0;
}

static struct batch *new_batch(void *handle, uint32_t full, uint32_t largest) {
	struct batch *b = malloc(sizeof *b + full + sizeof(struct record) + largest + 8);
	if (b != NULL) {
		b->handle = handle;
		b->full = full;
		b->used = b->count = 0;
	}
	return b;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"syscall"
	"time"
	"unsafe"

	"github.com/google/gopacket/pcap"
	"golang.org/x/sys/unix"

	"bothends/capture"
)

// batchSize is how many bytes of packets are taken in at once: about a thousand
// small packets, and little enough to stay in the processor's cache.
const batchSize = 128 << 10

// Once all packets are read it pays to let some gather before looking again: each
// waking costs more than a hundred packets do, in the process and in Go's monitor.
// A ring of 32 MiB fills in 27 ms at 10 Gbit/s, so a pause of 20 ms survives even a
// sudden start of that. Where the ring is found fuller than an eighth the next pause
// is half as long, and where it is emptier than a thirty-second, twice.
const (
	longestPause  = 20 * time.Millisecond
	shortestPause = time.Millisecond
	fuller        = 8
	emptier       = 32

	// pauseRate makes the longest pause shorter in proportion for a smaller ring.
	pauseRate = defaultRing * int64(time.Second/longestPause) // bytes a second
	// defaultRing is the ring of the figures above.
	defaultRing = 32 << 20
)

// A batcher reads many packets by one call of C, and waits for more in Go's own
// poller.
//
// gopacket calls C for each packet, and waits there. At 200,000 packets a second
// that took three times the processor time of tcpdump, a third of it in Go's
// monitor, which wakes every 20 microseconds while a thread is in C. The packets
// are copied once, as libpcap itself does for who reads them one by one
// (pcap-linux.c, pcapint_oneshot_linux).
type batcher struct {
	batch   *C.struct_batch
	at      uint32 // where the next packet lies in the batch
	left    uint32 // packets not yet handed out
	socket  *os.File
	wait    syscall.RawConn
	timeout time.Duration
	ring    int           // the kernel's, in bytes
	taken   int           // bytes since the last pause
	pause   time.Duration // the next
	longest time.Duration // that it may be
	perTick int64         // nanoseconds in a unit of the time stamps' fraction
	failed  bool
	fill    func(uintptr) bool
}

// newBatcher needs libpcap's handle, which gopacket does not give out; without
// it packets are read one by one.
func newBatcher(handle *pcap.Handle, o Options, nanoseconds bool) (*batcher, error) {
	field := reflect.ValueOf(handle).Elem().FieldByName("cptr")
	if !field.IsValid() || field.Kind() != reflect.Pointer || field.IsNil() {
		return nil, nil
	}
	c := field.UnsafePointer()
	number, err := unix.FcntlInt(uintptr(C.pcap_get_selectable_fd((*C.pcap_t)(c))), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	longest := min(longestPause, time.Duration(int64(o.BufferSize)*int64(time.Second)/pauseRate))
	b := &batcher{timeout: o.Timeout, ring: o.BufferSize, pause: longest, longest: longest, perTick: 1000, socket: os.NewFile(uintptr(number), "packet socket")}
	if nanoseconds {
		b.perTick = 1
	}
	if b.wait, err = b.socket.SyscallConn(); err == nil {
		// It must be one that Go's poller takes, or waiting would never end.
		err = b.socket.SetReadDeadline(time.Now())
	}
	if err != nil {
		b.socket.Close()
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	if b.batch = C.new_batch(c, batchSize, C.uint32_t(o.SnapLen)); b.batch == nil {
		b.socket.Close()
		return nil, syscall.ENOMEM
	}
	// Made once: a closure for each wait would be garbage.
	b.fill = func(uintptr) bool {
		b.failed = C.fill(b.batch) != 0
		b.at, b.left = 0, uint32(b.batch.count)
		b.taken += int(b.batch.used)
		return b.failed || b.left > 0
	}
	return b, nil
}

// errRead says that libpcap has an error.
var errRead = errors.New("libpcap cannot read")

// next is Handle.Next, but for the packet's direction and link type.
func (b *batcher) next(p *capture.Packet) error {
	if b.left == 0 {
		if b.failed {
			b.failed = false
			return errRead
		}
		if err := b.more(); err != nil {
			return err
		}
	}
	base := unsafe.Add(unsafe.Pointer(b.batch), unsafe.Sizeof(*b.batch)+uintptr(b.at))
	r := (*C.struct_record)(base)
	p.TimeNS = int64(r.seconds)*1e9 + int64(r.fraction)*b.perTick
	p.OrigLen = int(r.original)
	p.Data = unsafe.Slice((*byte)(unsafe.Add(base, C.sizeof_struct_record)), int(r.captured))
	b.at += (C.sizeof_struct_record + uint32(r.captured) + 7) &^ 7
	b.left--
	return nil
}

// more waits for packets. Reading is tried before waiting and after it, in the
// order in which the poller misses nothing.
func (b *batcher) more() error {
	if b.fill(0) {
		return b.outcome()
	}
	b.gather()
	if err := b.socket.SetReadDeadline(time.Now().Add(b.timeout)); err != nil {
		return err
	}
	err := b.wait.Read(b.fill)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		// The kernel may hand over a block without a wake-up that late.
		if b.fill(0); b.left == 0 && !b.failed {
			return ErrTimeout
		}
	case err != nil:
		return err
	}
	return b.outcome()
}

// gather pauses, as long as the ring allows.
func (b *batcher) gather() {
	switch {
	case b.taken > b.ring/fuller:
		b.pause = max(b.pause/2, shortestPause)
	case b.taken < b.ring/emptier:
		b.pause = min(b.pause*2, b.longest)
	}
	b.taken = 0
	time.Sleep(b.pause)
}

// outcome is the error of a batch that holds nothing but one.
func (b *batcher) outcome() error {
	if b.left > 0 {
		return nil
	}
	b.failed = false
	return errRead
}

func (b *batcher) close() {
	b.socket.Close()
	C.free(unsafe.Pointer(b.batch))
}
