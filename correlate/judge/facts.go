package judge

import (
	"bothends/capture"
	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// Facts are all that both captures say about one packet that arrived at Receiver
// and that the capture at Sender does not hold, worked out once (gather.go). Times
// are Unix nanoseconds, by the receiver's clock unless said otherwise. The tests of
// hypotheses and signs read them, and nothing else.
type Facts struct {
	Sender, Receiver tap.End
	Kind             string // "rst", "syn", "syn-ack", "data", "fin", "ack" or "icmp"
	Packet           align.Header
	Frame            tap.Frame // in the receiver's capture
	// OneSided: the sender's capture holds nothing of this connection, neither from
	// it nor to it.
	OneSided bool

	Clocks  ClockFacts
	Sending RecordingFacts // the sender's capture
	Getting RecordingFacts // the receiver's capture
	Numbers NumberFacts
	Way     WayFacts
	Stamp   StampFacts
	Answer  AnswerFacts
	Kernel  KernelFacts
	Log     LogFacts
	After   AfterFacts
	Others  OtherFacts
	Halfway HalfwayFact
	Error   ErrorFacts

	// Stated are what the user stated of the sender's end, and StatedThere of the
	// receiver's.
	Stated, StatedThere stated
}

// RecordingFacts are what one capture is worth for this packet.
type RecordingFacts struct {
	*witness.Witness
	Gap     *witness.Gap // in which nothing was recorded, and the packet may have passed
	FromSYN bool         // it has the beginning of the stream
	// Passed packets of this end reached the other one and are in its capture,
	// Missed ones are not; on this connection.
	Passed, Missed int64
	// Clusters of packets of this end, of all connections, are known to have passed: those
	// that left within ten milliseconds are one. So many of them left within nearNS of the
	// moment, and GenuineResets of the packets were resets.
	Clusters, ClustersNear int64
	GenuineResets          int64
	Lacking                int64 // bytes that the other end acknowledged and that it lacks
	Deaf                   int64 // bytes that this end acknowledged and that it never saw arrive
	Unexplained            int   // other segments of this connection that it lacks, without a mark of forgery
	MoreResets             int64 // resets of this connection that are counted and not told apart
	IPIDs                  align.IPIDs
	// OtherNames are interfaces that its recorder found up and did not record.
	OtherNames []string
	// OnlyPeer: all that it holds is with one remote address, so that its filter may
	// name that one.
	OnlyPeer bool
}

// NumberFacts are about sequence numbers and what else identifies a packet.
type NumberFacts struct {
	There, Back int64 // segments that passed both taps, from the sender and to it
	// Agreed are the numbers that both taps saw of the sender's stream and of the receiver's,
	// in a segment or acknowledged, all off by Shift; of resets.
	Agreed    [2]int64
	Unarrived bool            // the sender sent a reset on this connection that did not arrive as it was
	Acks      align.AckCounts // of the sender's bare acknowledgments
	Shift     [2]uint32       // what the path adds to the numbers, by the sending end
	Remapped  bool            // packets of this connection reached the sender under other addresses, too
	Damaged   bool            // its checksum fits neither what it holds nor a card's, as that of others does
	Altered   *align.Reset
	Mistimed  *align.Reset // one that was sent, and differs from this one by its time alone
	Alike     tap.Frame    // a reset of this very kind that the sender sent on this connection
	Begins    bool         // a SYN, right before all that the sender is known to have sent: this connection's own
	Rival     tap.Frame    // what the sender sent in its place, with other bytes
	Ahead     int64        // how far its number lies beyond all that the sender sent by either capture; 0 if it does not
	Behind    int64        // how far its number lies behind all of the sender's that had arrived
	IsShift   bool         // and that is just what the path adds
	// Burst are the resets within two seconds around it, and it, with other numbers, of
	// which Guesses are ahead of the stream; 0 if none is, or it stands alone.
	Burst, Guesses int
	InStream       bool      // its number lies where the sender's stream is, or could be
	Offset         int64     // from the next number expected by the receiver
	TriggerIPID    uint16    // of what it may answer, if IPIDBelow
	IPIDBelow      tap.Frame // the message of which its IP-ID is a known distance below
	HenanPayload   bool
	ShapeSame      int // resets that the sender is known to have sent that look like it
	ShapeAll       int // that it is known to have sent at all
}

// WayFacts are about routers.
type WayFacts struct {
	Known       bool // the path's length is constant
	Hops        int  // between the taps, for what the sender sends
	TTL         uint8
	Same        int64        // packets that showed it
	Mixed       bool         // not all of those arrived with TTL
	Seen        bool         // other packets in the sender's name arrived with the TTL of this one
	Initials    map[int]bool // TTLs with which the sender's packets leave
	Translated  bool         // the two captures know the sender under different addresses
	TranslatedR bool         // and the receiver
	// OtherEnd is how many hops a reset made that hit the sender within two seconds of
	// this one and that the receiver is not known to have sent; 0 if there is none. BothHit
	// says that it was not called for by this one, nor this one by it: an honest answer
	// travels the whole path, so that the hops of the two cannot add up to it.
	BothHit   bool
	OtherEnd  int
	OtherHit  tap.Frame // at the sender's tap
	OtherLate int64     // how long after this one must have left that one called for a reset; 0 if nothing did
	Initiator bool      // the sender opened the connection
}

// AnswerFacts are about what the packet may answer.
type AnswerFacts struct {
	IdleNS      int64 // silence before it; 0 if nothing had passed
	AnyFromPeer bool  // the receiver had sent something within the window before it
	Astray      int64 // packets of the receiver's that left within the window before it and never came to the sender
	// CalledFor are those of Astray that a host without the connection answers with just
	// this reset, and after which no other came to the sender until this one had come.
	CalledFor int64
	// Unwatched are further ones of which the sender's capture does not show whether they came.
	Unwatched int64
	Stateless bool // it may be the answer of a host without a socket
	Reject    bool // or of a firewall: no window, no timestamps
	// Acknowledged bytes: when they left the receiver, and when they came to the
	// sender, by the sender's clock.
	Acknowledges bool
	LeftNS       tap.Frame
	Reached      align.Reach
	ReachedAt    tap.Frame
	// Trips each way were timed before and after it; FastestNS is the smaller of
	// the smallest round trips before it and after it.
	Trips     int
	FastestNS int64
	// ClockSet says that the trips leave it open whether the receiver's clock was set by as
	// much as it came sooner than half of FastestNS after LeftNS.
	ClockSet bool
}

// KernelFacts are what the sender's kernel counted of the resets of its TCP, between
// two counts around the moment.
type KernelFacts struct {
	Known             bool
	FromNS, UntilNS   int64
	Counted, Captured uint64
}

// StampFacts relate the packet's TCP timestamp to the sender's clock for them, in seconds.
type StampFacts struct {
	Known bool
	Rate  float64 // ticks of that clock a second
	Ahead float64 // of what it showed when the packet must have left at the latest
	Off   float64 // how far that may be off
	Of    int64   // segments that show the rate
}

// AfterFacts are about what the sender did afterwards.
type AfterFacts struct {
	Sent        tap.Frame // the last segment it sent after the packet must have left; Number 0 if none
	Flags       segment.Flags
	LaterNS     int64
	Established bool // its connection was
	Passed      bool // and something that it sent afterwards reached the receiver
	// Answered says that what the receiver sent in the second after the packet came to the
	// sender; AnswerAstray is how much of it never did.
	Answered     bool
	AnswerAstray int64
	// StillThere says that packets of the receiver's came to the sender later, on whatever
	// connection between these two addresses, or that their connections went on.
	StillThere    bool
	TriggerUnseen tap.Frame // what the receiver sent last before the packet, if that did not reach the sender
}

// OtherFacts are about the sender's other packets to the same address.
type OtherFacts struct {
	VolleyForged tap.Frame // a reset of the same volley that was found injected
	VolleyHere   bool      // at this end, in the same name
	Neighbours   int       // connections to the sender's address that all came to it, untranslated
	Expected     bool      // and a further one would have come there, and been recorded
	Sooner       SoonerFacts
	FewerHops    HopsFacts
}

// SoonerFacts say that it answered a SYN sooner than any round trip to the sender takes.
type SoonerFacts struct {
	Known           bool
	SYN             int64 // its frame
	TookNS, LeastNS int64 // and the fastest round trip
	Timed           int   // by so many packets in each direction
}

// HopsFacts say that it came from nearer than all that the sender is known to have sent
// from that address.
type HopsFacts struct {
	Known     bool
	Hops      int
	UsualHops int
	UsualTTL  uint8
	Packets   int64 // which showed that
}

// counted reports whether a recorder is known to have lost nothing: by its counters,
// which those of a mirror cannot know, or where the file has none by a statement.
func (r *RecordingFacts) counted(s stated) bool {
	if r.DropsKnown {
		return r.Drops == 0 && (r.OnHost || s.has(HostTap))
	}
	return s.has(NoDrops)
}

// lacks reports whether the capture is known to lack packets that passed its tap, whatever
// its counters say: somebody may have taken them out.
func (r *RecordingFacts) lacks() bool { return r.Missed > 0 || r.Witness.Missed > 0 }

// nearNS is how near to the moment packets must have passed to say something of it: a
// connection's end is load, and load is loss.
const nearNS = 1e9

// bound is the miss bound of the capture, the chance that it missed any one packet: by
// what passed at all and by what passed near to the moment, of which the weaker decides.
// Packets that left together are lost together, and count once.
func (r *RecordingFacts) bound() float64 { return max(r.overall(), r.near(), r.share()) }

func (r *RecordingFacts) overall() float64 { return witness.MissBound(r.Clusters, r.Witness.Missed) }

func (r *RecordingFacts) near() float64 { return witness.MissBound(r.ClustersNear, r.Witness.Missed) }

// share bounds how large a share of the packets the capture lacks, if each is missed by
// itself.
func (r *RecordingFacts) share() float64 {
	return witness.MissBound(r.Witness.Passed, r.Witness.Missed)
}

// sound reports whether the silence of the capture is hard to explain: nothing is
// missing by its counters, or by what passed.
func (r *RecordingFacts) sound(s stated) bool {
	return r.Drops == 0 && r.Witness.Missed == 0 && r.Missed == 0 && (r.counted(s) || r.complete())
}

// complete reports whether the capture is known to be so within 1 %, and near to the
// moment, where there are 200 clusters at most, within 5 %.
func (r *RecordingFacts) complete() bool {
	return max(r.overall(), r.share()) <= witness.MissProven && r.near() <= witness.MissStrong
}

// everyWayOut reports whether every interface was recorded by which the sender could
// have sent the packet.
func (f *Facts) everyWayOut() bool { return f.Sending.AllInterfaces || f.Stated.has(OneWayOut) }

// hops are the routers that the packet has passed, from the initial TTLs in use.
func (f *Facts) hops() int { return hopsTravelled(f.Packet.TTL) }

// cameWhole reports whether everything that the receiver sent in the window before
// the packet came to the sender, and the receiver's capture holds all that it sent.
func (f *Facts) cameWhole() bool {
	return !f.OneSided && f.Answer.Astray+f.Answer.Unwatched == 0 && f.Getting.whole()
}

// whole reports whether nothing of this connection is known to be missing from the
// capture, nor so much of others that this may be too.
func (r *RecordingFacts) whole() bool {
	return r.Missed == 0 && r.Lacking == 0 && r.Drops == 0 && (r.Witness.Missed == 0 || r.share() <= witness.MissStrong)
}

// silentBefore reports whether there was nothing that the packet could answer.
func (f *Facts) silentBefore() bool {
	return f.Answer.IdleNS >= longIdleNS && !f.Answer.AnyFromPeer && f.Getting.whole()
}

// longIdleNS is the silence from which on a reset is taken for a time-out: half
// of the shortest timer below.
const longIdleNS = 30e9

// ofAnother reports whether the packet has numbers that nobody would guess for this
// connection, under an address that a NAT lends to several hosts: it may be of another
// connection to which the NAT gave this one's port when it had forgotten it. It has not
// forgotten it if what the receiver sent later came to the sender.
func (f *Facts) ofAnother() bool {
	n := &f.Numbers
	return f.Way.Translated && f.Kind == "rst" && !f.After.Answered && n.Guesses <= 1 && max(n.Ahead, n.Behind) > farOff
}

// farOff is beyond all windows that are in use, and what boxes were seen to guess.
const farOff = 1 << 20

// soonNS is how soon after data a reset is taken for an answer to it.
const soonNS = 2e9

// wentOut reports whether the receiver's capture recorded it as sent by that host.
func (f *Facts) wentOut() bool { return f.Packet.Direction == capture.Outbound }

func (f *Facts) names() string {
	if f.Kind == "icmp" {
		return "quotes"
	}
	return "acknowledges"
}
