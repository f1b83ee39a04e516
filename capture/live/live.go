// Package live reads packets off network interfaces through libpcap.
//
// It is the only importer of github.com/google/gopacket/pcap, which needs cgo
// (but on Windows), and only the recording agent imports it: the correlator must
// build and run where there is no libpcap.
package live

import (
	"errors"
	"time"
)

// Options are what a handle must know before it is opened.
type Options struct {
	SnapLen     int  // bytes kept of each packet at most
	BufferSize  int  // of the kernel's ring of packets, in bytes
	Promiscuous bool // take in frames addressed to others, too
	// Timeout is how long the kernel may hold packets back to hand over many at
	// once, and so how long Read waits at most.
	Timeout time.Duration
}

// Counters are libpcap's, since the handle was opened (pcap_stats). They have 32
// bits and wrap around.
type Counters struct {
	Received  uint32 // on Linux: passed the filter, with those then dropped
	Dropped   uint32 // found the ring full
	IfDropped uint32 // lost by the network card or its driver
}

// An Interface is one that libpcap can open.
type Interface struct {
	Name        string
	Description string
	Addresses   []string
	Up          bool
}

// Errors of Open and Read. Those of Open are wrapped with the interface's name.
var (
	ErrPermission  = errors.New("no permission to capture")
	ErrNoInterface = errors.New("no such interface")
	ErrNotUp       = errors.New("interface is not up")
	ErrTimeout     = errors.New("no packet yet")
	ErrDown        = errors.New("interface went down")
	ErrGone        = errors.New("interface disappeared")
	ErrBuild       = errors.New("built without libpcap")
	ErrFilter      = errors.New("filter not understood")
)

// AnyInterface is the name of libpcap's interface that stands for all of them.
const AnyInterface = "any"

// State is whether an interface can have packets.
type State uint8

const (
	Up   State = iota
	Down       // switched off, or without its link
	Gone       // unplugged; one of that name that comes back is another interface
)
