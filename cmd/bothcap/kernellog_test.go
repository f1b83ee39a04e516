//go:build linux && cgo

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bothends/capture/testimony"
)

// kernelLog is what a recording has of the kernel's, and of the host.
func kernelLog(t *testing.T, path string) (testimony.KernelLog, []testimony.HostFacts) {
	t.Helper()
	_, r := read(t, path)
	var logs []*testimony.Log
	var facts []testimony.HostFacts
	for _, about := range r.Interfaces() {
		log := testimony.NewLog()
		for _, comment := range append(about.Comments, remarks(t, path)...) {
			log.Add(comment)
		}
		logs = append(logs, log)
		facts = append(facts, log.Hosts...)
	}
	return testimony.JoinKernel(logs), facts
}

// remarks are the records in a file's statistics blocks, found by their prefix.
func remarks(t *testing.T, path string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for rest := string(text); ; {
		_, after, found := strings.Cut(rest, testimony.Prefix)
		if !found {
			return all
		}
		line, _, _ := strings.Cut(after, "\x00")
		if end := strings.LastIndex(line, "}"); end >= 0 && !strings.Contains(line[:end+1], `"event":"start"`) {
			all = append(all, testimony.Prefix+line[:end+1])
		}
		rest = after
	}
}

// outResets is what the client's TCP counts.
func (l *lab) outResets() string {
	out, err := exec.Command("ip", "netns", "exec", l.client, "awk", "/^Tcp: [0-9]/{print $15}", "/proc/net/snmp").Output()
	if err != nil {
		l.t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func TestTheKernelsLogNamesTheProcessThatAborted(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "--port", "587", "-w", path)
	before := l.outResets()
	l.talk(server4, 0)
	l.talk(server6, 0)
	after := l.outResets()
	if status := r.stop(syscall.SIGINT); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	log, _ := kernelLog(t, path)
	if before == after || !log.Kept || !log.Sees.Abort || log.Lost != 0 {
		t.Fatalf("OutRsts %s to %s, log %+v", before, after, log)
	}
	resets := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.reset==1", "-T", "fields", "-E", "separator= ", "-e", "frame.time_epoch", "-e", "tcp.srcport")
	var sent []testimony.KernelEvent
	for _, e := range log.Events {
		if e.Sent && e.Local.Port() != 587 { // the server's kernel is the same
			sent = append(sent, e)
		}
	}
	if len(sent) != 2 || strings.Count(resets, "\n") != 2 {
		t.Fatalf("%d resets in the log, and on the wire:\n%s%+v", len(sent), resets, log.Events)
	}
	for i, e := range sent {
		line := strings.Split(resets, "\n")[i]
		if !strings.Contains(line, " "+e.Local.String()[strings.LastIndex(e.Local.String(), ":")+1:]) || e.Remote.Port() != 587 || !e.Active ||
			e.Reason == "" || e.PID == 0 || e.Command != "bothcap.test" {
			t.Errorf("event %+v, packet %s", e, line)
		}
		// The event precedes its packet by some tens of microseconds.
		wire, err := strconv.ParseFloat(strings.Fields(line)[0], 64)
		if apart := wire - float64(e.Time.UnixNano())/1e9; err != nil || apart < -0.001 || apart > 0.01 {
			t.Errorf("the event is at %v, the packet %g s later", e.Time, apart)
		}
	}
	if !log.Complete(sent[0].Time, sent[1].Time) {
		t.Errorf("the log is not complete: %+v", log)
	}
}

// Another recorder on the host would otherwise see resets that nobody sent, and its
// kernel's count rise.
func TestTheTestOfTheKernelsLogIsSeenByNobody(t *testing.T) {
	l := newLab(t)
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "-i", "lo", "--everything", "-w", path)
	before := l.outResets()
	status, out, _ := l.checked("--peer", server4)
	if after := l.outResets(); status > 1 || after != before || !has(out, "ok kernel's log") {
		t.Errorf("exit status %d, OutRsts %s to %s: %s", status, before, after, out)
	}
	r.stop(syscall.SIGINT)
	if seen := tool(t, "tshark", "-r", path, "-Y", "tcp.flags.reset==1"); seen != "" {
		t.Errorf("the recording holds %s", seen)
	}
}

// A REJECT is made by the packet filter and not by TCP. That there is such a rule is
// said, as the log's silence does not exclude it.
func TestAPacketFiltersResetIsNotInTheKernelsLogButItsRuleIsNoted(t *testing.T) {
	if _, err := exec.LookPath("iptables"); err != nil {
		t.Skip(err)
	}
	l := newLab(t)
	rule := []string{"netns", "exec", l.client, "iptables", "-A", "OUTPUT", "-p", "tcp", "--dport", "587", "-j", "REJECT", "--reject-with", "tcp-reset"}
	if out, err := exec.Command("ip", rule...).CombinedOutput(); err != nil {
		t.Skipf("iptables: %v: %s", err, out)
	}
	path := filepath.Join(l.dir, "client.pcapng")
	r := l.record("-i", "v0", "-i", "lo", "--port", "587", "-w", path)
	l.command(l.client, "talk", server4+":587", "0").Run()
	r.stop(syscall.SIGINT)
	log, facts := kernelLog(t, path)
	for _, e := range log.Events {
		if e.Sent {
			t.Errorf("TCP sent %+v", e)
		}
	}
	if !log.Kept || len(facts) == 0 || facts[0].ResetRules == nil || *facts[0].ResetRules != 1 {
		t.Errorf("log kept: %v, facts %+v", log.Kept, facts)
	}
}

// A rule that comes while bothcap records, which by then has no privilege, is found at
// the end; and that none came is known.
func TestThePacketFiltersAreLookedAtAgainAtTheEnd(t *testing.T) {
	for _, program := range []string{"nft", "iptables", "iptables-legacy"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("%v", err)
			continue
		}
		// None, one that stays, and one that came and went: of that nothing is known.
		for _, comes := range []int{0, 1, 2} {
			l := newLab(t)
			path := filepath.Join(l.dir, "client.pcapng")
			r := l.record("-i", "v0", "--port", "587", "-w", path)
			l.talk(server4, 1000)
			if comes > 0 {
				rule := [][]string{{program, "-A", "OUTPUT", "-p", "tcp", "--dport", "9", "-j", "REJECT", "--reject-with", "tcp-reset"}}
				if program == "nft" {
					rule = [][]string{{"nft", "add", "table", "inet", "t"}, {"nft", "add", "chain", "inet", "t", "c"},
						{"nft", "add", "rule", "inet", "t", "c", "tcp", "dport", "9", "reject", "with", "tcp", "reset"}}
				}
				for _, words := range rule {
					if out, err := exec.Command("ip", append([]string{"netns", "exec", l.client}, words...)...).CombinedOutput(); err != nil {
						t.Skipf("%q: %v: %s", words, err, out)
					}
				}
			}
			if comes == 2 {
				words := []string{program, "-F", "OUTPUT"}
				if program == "nft" {
					words = []string{"nft", "flush", "ruleset"}
				}
				if out, err := exec.Command("ip", append([]string{"netns", "exec", l.client}, words...)...).CombinedOutput(); err != nil {
					t.Fatalf("%q: %v: %s", words, err, out)
				}
			}
			r.stop(syscall.SIGINT)
			_, facts := kernelLog(t, path)
			if len(facts) != 2 || facts[0].ResetRules == nil || *facts[0].ResetRules != 0 {
				t.Fatalf("%s: the looks are %+v, want two, without a rule at first", program, facts)
			}
			if last := facts[1]; comes == 2 {
				if last.ResetRules != nil {
					t.Errorf("%s: a rule came and went, the second look is %+v", program, last)
				}
			} else if last.ResetRules == nil || *last.ResetRules != comes || last.Namespaces == nil {
				t.Errorf("%s: %d rules came, the second look is %+v", program, comes, last)
			}
		}
	}
}

// A host that redirects a port, or gives connections to containers, is told from one that
// does not.
func TestRulesThatGiveConnectionsAnotherEndAreCounted(t *testing.T) {
	for program, rule := range map[string][]string{
		"nft":             {"nft", "add table ip t; add chain ip t c { type nat hook prerouting priority -100; }; add rule ip t c tcp dport 9 redirect to :10"},
		"iptables":        {"iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "9", "-j", "DNAT", "--to-destination", "192.0.2.9:10"},
		"iptables-legacy": {"iptables-legacy", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "9", "-j", "REDIRECT", "--to-ports", "10"},
	} {
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("%v", err)
			continue
		}
		for _, want := range []int{0, 1} {
			l := newLab(t)
			if want > 0 {
				if out, err := exec.Command("ip", append([]string{"netns", "exec", l.client}, rule...)...).CombinedOutput(); err != nil {
					t.Logf("%q: %v: %s", rule, err, out)
					continue
				}
			}
			path := filepath.Join(l.dir, "client.pcapng")
			l.record("-i", "v0", "--port", "587", "-w", path).stop(syscall.SIGINT)
			_, looks := kernelLog(t, path)
			if len(looks) != 2 {
				t.Fatalf("%s: %d looks", program, len(looks))
			}
			for i, f := range looks {
				if f.NATRules == nil || *f.NATRules != want {
					t.Errorf("%s: look %d at %d rules: %+v", program, i, want, f)
				}
			}
		}
	}
}

// Who looks a second time has two capabilities and no user's rights, and does not
// outlive the recorder.
func TestTheSecondLookHasThreeCapabilitiesAndEndsWithTheRecorder(t *testing.T) {
	l := newLab(t)
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		r := l.record("-i", "v0", "--port", "587", "-w", filepath.Join(l.dir, fmt.Sprint("client", int(s), ".pcapng")))
		children := strings.Fields(string(readAll(t, fmt.Sprintf("/proc/%d/task/*/children", r.Process.Pid))))
		if len(children) != 1 {
			t.Fatalf("children: %q, want the one that looks", children)
		}
		status := "/proc/" + children[0] + "/status"
		text := strings.Join(strings.Fields(string(readAll(t, status))), " ")
		const three = "0000000000083000" // CAP_NET_ADMIN (12), CAP_NET_RAW (13) and CAP_SYS_PTRACE (19)
		for _, want := range []string{"CapPrm: " + three, "CapEff: " + three, "CapAmb: " + three, "NoNewPrivs: 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		if strings.Contains(text, "Uid: 0 ") {
			t.Errorf("it is root: %s", text)
		}
		open, _ := filepath.Glob("/proc/" + children[0] + "/fd/*")
		for _, name := range open {
			if to, _ := os.Readlink(name); !strings.HasPrefix(to, "pipe:") && to != "/dev/null" && !strings.HasPrefix(to, "anon_inode:") {
				t.Errorf("it has %s open", to)
			}
		}
		r.stop(s)
		eventually(t, "the second process ends", func() bool { _, err := os.Stat(status); return err != nil })
	}
}

// readAll is what the files hold that match.
func readAll(t *testing.T, pattern string) (all []byte) {
	t.Helper()
	for _, name := range files(t, pattern) {
		data, _ := os.ReadFile(name)
		all = append(append(all, data...), ' ')
	}
	return all
}

func TestWithoutPermissionForTheKernelsLogTheRecordingGoesOn(t *testing.T) {
	l := newLab(t)
	self, err := os.ReadFile("/proc/self/exe")
	program := filepath.Join(l.dir, "bothcap")
	if err == nil {
		err = os.WriteFile(program, self, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(l.dir, "client.pcapng")
	cmd := exec.Command("ip", append([]string{"netns", "exec", l.client, "setpriv", "--reuid", "12345", "--regid", "12346", "--clear-groups",
		"--inh-caps", "+net_raw", "--ambient-caps", "+net_raw", program, "-i", "v0", "--port", "587", "-w", path}, l.talker(server4, 1000)...)...)
	cmd.Env = append(os.Environ(), actVariable+"=bothcap")
	out, _ := cmd.CombinedOutput()
	log, _ := kernelLog(t, path)
	if cmd.ProcessState.ExitCode() != 3 || !strings.Contains(string(out), "without the kernel's log of resets") || log.Kept || log.Missing == "" {
		t.Errorf("exit status %d, log %+v: %s", cmd.ProcessState.ExitCode(), log, out)
	}
}
