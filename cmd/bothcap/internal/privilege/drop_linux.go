package privilege

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

func setGroup(id int) error { return syscall.Setresgid(id, id, id) }
func setUser(id int) error  { return syscall.Setresuid(id, id, id) }

// ForbidGaining sets no_new_privs in every thread.
//
// prctl(2) sets it in one thread only, and Go cannot run a system call in all of
// them in a program with cgo. seccomp(2) can: a filter that is installed with
// SECCOMP_FILTER_FLAG_TSYNC is given to all threads, and no_new_privs with it.
// The filter itself allows everything, which the kernel knows without running it.
func ForbidGaining() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	allow := [1]unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW}}
	program := unix.SockFprog{Len: uint16(len(allow)), Filter: &allow[0]}
	thread, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return fmt.Errorf("no_new_privs in all threads: seccomp: %w", errno)
	}
	if thread != 0 {
		return fmt.Errorf("no_new_privs in all threads: thread %d would not have it", thread)
	}
	return nil
}

// Seclude forbids other processes of the same user to trace this one, and to take
// copies of its sockets (pidfd_getfd(2)). Becoming another user does so as well,
// but a recorder may have its privilege from systemd, and run as the user from the
// start.
func Seclude() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("closing the process to others: %w", err)
	}
	return nil
}

// Capabilities that a Thread may keep.
const (
	SendSignals   = unix.CAP_KILL
	OpenInterface = unix.CAP_NET_RAW
	MakeFiles     = unix.CAP_DAC_OVERRIDE
)

// A Thread keeps one capability beyond Drop and does there what needs it. All
// other threads of the process have none.
type Thread struct {
	work chan func()
}

// Keep starts a thread that keeps a capability. It must be called before Drop,
// and the first Do after it.
func Keep(capability int) (*Thread, error) {
	t := &Thread{work: make(chan func())}
	started := make(chan error)
	go func() {
		// Never unlocked: the thread ends with this goroutine. Go starts no other
		// thread from a locked one, so that none inherits what it keeps.
		runtime.LockOSThread()
		err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0)
		started <- err
		if err == nil {
			t.run(capability)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("keeping a capability: %w", err)
	}
	return t, nil
}

func (t *Thread) run(capability int) {
	first := true
	for do := range t.work {
		if first {
			// Becoming another user left what is permitted, but took away what is
			// in effect. From here on only the one is either.
			header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
			var sets [2]unix.CapUserData
			sets[0].Permitted = 1 << capability
			sets[0].Effective = 1 << capability
			_ = unix.Capset(&header, &sets[0]) // what do needs then fails, and says so
			_ = unix.Prctl(unix.PR_SET_KEEPCAPS, 0, 0, 0, 0)
			first = false
		}
		do()
	}
}

// Do runs f in the thread and waits for it.
func (t *Thread) Do(f func()) {
	done := make(chan struct{})
	t.work <- func() { defer close(done); f() }
	<-done
}

// Close ends the thread.
func (t *Thread) Close() { close(t.work) }

// As runs f with the rights that a user has to files, and none of root's. It is
// for a process that is root.
func As(u User, f func() error) error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		if err := becomeForFiles(u); err != nil {
			failed <- fmt.Errorf("as user %q: %w", u.Name, err)
			return
		}
		failed <- f()
	}()
	return <-failed
}

// becomeForFiles changes this thread alone, which the package syscall would not:
// raw system calls are each thread's own. With a file system user other than root
// the kernel takes the capabilities out of effect that override permissions
// (setfsuid(2)).
func becomeForFiles(u User) error {
	groups := make([]uint32, len(u.Groups)+1)
	for i, g := range u.Groups {
		groups[i] = uint32(g)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(u.Groups)), uintptr(unsafe.Pointer(&groups[0])), 0); errno != 0 {
		return errno
	}
	// They return what was before, and no error: so they are asked again.
	_ = unix.Setfsgid(u.GID)
	_ = unix.Setfsuid(u.UID)
	if gid, err := unix.SetfsgidRetGid(-1); err != nil || gid != u.GID {
		return fmt.Errorf("its group is %d, %v", gid, err)
	}
	if uid, err := unix.SetfsuidRetUid(-1); err != nil || uid != u.UID {
		return fmt.Errorf("its user is %d, %v", uid, err)
	}
	return nil
}
