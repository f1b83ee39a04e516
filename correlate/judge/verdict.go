package judge

import "fmt"

// Verdict is what became of a packet, or who made it.
type Verdict string

const (
	Injected       Verdict = "injected"         // made between the two taps, in the sender's name
	Conditional    Verdict = "conditional"      // injected, if one or two facts hold that no capture can show
	ByAddressOwner Verdict = "by-address-owner" // made by the host that owns the sender's address on the way, a NAT or a balancer
	ByReceiver     Verdict = "by-receiver"      // made by the receiving machine itself
	Modified       Verdict = "modified"         // sent, and changed on the way
	Lost           Verdict = "lost"             // sent, and never arrived
	Duplicated     Verdict = "duplicated"       // a further copy of a packet that was sent once
	Genuine        Verdict = "genuine"          // sent by the end it claims to come from
	Interposed     Verdict = "interposed"       // made by the middle leg of a proxied connection
	Indeterminate  Verdict = "indeterminate"    // the captures cannot tell
)

// A Word is what a name means that reports use.
type Word struct{ Name, Meaning string }

// Verdicts are what each one says, the gravest first.
var Verdicts = []Word{
	{string(Injected), "The packet arrived, did not pass the tap at the end that it names, and every innocent explanation is refuted: it was made between the two taps, in that end's name."},
	{string(Conditional), "It is injected if one or two facts hold that no capture can show. The report names them; whoever administers that end may state them with --attest."},
	{string(ByAddressOwner), "It was made on the way by the host that owns the sender's address there, a NAT or a balancer, as one that no longer knows the connection. No filter is needed to explain it."},
	{string(ByReceiver), "The machine that received it made it itself, most likely its own firewall."},
	{string(Modified), "The packet was sent, and arrived with other content."},
	{string(Interposed), "A proxy stands between the two ends, and the packet belongs to one of its two connections."},
	{string(Genuine), "It passed the tap at the end that it names: that end sent it."},
	{string(Duplicated), "It is a further copy of a packet that was sent once."},
	{string(Lost), "The packet was sent and did not arrive."},
	{string(Indeterminate), "The captures cannot tell who made it, or whether it arrived. The first step of its evidence that decides says why."},
}

// Confidence is how well a verdict is founded.
type Confidence string

const (
	Proven    Confidence = "proven"
	Strong    Confidence = "strong"
	Supported Confidence = "supported"
	Unsure    Confidence = "indeterminate"
)

// Confidences are what each one says, the highest first.
var Confidences = []Word{
	{string(Proven), "No innocent explanation that the captures can test fits, and more than the silence of a capture known to be good speaks for it. It is known to be good if its own counters say zero, or its miss bound is 1 % at most, and 5 % near to the moment. No statement and no open row is needed."},
	{string(Strong), "No innocent explanation that the captures can test fits, and more than the silence of the sender's capture speaks for it: a sign of what the sender could not know, or any with a miss bound of 5 % at most. A statement makes no more than this."},
	{string(Supported), "No innocent explanation that the captures can test fits, but the evidence is thin: few packets show how complete the sender's capture is, a filter may have left such packets out, or an answer is known to be forged only by having come from nearer."},
	{string(Unsure), "The captures do not allow a verdict."},
}

// Outcome is what one step of the evidence came to. An innocent explanation is
// refuted, fits or stays open; a sign supports the verdict or contradicts it.
type Outcome string

const (
	Refuted     Outcome = "refuted"
	Fits        Outcome = "fits"
	Open        Outcome = "open"
	Supports    Outcome = "supports"
	Contradicts Outcome = "contradicts"
)

// Outcomes are what each one says.
var Outcomes = []Word{
	{string(Refuted), "The innocent explanation is excluded, by its own test, by a sign or by a statement."},
	{string(Fits), "The innocent explanation agrees with what was seen, so that nobody is accused."},
	{string(Open), "The captures cannot test the innocent explanation, so that it stays possible."},
	{string(Supports), "The sign speaks for the accusation, and refutes the explanations that it names."},
	{string(Contradicts), "The sign speaks against the accusation."},
}

// A Step is one hypothesis or one sign applied to one packet, in words and numbers.
// It is printed, and nothing is decided from it.
type Step struct {
	Rule     Name
	Outcome  Outcome
	Text     string
	Values   map[string]any
	Refutes  []Name // the hypotheses that a sign refutes here
	By       []Name // the signs that refute a hypothesis
	Decides  bool   // the verdict is what it is because of this step
	Attested bool   // it rests on a statement of the user's
}

func (s Step) because(format string, args ...any) Step {
	s.Text = fmt.Sprintf(format, args...)
	return s
}
