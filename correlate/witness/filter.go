package witness

import (
	"net/netip"
	"strconv"
	"strings"
)

// A Filter is a capture filter in the language of pcap-filter(7), as far as it can be
// told without compiling it which TCP packets it leaves out. What it asks beyond
// addresses, ports and protocols may be true or not.
type Filter struct {
	root node
}

// ParseFilter reads a filter. One that it does not understand leaves nothing out.
func ParseFilter(text string) *Filter {
	p := filterParser{tokens: filterTokens(text)}
	root := p.expression()
	if p.failed || p.at < len(p.tokens) {
		return &Filter{}
	}
	return &Filter{root}
}

// LeavesOut reports whether the filter is known to admit no TCP packet between a and
// b, in either direction.
func (f *Filter) LeavesOut(a, b netip.AddrPort) bool {
	return f.root != nil && f.root(a, b) == no && f.root(b, a) == no
}

// A node tells whether a TCP packet from one endpoint to another is admitted.
type node func(from, to netip.AddrPort) answer

// answer is that of three-valued logic: what is not known may be true.
type answer int8

const (
	no answer = iota
	perhaps
	yes
)

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}

func always(a answer) node { return func(_, _ netip.AddrPort) answer { return a } }

// filterTokens splits at white space and around what binds.
func filterTokens(text string) []string {
	spaced := strings.NewReplacer("(", " ( ", ")", " ) ", "&&", " and ", "||", " or ", "!=", " != ", "!", " ! ").Replace(strings.ToLower(text))
	return strings.Fields(spaced)
}

type filterParser struct {
	tokens []string
	at     int
	last   qualifiers // those that a bare value after "and" or "or" takes over
	failed bool
}

// qualifiers are what stands before a value: "tcp", "dst", "port".
type qualifiers struct{ proto, direction, kind string }

func (p *filterParser) peek(ahead int) string {
	if p.at+ahead < len(p.tokens) {
		return p.tokens[p.at+ahead]
	}
	return ""
}

func (p *filterParser) take(word string) bool {
	if p.peek(0) != word {
		return false
	}
	p.at++
	return true
}

// expression is terms joined by "and" and "or", which bind alike, from the left.
func (p *filterParser) expression() node {
	left := p.term()
	for !p.failed {
		switch {
		case p.take("and"):
			a, b := left, p.term()
			left = func(from, to netip.AddrPort) answer { return min(a(from, to), b(from, to)) }
		case p.take("or"):
			a, b := left, p.term()
			left = func(from, to netip.AddrPort) answer { return max(a(from, to), b(from, to)) }
		default:
			return left
		}
	}
	return left
}

func (p *filterParser) term() node {
	switch {
	case p.take("not"), p.take("!"):
		inner := p.term()
		return func(from, to netip.AddrPort) answer { return yes - inner(from, to) }
	case p.take("("):
		inner := p.expression()
		p.failed = p.failed || !p.take(")")
		return inner
	}
	return p.primitive()
}

// primitive is one test. A comparison of header bytes is taken whole, and not judged.
func (p *filterParser) primitive() node {
	q := qualifiers{}
	switch word := p.peek(0); word {
	case "tcp", "ip", "ip6":
		q.proto = word
		p.at++
	case "udp", "icmp", "icmp6", "arp", "rarp", "sctp", "igmp":
		p.at++
		p.rest()
		return always(no)
	}
	switch word := p.peek(0); word {
	case "src", "dst":
		q.direction = word
		if p.at++; (p.peek(0) == "or" || p.peek(0) == "and") && (p.peek(1) == "src" || p.peek(1) == "dst") {
			q.direction = map[string]string{"or": "", "and": "both"}[p.peek(0)]
			p.at += 2
		}
	}
	switch word := p.peek(0); word {
	case "host", "net", "port", "portrange":
		q.kind = word
		p.at++
	}
	value := p.peek(0)
	switch {
	case q == (qualifiers{}) && p.at > 0 && isValue(value):
		q = p.last
	case q.proto != "" && q == (qualifiers{proto: q.proto}) && endsTest(value):
		return ofProtocol(q.proto)
	case endsTest(value):
		p.failed = true
		return always(perhaps)
	case q.kind == "" && q.direction == "":
		p.rest()
		return always(perhaps)
	}
	p.last = q
	p.at++
	if !endsTest(p.peek(0)) { // "mask", or an operator
		p.rest()
		return always(perhaps)
	}
	return q.test(value)
}

// rest skips what still belongs to the test, parentheses of its own included.
func (p *filterParser) rest() {
	for depth := 0; p.at < len(p.tokens); p.at++ {
		switch word := p.peek(0); {
		case word == "(":
			depth++
		case depth == 0 && endsTest(word):
			return
		case word == ")":
			depth--
		}
	}
}

func endsTest(word string) bool {
	return word == "" || word == "and" || word == "or" || word == ")"
}

// isValue reports whether a word can stand for itself: a number or an address.
func isValue(word string) bool {
	return word != "" && (word[0] >= '0' && word[0] <= '9' || strings.Contains(word, ":"))
}

func ofProtocol(proto string) node {
	return func(from, _ netip.AddrPort) answer {
		switch proto {
		case "ip":
			return truth(from.Addr().Unmap().Is4())
		case "ip6":
			return truth(!from.Addr().Unmap().Is4())
		}
		return truth(proto == "tcp")
	}
}

// test compares one value with the endpoints that the qualifiers name.
func (q qualifiers) test(value string) node {
	match := q.matcher(value)
	if match == nil {
		return always(perhaps)
	}
	proto := always(yes)
	if q.proto != "" {
		proto = ofProtocol(q.proto)
	}
	return func(from, to netip.AddrPort) answer {
		matched := match(from) || match(to)
		switch q.direction {
		case "src":
			matched = match(from)
		case "dst":
			matched = match(to)
		case "both":
			matched = match(from) && match(to)
		}
		return min(proto(from, to), truth(matched))
	}
}

// matcher is nil for names, which only the machine that recorded could resolve.
func (q qualifiers) matcher(value string) func(netip.AddrPort) bool {
	switch q.kind {
	case "port", "portrange":
		first, last, isRange := strings.Cut(value, "-")
		if !isRange {
			last = first
		}
		low, err := strconv.ParseUint(first, 10, 16)
		high, err2 := strconv.ParseUint(last, 10, 16)
		if err != nil || err2 != nil {
			return nil
		}
		return func(e netip.AddrPort) bool { return uint64(e.Port()) >= low && uint64(e.Port()) <= high }
	case "net":
		prefix, err := netip.ParsePrefix(value)
		if err != nil {
			return nil
		}
		return func(e netip.AddrPort) bool { return prefix.Contains(e.Addr().Unmap()) }
	}
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return nil
	}
	return func(e netip.AddrPort) bool { return e.Addr().Unmap() == addr }
}
