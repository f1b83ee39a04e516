package correlate

import (
	"math"
	"slices"

	"bothends/correlate/pair"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// roughOffset is the server's clock less the client's, from the handshakes: good
// enough to read both captures in one order. Without handshakes the clocks are
// taken as they stand, and nothing is said of how far they are off.
func roughOffset(surveys [2]*survey.Survey, pairs []pair.Pair) (offset, uncertain int64) {
	var offsets, lasts []int64
	for i := range pairs {
		p := &pairs[i]
		if !p.Paired() || p.Method == pair.Payload || p.SYNProxy {
			continue // two handshakes
		}
		client, server := surveys[tap.Client].Connections[p.Client], surveys[tap.Server].Connections[p.Server]
		if sameSegments(client, server, p.ClientSide != p.ServerSide) {
			lasts = append(lasts, server.LastNS-client.LastNS)
		}
		if client.SYNNS == 0 || server.SYNNS == 0 || client.AnswerNS == 0 || server.AnswerNS == 0 {
			continue
		}
		one, other := server.SYNNS-client.SYNNS, server.AnswerNS-client.AnswerNS
		if client.CompleteNS != 0 && server.CompleteNS != 0 {
			// If the first SYN was lost, the server's capture holds only a later copy.
			one = min(one, server.CompleteNS-client.CompleteNS)
		}
		offsets = append(offsets, one/2+other/2)
		uncertain = max(uncertain, max(one, other)-min(one, other))
	}
	if len(offsets) == 0 {
		return 0, math.MaxInt64
	}
	slices.Sort(offsets)
	// Handshakes far apart in time also differ by skew.
	drift := offsets[len(offsets)-1] - offsets[0]
	offset = offsets[len(offsets)/2]
	for _, last := range lasts {
		// A clock that was set after the last handshake shows at the end.
		drift = max(drift, last-offset, offset-last)
	}
	return offset, uncertain + drift + roughSlackNS
}

// sameSegments reports whether both captures hold as many segments of each side, so
// that the last is the same one.
func sameSegments(a, b *survey.Connection, turned bool) bool {
	for side := survey.Initiator; side <= survey.Responder; side++ {
		other := side
		if turned {
			other = side.Other()
		}
		fa, fb := &a.Flows[side], &b.Flows[other]
		if fa.Segments != fb.Segments || fa.Resets != fb.Resets || fa.Payload != fb.Payload {
			return false
		}
	}
	return true
}

// roughSlackNS allows for what the handshakes cannot show: skew within a
// recording of some hours, and the order in which a busy host records.
const roughSlackNS = 1e9
