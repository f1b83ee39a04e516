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
)

// A PatternEntry is what is known of one pattern.
type PatternEntry struct {
	Pattern Pattern
	Claim   string // what the circumstances are
	Advice  string // what to check next, in one sentence
}

// Patterns are all of them.
var Patterns = []PatternEntry{
	{IdleTimeout, "A long silence came before it: a stateful box on the way may have forgotten the connection.",
		"Check the idle timeouts of firewalls, NAT gateways and load balancers between the two ends, and whether keep-alives (TCP or the application's) come more often."},
	{BlockedPort, "It is the first answer to a SYN, or the SYN vanished.",
		"Try the same port from another network, and another port from this one: a box may refuse this port, or swallow what goes there."},
	{AfterTrigger, "It came right after something was sent.",
		"Send the same thing on another port, and something else on this one, to see whether the box looks at the content or at the port."},
	{PortReused, "Genuine: the other end still held an earlier connection of these addresses and ports, and acknowledged that.",
		"Look at what gives out the client's ports between the two ends, a NAT or several addresses of a balancer: it must not use one again while the other end holds the earlier connection in TIME-WAIT (RFC 9293 section 3.3.2: twice the maximum segment lifetime)."},
	{LateCopy, "Genuine: an old copy of data came for a connection that the host had closed.",
		"The reset is as it should be: look for what held the copy back on the way, or for losses that had it sent again."},
	{ClosedPort, "Genuine: nothing listens on that port.",
		"Check whether the service runs and listens on this address and port, and whether the host's own firewall refuses it (iptables: REJECT --reject-with tcp-reset)."},
	{HostFirewall, "Genuine: the host's TCP went on all the same, so that its firewall sent it.",
		"Check this host's own firewall for a rule that rejects with a reset (iptables: REJECT --reject-with tcp-reset)."},
	{LateData, "Genuine: data came for a connection that the host had closed.",
		"Check why the other end still sent when this one had closed: a time-out of the application, or an earlier reset."},
	{ProxyLeg, "It is on one of a proxy's two connections.",
		"Record also at the proxy, on both its sides, and compare each leg on its own."},
	{RemappedPackets, "A packet came under other addresses than the rest of its connection.",
		"Look at whatever translates addresses between the two ends: what its connection tracking calls invalid it should drop (conntrack -S counts it), and nothing should make it forget connections (short timeouts, a full or flushed table)."},
	{Reflection, "It has the IP-ID, the window, the size and the options of a packet that its receiver had sent just before: something turned that packet around and made a reset of it.",
		"Count the routers to it in its TTL there and back: if that was kept, the box stands half as far away as the TTL of another reset would say."},
	{Abort, "Genuine: the program gave the connection up.",
		"Check the log of the program at this end: it was killed, ran into a time-out, or asked for an abortive close (SO_LINGER 0)."},
	{AbortUnread, "Genuine: the program gave the connection up and had not answered what it received last. Closing with data unread looks like SO_LINGER 0.",
		"Check in the program at this end why it closed before it had read and answered all that it received: an error, a limit, a kill, or an abortive close (SO_LINGER 0)."},
}

// advice is what to check next where a pattern fits.
func (p Pattern) advice() string {
	for i := range Patterns {
		if Patterns[i].Pattern == p {
			return Patterns[i].Advice
		}
	}
	return ""
}
