//go:build cgo

package live

/*
// A call copies a small packet faster than the instruction that gcc prefers.
#cgo CFLAGS: -fno-builtin-memcpy
#cgo LDFLAGS: -lpcap
#include <stdlib.h>
#include "batch_linux.h"
*/
import "C"

import (
	"errors"
	"os"
	"reflect"
	"runtime/cgo"
	"syscall"
	"time"
	"unsafe"

	"github.com/google/gopacket/pcap"
	"golang.org/x/sys/unix"

	"bothends/capture"
)

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

// A batcher reads many packets by one call of C, which calls back with as many as
// make a batch. gopacket calls C for each packet, and waits there: at 200,000
// packets a second that took three times the processor time of tcpdump.
type batcher struct {
	batch   *C.struct_batch
	self    cgo.Handle       // by which C calls back
	perTick int64            // nanoseconds in a unit of the time stamps' fraction
	link    capture.LinkType // of all packets
	packets []capture.Packet // of the batch that is handed on

	// Of one call of read:
	host *host
	take func([]capture.Packet) bool
	took bool // something
	idle bool // nothing came in the call before

	socket  *os.File // libpcap's, under a number of its own
	timeout time.Duration
	ring    int           // the kernel's, in bytes
	passed  int           // bytes of packets since the last pause
	pause   time.Duration // the next
	longest time.Duration // that it may be
}

// newBatcher needs libpcap's handle, which gopacket does not give out; without
// it packets are read one by one.
func newBatcher(handle *pcap.Handle, link capture.LinkType, o Options, nanoseconds bool) (*batcher, error) {
	field := reflect.ValueOf(handle).Elem().FieldByName("cptr")
	if !field.IsValid() || field.Kind() != reflect.Pointer || field.IsNil() {
		return nil, nil
	}
	batch := (*C.struct_batch)(C.calloc(1, C.sizeof_struct_batch))
	if batch == nil {
		return nil, syscall.ENOMEM
	}
	batch.handle = (*C.pcap_t)(field.UnsafePointer())
	longest := min(longestPause, time.Duration(int64(o.BufferSize)*int64(time.Second)/pauseRate))
	b := &batcher{
		batch: batch, perTick: 1000, link: link, packets: make([]capture.Packet, C.batch_packets),
		timeout: o.Timeout, ring: o.BufferSize, pause: longest, longest: longest,
	}
	if nanoseconds {
		b.perTick = 1
	}
	var err error
	if b.socket, err = watchable(int(C.pcap_get_selectable_fd(batch.handle))); err != nil {
		C.free(unsafe.Pointer(batch))
		return nil, err
	}
	b.self = cgo.NewHandle(b)
	batch.reader = C.uintptr_t(b.self)
	return b, nil
}

// errRead says that libpcap has an error.
var errRead = errors.New("libpcap cannot read")

// read is Handle.Read.
func (b *batcher) read(host *host, take func([]capture.Packet) bool) error {
	b.host, b.take, b.took = host, take, false
	steps := [...]func(){func() {}, b.gather, b.await}
	wait := steps[:]
	if b.idle { // on most interfaces of a host hardly anything passes
		wait = steps[2:]
	}
	for _, first := range wait {
		first()
		if C.read_batches(b.batch) != 0 {
			return errRead
		}
		if b.took {
			b.idle = false
			return nil
		}
	}
	b.idle = true
	return ErrTimeout
}

// takeBatch is called by C with a full batch, or the last.
//
//export takeBatch
func takeBatch(reader C.uintptr_t) C.int {
	b := cgo.Handle(reader).Value().(*batcher)
	records := b.batch.records[:b.batch.count]
	for i := range records {
		r := &records[i]
		data := unsafe.Slice((*byte)(r.bytes), int(r.captured))
		b.packets[i] = capture.Packet{
			TimeNS:    int64(r.seconds)*1e9 + int64(r.fraction)*b.perTick,
			LinkType:  b.link,
			Direction: b.host.direction(b.link, data),
			OrigLen:   int(r.original),
			Data:      data,
		}
		b.passed += int(r.captured)
	}
	b.took = true
	if b.take(b.packets[:len(records)]) {
		return 1
	}
	return 0
}

// gather pauses, as long as the ring allows. It does so in Go: a thread that sleeps
// in a system call is looked after by Go's monitor, every 20 microseconds.
func (b *batcher) gather() {
	switch {
	case b.passed > b.ring/fuller:
		b.pause = max(b.pause/2, shortestPause)
	case b.passed < b.ring/emptier:
		b.pause = min(b.pause*2, b.longest)
	}
	b.passed = 0
	time.Sleep(b.pause)
}

// watchable gives a socket a second number by which Go waits for it together with all
// others. A thread of one's own that waits in a system call keeps Go's monitor awake:
// with seven interfaces in which nothing passed that took 30 ms a second.
func watchable(socket int) (*os.File, error) {
	again, err := unix.FcntlInt(uintptr(socket), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	// libpcap polls before it reads, and so does not mind.
	if err := unix.SetNonblock(again, true); err != nil {
		unix.Close(again)
		return nil, err
	}
	return os.NewFile(uintptr(again), "packet socket"), nil
}

// await waits until the kernel hands over packets, but no longer than the timeout.
func (b *batcher) await() {
	socket, err := b.socket.SyscallConn()
	if err == nil {
		err = b.socket.SetReadDeadline(time.Now().Add(b.timeout))
	}
	if err == nil {
		err = socket.Read(func(fd uintptr) bool {
			// A socket in error is ready to be read, which then says so.
			ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
			return ready > 0 || err != nil
		})
	}
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		time.Sleep(b.timeout)
	}
}

func (b *batcher) close() {
	b.socket.Close()
	b.self.Delete()
	C.free(unsafe.Pointer(b.batch))
}
