package survey

import (
	"encoding/binary"
	"hash/maphash"

	"bothends/capture"
	"bothends/correlate/segment"
)

// repeats finds packets that were recorded more than once because they passed
// several interfaces of the recording host: a bridge and its port, a tunnel and
// its carrier. Linux's "any" device sees each of them. On one interface only the
// packets of Doubles are sought.
type repeats struct {
	count   int64
	routed  int64 // of those, with a TTL one lower or higher than the first recording's
	doubles Doubles
	probe   *probe // nil if doubles are known
	several bool   // the capture can see a packet twice
	seed    maphash.Seed
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

// take looks for the recording that now is the copy of on the same interface, and
// forgets it: the next one like it is another packet.
func (set *repeatSet) take(digest uint64, now *recording) *recording {
	for i, d := range set.digests {
		if before := &set.recent[i]; d == digest && before.doubledBy(now) {
			set.digests[i] = 0
			return before
		}
	}
	return nil
}

func (set *repeatSet) put(digest uint64, now *recording) {
	set.digests[set.next], set.recent[set.next] = digest, *now
	set.next = (set.next + 1) % repeatWays
}

// recording is what tells one packet from another. The TTL does not: a host that
// forwards between its interfaces lowers it.
type recording struct {
	src, dst segment.Endpoint
	seq, ack uint32
	tsval    uint32
	length   int
	window   uint16
	ipid     uint16
	flags    segment.Flags
	cut      bool
	checksum uint16
	payload  uint64 // a hash of what was kept of it
	ttl      uint8
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

// seen reports whether s repeats a recent recording, and remembers it if not.
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
	doubled := len(r.doubles) > 0 && r.doubles[pairOf(s)]
	probed := r.probe != nil && r.probe.wants(s)
	if !r.several && !doubled && !probed {
		return false
	}
	now := recording{s.Src, s.Dst, s.Seq, s.Ack, s.Options.TSVal, s.PayloadLen, s.Window, s.IPID, s.Flags,
		s.Cut, s.Checksum, 0, s.TTL, s.TimeNS, on}
	if len(s.Payload) > 0 {
		now.payload = maphash.Bytes(r.seed, s.Payload)
	}
	digest := uint64(s.Seq)<<32 ^ uint64(s.Ack)<<8 ^ uint64(s.IPID)<<40 ^ uint64(s.PayloadLen)<<16 ^ uint64(s.Flags)
	if probed {
		r.probe.add(&now, digest, s)
	}
	if !r.several && !doubled {
		return false
	}
	if r.sets == nil {
		r.sets = make([]repeatSet, repeatSets)
	}
	set := &r.sets[digest*spread>>(64-repeatBits)]
	for i, d := range set.digests {
		if d == digest && set.recent[i].repeatedBy(&now) {
			r.note(&set.recent[i], &now)
			return true
		}
	}
	if doubled {
		if before := set.take(digest, &now); before != nil {
			r.note(before, &now)
			return true
		}
	}
	set.put(digest, &now)
	return false
}

// onlyOn reports whether p was recorded on the one device that was seen so far, and no
// packet of it can be a repetition: then nothing is lost by not looking at it.
func (r *repeats) onlyOn(p *capture.Packet) bool {
	return r.begun && !r.several && len(r.doubles) == 0 && r.first == device{p.File, uint32(p.Interface)}
}

func (r *repeats) note(before, now *recording) {
	r.count++
	if before.ttl != now.ttl {
		r.routed++
	}
}

// repeatedBy is sure of a repetition if another device recorded the same packet.
func (before *recording) repeatedBy(now *recording) bool {
	return before.device.file == now.device.file && before.device != now.device && before.near(now) && before.alike(now)
}

// near reports whether two recordings stand within one passage through a host. A
// little before is possible: each device has its own queue.
func (before *recording) near(now *recording) bool {
	age := now.timeNS - before.timeNS
	return -repeatWindowNS < age && age < repeatWindowNS
}

// alike compares all but when, where and after how many routers a packet was recorded.
// The checksum speaks for what was not kept; where all was kept it may differ, as a
// network card fills it in after the host's own recording.
func (before *recording) alike(now *recording) bool {
	same := *before
	same.timeNS, same.device, same.ttl = now.timeNS, now.device, now.ttl
	if !now.cut {
		same.checksum = now.checksum
	}
	return same == *now
}
