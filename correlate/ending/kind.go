package ending

import "bothends/correlate/judge"

// Kind is how a connection ended.
type Kind string

const (
	Closed           Kind = "closed"                   // by both ends, in order
	OpenAtEnd        Kind = "open-at-end"              // when the recordings end
	NotCovered       Kind = "not-covered"              // one recording began too late or ended too early
	ResetByClient    Kind = "reset-by-client"          // by the client itself
	ResetByServer    Kind = "reset-by-server"          // by the server itself
	ResetOnTheWay    Kind = "reset-on-the-way"         // by resets made between the two taps
	ResetByNAT       Kind = "reset-by-nat"             // by a host at an end that no longer knew it
	ResetByReceiver  Kind = "reset-by-receiver-itself" // by the machine that received the reset
	SwallowedAll     Kind = "swallowed-all"            // from some packet on, nothing arrives in one direction
	SwallowedSize    Kind = "swallowed-size"           // what is larger than a size does not arrive
	SwallowedContent Kind = "swallowed-content"        // one packet does not arrive in any copy, while others do
	SYNNotArrived    Kind = "syn-not-arrived"
	SYNUnanswered    Kind = "syn-unanswered" // it arrived
	RefusedByServer  Kind = "refused-by-server"
	RefusedOnTheWay  Kind = "refused-on-the-way"
	Intercepted      Kind = "intercepted"    // another host conducted it in the server's name
	SplitByProxy     Kind = "split-by-proxy" // each end talks to a proxy
	GivenUp          Kind = "given-up"       // by an end, after silence
)

// Kinds are what each one says.
var Kinds = []judge.Word{
	{Name: string(Closed), Meaning: "Both ends closed it, in order."},
	{Name: string(OpenAtEnd), Meaning: "It was still open when the recordings end."},
	{Name: string(NotCovered), Meaning: "One of the recordings began too late or ended too early to show how it ended."},
	{Name: string(ResetByClient), Meaning: "The client itself reset it."},
	{Name: string(ResetByServer), Meaning: "The server itself reset it."},
	{Name: string(ResetOnTheWay), Meaning: "Resets ended it that were made between the two taps."},
	{Name: string(ResetByNAT), Meaning: "A host at one end that no longer knew the connection reset it: a NAT or a balancer."},
	{Name: string(ResetByReceiver), Meaning: "The machine that received the reset made it itself."},
	{Name: string(SwallowedAll), Meaning: "From some packet on, nothing arrives in one direction."},
	{Name: string(SwallowedSize), Meaning: "No copy of what is larger than some size arrives, while smaller packets do."},
	{Name: string(SwallowedContent), Meaning: "No copy of one packet arrives, while others of its direction do."},
	{Name: string(SYNNotArrived), Meaning: "The SYN did not arrive."},
	{Name: string(SYNUnanswered), Meaning: "The SYN arrived, and was not answered."},
	{Name: string(RefusedByServer), Meaning: "The server itself refused it."},
	{Name: string(RefusedOnTheWay), Meaning: "It was refused by something between the two taps."},
	{Name: string(Intercepted), Meaning: "Another host conducted it in the server's name."},
	{Name: string(SplitByProxy), Meaning: "Each end talks to a proxy, which makes two connections of one."},
	{Name: string(GivenUp), Meaning: "An end gave it up after silence."},
}

// ByThePath reports whether an ending of this kind was brought about between the two
// taps.
func (k Kind) ByThePath() bool {
	switch k {
	case ResetOnTheWay, ResetByNAT, SwallowedAll, SwallowedSize, SwallowedContent, SYNNotArrived, RefusedOnTheWay, Intercepted:
		return true
	}
	return false
}
