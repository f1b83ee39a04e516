package kernellog

import (
	"net"
	"net/netip"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// testLimit bounds each step of the test. Over loopback they take microseconds.
const testLimit = 500 * time.Millisecond

// acknowledged is longer than an acknowledgment is held back (TCP_DELACK_MIN, 40 ms):
// only that of its FIN makes an end forget all but that it had the connection.
const acknowledged = 60 * time.Millisecond

// test makes resets of each kind over loopback and looks which of them the log
// shows. What a kernel can show does not follow from its version: distributions
// take changes over.
//
// It does so in a network namespace of its own, where that is permitted: else other
// recorders on this host would see these resets, and its count of them rise.
func (l *Log) test() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine, and the namespace with it
		if unix.Unshare(unix.CLONE_NEWNET) == nil {
			switchOnLoopback()
		}
		l.tryResets()
	}()
	<-done
}

// switchOnLoopback is ip link set lo up.
func switchOnLoopback() {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return
	}
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	_ = unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request) // without it the test shows nothing, which is said
}

func (l *Log) tryResets() {
	wanted := l.wanted
	defer func() { l.wanted = wanted }()
	l.wanted = func(local, _ Endpoint) bool { return local.Addr().IsLoopback() }
	sees := testimony.KernelSight{}
	l.reading.Sees = &sees
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return
	}
	address := listener.Addr().(*net.TCPAddr).AddrPort()
	// Each is found by the end that sends the reset, and by its partner.
	if aborted, err := abort(listener); err == nil {
		sees.Abort = l.shows(aborted, address, "")
	}
	if closed, err := speakToClosed(listener); err == nil {
		sees.TimeWait = l.shows(address, closed, "TCP_TIMEWAIT_SOCKET")
	}
	listener.Close()
	dialer := net.Dialer{Timeout: testLimit, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	if c, err := dialer.Dial("tcp4", address.String()); err == nil {
		c.Close() // somebody else listens there meanwhile
		return
	}
	sees.NoSocket = l.shows(address, Endpoint{}, "NO_SOCKET")
}

// shows reports whether the log has a reset that local sent to remote, with no
// remote to anybody; where the kernel gives reasons, for one.
func (l *Log) shows(local, remote Endpoint, reason string) bool {
	l.waiting = nil
	// The event precedes the packet by which the other end learns of it, and that is
	// what the test waited for.
	for range 2 {
		l.Listen()
		for _, e := range l.waiting {
			if e.Sent && e.Local == local && (e.Remote == remote || remote == Endpoint{}) && (reason == "" || e.Reason == "" || e.Reason == reason) {
				return true
			}
		}
		time.Sleep(time.Millisecond)
	}
	return false
}

// pair makes a connection to the listener.
func pair(listener net.Listener) (near, far *net.TCPConn, err error) {
	c, err := net.DialTimeout("tcp4", listener.Addr().String(), testLimit)
	if err != nil {
		return nil, nil, err
	}
	near = c.(*net.TCPConn)
	_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(testLimit))
	accepted, err := listener.Accept()
	if err != nil {
		near.Close()
		return nil, nil, err
	}
	far = accepted.(*net.TCPConn)
	_ = near.SetDeadline(time.Now().Add(testLimit))
	_ = far.SetDeadline(time.Now().Add(testLimit))
	return near, far, nil
}

// abort has a program end its connection at once, and returns its end.
func abort(listener net.Listener) (end Endpoint, err error) {
	near, far, err := pair(listener)
	if err != nil {
		return end, err
	}
	defer far.Close()
	end = near.LocalAddr().(*net.TCPAddr).AddrPort()
	_ = near.SetLinger(0)
	near.Close()
	_, _ = far.Read(make([]byte, 1)) // until it learns of it
	return netip.AddrPortFrom(end.Addr(), end.Port()), nil
}

// speakToClosed sends data to an end that has closed its side and forgotten all but
// that it had the connection. It returns the end that spoke.
func speakToClosed(listener net.Listener) (end Endpoint, err error) {
	near, far, err := pair(listener)
	if err != nil {
		return end, err
	}
	defer near.Close()
	end = near.LocalAddr().(*net.TCPAddr).AddrPort()
	far.Close()
	_, _ = near.Read(make([]byte, 1)) // until its FIN is here
	time.Sleep(acknowledged)
	_, _ = near.Write([]byte{0})
	_, _ = near.Read(make([]byte, 1))
	return end, nil
}
