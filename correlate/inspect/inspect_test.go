package inspect_test

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/capture/file"
	"bothends/correlate/inspect"
	"bothends/correlate/report"
	"bothends/correlate/schema/validate"
	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
	"bothends/fixtures/truth"
)

const synthetic = "../../fixtures/synthetic"

// inspectOne takes the files for one capture.
func inspectOne(t testing.TB, paths ...string) *report.Inspection {
	t.Helper()
	return &inspectEach(t, paths).Captures[0]
}

// inspectEach takes each list of files for a capture.
func inspectEach(t testing.TB, captures ...[]string) *report.Info {
	t.Helper()
	var sets []*file.Set
	var length, read int64
	for _, paths := range captures {
		set, err := file.Open(context.Background(), paths)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { set.Close() })
		sets = append(sets, set)
		length += set.Length()
	}
	info, err := inspect.Captures(context.Background(), sets, func(n int64) { read += n })
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Written(info); err != nil {
		t.Error(err)
	}
	if read > length {
		t.Errorf("a progress of %d bytes, of %d", read, length)
	}
	return info
}

// reasons are the words for what weighs against the capture, without remarks.
func reasons(i *report.Inspection) []string {
	words := []string{}
	for _, r := range i.Reasons {
		if r.Weight != report.Remark {
			words = append(words, r.What)
		}
	}
	return words
}

func has(i *report.Inspection, what string) bool {
	return slices.ContainsFunc(i.Reasons, func(r report.Reason) bool { return r.What == what })
}

// tapOf is how an end of a scenario was recorded.
func tapOf(t *testing.T, name, end string) (tap model.Tap, unfit bool) {
	t.Helper()
	s, found := scenarios.Named(name)
	if !found {
		t.Fatalf("there is no scenario %q", name)
	}
	side := model.Client
	if end == "server" {
		side = model.Server
	}
	return s.Ends[side].Tap, s.Unfit[side]
}

// Each capture of each scenario is inspected, and what its tap was made to do to
// it is found, and nothing else.
func TestInspectionFindsWhatWasDoneToACapture(t *testing.T) {
	truths, err := truth.ReadAll(filepath.Join(synthetic, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for dir, tr := range truths {
		for end, names := range map[string][]string{"client": tr.Client, "server": tr.Server} {
			t.Run(tr.Name+" "+end, func(t *testing.T) {
				tap, unfit := tapOf(t, tr.Name, end)
				if tap.Outside.IsValid() {
					t.Skip("every connection stands in it under two addresses, of which the truth gives one")
				}
				var paths []string
				for _, name := range names {
					paths = append(paths, filepath.Join(dir, name))
				}
				i := inspectOne(t, paths...)
				waiting := slices.ContainsFunc(tr.Connections, func(c truth.Connection) bool { return c.Ending == truth.SYNUnanswered })
				for what, want := range map[string]bool{
					"bytes-unseen":  tap.Loss > 0 || tap.LoseOwn&(model.SYN|model.FIN) != 0, // they take a number each
					"drops-counted": tap.SaysLoss,
					"filtered":      tap.Only != model.BothWays,
					"cut-short":     tap.SnapLen > 0,
					"repeated":      tap.Twice || tap.Routed,
					"truncated":     tap.CutBytes > 0,
					"ended-early":   tap.End > 0 || waiting, // a SYN may be sent once more
					"end-unknown":   tap.Only != model.BothWays,
					"any-interface": tap.Link == model.SLL && !tap.Twice, // where it has packets twice, that is said
					"drops-unknown": tap.Format != model.Pcapng,
					"few-packets":   tap.Format != model.Pcapng && i.Seen.FromHost > 0 && i.Seen.FromHost < 299, // 1 - 0.05^(1/299) = 1 %
				} {
					if has(i, what) != want {
						t.Errorf("%s: %v, want %v", what, has(i, what), want)
					}
				}
				if i.Fitness == report.FitnessUnfit && !unfit {
					t.Errorf("unfit, though it is fit: %v", reasons(i))
				}
				if i.Tap.End != end && tap.Only == model.BothWays {
					t.Errorf("recorded at %q (%s), want %q", i.Tap.End, i.Tap.DecidedBy, end)
				}
				recorded := i.Segments + i.Repeated
				if f := i.Fragments; f != nil {
					recorded += f.Received - f.Packets
				}
				if recorded != i.Packets || (tap.Twice || tap.Routed) && i.Repeated != i.Segments {
					t.Errorf("%d segments, %d repeated and fragments %+v, of %d packets", i.Segments, i.Repeated, i.Fragments, i.Packets)
				}
				if want := map[bool]int64{true: i.Repeated}[tap.Routed]; i.Routed != want {
					t.Errorf("%d recorded behind a router, too, want %d", i.Routed, want)
				}
				tunnels := slices.DeleteFunc(slices.Clone(tap.Tunnels), func(t model.Tunnel) bool {
					return slices.Contains([]model.Tunnel{model.MetaData, model.ETag, model.VNTag}, t) // tags of Ethernet
				})
				if len(i.Tunnels) > 0 != (len(tunnels) > 0) {
					t.Errorf("in tunnels %v, want in %v", i.Tunnels, tap.Tunnels)
				}
				holdConnections(t, i, end, tr)
				if len(i.Files) != max(1, tap.Files)-min(1, tap.Overwritten) || len(i.Seams) != len(i.Files)-1 {
					t.Errorf("%d files and %d seams, want %d files", len(i.Files), len(i.Seams), max(1, tap.Files))
				}
				if c := i.Connections; c.Complete+c.Partial+c.NoHandshake+c.ResetsOnly != c.Total {
					t.Errorf("%+v do not add up", c)
				}
			})
		}
	}
}

// holdConnections compares the number of connections, and the host that the tap
// stood at, with the truth.
func holdConnections(t *testing.T, i *report.Inspection, end string, tr *truth.Truth) {
	t.Helper()
	total := 0
	var hosts []string
	for _, c := range tr.Connections {
		if !slices.Contains(c.CapturedAt, end) {
			continue
		}
		total++
		host := c.ClientView.Client
		if end == "server" {
			host = c.ServerView.Server
		}
		hosts = append(hosts, netip.MustParseAddrPort(host).Addr().String())
	}
	if i.Connections.Total != total {
		t.Errorf("%d connections, want %d", i.Connections.Total, total)
	}
	for _, host := range i.Tap.Hosts {
		if !slices.Contains(hosts, host) {
			t.Errorf("%s is called the tap's own host, want one of %v", host, hosts)
		}
	}
}

// capinfos tells of each file its packets, first and last time and SHA-256.
func TestInspectionAgreesWithCapinfos(t *testing.T) {
	need(t, "capinfos")
	files, err := filepath.Glob(filepath.Join(synthetic, "*", "*.pcap*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	args := append([]string{"-T", "-m", "-Q", "-r", "-S", "-c", "-a", "-e", "-H"}, files...)
	output, _ := exec.Command("capinfos", args...).Output() // it fails because of the truncated one
	rows := map[string][]string{}
	for line := range strings.Lines(string(output)) {
		fields := strings.Split(strings.ReplaceAll(strings.TrimSpace(line), `"`, ""), ",")
		rows[fields[0]] = fields[1:]
	}
	for _, path := range files {
		want := rows[path]
		if len(want) < 4 {
			t.Errorf("capinfos says nothing of %s: %q", path, want)
			continue
		}
		i := inspectOne(t, path)
		got := []string{fmt.Sprint(i.Packets), stamp(t, i.First), stamp(t, i.Last), i.Files[0].SHA256}
		for n := 1; n <= 2; n++ { // it gives as many digits as the file's resolution has
			got[n] = got[n][:min(len(got[n]), len(want[n]))]
		}
		if !slices.Equal(got, want[:4]) {
			t.Errorf("%s: %q, capinfos says %q", path, got, want[:4])
		}
	}
}

// stamp is a time as capinfos -S prints it.
func stamp(t *testing.T, text string) string {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond())
}

// tshark counts the resets, and the other segments, by their sender.
func TestResetsAreCountedByDirection(t *testing.T) {
	need(t, "tshark")
	for _, path := range []string{
		"reset-forged-both-ways/client.pcap", "reset-forged-both-ways/server.pcap",
		"genuine-reset-by-the-server/client.pcap", "genuine-reset-by-the-server/server.pcap",
		"genuine-reset-through-two-nats/server.pcap", "genuine-refusal-of-a-closed-port/server.pcap",
		"three-forged-resets-with-growing-sequence/client.pcap", "twenty-connections-behind-one-nat/server.pcap",
	} {
		t.Run(path, func(t *testing.T) {
			path := filepath.Join(synthetic, path)
			i := inspectOne(t, path)
			if len(i.Tap.Hosts) != 1 {
				t.Fatalf("hosts %v, want one", i.Tap.Hosts)
			}
			output, err := exec.Command("tshark", "-n", "-r", path, "-Y", "tcp", "-T", "fields", "-e", "ip.src", "-e", "tcp.flags.reset").Output()
			if err != nil {
				t.Fatalf("tshark: %v", err)
			}
			var want report.Resets
			var sent int64
			for line := range strings.Lines(string(output)) {
				source, reset, _ := strings.Cut(strings.TrimSpace(line), "\t")
				isReset := reset == "1" || reset == "True" // as its version prints it
				switch own := source == i.Tap.Hosts[0]; {
				case own && isReset:
					want.FromHost++
				case isReset:
					want.ToHost++
				case own:
					sent++
				}
			}
			if i.Seen.FromHost != sent {
				t.Errorf("%d segments from the host, tshark says %d", i.Seen.FromHost, sent)
			}
			if want == (report.Resets{}) {
				t.Error("the capture has no reset: it is no example")
			}
			if i.Resets != want {
				t.Errorf("%+v, tshark says %+v", i.Resets, want)
			}
		})
	}
}

func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed; `make test` installs it", name)
		}
	}
}
