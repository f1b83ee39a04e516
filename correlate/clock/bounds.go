package clock

import "sort"

// Bounds collects what matched packets say of the offset. It keeps the tightest
// bound of each slot of time, so that its size does not grow with the traffic.
type Bounds struct {
	upper, lower slots
}

// ToServer adds a packet that left the client at sent (client's clock) and
// arrived at the server at received (server's clock), both Unix nanoseconds.
func (b *Bounds) ToServer(sent, received int64) { b.upper.add(sent, received-sent) }

// ToClient adds a packet that left the server at sent (server's clock) and
// arrived at the client at received (client's clock).
func (b *Bounds) ToClient(sent, received int64) { b.lower.add(received, received-sent) }

// Points is how many packets were added.
func (b *Bounds) Points() int { return b.upper.points + b.lower.points }

const (
	// slotLimit is how many slots one direction has at most. When time outruns
	// them, two neighbours become one.
	slotLimit = 1024
	// firstSlotBits makes the slots 2^20 ns wide to begin with, about 1 ms.
	firstSlotBits = 20
	// maxTime and maxOffset keep sums of times and offsets within 64 bits. The
	// year 2116 and 36 years are beyond any real recording.
	maxTime   = 1 << 62
	maxOffset = Unbounded
)

// slots are the tightest bounds of one direction, one for each slot of time in
// which there is any.
type slots struct {
	list   []bound // in order of time
	at     int     // the slot used last: in most cases the next one, too
	bits   uint    // slots are 2^bits ns wide
	points int
}

// add is called for every packet that is matched: its common case is short.
func (s *slots) add(t, offset int64) {
	if uint64(t) >= maxTime || uint64(offset+maxOffset) > 2*maxOffset {
		return // no clock shows this
	}
	s.points++
	if s.at < len(s.list) {
		if b := &s.list[s.at]; (b.t^t)>>s.bits == 0 {
			if offset < b.offset {
				b.t, b.offset = t, offset
			}
			return
		}
	}
	s.addElsewhere(bound{t, offset})
}

func (s *slots) addElsewhere(b bound) {
	if s.bits == 0 {
		s.bits = firstSlotBits
	}
	slot := b.t >> s.bits
	s.at = sort.Search(len(s.list), func(i int) bool { return s.list[i].t>>s.bits >= slot })
	if s.at < len(s.list) && s.list[s.at].t>>s.bits == slot {
		if b.offset < s.list[s.at].offset {
			s.list[s.at] = b
		}
		return
	}
	s.list = append(s.list, bound{})
	copy(s.list[s.at+1:], s.list[s.at:])
	s.list[s.at] = b
	for len(s.list) > slotLimit {
		s.widen()
	}
}

// width of the slots, in nanoseconds.
func (s *slots) width() int64 { return 1 << s.bits }

// widen makes the slots twice as wide.
func (s *slots) widen() {
	s.bits++
	kept := s.list[:1]
	for _, b := range s.list[1:] {
		last := &kept[len(kept)-1]
		switch {
		case b.t>>s.bits != last.t>>s.bits:
			kept = append(kept, b)
		case b.offset < last.offset:
			*last = b
		}
	}
	s.list = kept
	s.at = len(kept) - 1
}
