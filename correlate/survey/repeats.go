package survey

import (
	"encoding/binary"

	"bothends/capture"
	"bothends/correlate/segment"
)

// repeats finds packets that were recorded more than once because they passed
// several interfaces of the recording host: a bridge and its port, a tunnel and
// its carrier. Linux's "any" device sees each of them.
type repeats struct {
	count   int64
	several bool // the capture can see a packet twice
	begun   bool
	first   device      // the first packet's of its file
	sets    []repeatSet // by the digest, from the first packet that can be a second
}

// A recorder of several interfaces reads them in turns, each for as long as the
// kernel held its packets back, so that thousands of other packets may stand
// between two recordings: at 100,000 a second and 100 ms, ten thousand. Of so many
// sets one then holds a packet for that long but for a chance of 0.4 % (Poisson).
const (
	repeatBits = 14
	repeatSets = 1 << repeatBits
	repeatWays = 4
)

// A repeatSet remembers the latest recordings of those packets whose digests are
// its own.
type repeatSet struct {
	digests [repeatWays]uint64
	recent  [repeatWays]recording
	next    uint8
}

// spread is 2^64 over the golden ratio: a product's high bits then depend on all
// bits of the other factor (Knuth, TAOCP 6.4).
const spread = 0x9E3779B97F4A7C15

// recording is what tells one packet from another. The TTL is left out: a host
// that forwards between its interfaces lowers it.
type recording struct {
	src, dst segment.Endpoint
	seq, ack uint32
	tsval    uint32
	length   int
	window   uint16
	ipid     uint16
	flags    segment.Flags
	timeNS   int64
	device   device
}

// device is where a packet was recorded. The files of a rotated set describe the
// same devices anew, under numbers of their own, so that devices of two files
// cannot be told apart.
type device struct {
	file   int
	number uint32 // of the interface or, from a cooked header, of the kernel's device
}

// unknownDevice stands for the one that a Linux cooked header v1 does not name.
const unknownDevice = ^uint32(0)

// repeatWindowNS is how soon after the first recording the second one stands.
// Both are made within one traversal of one host's network stack, which takes
// microseconds; no retransmission comes this soon (RFC 6298: one second; Linux:
// 200 ms).
const repeatWindowNS = 5e6

// seen tells whether s repeats a recent recording, and remembers it if not.
func (r *repeats) seen(p *capture.Packet, s *segment.Segment) bool {
	on := device{p.File, uint32(p.Interface)}
	switch {
	case p.LinkType == capture.LinkLinuxSLL2 && len(p.Data) >= 8:
		on = device{number: binary.BigEndian.Uint32(p.Data[4:])}
		r.several = true
	case p.LinkType == capture.LinkLinuxSLL:
		on.number = unknownDevice
		r.several = true
	case !r.begun || on.file != r.first.file:
		r.begun, r.first = true, on
	case on != r.first:
		r.several = true
	}
	if !r.several {
		return false
	}
	now := recording{s.Src, s.Dst, s.Seq, s.Ack, s.Options.TSVal, s.PayloadLen, s.Window, s.IPID, s.Flags, s.TimeNS, on}
	digest := uint64(s.Seq)<<32 ^ uint64(s.Ack)<<8 ^ uint64(s.IPID)<<40 ^ uint64(s.PayloadLen)<<16 ^ uint64(s.Flags)
	if r.sets == nil {
		r.sets = make([]repeatSet, repeatSets)
	}
	set := &r.sets[digest*spread>>(64-repeatBits)]
	for i, d := range set.digests {
		if d == digest && set.recent[i].repeatedBy(&now) {
			r.count++
			return true
		}
	}
	set.digests[set.next], set.recent[set.next] = digest, now
	set.next = (set.next + 1) % repeatWays
	return false
}

// repeatedBy is sure of a repetition if another device recorded the same packet.
// Where devices are not named, only an IP-ID can tell a packet recorded twice
// from two packets that look alike.
func (before *recording) repeatedBy(now *recording) bool {
	if age := now.timeNS - before.timeNS; age <= -repeatWindowNS || age >= repeatWindowNS {
		return false // a little before is possible: each device has its own queue
	}
	if now.device.file != before.device.file {
		return false
	}
	if now.device == before.device && (now.device.number != unknownDevice || now.ipid == 0) {
		return false
	}
	same := *before
	same.timeNS, same.device = now.timeNS, now.device
	return same == *now
}
