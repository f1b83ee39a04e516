package segment

import "strings"

// A Wrapping tells what stood around the IP packet of a segment besides its link
// layer: tunnels and labels, the outermost in the lowest byte. It is zero for a
// plain packet.
type Wrapping uint64

// wrap is one of them.
type wrap uint8

const (
	unwrapped wrap = iota
	mpls
	backbone // IEEE 802.1ah
	ip4in4
	ip6in4
	ip4in6
	ip6in6
	gre
	erspan
	vxlan
	geneve
	gtpU
	teredo
	l2tp
	etherIP
	tzsp
	wraps // how many there are
)

var wrapNames = [wraps]string{
	mpls: "MPLS", backbone: "PBB", ip4in4: "IPv4 in IPv4", ip6in4: "IPv6 in IPv4", ip4in6: "IPv4 in IPv6", ip6in6: "IPv6 in IPv6",
	gre: "GRE", erspan: "ERSPAN", vxlan: "VXLAN", geneve: "GENEVE", gtpU: "GTP-U", teredo: "Teredo", l2tp: "L2TP", etherIP: "EtherIP", tzsp: "TZSP",
}

// MaxDepth is how many tunnels are looked through. Carriers stack three or four; a
// deeper stack is an attack on parsers.
const MaxDepth = 8

// Depth is how many there are.
func (w Wrapping) Depth() int {
	depth := 0
	for ; w != 0; w >>= 8 {
		depth++
	}
	return depth
}

// add puts one more inside; ok is false if there are MaxDepth already.
func (w *Wrapping) add(inner wrap) (ok bool) {
	depth := w.Depth()
	if depth == MaxDepth {
		return false
	}
	*w |= Wrapping(inner) << (8 * depth)
	return true
}

// String names them from the outside: "VXLAN", "GRE around MPLS".
func (w Wrapping) String() string {
	var names []string
	for ; w != 0; w >>= 8 {
		names = append(names, wrapNames[w&0xff])
	}
	return strings.Join(names, " around ")
}
