package correlate_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bothends/correlate/report"
	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
)

// coats are other forms in which a tap may show the same packets.
var coats = []struct {
	name string
	put  func(*model.Tap)
}{
	{"GRE", tunnels(model.GRE)}, {"ERSPAN", tunnels(model.ERSPAN)}, {"VXLAN", tunnels(model.VXLAN)}, {"GENEVE", tunnels(model.GENEVE)},
	{"GTP-U", tunnels(model.GTPU)}, {"L2TP", tunnels(model.L2TP)}, {"MPLS", tunnels(model.MPLSLabel)}, {"GRE, MPLS", tunnels(model.GRE, model.MPLSLabel)},
	{"VXLAN in GRE in VXLAN", tunnels(model.VXLAN, model.GRE, model.VXLAN)},
	{"GTP-U in IP in GENEVE in GRE", tunnels(model.GRE, model.GENEVE, model.IPv4InIP, model.GTPU)},
	{"VXLAN in fragments", func(t *model.Tap) { t.Tunnels, t.MTU = []model.Tunnel{model.VXLAN}, 700 }},
	{"fragments", func(t *model.Tap) { t.MTU = 700 }},
	{"802.11", link(model.Radiotap)}, {"NFLOG", link(model.NFLOG)}, {"Cisco HDLC", link(model.CiscoHDLC)}, {"raw IP", link(model.Raw)},
	{"a mirror of two ports", func(t *model.Tap) { t.Twice, t.OneCard = true, true }},
	{"two VLANs", func(t *model.Tap) { t.VLAN = []uint16{3, 4} }},
}

func tunnels(list ...model.Tunnel) func(*model.Tap) { return func(t *model.Tap) { t.Tunnels = list } }
func link(l model.LinkType) func(*model.Tap)        { return func(t *model.Tap) { t.Link = l } }

// plain reports whether a tap shows whole Ethernet frames, each once, so that a coat fits
// over it.
func plain(e *model.End) bool {
	t := &e.Tap
	return t.Link == model.Ethernet && len(t.VLAN)+len(t.Tunnels)+t.SnapLen+t.CutBytes+t.MTU+t.Overwritten == 0 && !t.Twice && !t.Routed && !e.Host.TSO && !e.Host.GRO
}

// Whatever stands around the packets at either end, the findings are the same. Each run
// tries a share of all pairs of coats; BOTHENDS_SEEDS tries as many times more.
func TestWhatStandsAroundThePacketsChangesNothing(t *testing.T) {
	share := 0.004
	if more, err := strconv.Atoi(os.Getenv("BOTHENDS_SEEDS")); err == nil {
		share *= float64(more)
	}
	random := rand.New(rand.NewPCG(16, 4))
	pairs := 0
	for _, s := range scenarios.Small() {
		if !plain(&s.Ends[0]) || !plain(&s.Ends[1]) || s.Exit == 2 {
			continue
		}
		var want []string
		for _, client := range coats {
			for _, server := range coats {
				if random.Float64() >= share {
					continue
				}
				if want == nil {
					want = foundIn(t, s, "as recorded")
				}
				coated := s
				client.put(&coated.Ends[model.Client].Tap)
				server.put(&coated.Ends[model.Server].Tap)
				pairs++
				name := fmt.Sprintf("client's in %s, server's in %s", client.name, server.name)
				if diff := cmp.Diff(want, foundIn(t, coated, name)); diff != "" {
					t.Errorf("%s, %s (-plain +wrapped):\n%s", s.Name, name, diff)
				}
			}
		}
	}
	t.Logf("%d pairs", pairs)
	if pairs == 0 {
		t.Error("nothing was compared")
	}
}

// foundIn is what the comparison of a scenario's captures comes to.
func foundIn(t *testing.T, s model.Scenario, about string) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), s.Name)
	if _, err := scenarios.Write(dir, s, 1); err != nil {
		t.Fatal(err)
	}
	tr := readTruths(t, dir)[dir]
	r, err := compare(t, dir, tr)
	if err != nil {
		t.Errorf("%s, %s: %v", s.Name, about, err)
		return nil
	}
	lines := []string{fmt.Sprintf("%d paired of %d connections", r.Summary.Paired, r.Summary.Connections)}
	for _, f := range r.Findings {
		lines = append(lines, told(&f))
	}
	slices.Sort(lines)
	return lines
}

// told is a finding without what a coat changes: frame numbers.
func told(f *report.Finding) string {
	return fmt.Sprintf("%s at %s %s>%s seq %d %s: %s (%s)", f.Kind, f.ReceivedAt, f.Src, f.Dst, f.Seq, f.Flags, f.Verdict, f.Confidence)
}
