package testimony_test

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

var started = testimony.Record{
	Schema: testimony.Schema, Event: testimony.Start, Time: time.Date(2024, 5, 1, 2, 3, 4, 5, time.UTC),
	Session: "Grüße \"1\"", End: "client", Ports: []uint16{587},
	Peers:    []testimony.Peer{{Name: "mail.example.org", Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}}},
	Offloads: map[string]bool{"tso": true, "lro": false},
	Clock:    &testimony.Clock{Synchronised: true, MaximumErrorNS: 5e6},
	Kernel:   map[string]uint64{"Tcp.OutRsts": 7},
	Uplinks:  []string{"eth0", "wwan0"},
}

var compareAddresses = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func TestALineIsARecordAgain(t *testing.T) {
	got := testimony.Parse([]string{"a remark", "before\n" + started.Line() + "\nafter", `bothends: {"schema":"bothends.recording/2"}`, "bothends: nonsense"})
	if diff := cmp.Diff([]testimony.Record{started}, got, compareAddresses); diff != "" {
		t.Errorf("(-written +parsed):\n%s", diff)
	}
}

// editcap and mergecap are what people cut and join captures with before they
// send them.
func TestTheStartSurvivesEditcapAndMergecap(t *testing.T) {
	dir := t.TempDir()
	original := filepath.Join(dir, "original.pcapng")
	if err := os.WriteFile(original, recording(t), 0o600); err != nil {
		t.Fatal(err)
	}
	edited, merged := filepath.Join(dir, "edited.pcapng"), filepath.Join(dir, "merged.pcapng")
	for _, command := range [][]string{{"editcap", "-r", original, edited, "1"}, {"mergecap", "-w", merged, original, original}} {
		if _, err := exec.LookPath(command[0]); err != nil {
			t.Skipf("%s is not installed", command[0])
		}
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command[0], err, out)
		}
	}
	for _, file := range []string{original, edited, merged} {
		inSection, inInterface := readComments(t, file)
		for where, comments := range map[string][]string{"section": inSection, "interface": inInterface} {
			records := testimony.Parse(comments)
			if len(records) == 0 {
				t.Errorf("%s: no record in the %s's comments", filepath.Base(file), where)
				continue
			}
			if diff := cmp.Diff(started, records[0], compareAddresses); diff != "" {
				t.Errorf("%s, %s (-written +parsed):\n%s", filepath.Base(file), where, diff)
			}
		}
	}
}

func recording(t *testing.T) []byte {
	var out bytes.Buffer
	w, err := pcapng.NewWriter(&out, capture.Section{Comments: []string{"for people", started.Line()}})
	if err == nil {
		_, err = w.AddInterface(capture.Interface{LinkType: capture.LinkRaw, Comments: []string{started.Line()}})
	}
	packet := append([]byte{0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6}, make([]byte, 30)...)
	for range 2 {
		if err == nil {
			err = w.WritePacket(&capture.Packet{TimeNS: 1e18, OrigLen: len(packet), Data: packet})
		}
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readComments(t *testing.T, file string) (section, iface []string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapng.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var p capture.Packet
	for err = r.Next(&p); err == nil; err = r.Next(&p) {
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return r.Sections()[0].Comments, r.Interfaces()[0].Comments
}
