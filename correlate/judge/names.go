package judge

// Name is that of a hypothesis or a sign, the same in code, JSON, help and README.
type Name string

// The innocent explanations, in the order in which they are tried: the sender's own
// machine, unseen (A), then someone honest who answers for its address (B).
const (
	NotRunning     Name = "not-running"
	Filtered       Name = "filtered"
	Missed         Name = "missed"
	BothMissed     Name = "both-missed"
	Renumbered     Name = "renumbered"
	Altered        Name = "altered"
	OtherInterface Name = "other-interface"
	OwnFirewall    Name = "own-firewall"
	KernelUnseen   Name = "kernel-unseen"
	Remapped       Name = "remapped"
	Proxy          Name = "proxy"
	BelowTap       Name = "below-tap"
	OtherHost      Name = "other-host"
	Cluster        Name = "cluster"
	AddressOwner   Name = "address-owner"
	Receiver       Name = "receiver"
)

// The signs, in the order in which they are shown.
const (
	Order               Name = "order"
	LightCone           Name = "light-cone"
	OneClock            Name = "light-cone-one-clock"
	SenderContradiction Name = "sender-contradiction"
	Taken               Name = "taken"
	KernelCounted       Name = "kernel-count"
	KernelLogged        Name = "kernel-log"
	Ahead               Name = "ahead"
	OutOfSilence        Name = "out-of-silence"
	StrangeTTL          Name = "ttl"
	Timestamp           Name = "timestamp"
	Volley              Name = "volley"
	OnePlace            Name = "one-place"
	OtherBytes          Name = "other-bytes"
	Nearer              Name = "nearer-than-sender"
	Halfway             Name = "halfway"
	BothEndsHit         Name = "both-ends-hit"
	SameAsGenuine       Name = "same-as-genuine"
	Shape               Name = "shape"
	Resembles           Name = "resembles"
)

// Twin is the step of a packet that both captures hold.
const Twin Name = "twin"

// KernelSaid is the step of a genuine reset that says what its sender's kernel told of it.
const KernelSaid Name = "kernel-said"

// NoSign is the step of a packet against which nothing speaks but its absence.
const NoSign Name = "no-sign"

func without(names []Name, out ...Name) (kept []Name) {
next:
	for _, n := range names {
		for _, o := range out {
			if n == o {
				continue next
			}
		}
		kept = append(kept, n)
	}
	return kept
}

// causal are the rows that a sign refutes which says what the sender could not know:
// those of its own machine, but for another packet changed on the way.
var causal = []Name{NotRunning, Filtered, Missed, BothMissed, OtherInterface, OwnFirewall, KernelUnseen, Remapped}

// unsent are those of its own machine that a socket of its would make.
var unsent = []Name{NotRunning, Filtered, Missed, BothMissed, OtherInterface, KernelUnseen}
