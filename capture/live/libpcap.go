//go:build cgo || windows

package live

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync/atomic"

	"github.com/google/gopacket"
	"github.com/google/gopacket/pcap"

	"bothends/capture"
)

// Available reports whether this program was built with libpcap.
const Available = true

// Version is what libpcap calls itself.
func Version() string { return pcap.Version() }

// A Handle is an open interface. It is for one goroutine, but State, Refresh and
// Counters may be called by another: libpcap keeps what it counts apart from
// what it reads with (pcap-linux.c, pcap_stats_linux).
type Handle struct {
	name  string
	index int // of the interface; 0 for "any"
	pcap  *pcap.Handle
	batch *batcher          // nil if packets are read one by one
	alone [1]capture.Packet // one that is
	link  capture.LinkType
	host  atomic.Pointer[host] // exchanged by Refresh while Read reads
}

// Open opens an interface and starts recording on it, unfiltered until Filter
// is called. It needs CAP_NET_RAW on Linux.
func Open(name string, o Options) (*Handle, error) {
	inactive, err := pcap.NewInactiveHandle(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer inactive.CleanUp()
	for _, set := range []error{
		inactive.SetSnapLen(o.SnapLen),
		inactive.SetBufferSize(o.BufferSize),
		// "any" cannot be promiscuous, and libpcap warns instead of ignoring it.
		inactive.SetPromisc(o.Promiscuous && name != AnyInterface),
		// Immediate mode costs a wake-up for every packet, and loses many.
		inactive.SetImmediateMode(false),
		inactive.SetTimeout(o.Timeout),
	} {
		if set != nil {
			return nil, fmt.Errorf("%s: %w", name, set)
		}
	}
	handle, err := inactive.Activate()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, activation(err))
	}
	h := &Handle{name: name, pcap: handle, link: linkType(int(handle.LinkType()))}
	if h.batch, err = newBatcher(handle, h.link, o, h.Nanoseconds()); err != nil {
		handle.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	h.Refresh()
	if i, err := net.InterfaceByName(name); err == nil {
		h.index = i.Index
	}
	return h, nil
}

// activation gives the errors that a user can do something about a name.
// gopacket has only their texts.
func activation(err error) error {
	switch text := err.Error(); {
	case text == "Permission Denied", strings.Contains(text, "permission"):
		return ErrPermission
	case text == "No Such Device", strings.Contains(text, "No such device"):
		return ErrNoInterface
	case text == "Interface Not Up":
		return ErrNotUp
	case text == "Cannot set as promisc":
		return fmt.Errorf("cannot be made promiscuous")
	}
	return err
}

// Filter restricts what is recorded from now on, in libpcap's language
// (pcap-filter(7)). Packets that arrived before stay in the ring but are
// filtered as they leave it.
func (h *Handle) Filter(expression string) error {
	if err := h.pcap.SetBPFFilter(expression); err != nil {
		return fmt.Errorf("%s: %w: %q: %w", h.name, ErrFilter, expression, err)
	}
	return nil
}

// Read hands the packets that are there to take, in the order of their arrival
// and as many at once as is cheap, and waits for some if there are none. The
// packets and their Data are valid only until take returns; when it returns
// false Read returns without calling it again.
//
// Read returns ErrTimeout when none came in time, ErrDown when the interface went
// down (the handle stays good and yields packets again when it comes back), and
// ErrGone when it is no longer the interface that was opened.
func (h *Handle) Read(take func([]capture.Packet) bool) error {
	host := h.host.Load()
	if h.batch != nil {
		return h.reading(h.batch.read(host, take))
	}
	data, about, err := h.pcap.ZeroCopyReadPacketData()
	if err != nil {
		return h.reading(err)
	}
	h.alone[0] = capture.Packet{
		TimeNS: about.Timestamp.UnixNano(), LinkType: h.link, Direction: host.direction(h.link, data),
		OrigLen: about.Length, Data: data,
	}
	take(h.alone[:])
	return nil
}

func (h *Handle) reading(err error) error {
	switch {
	case err == nil:
		return nil
	case err == pcap.NextErrorTimeoutExpired, err == ErrTimeout:
		return ErrTimeout
	case err == io.EOF:
		return err
	}
	switch h.State() {
	case Gone:
		return ErrGone
	case Down:
		return ErrDown
	}
	if isDown(h.pcap.Error()) {
		return ErrDown
	}
	return fmt.Errorf("%s: %w", h.name, h.pcap.Error())
}

// isDown knows libpcap's words for ENETDOWN (pcap-linux.c, pcap-bpf.c). The
// interface may be up again by the time that the flags are looked at.
func isDown(err error) bool {
	text := err.Error()
	return strings.Contains(text, "went down") || strings.Contains(text, "disappeared")
}

// State is the interface's now.
func (h *Handle) State() State { return state(h.name, h.index) }

// Refresh looks up the interface's addresses again, by which Read tells
// directions.
func (h *Handle) Refresh() {
	now := readHost(h.name)
	h.host.Store(&now)
}

// LinkType is that of all packets of this handle.
func (h *Handle) LinkType() capture.LinkType { return h.link }

// Nanoseconds reports whether libpcap granted time stamps in nanoseconds. If not
// they are in microseconds.
func (h *Handle) Nanoseconds() bool {
	// gopacket v1.1.19 has the two names the wrong way round (pcap.go, Resolution);
	// a test on a live interface holds this line.
	return h.pcap.Resolution() == gopacket.TimestampResolutionMicrosecond
}

// Counters are those since Open.
func (h *Handle) Counters() (Counters, error) {
	s, err := h.pcap.Stats()
	if err != nil {
		return Counters{}, fmt.Errorf("%s: %w", h.name, err)
	}
	return Counters{Received: uint32(s.PacketsReceived), Dropped: uint32(s.PacketsDropped), IfDropped: uint32(s.PacketsIfDropped)}, nil
}

// Close gives the ring back. No other call may be under way.
func (h *Handle) Close() {
	h.pcap.Close()
	if h.batch != nil {
		h.batch.close()
	}
}

// List returns the interfaces that could be opened.
func List() ([]Interface, error) {
	found, err := pcap.FindAllDevs()
	if err != nil {
		return nil, err
	}
	var list []Interface
	for _, f := range found {
		i := Interface{Name: f.Name, Description: f.Description, Up: f.Flags&flagUp != 0}
		for _, a := range f.Addresses {
			i.Addresses = append(i.Addresses, a.IP.String())
		}
		list = append(list, i)
	}
	return list, nil
}

// flagUp is PCAP_IF_UP of pcap/pcap.h.
const flagUp = 2

// linkType maps what libpcap calls a DLT to the value that files hold. They
// differ only where systems disagree about a DLT (pcap-common.c, dlt_to_linktype).
func linkType(dlt int) capture.LinkType {
	openBSD := runtime.GOOS == "openbsd"
	switch {
	case dlt == 12 && !openBSD, dlt == 14 && openBSD:
		return capture.LinkRaw
	case dlt == 12 && openBSD:
		return capture.LinkLoop
	}
	return capture.LinkType(dlt)
}
