//go:build cgo

package live

import (
	"testing"

	"github.com/google/gopacket/pcap"

	"bothends/capture"
)

// Link types have the names that libpcap gives them. Where its own number differs
// from that in files (DLT_RAW), and where it is too old, nothing is compared.
func TestLinkTypesHaveLibpcapsNames(t *testing.T) {
	named := 0
	for number := range 300 {
		want, got := pcap.DatalinkValToName(number), capture.LinkType(number).String()
		if want == "" || got[:min(len(got), 9)] == "LINKTYPE_" {
			continue
		}
		named++
		if got != want {
			t.Errorf("link type %d is %q, libpcap says %q", number, got, want)
		}
	}
	if named < 60 {
		t.Errorf("%d names compared, want many", named)
	}
}
