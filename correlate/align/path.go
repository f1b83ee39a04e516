package align

import "bothends/correlate/segment"

// Path is what the way between the taps does to the headers of one stream,
// learnt from segments that passed both.
type Path struct {
	Hops      int   // TTL at the sender's tap less TTL at the receiver's
	HopsSame  int64 // segments that showed that difference
	HopsOther int64 // segments that showed another
	TTL       uint8 // at the receiver's tap, of the first segment
	TTLOther  int64 // segments that arrived with another
	IPIDSame  int64 // segments whose IP-ID was not 0 and came through unchanged
	IPIDOther int64 // segments whose IP-ID came through changed
	TSSame    int64 // segments whose timestamp came through unchanged
	TSOther   int64 // segments whose timestamp came through changed
	Rewrites
}

// TTLs is a set of TTLs.
type TTLs [4]uint64

func (t *TTLs) add(ttl uint8) { t[ttl>>6] |= 1 << (ttl & 63) }

// Has reports whether a packet had that TTL.
func (t *TTLs) Has(ttl uint8) bool { return t[ttl>>6]&(1<<(ttl&63)) != 0 }

// Union is the TTLs of both sets.
func (t TTLs) Union(o TTLs) TTLs {
	for i := range t {
		t[i] |= o[i]
	}
	return t
}

// List is the TTLs of the set, ascending.
func (t *TTLs) List() (list []uint8) {
	for ttl := range 256 {
		if t.Has(uint8(ttl)) {
			list = append(list, uint8(ttl))
		}
	}
	return list
}

// minSamples is how many segments must agree before the path's behaviour
// is taken for a rule.
const minSamples = 3

// IPIDKept reports whether the path is known to leave IP-IDs alone.
func (p *Path) IPIDKept() bool { return p.IPIDSame >= minSamples && p.IPIDOther == 0 }

// StampsKept reports whether the path is known to leave timestamps alone.
func (p *Path) StampsKept() bool { return p.TSSame >= minSamples && p.TSOther == 0 }

// another reports whether got cannot be sent, going by what the path leaves alone:
// a retransmission has a new IP-ID and a new timestamp.
func (p *Path) another(sent, got *Header, whole bool) bool {
	if whole && !sent.IPv6 && !got.IPv6 && p.IPIDKept() && sent.IPID != got.IPID {
		return true
	}
	return p.StampsKept() && sent.Options&got.Options&segment.Timestamps != 0 && sent.TSVal != got.TSVal
}

// samePacket reports whether two segments that look alike are one packet for certain:
// acknowledgments have many likes, and of those without an IP-ID of their own nothing
// tells which is which.
func samePacket(sent, got *Header) bool {
	if sent.Flags&(segment.SYN|segment.RST) != 0 || sent.Ack-got.Ack != 0 && sent.PayloadLen == 0 {
		return false
	}
	timed := sent.Options&got.Options&segment.Timestamps != 0
	if timed && sent.TSVal != got.TSVal {
		return false
	}
	if !sent.IPv6 && !got.IPv6 && sent.IPID != 0 {
		return sent.IPID == got.IPID
	}
	return sent.PayloadLen > 0 && timed
}

// HopsKept reports whether the number of hops is known and constant.
func (p *Path) HopsKept() bool { return p.HopsSame >= minSamples && p.HopsOther == 0 }

// note learns from a segment that passed. Only one that was not cut differently
// (whole) is a single packet at both taps.
func (p *Path) note(sent, got *Header, whole bool) {
	hops := int(sent.TTL) - int(got.TTL)
	switch {
	case p.HopsSame == 0 && p.HopsOther == 0:
		p.Hops, p.HopsSame, p.TTL = hops, 1, got.TTL
	case hops == p.Hops:
		p.HopsSame++
	default:
		p.HopsOther++
	}
	if got.TTL != p.TTL {
		p.TTLOther++
	}
	if sent.TOS^got.TOS > 3 {
		p.DSCP++
	} else if sent.TOS != got.TOS {
		p.ECN++
	}
	if sent.Options&got.Options&segment.Timestamps != 0 {
		if sent.TSVal == got.TSVal {
			p.TSSame++
		} else {
			p.TSOther++
		}
	}
	if !whole {
		return
	}
	if !sent.IPv6 && !got.IPv6 && sent.IPID != 0 {
		if sent.IPID == got.IPID {
			p.IPIDSame++
		} else {
			p.IPIDOther++
		}
	}
	if samePacket(sent, got) && sent.Window != got.Window {
		p.Windows++
	}
	p.Stripped |= sent.Options &^ got.Options
	p.Added |= got.Options &^ sent.Options
	if sent.Options&got.Options&segment.MSS != 0 && sent.MSS != got.MSS {
		p.MSSFrom, p.MSSTo = sent.MSS, got.MSS
	}
}
