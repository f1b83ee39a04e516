package agent

import (
	"io"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/target"
	"bothends/correlate/segment"
)

// A Source is one open interface; *live.Handle is one. Read hands packets to take
// until it returns false, and returns live.ErrTimeout when nothing came for a
// while, live.ErrDown, live.ErrGone, or io.EOF if there will never be another
// packet.
type Source interface {
	Read(take func([]capture.Packet) bool) error
	Filter(string) error
	LinkType() capture.LinkType
	Nanoseconds() bool
	Counters() (live.Counters, error)
	State() live.State
	Refresh()
	Close()
}

// An Opener opens an interface by name.
type Opener func(name string, o live.Options) (Source, error)

// An Output takes a file's bytes; it may be a pcapng.Gatherer. Rotate makes what
// follows another file; Truncate shortens the present one.
type Output interface {
	io.Writer
	Rotate() error
	Truncate(size int64) error
}

// A Sealer is an Output that seals what it takes. Seal returns the newest seal that
// it knows, or with now that of all that was written, which takes as long as it is
// far behind.
type Sealer interface {
	Sealed() bool
	Seal(now bool) (s testimony.Seal, ok bool)
}

// A Host says what the recording host knows about itself.
type Host struct {
	Section  capture.Section // hardware, system, program
	Clock    func() (*testimony.Clock, error)
	Counters func() (map[string]uint64, error)
	// Uplinks names the interfaces by which the host can send now.
	Uplinks func() ([]string, error)
	// UplinksChanged reports whether they may have since it was last asked; nil if
	// they are not followed.
	UplinksChanged func() bool
	// Facts are what else on the host could send in its name; nil if nobody asks.
	Facts func() testimony.HostFacts
	// Describe says what is known of an interface: name, description, hardware,
	// addresses; and its offloads.
	Describe func(name string) (capture.Interface, map[string]bool)
}

// A KernelLog is what the kernel says of resets; *kernellog.Log is one.
type KernelLog interface {
	// Begin says what the log can show, and forgets what it has.
	Begin() testimony.KernelReading
	// Listen takes what the kernel has said since the last time.
	Listen()
	// Waiting is how many events have not been taken.
	Waiting() int
	// Take returns what there is to write, with at most n events.
	Take(n int) testimony.KernelReading
}

// A Config is what to record, and how much of it.
type Config struct {
	Interfaces []string
	// Everywhere tells that Interfaces are all by which the host can send, and that
	// those that appear later are to be recorded, too.
	Everywhere  bool
	Live        live.Options
	Target      target.Target
	Session     string
	End         string // "client", "server", or empty
	HeadersOnly bool
	Libpcap     string // its version
	Limits      Limits
	Host        Host
	// KernelLog is the kernel's log of resets, or nil; then KernelMissing says why,
	// if it was tried.
	KernelLog     KernelLog
	KernelMissing string
	// Seen is told of every packet that is written, with its interface's name, while no
	// other can be; nil is nobody.
	Seen func(name string, p *capture.Packet)
	// Notice is given each segment that begins or ends a connection; it must not
	// wait. Nil if nobody asks.
	Notice func(*segment.Segment)
	// Say tells the user something now, in one line.
	Say func(format string, arguments ...any)
}

// Limits end a recording or a file. Zero is no limit.
type Limits struct {
	Packets        int64
	Size           int64         // of all files together, in bytes
	Duration       time.Duration // since Record began
	AfterReset     time.Duration // since the first reset
	RotateSize     int64         // of one file, in bytes
	RotateInterval time.Duration // of one file
}
