package judge

import (
	"net/netip"
	"time"

	"bothends/capture/testimony"
	"bothends/correlate/align"
	"bothends/correlate/tap"
)

// ownKernel reports whether the kernel whose counts and log the recorder at the sender
// wrote down is the one that sends this stream. A container or a virtual machine behind
// the recording host has a kernel, or at least counters, of its own. What it sends has
// passed the host as a router, and so left its tap with a TTL below the initial ones, or
// it has an address that is not the host's.
func (s *stream) ownKernel() bool {
	here := s.Cases[s.index].tuple(s.sender)
	if own := s.alleged.Addresses; len(own) > 0 && here != (Tuple{}) && !own[here[s.sender].AddrPort().Addr()] {
		return false
	}
	sent := s.flow.SentTTLs
	if sent == (align.TTLs{}) { // it sent nothing on this connection that was recorded
		for ttl := range s.sentTTLs[s.sender] {
			if hopsTravelled(ttl) > 0 {
				return false
			}
		}
		return len(s.sentTTLs[s.sender]) > 0
	}
	for _, ttl := range sent.List() {
		if hopsTravelled(ttl) > 0 {
			return false
		}
	}
	return true
}

// A relation is what an event of the kernel's log may have to do with a connection.
type relation int

const (
	unknownEnds    relation = iota // a container's, it may be: the host may translate both ends
	elsewhere                      // of another connection, whatever the host translates
	translatedEnd                  // it may be of this one, if the host translates its own end
	listenersReset                 // it may be of this one: a listener does not say to whom it answered
	thisConnection
)

// maybe reports whether the event may be of the connection.
func (r relation) maybe() bool { return r >= translatedEnd }

// relate says what an event of the log of the sender's kernel has to do with this
// connection.
func (s *stream) relate(e *testimony.KernelEvent) relation {
	here := s.Cases[s.index].tuple(s.sender)
	if here == (Tuple{}) {
		return unknownEnds
	}
	return relate(e, here[s.sender].AddrPort(), here[s.sender.Other()].AddrPort(), s.sender == tap.Server)
}

func relate(e *testimony.KernelEvent, local, remote netip.AddrPort, accepted bool) relation {
	switch may, sure := e.MayBe(local, remote); {
	case sure:
		return thisConnection
	case may:
		return listenersReset
	case e.Translated(local, remote, accepted):
		return translatedEnd
	case e.Elsewhere(local, remote, accepted):
		return elsewhere
	}
	return unknownEnds
}

// unlisted is how many resets the kernel counted and does not list, between two moments by
// the sender's clock, of which one may be of this connection: none if the host is known to
// give no connection another end.
func (s *stream) unlisted(fromNS, untilNS int64) uint64 {
	if s.alleged.Host.NoNAT {
		return 0
	}
	return s.alleged.Log.OthersSent(moment(fromNS), moment(untilNS))
}

// moment is a time in nanoseconds as the log has it.
func moment(ns int64) time.Time { return time.Unix(0, ns) }
