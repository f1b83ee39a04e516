package judge

import "bothends/correlate/tap"

// ErrorFacts are about an ICMP error in the sender's name; zero for any other packet.
type ErrorFacts struct {
	*Quoted
	Other      tap.Frame // one about this connection that the sender sent, and that is not this one as it arrived
	SentOthers bool      // its capture holds errors that it sent, about whatever connection
	MoreSent   int64     // there are more errors in its capture than are kept
}

func (e *ErrorFacts) came() bool {
	return e.Quoted != nil && e.Sent.Number != 0 && e.Came.Number != 0 && e.Copies[tap.Client] == e.Copies[tap.Server]
}
