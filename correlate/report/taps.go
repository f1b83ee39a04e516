package report

// A PathTap is one of more than two on a path.
type PathTap struct {
	Name    string  `json:"name"`
	Capture Capture `json:"capture"`
	Clock   Clock   `json:"clock"`  // of this tap, against that of the client's
	Paired  int     `json:"paired"` // connections that the client's capture holds, too
}

// A Crossing is what became of the packets between two neighbouring taps.
type Crossing struct {
	From   string `json:"from"`   // the name of the tap nearer to the client
	To     string `json:"to"`     // and of the one nearer to the server
	Paired int    `json:"paired"` // connections that both hold
	Ledger Ledger `json:"ledger"` // of these, added up
}

// A Stretch is the part of a path, between two of its taps, on which something happened
// to a packet or to a connection. From and To are empty if nothing happened to it and
// only a tap missed it.
type Stretch struct {
	From       string   `json:"from,omitempty"` // the name of the tap nearer to the client
	To         string   `json:"to,omitempty"`   // and of the one nearer to the server
	Confidence string   `json:"confidence,omitempty"`
	SeenAt     []string `json:"seen_at,omitempty"`   // the taps that the packet passed
	MissedBy   []string `json:"missed_by,omitempty"` // those that must have seen it, as both sides of them did, and did not
	Text       string   `json:"text"`
}

// SeenAt is the end whose capture holds the finding's Frame: "client" or "server".
func (f *Finding) SeenAt() string { return f.seenAt }

// Absence is how well it is founded, as a confidence, that the packet did not pass the tap
// at the other end; it is empty where that end's capture may lack it by its own fault.
func (f *Finding) Absence() string { return f.absence }
