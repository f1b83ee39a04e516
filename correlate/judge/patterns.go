package judge

import "fmt"

// A PatternEntry is what is known of one pattern.
type PatternEntry struct {
	Pattern Pattern
	Claim   string // what the circumstances are
	Advice  string // what to check next, in one sentence
	// Unsent says of a reset that nobody is known to have sent how its circumstances resemble
	// the pattern, Sent of one that its sender's own tap saw leave; empty if they do not. Both
	// are nil where the pattern is no matter of such resets.
	Unsent, Sent func(*circumstances) (why string)
}

// Patterns are all of them. Of a reset the first is told whose test it passes.
var Patterns = []PatternEntry{
	{
		Pattern: RemappedPackets,
		Claim:   "A packet came under other addresses than the rest of its connection.",
		Advice:  "Look at whatever translates addresses between the two ends: what its connection tracking calls invalid it should drop (conntrack -S counts it), and nothing should make it forget connections (short timeouts, a full or flushed table).",
		Unsent:  remappedPackets,
	},
	{
		Pattern: Reflection,
		Claim:   "It has the IP-ID, the window, the size and the options of a packet that its receiver had sent just before: something turned that packet around and made a reset of it.",
		Advice:  "Count the routers to it in its TTL there and back: if that was kept, the box stands half as far away as the TTL of another reset would say.",
		Unsent:  reflection,
	},
	{
		Pattern: BlockedPort,
		Claim:   "It is the first answer to a SYN, or the SYN vanished.",
		Advice:  "Try the same port from another network, and another port from this one: a box may refuse this port, or swallow what goes there.",
		Unsent:  blockedPort,
	},
	{
		Pattern: IdleTimeout,
		Claim:   "A long silence came before it: a stateful box on the way may have forgotten the connection.",
		Advice:  "Check the idle timeouts of firewalls, NAT gateways and load balancers between the two ends, and whether keep-alives (TCP or the application's) come more often.",
		Unsent:  idleTimeout,
	},
	{
		Pattern: AfterTrigger,
		Claim:   "It came right after something was sent.",
		Advice:  "Send the same thing on another port, and something else on this one, to see whether the box looks at the content or at the port.",
		Unsent:  afterTrigger,
	},
	{
		Pattern: ClosedPort,
		Claim:   "Genuine: nothing listens on that port.",
		Advice:  "Check whether the service runs and listens on this address and port, and whether the host's own firewall refuses it (iptables: REJECT --reject-with tcp-reset).",
		Sent:    closedPort,
	},
	{
		Pattern: HostFirewall,
		Claim:   "Genuine: the host's TCP went on all the same, so that its firewall sent it.",
		Advice:  "Check this host's own firewall for a rule that rejects with a reset (iptables: REJECT --reject-with tcp-reset).",
		Sent:    hostFirewall,
	},
	{
		Pattern: PortReused,
		Claim:   "Genuine: the other end still held an earlier connection of these addresses and ports, and acknowledged that.",
		Advice:  "Look at what gives out the client's ports between the two ends, a NAT or several addresses of a balancer: it must not use one again while the other end holds the earlier connection in TIME-WAIT (RFC 9293 section 3.3.2: twice the maximum segment lifetime).",
		Sent:    portReused,
	},
	{
		Pattern: LateCopy,
		Claim:   "Genuine: an old copy of data came for a connection that the host had closed.",
		Advice:  "The reset is as it should be: look for what held the copy back on the way, or for losses that had it sent again.",
		Sent:    lateCopyCame,
	},
	{
		Pattern: LateData,
		Claim:   "Genuine: data came for a connection that the host had closed.",
		Advice:  "Check why the other end still sent when this one had closed: a time-out of the application, or an earlier reset.",
		Sent:    lateData,
	},
	{
		Pattern: ResetUnseen,
		Claim:   "Genuine: the host had no socket for it any more, for its kernel had taken a reset that its recording does not hold. Who made that one nothing shows.",
		Advice:  "Record this end again without a filter, or with one that takes fragments and extension headers, too: a reset in them passes a filter of ports unseen.",
		Sent:    resetUnseen,
	},
	{
		Pattern: HalfOpen,
		Claim:   "Genuine: the host had sent on the connection, neither closed nor reset it, and no longer had a socket for it (RFC 9293 section 3.5.1, half-open). What took the socket away its recording does not show.",
		Advice:  "Look at this end for what takes sockets away without a word: a restart, a container that was stopped, an address that moved, a full queue of connections to accept. If there was none, record both ends without a filter, or with one that takes fragments and extension headers, too: a reset in them passes a filter of ports unseen.",
		Sent:    halfOpen,
	},
	{
		Pattern: Abort,
		Claim:   "Genuine: the program gave the connection up.",
		Advice:  "Check the log of the program at this end: it was killed, ran into a time-out, or asked for an abortive close (SO_LINGER 0).",
		Sent:    abort,
	},
	{
		Pattern: AbortUnread,
		Claim:   "Genuine: the program gave the connection up and had not answered what it received last. Closing with data unread looks like SO_LINGER 0.",
		Advice:  "Check in the program at this end why it closed before it had read and answered all that it received: an error, a limit, a kill, or an abortive close (SO_LINGER 0).",
		Sent:    abortUnread,
	},
	{
		Pattern: ProxyLeg,
		Claim:   "It is on one of a proxy's two connections.",
		Advice:  "Record also at the proxy, on both its sides, and compare each leg on its own.",
	},
	{
		Pattern: TimestampsRunBack,
		Claim:   "The server answered only those SYNs of an address whose timestamp was not older than that of the connection before: several hosts behind one NAT have a clock each.",
		Advice:  "Look at the server's kernel: net.ipv4.tcp_tw_recycle of Linux before 4.12 must be 0, and nothing before it may compare the timestamps of one address (nstat TcpExtPAWSPassive).",
	},
	{
		Pattern: DeferredAccept,
		Claim:   "The server sent its SYN and ACK again although the ACK had come to its tap: its program takes no connection before data comes, or its queue of connections to accept was full.",
		Advice:  "Look at the server: does its program ask for TCP_DEFER_ACCEPT (nginx: listen ... deferred; Apache: AcceptFilter), which a protocol in which the server speaks first must not; is its accept queue full (ss -lt; nstat TcpExtListenOverflows), or does its own firewall drop the ACK behind the tap?",
	},
	{
		Pattern: AcceptQueueFull,
		Claim:   "The server sent its SYN and ACK again and again although ACKs, or data, had come to its tap: its kernel had more connections waiting than its program accepts. The client takes the connection for open, and hears nothing.",
		Advice:  "Look at the server: why its program does not accept (ss -lt: Recv-Q has reached Send-Q; nstat TcpExtListenOverflows counts), and whether its backlog and net.core.somaxconn are too small. If that queue is not full, its own firewall drops what comes, behind the tap.",
	},
	{
		Pattern: SACKUntranslated,
		Claim:   "Something on the way rewrites sequence numbers and leaves the SACK blocks that are about them alone, so that losses take much longer to mend.",
		Advice:  "Look at the firewall that rewrites sequence numbers (Cisco ASA: set connection random-sequence-number disable; others call it ISN randomization): have it translate SACK, too, or leave the numbers alone.",
	},
}

// Advice is what to check next where a pattern fits.
func (p Pattern) Advice() string {
	for i := range Patterns {
		if Patterns[i].Pattern == p {
			return Patterns[i].Advice
		}
	}
	return ""
}

// suggest notes a pattern that a packet resembles.
func (f *Finding) suggest(p Pattern, format string, args ...any) {
	f.Pattern, f.Advice = p, p.Advice()
	f.PatternWhy = fmt.Sprintf(format, args...)
}

// suggested reports whether the circumstances resemble a pattern, and notes it if they do.
func (f *Finding) suggested(p Pattern, why string) bool {
	if why != "" {
		f.suggest(p, "%s", why)
	}
	return why != ""
}
