package ending

import (
	"strings"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// This file gives stages and resets the names of the study of connection tampering, so that
// results can be laid beside it: Sundara Raman et al., "Global, Passive Detection of
// Connection Tampering", SIGCOMM 2023. Cloudflare Radar publishes the same stages
// (post_syn, post_ack, post_psh, later_in_flow). The study saw only what came to servers;
// its stages say what was the last of a client's packets before the reset or the silence.

// studied are the stages of the study and the packets that its signatures begin with. It does
// not tell the handshake of TLS from other first data.
var studied = map[Stage]struct{ name, packets string }{
	AtSYN:       {"post-syn", "SYN"},
	AtHandshake: {"post-ack", "SYN; ACK"},
	AtFirstData: {"post-psh", "PSH+ACK"},
	AtTLS:       {"post-psh", "PSH+ACK"},
	Later:       {"post-data", "PSH+ACK; Data"},
}

// study is the stage that the study would see: what came from the client, of which an answer
// that it never got is no part.
func (e *ender) study(end *Ending, p *pair.Pair) Stage {
	view, n := tap.Server, p.Server
	if n == pair.NoView {
		view, n = tap.Client, p.Client
	}
	if seen := e.Surveys[view].Connections[n]; end.Stage == AtHandshake && seen.SYNNS != 0 && seen.CompleteNS == 0 {
		return AtSYN
	}
	return end.Stage
}

// mostSigned is how many resets a signature of the study names.
const mostSigned = 2

// signature is that of the study: what the server's tap saw come in the client's name, up to
// the resets, or to the silence if something was swallowed. It is empty for connections that
// the study would not call tampered with.
func (e *ender) signature(end *Ending, stage Stage, index int32) string {
	var resets []string
	if index >= 0 {
		for _, i := range e.findings[int(index)] {
			f := &e.Judgement.Findings[i]
			if f.Kind == "rst" && f.ReceivedAt == tap.Server && f.SeenAt == tap.Server && f.Verdict != judge.Duplicated && len(resets) < mostSigned {
				name := "RST"
				if f.Flags&segment.ACK != 0 {
					name = "RST+ACK"
				}
				resets = append(resets, name)
			}
		}
	}
	switch {
	case len(resets) > 0:
		return "<" + studied[stage].packets + " -> " + strings.Join(resets, "; ") + ">"
	case end.Kind == SwallowedAll || end.Kind == SwallowedContent || end.Kind == SwallowedSize:
		return "<" + studied[stage].packets + " -> nothing>"
	}
	return ""
}
