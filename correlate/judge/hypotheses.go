package judge

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

// Hypotheses is the table: a packet is injected only if each of its rows is refuted,
// by its own test or by a sign.
var Hypotheses = []Hypothesis{
	{
		Name: NotRunning, Maker: Sender,
		Claim:     "its capture was not running then",
		Short:     "a capture that was not running then",
		Predicts:  "the moment of sending lies outside of the time that the sender's capture covers",
		RefutedBy: "packets or notes of the recorder before and after the latest moment of sending, the clocks' error included; or a reset of the same volley that is found injected",
		Source:    "RFC 9293 section 3.10.7; the recorder's own notes",
		Advice:    "Record again, starting both ends before the session and stopping them ten seconds after it.",
		Test:      notRunning,
	},
	{
		Name: Filtered, Maker: Sender, MayStayOpen: true,
		Claim:     "its capture leaves such packets out",
		Short:     "a filter",
		Predicts:  "the filter, the snap length or a direction that was not recorded hides it",
		RefutedBy: "the filter's text, or resets and both directions in the file; whole headers",
		Source:    "pcap-filter(7)",
		Advice:    "Record again with a filter for the port alone, both directions, and whole headers. If the filter is known: --attest END:filter=EXPR.",
		Test:      filtered,
	},
	{
		Name: Missed, Maker: Sender,
		Claim:     "its capture missed it",
		Short:     "a packet that the capture missed",
		Predicts:  "other packets of the sender are missing from its capture",
		RefutedBy: "zero counters of a recorder on the host, or n packets known to have passed of which none is missing: any one is missed with a chance below 1 - 0.05^(1/n)",
		Source:    "Clopper and Pearson 1934; pcap_stats(3PCAP)",
		Advice:    "Record again with a larger buffer. If the recorder printed zero drops: --attest END:drops=0.",
		Test:      missed,
	},
	{
		Name: BothMissed, Maker: Sender,
		Claim:     "both captures lack packets before it",
		Short:     "data that both captures lack",
		Predicts:  "few packets, no counters, and a number that only looks as if it were ahead",
		RefutedBy: "at one end at least zero counters, or a miss bound of 5 %",
		Source:    "two weak bounds do not support each other",
		Advice:    "Record longer sessions, or with a recorder that counts what it drops.",
		Test:      bothMissed,
	},
	{
		Name: Renumbered, Maker: Sender,
		Claim:     "the path changes its numbers in no constant way",
		Short:     "numbers that the path changes",
		Predicts:  "the shift between the two ends varies",
		RefutedBy: "a constant shift on three segments each way",
		Source:    "SYN proxies and firewalls that randomise initial sequence numbers",
		Advice:    "Record a longer session, from its SYN on.",
		Test:      renumbered,
	},
	{
		Name: Altered, Maker: Sender,
		Claim:     "this is another packet of its, altered, late or doubled",
		Short:     "a packet altered, late or doubled",
		Predicts:  "the sender sent a packet that did not arrive, or one that is the same",
		RefutedBy: "nothing like it left, by number, time and count, on any connection and under any address",
		Source:    "RFC 9293 section 3.10.7",
		Advice:    "Compare the frames named here by hand.",
		Test:      altered,
	},
	{
		Name: OtherInterface, Maker: Sender,
		Claim:     "it left by another interface",
		Short:     "another interface",
		Predicts:  "the host has another one that can carry the address; a reset without a socket follows the default route",
		RefutedBy: "every interface recorded, the kernel's own count, a sign that no packet of the host can be, or a statement",
		Source:    "Linux ip_route_output_flow; ip-rule(8)",
		Advice:    "Record every interface at once: bothcap does, or tcpdump -i any. If there is no other way out: --attest END:one-way-out (ip -br a; ip rule; ip r s table all).",
		Test:      otherInterface,
	},
	{
		Name: OwnFirewall, Maker: Sender,
		Claim:     "its own firewall sent it in the place of its TCP",
		Short:     "the sender's own firewall",
		Predicts:  "a number taken from the packet that it answers, no options, IP-ID 0; the host's TCP goes on, and its count of resets does not move",
		RefutedBy: "a complete capture of every way out; a window or timestamps, which no REJECT has; a number ahead of the stream; a host without such a rule, as its recorder found; or a statement",
		Source:    "Linux nf_reject_ipv4.c; pf.conf(5) return-rst",
		Advice:    "Look for rules that reject with a reset (nft list ruleset). If there is none: --attest END:no-reject.",
		Test:      ownFirewall,
	},
	{
		Name: KernelUnseen, Maker: Sender,
		Claim:     "its kernel sent more resets than its capture holds",
		Short:     "a reset that its kernel counted and its capture lacks",
		Predicts:  "the kernel's count of resets rose by more than the file has",
		RefutedBy: "equal counts, or a complete log of the kernel without it",
		Source:    "RFC 4022 tcpOutRsts; /proc/net/snmp; Linux tracepoint tcp:tcp_send_reset",
		Advice:    "Record every interface, so that each counted reset stands in the file.",
		Test:      kernelUnseen,
	},
	{
		Name: Remapped, Maker: Sender,
		Claim:     "a NAT gave the connection other addresses, and it reset what came from those",
		Short:     "a NAT that changed its mapping",
		Predicts:  "packets of the receiver's reach the sender under other addresses",
		RefutedBy: "all that the receiver sent came under its own; or no such reset left under any address, by a filter that names no host",
		Source:    "RFC 4787; Linux nf_conntrack",
		Advice:    "Record by the service's port alone, not by the other end's address. If the filter is known: --attest END:filter=EXPR.",
		Test:      remapped,
	},
	{
		Name: Proxy, Maker: SomeoneElse,
		Claim:     "a proxy speaks for it",
		Short:     "a proxy",
		Predicts:  "two sequence spaces, or acknowledgments that it never sent",
		RefutedBy: "one sequence space, and no three acknowledgments came that it did not send",
		Source:    "RFC 3135",
		Advice:    "Record also at the proxy, on both its sides.",
		Test:      proxy,
	},
	{
		Name: BelowTap, Maker: SomeoneElse,
		Claim:     "something below its tap answered: XDP, its network card, a hypervisor, a device in front of it",
		Short:     "something below the tap",
		Predicts:  "what it answers never comes to the tap, and it stands no router, or one, from the sender",
		RefutedBy: "what it can answer came to the sender's tap; or two routers and more between",
		Source:    "Linux XDP; Intel AMT; cloud security groups",
		Advice:    "Look for XDP programs (ip -d link; ss --xdp) and ask who runs the hypervisor. If there is none: --attest END:no-bypass.",
		Test:      belowTap,
	},
	{
		Name: OtherHost, Maker: SomeoneElse,
		Claim:     "another host behind the same address got what it did not, and reset what it does not know",
		Short:     "another host behind the address",
		Predicts:  "a packet of the receiver's left before the reset came and never reached the sender",
		RefutedBy: "none was astray in that time; made at the receiver's first router; resets to both ends from one place; or a statement",
		Source:    "RFC 7690; anycast (RFC 4786), ECMP, load balancers, fail-over",
		Advice:    "Ask whether a balancer, anycast or a fail-over pair serves this address. If no other machine answers for it: --attest END:one-host.",
		Test:      otherHost,
	},
	{
		Name: Cluster, Maker: SomeoneElse,
		Claim:     "every node of a cluster got the packet, and another node reset it",
		Short:     "another node of a cluster",
		Predicts:  "nothing astray; hops and time as the sender's; the answer of a host without a socket",
		RefutedBy: "hops that differ by more than one; sooner than the sender could; a window or timestamps; a number ahead of the stream; or a statement",
		Source:    "Microsoft NLB; iptables CLUSTERIP; switches that flood",
		Advice:    "Ask whether this address belongs to a cluster. If no other machine answers for it: --attest END:one-host.",
		Test:      cluster,
	},
	{
		Name: AddressOwner, Maker: SomeoneElse,
		Claim:     "the host that owns its address on the way, a NAT or a balancer, answered for it",
		Short:     "the owner of the address on the way",
		Predicts:  "the sender's address is translated; a packet with these numbers never came to the sender, nor did a later one; made nearer than the sender; the sender is not reset",
		RefutedBy: "the sender itself has that address; or what can be answered came to it",
		Source:    "Linux nf_conntrack: a packet without an entry goes to the local socket look-up",
		Advice:    "Look at the timeouts and the table of whatever translates the addresses; no content filter is needed to explain this.",
		Test:      addressOwner,
	},
	{
		Name: Receiver, Maker: SomeoneElse,
		Claim:     "the receiving machine made it itself",
		Short:     "the receiving machine itself",
		Predicts:  "it came over the loopback device, or went out",
		RefutedBy: "neither",
		Source:    "Linux nf_reject in OUTPUT; ARPHRD_LOOPBACK in SLL and SLL2",
		Advice:    "Look for rules of the receiver's own firewall that reject what it sends (nft list ruleset).",
		Test:      receiver,
	},
}
