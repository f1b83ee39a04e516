package correlate_test

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/report"
)

// filtered are pairs with what may mislead a filter: NAT, IPv6, shifted numbers,
// reused ports, packets recorded twice, tunnels, fragments, several files, packets
// of ICMP, segments that were lost.
var filtered = []string{
	"pairs/starttls-2012", "pairs/starttls-2012-ipv6", "pairs/shifted-reset", "pairs/genuine-port-reuse", "pairs/genuine-lost",
	"synthetic/server-capture-of-any-with-every-packet-twice", "synthetic/server-capture-in-vxlan", "synthetic/fragments-on-the-way-and-resets-forged",
	"synthetic/server-capture-in-three-rotated-files", "synthetic/http-redirect-forged-ahead-of-the-answer",
}

// mostFiltered is how many findings of a pair are looked for.
const mostFiltered = 2

// The real tshark finds with the filters of a finding its packet and no other, and
// all of its connection; in the other capture nothing but what looks the same there.
func TestTheFiltersOfAFindingFindItsPacketAndNoOther(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip(err)
	}
	pairs := filtered
	if testing.Short() {
		pairs = pairs[:2]
	}
	streams := 0
	for _, dir := range pairs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			r := compareWhole(t, filepath.Join("../fixtures", dir))
			if len(r.Findings) == 0 {
				t.Fatal("no findings")
			}
			known := map[string][]dissected{}
			for i := range r.Findings[:min(mostFiltered, len(r.Findings))] {
				f := &r.Findings[i]
				c := &r.Connections[f.Connection-1]
				for end, filter := range map[string]*report.Filter{"client": f.Filters.Client, "server": f.Filters.Server} {
					view := map[string]report.View{"client": c.ClientView, "server": c.ServerView}[end]
					if filter == nil {
						if view.Client != "" {
							t.Errorf("finding %d has no filter at the %s, which holds its connection", f.ID, end)
						}
						continue
					}
					if filter.File == "" {
						continue // one of several files
					}
					if known[filter.File] == nil {
						known[filter.File] = dissect(t, filter.File)
					}
					checkFilter(t, r, f, end, filter, view, known[filter.File])
				}
			}
		})
	}
	for _, dir := range pairs[:1] {
		for _, f := range compareWhole(t, filepath.Join("../fixtures", dir)).Findings {
			streams += strings.Count(f.Filters.Client.Connection, "tcp.stream")
		}
	}
	if streams == 0 {
		t.Error("no filter has a tcp.stream, though nothing in that capture makes its number uncertain")
	}
}

func checkFilter(t *testing.T, r *report.Report, f *report.Finding, end string, filter *report.Filter, view report.View, packets []dissected) {
	t.Helper()
	got := tsharkFrames(t, filter.File, filter.Packet)
	if filter.Held {
		if len(got) != 1 {
			t.Errorf("finding %d at the %s: %q selects the frames %v, want one", f.ID, end, filter.Packet, got)
			return
		}
		p := packets[got[0]-1]
		if filter.File == f.File && (p.seq != f.Seq || !p.is(f.Kind) || p.src != f.Src || p.dst != f.Dst) {
			t.Errorf("finding %d at the %s: %q selects %+v", f.ID, end, filter.Packet, p)
		}
		if filter.File != f.File && !p.is(f.Kind) {
			t.Errorf("finding %d at the %s: %q selects %+v, no packet of the kind", f.ID, end, filter.Packet, p)
		}
	} else {
		for _, frame := range got {
			p := packets[frame-1]
			found := slices.ContainsFunc(r.Findings, func(o report.Finding) bool {
				return o.ID != f.ID && (o.File == filter.File && o.Frame == int64(frame) || o.TwinFile == filter.File && o.TwinFrame == int64(frame))
			})
			if !p.is(f.Kind) || f.Kind == "rst" && !found {
				t.Errorf("finding %d is not in the %s's capture, and %q selects frame %d there, which is no finding", f.ID, end, filter.Packet, frame)
			}
		}
	}
	var want []int
	for _, p := range packets {
		if p.src == view.Client && p.dst == view.Server || p.src == view.Server && p.dst == view.Client {
			want = append(want, p.frame)
		}
	}
	if all := tsharkFrames(t, filter.File, filter.Connection); view.Client != "" && !slices.Equal(all, want) {
		t.Errorf("connection %d at the %s: %q selects %v, want %v", f.Connection, end, filter.Connection, all, want)
	}
}

func compareWhole(t *testing.T, dir string) *report.Report {
	t.Helper()
	var sets [2]*file.Set
	for i, end := range []string{"client", "server"} {
		paths, err := filepath.Glob(filepath.Join(dir, end+"*.pcap*"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", dir, err)
		}
		set, err := file.Open(context.Background(), paths)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		sets[i] = set
	}
	r, err := correlate.Compare(context.Background(), sets[0], sets[1], correlate.Options{FixedEnds: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// dissected is one packet as tshark dissects it.
type dissected struct {
	frame    int
	src, dst string
	seq      uint32
	flags    uint64
	length   int
}

// is follows RFC 9293 section 3.1.
func (p dissected) is(kind string) bool {
	const fin, syn, rst, ack = 1, 2, 4, 16
	switch kind {
	case "rst":
		return p.flags&rst != 0
	case "syn":
		return p.flags&(syn|ack) == syn
	case "syn-ack":
		return p.flags&(syn|ack) == syn|ack
	case "fin":
		return p.flags&fin != 0
	case "data":
		return p.length > 0
	}
	return p.flags&ack != 0 && p.length == 0
}

// dissect lists a capture, frame by frame; of several layers the innermost.
func dissect(t *testing.T, path string) (packets []dissected) {
	t.Helper()
	out, err := exec.Command("tshark", "-r", path, "-T", "fields", "-E", "separator=|", "-e", "frame.number", "-e", "ip.src", "-e", "ipv6.src", "-e", "ip.dst", "-e", "ipv6.dst",
		"-e", "tcp.srcport", "-e", "tcp.dstport", "-e", "tcp.seq_raw", "-e", "tcp.flags", "-e", "tcp.len").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		var last [10]string
		for i, field := range strings.Split(strings.TrimSpace(line), "|") {
			last[i] = field[strings.LastIndexByte(field, ',')+1:]
		}
		number := func(text string, base int) uint64 {
			n, _ := strconv.ParseUint(strings.TrimPrefix(text, "0x"), base, 64)
			return n
		}
		endpoint := func(v4, v6, port string) string {
			address, err := netip.ParseAddr(v4 + v6)
			if err != nil || port == "" {
				return ""
			}
			return netip.AddrPortFrom(address, uint16(number(port, 10))).String()
		}
		packets = append(packets, dissected{int(number(last[0], 10)), endpoint(last[1], last[2], last[5]), endpoint(last[3], last[4], last[6]),
			uint32(number(last[7], 10)), number(last[8], 16), int(number(last[9], 10))})
	}
	return packets
}

func tsharkFrames(t *testing.T, path, filter string) (frames []int) {
	t.Helper()
	out, err := exec.Command("tshark", "-r", path, "-Y", filter, "-T", "fields", "-e", "frame.number").Output()
	if err != nil {
		t.Fatalf("%q: %v", filter, err)
	}
	for _, word := range strings.Fields(string(out)) {
		var n int
		fmt.Sscan(word, &n)
		frames = append(frames, n)
	}
	return frames
}
