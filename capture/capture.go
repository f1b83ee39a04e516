// Package capture says what a packet capture is: packets, the interfaces they
// were recorded on, what the recorder counted, and how its file ended.
//
// The readers of the file formats are in [bothends/capture/pcap] and
// [bothends/capture/pcapng]; [bothends/capture/file] opens a file, or a rotated
// set of files, without being told its format.
package capture

import (
	"fmt"
	"net/netip"
)

// A Reader yields the packets of one capture file in file order.
//
// A file that stops in the middle of a record or that turns to nonsense is
// still evidence up to there, so Next ends it with io.EOF like any other and
// End says what kind of end it was. Next returns another error only when the
// operating system cannot read the file.
type Reader interface {
	// Next fills p. p.Data is valid until the following call.
	Next(p *Packet) error
	// Interfaces returns those described so far, indexed by Packet.Interface.
	// Their counters are final once Next has returned io.EOF.
	Interfaces() []Interface
	// End is meaningful once Next has returned io.EOF.
	End() End
}

// A Packet is one recorded frame and where in its file it stands.
type Packet struct {
	Frame     int64     // from 1, counted as Wireshark counts
	Offset    int64     // of its record in the uncompressed file, in bytes
	TimeNS    int64     // nanoseconds since the Unix epoch; 0 if Untimed
	File      int       // which file of a rotated set, from 0
	Interface int       // index into the reader's Interfaces
	LinkType  LinkType  // of that interface
	Direction Direction // if the recorder noted it
	Untimed   bool      // recorded without a time (pcapng simple packet block)
	OrigLen   int       // length on the wire, in bytes
	Data      []byte    // what was kept of it; at most OrigLen bytes in a sound capture
	Digest    []byte    // of the payload that redaction took out, as package digest writes it, or nil
}

// A Direction says whether the recording host received or sent a packet.
type Direction uint8

const (
	DirectionUnknown Direction = iota
	Inbound
	Outbound
)

func (d Direction) String() string {
	switch d {
	case Inbound:
		return "inbound"
	case Outbound:
		return "outbound"
	}
	return "unknown"
}

// LinkType is a link-layer header type as listed at
// https://www.tcpdump.org/linktypes.html. It has 16 bits in both file formats.
type LinkType uint16

// The link types whose frames can be decoded.
const (
	LinkNull      LinkType = 0   // BSD loopback, address family in host byte order
	LinkEthernet  LinkType = 1   // Ethernet, any number of VLAN tags
	LinkPPP       LinkType = 9   // PPP, with or without HDLC framing
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing (RFC 1662)
	LinkPPPoE     LinkType = 51  // PPPoE session frames without Ethernet header
	LinkRaw       LinkType = 101 // IPv4 or IPv6, by the version nibble
	LinkLoop      LinkType = 108 // OpenBSD loopback, address family in network byte order
	LinkLinuxSLL  LinkType = 113 // Linux "cooked" v1
	LinkIPv4      LinkType = 228 // bare IPv4
	LinkIPv6      LinkType = 229 // bare IPv6
	LinkLinuxSLL2 LinkType = 276 // Linux "cooked" v2
)

// String gives libpcap's name, as `tcpdump -L` prints it, or "LINKTYPE_n".
func (l LinkType) String() string {
	if name, ok := linkNames[l]; ok {
		return name
	}
	return fmt.Sprintf("LINKTYPE_%d", uint16(l))
}

// An Interface is one place at which a capture was recorded. A classic pcap
// file has exactly one, with no more than a link type and a snapshot length.
type Interface struct {
	LinkType    LinkType
	SnapLen     int    // bytes kept of each packet at most; 0 is no limit
	Name        string // "eth0"
	Description string
	Filter      string // the capture filter, in libpcap's language
	FilterCode  []byte // the filter, if the file holds it in another form: if_filter's kind byte and what follows it
	Hardware    string
	OS          string // operating system of the recording host (interface's, else section's)
	Application string // what wrote the file (section's shb_userappl)
	MAC         []byte
	Addresses   []netip.Prefix
	Resolution  uint64 // ticks a second of the stored times: 1e6, 1e9, 1<<20, ...; 0 if more than 64 bits hold
	OffsetSec   int64  // if_tsoffset, already added to every Packet.TimeNS
	Comments    []string
	Ignored     []string // options of its blocks whose length cannot be right, by name; they are left out
	Counters    Counters
}

// Counters are what the recorder said about one interface when it last said
// anything (pcapng interface statistics block). A recorder need not say.
type Counters struct {
	StartNS, EndNS int64 // isb_starttime, isb_endtime: Unix nanoseconds, 0 if not given
	Received       Count // isb_ifrecv: seen by the interface
	IfDropped      Count // isb_ifdrop: lost by the interface for lack of resources
	Accepted       Count // isb_filteraccept: passed the filter
	OSDropped      Count // isb_osdrop: lost by the operating system
	Delivered      Count // isb_usrdeliv: handed to the recorder
	Missing        Count // sum of what single packets say was lost just before them (epb_dropcount)
}

// A Section is what one recorder said about its part of a pcapng file. Files
// put together from several recordings have several.
type Section struct {
	Offset      int64 // of its header in the uncompressed file
	Hardware    string
	OS          string
	Application string
	Comments    []string
}

// Dropped adds up what the recorder says was lost. known is false unless it says
// so of the operating system or of the interface.
func (c *Counters) Dropped() (packets uint64, known bool) {
	return c.IfDropped.N + c.OSDropped.N + c.Missing.N, c.IfDropped.Known || c.OSDropped.Known
}

// Count is a counter that the file may not hold. Not known is not zero.
type Count struct {
	N     uint64
	Known bool
}

// End is how a capture file ended.
type End struct {
	Kind   EndKind
	Offset int64  // of the first byte that could not be used, in the uncompressed file; 0 if Complete
	Reason string // what was expected there; empty if Complete
}

// EndKind sorts the ends of a file by what they mean to a judge.
type EndKind uint8

const (
	Complete  EndKind = iota // at the end of a record, as a recorder leaves it
	Truncated                // in the middle of a record: killed, or the disk was full
	Damaged                  // at bytes that are no record; what follows is unknown
)

func (k EndKind) String() string {
	switch k {
	case Truncated:
		return "truncated"
	case Damaged:
		return "damaged"
	}
	return "complete"
}

// String gives "complete", "truncated at offset 1234" or "damaged at offset 1234".
func (e End) String() string {
	if e.Kind == Complete {
		return "complete"
	}
	return fmt.Sprintf("%s at offset %d", e.Kind, e.Offset)
}
