package survey

import (
	"hash/maphash"
	"math"

	"bothends/capture"
	"bothends/correlate/segment"
)

// A Source yields the TCP segments of a capture, each recorded packet once. Both
// passes over a capture read it through one, so that both see the same segments.
type Source struct {
	Packets int64 // frames read so far

	reader          capture.Reader
	tick            func() error
	packet          capture.Packet
	decoder         segment.Decoder
	decoded         segment.Counts
	firstNS, lastNS int64
	untimed, cut    int64
	disorder        int64
	latest          []int64 // by interface: the latest frame so far
	ranBack         int64
	resets          [2]int64
	links           linkCounts
	wrappings       map[segment.Wrapping]int64
	repeats         repeats
	wanted          *Wanted // or nil for all
	quotes          []Quote
	moreQuotes      int64
	forwarded       map[Way]int32
}

// Only passes over the frames of connections that are not wanted, as far as that is
// less work than to decode them.
func (src *Source) Only(w *Wanted) { src.wanted = w }

// NewSource reads from r. tick is called before the first frame and every so many
// after it; an error of it ends the reading.
// doubles are those that a first pass has found.
func NewSource(r capture.Reader, doubles Doubles, tick func() error) *Source {
	return &Source{reader: r, tick: tick, repeats: repeats{doubles: doubles, seed: maphash.MakeSeed()}}
}

// tickEvery is how many frames pass between two ticks: some milliseconds.
const tickEvery = 1 << 14

// Next fills s with the next segment, whose payload is valid until the
// following call. Frames that hold none are counted and passed over. It returns
// io.EOF at the end.
func (src *Source) Next(s *segment.Segment) error {
	for {
		if src.Packets%tickEvery == 0 {
			if err := src.tick(); err != nil {
				return err
			}
		}
		p := &src.packet
		if err := src.reader.Next(p); err != nil {
			return err
		}
		if src.Packets++; src.Packets == 1 {
			// Recorders describe all interfaces before the first packet.
			src.repeats.several = len(src.reader.Interfaces()) > 1
		}
		if src.wanted != nil && src.repeats.onlyOn(p) && src.wanted.lacks(p) {
			continue
		}
		src.links.add(p.LinkType)
		if p.Untimed {
			src.untimed++
			continue
		}
		src.noteTime(p.Interface, p.TimeNS)
		result := src.decoder.Decode(p, s)
		src.decoded[result]++
		if result == segment.NotTCP {
			src.noteQuote(p)
		}
		if result != segment.TCP {
			continue
		}
		if src.repeats.seen(p, s) {
			src.noteForwarded(s)
			continue
		}
		if s.Cut {
			src.cut++
		}
		if s.Wrapping != 0 {
			src.noteWrapping(s.Wrapping)
		}
		if s.Flags&segment.RST != 0 && s.Direction != capture.DirectionUnknown {
			src.resets[s.Direction-capture.Inbound]++
		}
		return nil
	}
}

func (src *Source) noteWrapping(w segment.Wrapping) {
	if src.wrappings == nil {
		src.wrappings = map[segment.Wrapping]int64{}
	}
	const most = 100 // more stacks than any network has
	if _, known := src.wrappings[w]; known || len(src.wrappings) < most {
		src.wrappings[w]++
	}
}

func (src *Source) noteTime(number int, ns int64) {
	for number >= len(src.latest) {
		src.latest = append(src.latest, math.MinInt64)
	}
	if latest := &src.latest[number]; ns >= *latest {
		*latest = ns
	} else {
		src.ranBack = max(src.ranBack, *latest-ns)
	}
	if src.firstNS == 0 {
		src.firstNS, src.lastNS = ns, ns
	}
	src.firstNS = min(src.firstNS, ns)
	if ns >= src.lastNS {
		src.lastNS = ns
	} else {
		src.disorder = max(src.disorder, src.lastNS-ns)
	}
}

func (src *Source) report(sv *Survey) {
	sv.Packets, sv.Decoded = src.Packets, src.decoded
	sv.FirstNS, sv.LastNS = src.firstNS, src.lastNS
	sv.Untimed, sv.Cut, sv.Disorder, sv.RanBack = src.untimed, src.cut, src.disorder, src.ranBack
	sv.Repeated, sv.Routed, sv.Resets = src.repeats.count, src.repeats.routed, src.resets
	sv.Doubles, sv.Quotes, sv.Forwarded = src.repeats.doubles, src.quotes, src.forwarded
	sv.MoreQuotes = src.moreQuotes
	sv.Fragments, sv.Wrappings = src.decoder.Fragments(), src.wrappings
	sv.Interfaces = src.reader.Interfaces()
	for i, link := range src.links.types {
		sv.LinkTypes[link] = src.links.counts[i]
	}
}

// linkCounts counts frames by link type; a capture has one or a few of them.
type linkCounts struct {
	types  []capture.LinkType
	counts []int64
	last   int
}

func (l *linkCounts) add(link capture.LinkType) {
	if l.last < len(l.types) && l.types[l.last] == link {
		l.counts[l.last]++
		return
	}
	for l.last = range l.types {
		if l.types[l.last] == link {
			l.counts[l.last]++
			return
		}
	}
	l.types, l.counts = append(l.types, link), append(l.counts, 1)
	l.last = len(l.types) - 1
}
