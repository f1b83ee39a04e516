package ending

import (
	"slices"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Stage is how far a connection had come when it ended, as the study of connection
// tampering of SIGCOMM 2023 (Sundara Raman et al., "Global, Passive Detection of
// Connection Tampering") divides it.
type Stage string

const (
	AtSYN       Stage = "syn"        // nothing but a SYN
	AtHandshake Stage = "handshake"  // no data so far
	AtFirstData Stage = "first-data" // no more than the first data of the one that opened it
	AtTLS       Stage = "tls"        // in the handshake of TLS
	Later       Stage = "later"
)

// stage is how far the connection had come, by the view that saw more of it. One that is
// alike at both taps is Later, as only such are taken for that without a look.
func (e *ender) stage(p *pair.Pair, c *judge.Case, kind Kind) Stage {
	if kind == Closed || c != nil && c.Alike {
		return Later
	}
	best, begun := AtSYN, false
	look := func(end tap.End, n int32, side survey.Side) {
		if n != pair.NoView && e.Surveys[end].Connections[n].Handshake {
			best, begun = further(best, StageOf(e.Surveys[end].Connections[n], side)), true
		}
	}
	look(tap.Client, p.Client, p.ClientSide)
	look(tap.Server, p.Server, p.ServerSide)
	if !begun { // neither capture has the beginning
		return Later
	}
	return best
}

// stages are in the order in which a connection goes through them.
var stages = []Stage{AtSYN, AtHandshake, AtFirstData, AtTLS, Later}

func further(a, b Stage) Stage {
	return stages[max(slices.Index(stages, a), slices.Index(stages, b))]
}

// StageOf is how far a connection had come as one capture shows it, of which opener is
// the host at the client end.
func StageOf(v *survey.Connection, opener survey.Side) Stage {
	mine, theirs := &v.Flows[opener], &v.Flows[opener.Other()]
	switch {
	case theirs.Segments == 0 && mine.Payload == 0:
		return AtSYN
	case mine.Payload == 0 && theirs.Payload == 0:
		return AtHandshake
	case isTLSHandshake(mine) && theirs.Payload < smallTLS:
		return AtTLS
	case theirs.Payload == 0:
		return AtFirstData
	}
	return Later
}

// smallTLS is less than what a server sends in the handshake of TLS with a certificate,
// and more than an alert.
const smallTLS = 512

// isTLSHandshake reports whether a stream begins with a handshake record of TLS (RFC
// 8446 section 5.1).
func isTLSHandshake(f *survey.Flow) bool {
	return f.HeadLen >= 3 && f.Head[0] == 22 && f.Head[1] == 3
}
