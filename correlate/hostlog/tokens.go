package hostlog

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// tagged is a host's name, if there is one, and the program that wrote a line, with its
// process: "mail postfix/smtpd[2211]: ...", "imap-login: ...", "app 2211 - - ..." (RFC
// 5424 has the process in a field of its own).
var (
	tagged   = regexp.MustCompile(`^\s*(?:[^\s\[\]:]+\s+)?([A-Za-z][\w./-]*)\[(\d+)\]:?\s*`)
	untagged = regexp.MustCompile(`^\s*(?:[\w.-]+\s+)?([A-Za-z][\w./-]*):\s+`)
	fields   = regexp.MustCompile(`^\s+[\w.-]+\s+([A-Za-z][\w./-]*)\s+(\d+|-)\s+\S+\s+(?:-|\[.*?\])\s*`)
	numbered = regexp.MustCompile(`^\s*\[(\d+)\]\s*`) // Exim with log_selector +pid
)

// tag splits what follows the time of a line into who wrote it and what it said.
func tag(rest string) (process, program, message string) {
	for _, form := range []*regexp.Regexp{tagged, fields} {
		if m := form.FindStringSubmatch(rest); m != nil {
			return m[1] + "[" + m[2] + "]", m[1], strings.TrimSpace(rest[len(m[0]):])
		}
	}
	if m := numbered.FindStringSubmatch(rest); m != nil {
		return "[" + m[1] + "]", "", strings.TrimSpace(rest[len(m[0]):])
	}
	if m := untagged.FindStringSubmatch(rest); m != nil {
		return "", m[1], strings.TrimSpace(rest[len(m[0]):])
	}
	return "", "", strings.TrimSpace(rest)
}

// address finds what may be an address, with a port behind it as Postfix, Exim and
// others write it: 192.0.2.1, [192.0.2.1]:25, 192.0.2.1:25, IPv6:2001:db8::1.
var address = regexp.MustCompile(`\[?(?:IPv6:)?([0-9a-fA-F]*[:.][0-9a-fA-F:.]*[0-9a-fA-F:])\]?(?::(\d{1,5}))?`)

// ports are how Dovecot and others name the port of the other side apart from the address.
var ports = regexp.MustCompile(`\b(?:rport|port|client_port)[= ](\d{1,5})\b`)

// addresses are those that a line names.
func addresses(text string) (list []netip.AddrPort) {
	for _, m := range address.FindAllStringSubmatch(text, -1) {
		token, port := m[1], m[2]
		a, err := netip.ParseAddr(token)
		if err != nil {
			// The port may have been taken for a part of it.
			at := strings.LastIndexByte(token, ':')
			if at < 0 || strings.Count(token, ":") > 1 {
				continue
			}
			if a, err = netip.ParseAddr(token[:at]); err != nil {
				continue
			}
			port = token[at+1:]
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			n = 0
		}
		list = append(list, netip.AddrPortFrom(a.Unmap(), uint16(n)))
	}
	return list
}

func namesAddress(text string) bool { return len(addresses(text)) > 0 }

// peersIn are the addresses of a line that are wanted.
func peersIn(text string, wanted func(netip.Addr) bool) (list []netip.AddrPort) {
	for _, a := range addresses(text) {
		if wanted(a.Addr()) && !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	if m := ports.FindStringSubmatch(text); m != nil && len(list) == 1 && list[0].Port() == 0 {
		if n, err := strconv.ParseUint(m[1], 10, 16); err == nil {
			list[0] = netip.AddrPortFrom(list[0].Addr(), uint16(n))
		}
	}
	return list
}
