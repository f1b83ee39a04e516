package judge

// A Pattern is a cause that the circumstances of a reset resemble. It is no
// proof: it says where to look next.
type Pattern string

const (
	IdleTimeout     Pattern = "idle-timeout"  // after a long silence
	BlockedPort     Pattern = "blocked-port"  // a reset is the first answer to a SYN, or the SYN vanishes
	AfterTrigger    Pattern = "after-trigger" // right after something was sent
	PortReused      Pattern = "port-reused"   // genuine: the other end still held an earlier connection of the tuple
	LateCopy        Pattern = "late-copy"     // genuine: an old copy of data came when the host had closed
	ClosedPort      Pattern = "closed-port"   // genuine: nothing listens
	HostFirewall    Pattern = "host-firewall" // genuine: the host's TCP went on all the same
	LateData        Pattern = "late-data"     // genuine: data for a connection that the host had closed
	ProxyLeg        Pattern = "proxy-leg"     // on one of a proxy's two connections
	RemappedPackets Pattern = "remapped"      // a packet came under other addresses than the rest of its connection
	Abort           Pattern = "abort"         // genuine: the program gave the connection up
	Reflection      Pattern = "reflection"    // it is the receiver's own packet, turned around
	// AbortUnread: genuine, and the sender had not answered what it received last.
	// Closing with data unread looks like SO_LINGER 0: Linux makes the same reset.
	AbortUnread Pattern = "abort-unread-or-linger"

	HalfOpen    Pattern = "half-open"    // genuine: the host had no socket for it any more, and no tap shows why
	ResetUnseen Pattern = "reset-unseen" // the same, and its kernel took a reset before, which its recording lacks

	// What troubles a connection that nobody reset.
	TimestampsRunBack Pattern = "timestamps-run-back" // the SYN has an older timestamp than its address had
	DeferredAccept    Pattern = "deferred-accept"     // the server sends its SYN and ACK again although the ACK came
	AcceptQueueFull   Pattern = "accept-queue-full"   // and again, though the client had answered that or sent data
	SACKUntranslated  Pattern = "sack-untranslated"   // numbers are rewritten on the way, and SACK blocks are not
)
