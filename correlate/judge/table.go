package judge

import "fmt"

// A Maker is whoever made a packet that the sender's capture lacks.
type Maker string

const (
	Sender      Maker = "A" // the sender's own machine, unseen
	SomeoneElse Maker = "B" // someone honest who answers for the sender's address
)

// A Hypothesis is one innocent explanation of a packet that arrived and that the
// sender's capture does not hold. Its Test reads facts and nothing else.
type Hypothesis struct {
	Name     Name
	Maker    Maker
	Claim    string // "S sent it honestly, and ...", or who else did
	Short    string // the same in a list of what is excluded: "a filter"
	Predicts string // what would be seen if it were so
	RefutedBy,
	Source string
	Advice string // what would settle it: what to look up, or to type
	// MayStayOpen: the verdict can do without its refutation, and is no more than
	// supported then.
	MayStayOpen bool
	Test        func(*Facts) Result
}

// A Sign is one piece of evidence for the accusation: something other than the
// silence of the sender's capture.
type Sign struct {
	Name    Name
	Claim   string
	Refutes []Name // at most; its Result names those that it refutes by these facts
	VoidIf  string
	Source  string
	Weight  bool // it can carry a verdict; the others only describe
	Causal  bool // it says what the sender could not know
	Silence bool // it rests on what captures lack, as the accusation itself does
	Test    func(*Facts) Result
}

// A Result is what a test came to; without an Outcome there is nothing to say.
type Result struct {
	Outcome  Outcome
	Text     string
	Values   map[string]any
	Refutes  []Name // of a sign that supports: what it refutes by these facts
	Attested bool   // it rests on a statement
	Void     bool   // of a sign that supports: by these facts it has no weight
}

func result(o Outcome, format string, args ...any) Result {
	return Result{Outcome: o, Text: fmt.Sprintf(format, args...)}
}

func refuted(format string, args ...any) Result { return result(Refuted, format, args...) }
func fits(format string, args ...any) Result    { return result(Fits, format, args...) }
func open(format string, args ...any) Result    { return result(Open, format, args...) }

func supports(refutes []Name, format string, args ...any) Result {
	r := result(Supports, format, args...)
	r.Refutes = refutes
	return r
}

// without weight: it is worth saying, and carries no verdict.
func (r Result) void() Result {
	r.Void = true
	return r
}

func contradicts(format string, args ...any) Result { return result(Contradicts, format, args...) }

// attested is a row that a statement closes.
func attested(format string, args ...any) Result {
	r := refuted(format, args...)
	r.Attested = true
	return r
}

func (r Result) with(values map[string]any) Result {
	r.Values = values
	return r
}
