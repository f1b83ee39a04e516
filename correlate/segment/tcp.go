package segment

// Option kinds (IANA, TCP parameters).
const (
	kindEnd           = 0
	kindNOP           = 1
	kindMSS           = 2
	kindWindowScale   = 3
	kindSACKPermitted = 4
	kindSACK          = 5
	kindTimestamps    = 8
	kindMPTCP         = 30
	kindFastOpen      = 34
	kindExperiment    = 254
)

// exidFastOpen tells a Fast Open cookie from other experiments (RFC 7413
// section 4.1.1, RFC 6994).
const exidFastOpen = 0xf989

// decodeTCP decodes a TCP header (RFC 9293 section 3.1).
func decodeTCP(b []byte, n int, s *Segment) Result {
	if len(b) < 20 {
		if s.Fragment {
			return HeadersCut // the rest is in a later fragment (RFC 1858)
		}
		return tooShort(n, 20)
	}
	h := (*[20]byte)(b)
	header := int(h[12]>>4) * 4
	if header < 20 || header > n && !s.Fragment {
		return Malformed
	}

	s.Src.Port = be16(h[0:])
	s.Dst.Port = be16(h[2:])
	s.Seq = be32(h[4:])
	s.Ack = be32(h[8:])
	s.Flags = Flags(h[13])
	s.Window = be16(h[14:])
	s.Checksum = be16(h[16:])
	s.Cut = len(b) < n
	s.PayloadLen = max(n-header, 0)

	captured := min(header, len(b))
	s.Options.decode(b[20:captured], header-20)
	s.Header = b[:captured:captured]
	s.Payload = b[captured:len(b):len(b)]
	return TCP
}

// decode reads the options in b, of which the header has n bytes; b holds
// fewer if the capture cut them. A known option of the wrong length counts as
// absent, as it does for a receiver, and so does one that is cut; the last of
// two counts.
func (o *Options) decode(b []byte, n int) {
	*o = Options{}
	// NOP NOP timestamps: all that most segments carry (RFC 7323 appendix A).
	if n == 12 && len(b) == 12 && be32(b) == 0x0101080a {
		o.Has = Timestamps
		o.TSVal = be32(b[4:])
		o.TSEcr = be32(b[8:])
		return
	}
	for len(b) >= 4 && be32(b) == 0x01010101 { // padding, as some stacks write it
		b, n = b[4:], n-4
	}
	for len(b) > 0 && b[0] != kindEnd {
		if b[0] == kindNOP {
			b, n = b[1:], n-1
			continue
		}
		if n < 2 {
			o.Has |= BadOptions
			return
		}
		if len(b) < 2 {
			return
		}
		size := int(b[1])
		if size < 2 || size > n {
			o.Has |= BadOptions
			return
		}
		if size > len(b) {
			return
		}
		o.add(b[0], b[2:size])
		b, n = b[size:], n-size
	}
}

// add notes one option. value is what follows its kind and length.
func (o *Options) add(kind uint8, value []byte) {
	switch {
	case kind == kindMSS && len(value) == 2:
		o.Has |= MSS
		o.MSS = be16(value)
	case kind == kindWindowScale && len(value) == 1:
		o.Has |= WindowScale
		o.WindowScale = value[0]
	case kind == kindSACKPermitted && len(value) == 0:
		o.Has |= SACKPermitted
	case kind == kindSACK && len(value) > 0 && len(value)%8 == 0:
		o.Has |= SACK
		o.SACK = [4][2]uint32{}
		o.SACKCount = uint8(len(value) / 8) // at most 4: 40 bytes of options
		for i := range int(o.SACKCount) {
			o.SACK[i] = [2]uint32{be32(value[8*i:]), be32(value[8*i+4:])}
		}
	case kind == kindTimestamps && len(value) == 8:
		o.Has |= Timestamps
		o.TSVal = be32(value)
		o.TSEcr = be32(value[4:])
	case kind == kindMPTCP:
		o.Has |= MPTCP
	case kind == kindFastOpen,
		kind == kindExperiment && len(value) >= 2 && be16(value) == exidFastOpen:
		o.Has |= FastOpen
	}
}
