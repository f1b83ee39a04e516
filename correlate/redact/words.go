package redact

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"bothends/capture/testimony"
)

// testimonyOf keeps of comments what bothcap noted, without names.
func (r *redactor) testimonyOf(comments []string) (kept []string) {
	for _, comment := range comments {
		for line := range strings.Lines(comment) {
			record, ours := strings.CutPrefix(strings.TrimSpace(line), testimony.Prefix)
			if shown, ok := r.record(record); ours && ok {
				r.summary.Testimony++
				kept = append(kept, testimony.Prefix+shown)
			} else {
				r.summary.Comments++
			}
		}
	}
	return kept
}

// given are the parts of a record that people gave: the names of the session, of
// hosts, and of programs.
var given = []string{"session", "name", "command"}

// sealed are what is true of the original only.
var sealed = []string{"sealed", "seal", "signed"}

// record goes through a record as it stands, so that what later versions note is
// treated alike: what people gave is left out, addresses are mapped.
func (r *redactor) record(text string) (shown string, ok bool) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var record map[string]any
	if decoder.Decode(&record) != nil || record["schema"] != testimony.Schema {
		return "", false
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(r.value(record)) != nil {
		return "", false
	}
	return strings.TrimSpace(b.String()), true
}

func (r *redactor) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, part := range v {
			if slices.Contains(given, name) || slices.Contains(sealed, name) {
				delete(v, name)
				continue
			}
			v[name] = r.value(part)
		}
	case []any:
		for i := range v {
			v[i] = r.value(v[i])
		}
	case string:
		if r.mapping != nil {
			return r.mapText(v)
		}
	}
	return v
}

// like is what may be an address, with what may follow it.
var like = regexp.MustCompile(`[0-9A-Fa-f:.]*[0-9A-Fa-f:]`)

// mapText maps the addresses in a text, and leaves the rest as it is.
func (r *redactor) mapText(text string) string {
	return like.ReplaceAllStringFunc(text, func(word string) string {
		if a, err := netip.ParseAddr(word); err == nil {
			return r.mapping.Addr(a).String()
		}
		if a, err := netip.ParseAddrPort(word); err == nil {
			return r.mapped(a).String()
		}
		return word
	})
}

// filterWords are those of libpcap's language that name nobody (pcap-filter(7)).
var filterWords = strings.Fields(`tcp udp ip ip6 icmp icmp6 arp rarp ether host net src dst port portrange and or not proto mask
	vlan pppoes pppoed mpls geneve less greater gateway inbound outbound broadcast multicast len`)

// filterWord is a word of a filter, with what belongs to an address.
var filterWord = regexp.MustCompile(`[0-9A-Za-z_.:/-]+`)

// mapFilter maps the addresses in a filter. One with words that may be names is not
// kept at all, and not known.
func (r *redactor) mapFilter(filter string) (mapped string, known bool) {
	known = true
	mapped = filterWord.ReplaceAllStringFunc(filter, func(word string) string {
		if a, err := netip.ParseAddr(word); err == nil {
			return r.mapping.Addr(a).String()
		}
		if p, err := netip.ParsePrefix(word); err == nil {
			return netip.PrefixFrom(r.mapping.Addr(p.Addr()), p.Bits()).Masked().String()
		}
		if !slices.Contains(filterWords, word) && strings.Trim(word, "0123456789-") != "" && !strings.HasPrefix(word, "0x") {
			known = false
		}
		return word
	})
	if !known {
		return "", false
	}
	return mapped, true
}
