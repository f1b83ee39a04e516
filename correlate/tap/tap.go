// Package tap holds the vocabulary of two captures: the ends at which they were
// taken, the packets in them, and the time that they span.
package tap

// End is one of the two places where a capture was taken.
type End uint8

const (
	Client End = iota
	Server
)

// Other is the opposite end.
func (e End) Other() End { return 1 - e }

func (e End) String() string { return [...]string{"client", "server"}[e] }

// Coverage is the time that one end's capture spans, by its own clock, Unix
// nanoseconds.
type Coverage struct{ FirstNS, LastNS int64 }

// A Frame names a packet in one end's capture.
type Frame struct {
	File   int32 // which file of a rotated set
	Number int64 // from 1; 0 is no frame
	TimeNS int64 // by that end's clock, Unix nanoseconds
}
