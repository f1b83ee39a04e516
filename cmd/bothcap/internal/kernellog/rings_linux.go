package kernellog

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Endpoint is one end of a connection.
type Endpoint = netip.AddrPort

// ringPages is the size of each CPU's ring: 128 KiB, about a thousand events.
const ringPages = 32

// rings are those of all CPUs.
type rings struct {
	all    []ring
	online string   // the CPUs that there were
	cpus   *os.File // which there are now
}

// A ring is memory that the kernel writes to at its head and we read from at its
// tail.
type ring struct {
	descriptors []int
	memory      []byte
}

// Open begins to listen. Events of other connections than wanted are only counted.
func Open(wanted func(local, remote Endpoint) bool) (*Log, error) {
	root, done, err := tracefs()
	if err != nil {
		return nil, err
	}
	defer done()
	l := &Log{wanted: wanted, listener: listener{commands: map[int]string{}}}
	if l.listener.send, err = readFormat(root, "tcp_send_reset"); err != nil {
		return nil, err
	}
	if !l.listener.send.has("saddr", "daddr") {
		return nil, fmt.Errorf("%w: its tracepoint of resets has no addresses", ErrUnsupported)
	}
	tracepoints := []uint64{l.listener.send.id}
	if l.listener.receive, err = readFormat(root, "tcp_receive_reset"); err == nil {
		tracepoints = append(tracepoints, l.listener.receive.id)
	}
	if l.rings, err = openRings(tracepoints); err != nil {
		return nil, err
	}
	l.listener.processes()
	l.test()
	return l, nil
}

// processes learns the commands of those that run already.
func (l *listener) processes() {
	list, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, file := range list {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if command, read := os.ReadFile(file); err == nil && read == nil && l.commands[pid] == "" {
			l.learn(pid, strings.TrimSuffix(string(command), "\n"))
		}
	}
}

// tracefs is a folder with the kernel's tracepoints: where it is mounted, or else a
// mount of our own that nobody else sees and that ends with done.
func tracefs() (folder string, done func(), err error) {
	for _, folder := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		if _, err := os.Stat(folder + "/events/tcp/tcp_send_reset"); err == nil {
			return folder, func() {}, nil
		}
	}
	system, err := unix.Fsopen("tracefs", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return "", nil, fmt.Errorf("opening tracefs: %w", err)
	}
	defer unix.Close(system)
	if err := unix.FsconfigCreate(system); err != nil {
		return "", nil, fmt.Errorf("opening tracefs: %w", err)
	}
	const readOnly = unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	mount, err := unix.Fsmount(system, unix.FSMOUNT_CLOEXEC, readOnly)
	if err != nil {
		return "", nil, fmt.Errorf("opening tracefs: %w", err)
	}
	return fmt.Sprintf("/proc/self/fd/%d", mount), func() { unix.Close(mount) }, nil
}

func readFormat(root, tracepoint string) (*format, error) {
	text, err := os.ReadFile(filepath.Join(root, "events/tcp", tracepoint, "format"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no tracepoint tcp:%s", ErrUnsupported, tracepoint)
	}
	if err != nil {
		return nil, err
	}
	return parseFormat(string(text))
}

func openRings(tracepoints []uint64) (rings, error) {
	var r rings
	var err error
	if r.cpus, err = os.Open("/sys/devices/system/cpu/online"); err != nil {
		return r, err
	}
	r.online, err = r.present()
	var cpus []int
	if err == nil {
		cpus, err = parseCPUs(r.online)
	}
	if err != nil {
		r.close()
		return rings{}, err
	}
	for _, cpu := range cpus {
		one, err := openRing(cpu, tracepoints)
		r.all = append(r.all, one)
		if err != nil {
			r.close()
			return rings{}, err
		}
	}
	return r, nil
}

// parseCPUs reads a list such as "0-3,8".
func parseCPUs(text string) (cpus []int, err error) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, failed := strconv.Atoi(low)
		last, failedToo := strconv.Atoi(high)
		if err := errors.Join(failed, failedToo); err != nil || last < first || last > 1<<16 {
			return nil, fmt.Errorf("the list of processors is %q", text)
		}
		for n := first; n <= last; n++ {
			cpus = append(cpus, n)
		}
	}
	return cpus, nil
}

func openRing(cpu int, tracepoints []uint64) (r ring, err error) {
	for i, id := range tracepoints {
		attr := unix.PerfEventAttr{
			Type: unix.PERF_TYPE_TRACEPOINT, Config: id, Sample: 1,
			Sample_type: unix.PERF_SAMPLE_TID | unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_RAW,
			Bits:        unix.PerfBitUseClockID | unix.PerfBitSampleIDAll, Clockid: unix.CLOCK_MONOTONIC,
		}
		attr.Size = uint32(unsafe.Sizeof(attr))
		if i == 0 {
			attr.Bits |= unix.PerfBitComm | unix.PerfBitTask // of all processes, once
		}
		descriptor, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
		if err != nil {
			return r, fmt.Errorf("perf_event_open: %w", err)
		}
		r.descriptors = append(r.descriptors, descriptor)
		if i > 0 {
			if err := unix.IoctlSetInt(descriptor, unix.PERF_EVENT_IOC_SET_OUTPUT, r.descriptors[0]); err != nil {
				return r, fmt.Errorf("perf_event_open: joining two: %w", err)
			}
			continue
		}
		if r.memory, err = unix.Mmap(descriptor, 0, (1+ringPages)*os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
			return r, fmt.Errorf("perf_event_open: its ring: %w", err)
		}
	}
	return r, nil
}

// present lists the processors that are switched on.
func (r *rings) present() (string, error) {
	text := make([]byte, 256)
	n, err := r.cpus.ReadAt(text, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return string(text[:n]), err
}

// read takes what is in all rings. A processor that was switched on since is not
// listened to, which is an error.
func (r *rings) read() ([]entry, error) {
	var all []entry
	var failed error
	for i := range r.all {
		entries, err := r.all[i].read()
		all = append(all, entries...)
		failed = errors.Join(failed, err)
	}
	if text, err := r.present(); err == nil && text != r.online {
		r.online = text
		failed = errors.Join(failed, errors.New("the processors changed"))
	}
	return all, failed
}

func (r *ring) read() ([]entry, error) {
	page := (*unix.PerfEventMmapPage)(unsafe.Pointer(&r.memory[0]))
	data := r.memory[os.Getpagesize():]
	head, tail := atomic.LoadUint64(&page.Data_head), page.Data_tail
	if head == tail {
		return nil, nil
	}
	content := make([]byte, 0, head-tail)
	for at := tail; at < head; {
		start := at % uint64(len(data))
		end := min(start+head-at, uint64(len(data)))
		content = append(content, data[start:end]...)
		at += end - start
	}
	atomic.StoreUint64(&page.Data_tail, head)
	return parseRecords(content)
}

func (r *rings) close() {
	for _, one := range r.all {
		if one.memory != nil {
			_ = unix.Munmap(one.memory)
		}
		for _, d := range one.descriptors {
			unix.Close(d)
		}
	}
	r.all = nil
	if r.cpus != nil {
		r.cpus.Close()
	}
}

// clocks are the log's clock and the packets' at one moment.
type clocks struct {
	now    int64 // of the log's, in nanoseconds
	offset int64 // to be added for the packets'
	wrong  int64 // by how much the offset may be
}

// readClocks reads the packets' clock between two readings of the log's, several
// times, and takes the closest: a process may be put aside at any moment.
func readClocks() (best clocks) {
	for i := range 5 {
		var before, at, after unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &before)
		_ = unix.ClockGettime(unix.CLOCK_REALTIME, &at)
		_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &after)
		wrong := (after.Nano() - before.Nano() + 1) / 2
		if i == 0 || wrong < best.wrong {
			best = clocks{after.Nano(), at.Nano() - before.Nano() - wrong, wrong}
		}
	}
	return best
}
