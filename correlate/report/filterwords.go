package report

import (
	"regexp"
	"slices"
	"strings"
)

// FilterWords says in words what a filter that bothcap made of hosts and ports admits:
// "port 587, with 203.0.113.25". Any other filter it gives back as it is.
func FilterWords(filter string) string {
	if !madeByBothcap(filter) {
		return filter
	}
	ports, hosts := named(filter, portInFilter), named(filter, hostInFilter)
	var words []string
	switch {
	case len(ports) == 1:
		words = append(words, "port "+ports[0])
	case len(ports) > 1:
		words = append(words, "ports "+list(ports, len(ports)))
	}
	if len(hosts) > 0 {
		words = append(words, "with "+list(hosts, len(hosts)))
	}
	return strings.Join(words, ", ")
}

var (
	portInFilter = regexp.MustCompile(`tcp port ([0-9]+)`)
	hostInFilter = regexp.MustCompile(`ip6? host ([0-9a-fA-F:.]+)`)
)

// madeByBothcap recognises a filter that admits what quotes TCP in ICMP errors, as only
// bothcap's do, and that names hosts or ports.
func madeByBothcap(filter string) bool {
	quotes := strings.Contains(filter, "icmp[17] = 6") || strings.Contains(filter, "ip6[40] < 128")
	return quotes && !strings.Contains(filter, "not ") && (portInFilter.MatchString(filter) || hostInFilter.MatchString(filter))
}

// named are what a pattern finds, each once.
func named(text string, pattern *regexp.Regexp) (found []string) {
	for _, match := range pattern.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(found, match[1]) {
			found = append(found, match[1])
		}
	}
	return found
}
