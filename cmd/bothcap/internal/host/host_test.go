package host

import (
	"errors"
	"maps"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func TestCountersAreFoundByTheirNames(t *testing.T) {
	for _, test := range []struct {
		name, table string
		want        map[string]uint64
		bad         bool
	}{
		{"columns may stand in any order", "Tcp: OutRsts RtoMin EstabResets\nTcp: 12 200 3\n", map[string]uint64{"Tcp.OutRsts": 12, "Tcp.EstabResets": 3}, false},
		{"negative values of other columns do not matter", "Tcp: MaxConn OutRsts\nTcp: -1 4\nUdp: OutRsts\nUdp: 9\n", map[string]uint64{"Tcp.OutRsts": 4}, false},
		{"a value is missing", "Tcp: OutRsts InSegs\nTcp: 1\n", nil, true},
		{"the values are missing", "Tcp: OutRsts\n", nil, true},
		{"a value is no number", "Tcp: OutRsts\nTcp: x\n", nil, true},
		{"values of another protocol", "Tcp: OutRsts\nUdp: 1\n", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := map[string]uint64{}
			err := parseCounters(strings.NewReader(test.table), got)
			if (err != nil) != test.bad || !test.bad && !maps.Equal(got, test.want) {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func TestThisHostHasCounters(t *testing.T) {
	linux(t)
	counters, err := Counters()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Tcp.OutRsts", "Tcp.EstabResets", "TcpExt.TCPAbortOnData"} {
		if _, ok := counters[name]; !ok {
			t.Errorf("no %s in %v", name, counters)
		}
	}
}

// ethtool(8) asks by netlink, we by ioctl: two ways to the same truth.
func TestOffloadsAreThoseOfEthtool(t *testing.T) {
	linux(t)
	out, err := exec.Command("ethtool", "-k", "lo").Output()
	if err != nil {
		t.Skipf("ethtool does not say: %v", err)
	}
	got, err := Offloads("lo")
	if err != nil {
		t.Fatal(err)
	}
	for short, long := range map[string]string{"tso": "tcp-segmentation-offload", "gso": "generic-segmentation-offload",
		"gro": "generic-receive-offload", "lro": "large-receive-offload"} {
		want := strings.Contains(string(out), "\n"+long+": on")
		if value, ok := got[short]; !ok || value != want {
			t.Errorf("%s is %v (known: %v), ethtool says %v", short, value, ok, want)
		}
	}
	if _, err := Offloads("bc-none"); err == nil {
		t.Error("an interface that does not exist has offloads")
	}
}

func TestTheClockHasBounds(t *testing.T) {
	linux(t)
	c, err := Clock()
	if err != nil {
		t.Fatal(err)
	}
	if c.MaximumErrorNS <= 0 {
		t.Errorf("the kernel bounds the error by %d ns", c.MaximumErrorNS)
	}
	// adjtimex(8) is not everywhere; timedatectl's answer is the same bit.
	if out, err := exec.Command("timedatectl", "show", "-p", "NTPSynchronized", "--value").Output(); err == nil {
		if want := strings.TrimSpace(string(out)) == "yes"; c.Synchronised != want {
			t.Errorf("synchronised %v, timedatectl says %s", c.Synchronised, strconv.Quote(string(out)))
		}
	}
}

func TestTheKernelIsNamedAsUnameNamesIt(t *testing.T) {
	linux(t)
	release, err := exec.Command("uname", "-sr").Output()
	if err != nil {
		t.Skip(err)
	}
	if want := strings.TrimSpace(string(release)); !strings.Contains(OS(), want) {
		t.Errorf("%q does not contain %q", OS(), want)
	}
	machine, _ := exec.Command("uname", "-m").Output()
	if want := strings.TrimSpace(string(machine)); !strings.Contains(Hardware(), want) {
		t.Errorf("%q does not contain %q", Hardware(), want)
	}
}

func linux(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "linux" {
		return
	}
	if _, err := Counters(); !errors.Is(err, ErrUnsupported) {
		t.Errorf("got %v, want %v", err, ErrUnsupported)
	}
	t.Skip("only Linux says")
}
