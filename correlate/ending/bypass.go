package ending

import (
	"fmt"
	"strings"

	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/tap"
)

// A bypass is how packets may come to a host of which its capture shows nothing: that host
// itself then dropped them, and not the way.
type bypass struct {
	text, advice string
	unknown      bool // nothing shows that there is such a way, or that there is none
}

// besideTap is how packets may have come to the host at an end unseen, and what is known of
// each possibility; nil if they cannot have, as far as is known. others tells that further
// packets of the connection came to the tap meanwhile: routers send one connection one way.
func (e *ender) besideTap(receiver tap.End, others bool) (open *bypass, steps []judge.Step) {
	switch list := e.Unrecorded[receiver]; {
	case len(list) > 0:
		names := strings.Join(list, ", ")
		s := step(judge.OtherInterface, judge.Open, "the %s had other interfaces up that were not recorded: %s", receiver, names)
		if e.OneWay[receiver] {
			s = step(judge.OtherInterface, judge.Refuted, "that the %s has no other way is stated", receiver)
			s.Attested = true
		} else {
			s.Decides = true
			open = &bypass{text: fmt.Sprintf("came to another interface of the %s's (%s), which was not recorded", receiver, names),
				advice: recordEvery(receiver)}
		}
		steps = append(steps, s)
	case !others && !e.Judgement.Witnesses[receiver].AllInterfaces:
		s := step(judge.OtherInterface, judge.Open, "nothing tells whether the %s has another interface, to which a router may have sent this connection and where that host dropped it", receiver)
		if e.OneWay[receiver] {
			s = step(judge.OtherInterface, judge.Refuted, "that the %s has no other way is stated", receiver)
			s.Attested = true
		} else {
			s.Decides = true
			open = &bypass{unknown: true, advice: recordEvery(receiver)}
		}
		steps = append(steps, s)
	}
	if list := e.Judgement.Witnesses[receiver].Host.XDP; len(list) > 0 {
		names := strings.Join(list, ", ")
		s := step(judge.BelowTap, judge.Open, "the %s has an XDP program on %s, which sees what comes before the tap does, and may drop it", receiver, names)
		if open == nil || open.unknown {
			s.Decides = true
			open = &bypass{text: fmt.Sprintf("fell to the %s's own XDP program on %s, below the tap", receiver, names),
				advice: fmt.Sprintf("Look at what the %s's XDP program drops (ip -d link; bpftool net; its own counters), or take it off and record again.", receiver)}
		}
		steps = append(steps, s)
	}
	return open, steps
}

// heldBack is that what vanished came to the host at its sender's end that recorded it, to be
// forwarded, and may never have left that host; nil if it was the sender itself, or is seen to
// have left.
func (e *ender) heldBack(s *suspicion, p *pair.Pair) *bypass {
	n, side := p.Client, p.ClientSide
	if s.sender == tap.Server {
		n, side = p.Server, p.ServerSide.Other()
	}
	if sv := e.Surveys[s.sender]; n == pair.NoView || sv.Held(sv.Connections[n], side) <= 0 {
		return nil
	}
	return &bypass{text: fmt.Sprintf("was held back by the host at the %s's end that recorded it, which forwards for the %s and shows it coming in and not leaving", s.sender, s.sender),
		advice: fmt.Sprintf("Look at the rules for forwarding on the host that recorded at the %s's end (iptables -L FORWARD; nft list ruleset), and record on its interface to the outside alone.", s.sender)}
}

// recordEvery is what settles whether packets came to another interface.
func recordEvery(receiver tap.End) string {
	return fmt.Sprintf("Record every interface at the %s: bothcap does. If no packet comes by another: --attest %s:%s.", receiver, receiver, judge.OneWayOut)
}
