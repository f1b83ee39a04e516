package host

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// Counters are the kernel's TCP counters of this network namespace, by names
// such as "Tcp.OutRsts".
func Counters() (map[string]uint64, error) {
	counters := map[string]uint64{}
	// Of the thread, not the process: namespaces belong to threads.
	for _, name := range []string{"/proc/thread-self/net/snmp", "/proc/thread-self/net/netstat"} {
		table, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if err := parseCounters(bytes.NewReader(table), counters); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return counters, nil
}

// Clock asks the kernel how good its clock is (adjtimex(2), changing nothing).
func Clock() (*testimony.Clock, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return nil, fmt.Errorf("adjtimex: %w", err)
	}
	return &testimony.Clock{
		Synchronised:     state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0,
		EstimatedErrorNS: int64(t.Esterror) * int64(time.Microsecond),
		MaximumErrorNS:   int64(t.Maxerror) * int64(time.Microsecond),
	}, nil
}

// The questions of ethtool(8) that concern the size of what a tap sees
// (linux/ethtool.h).
var offloadQuestions = []struct {
	name    string
	command uint32
	mask    uint32 // of the answer
}{
	{"tso", unix.ETHTOOL_GTSO, ^uint32(0)},
	{"gso", unix.ETHTOOL_GGSO, ^uint32(0)},
	{"gro", unix.ETHTOOL_GGRO, ^uint32(0)},
	{"lro", unix.ETHTOOL_GFLAGS, flagLRO},
}

// Offloads says which of TSO, GSO, GRO and LRO an interface has switched on.
// Those that it cannot be asked about are left out; the error is that of the
// last one.
func Offloads(name string) (map[string]bool, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(socket)
	offloads := map[string]bool{}
	var failed error
	for _, q := range offloadQuestions {
		value, err := askEthtool(socket, name, q.command)
		if err != nil {
			failed = fmt.Errorf("%s: %s: %w", name, q.name, err)
			continue
		}
		offloads[q.name] = value&q.mask != 0
	}
	return offloads, failed
}

// flagLRO is ETH_FLAG_LRO of linux/ethtool.h.
const flagLRO = 1 << 15

// askEthtool puts a question whose answer is one number: struct ethtool_value.
func askEthtool(socket int, name string, command uint32) (uint32, error) {
	value := struct{ command, data uint32 }{command: command}
	var request struct { // struct ifreq
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		rest [16]byte // the union is larger than a pointer
	}
	if len(name) >= len(request.name) {
		return 0, unix.ENODEV
	}
	copy(request.name[:], name)
	request.data = unsafe.Pointer(&value)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return 0, errno
	}
	return value.data, nil
}

// Driver names the driver of an interface and where its hardware sits, or is
// empty.
func Driver(name string) string {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(socket)
	about, err := unix.IoctlGetEthtoolDrvinfo(socket, name)
	if err != nil {
		return ""
	}
	parts := []string{unix.ByteSliceToString(about.Driver[:]), unix.ByteSliceToString(about.Version[:]), unix.ByteSliceToString(about.Bus_info[:])}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// OS is the distribution and the kernel, as far as they say.
func OS() string {
	var names []string
	if pretty := osRelease("/etc/os-release"); pretty != "" {
		names = append(names, pretty)
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		names = append(names, unix.ByteSliceToString(u.Sysname[:])+" "+unix.ByteSliceToString(u.Release[:]))
	}
	return strings.Join(names, ", ")
}

// osRelease finds PRETTY_NAME (os-release(5)).
func osRelease(file string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "PRETTY_NAME="); ok {
			return strings.Trim(name, `"'`)
		}
	}
	return ""
}

// Hardware is the machine's model and its processor, as far as they say.
func Hardware() string {
	var names []string
	for _, file := range []string{"/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name", "/proc/device-tree/model"} {
		if text, err := os.ReadFile(file); err == nil {
			names = append(names, strings.Trim(string(text), "\x00\n "))
		}
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, after, ok := strings.Cut(string(text), "model name\t: "); ok {
			model, _, _ := strings.Cut(after, "\n")
			names = append(names, model)
		}
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		names = append(names, unix.ByteSliceToString(u.Machine[:]))
	}
	return strings.Join(names, " ")
}

// Free is how many bytes anybody may still write to a folder's file system.
func Free(folder string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, fmt.Errorf("%s: %w", folder, err)
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}
