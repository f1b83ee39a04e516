//go:build linux && cgo

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture"
	"bothends/capture/seal"
	"bothends/capture/testimony"
)

// forge waits on an interface for a data segment of the server's and sends its
// receiver a reset in the server's name, as a box on the way would.
func forge(device string) {
	i, err := net.InterfaceByName(device)
	if err != nil {
		panic(err)
	}
	everything := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL}) // what is sent, too
	s, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, int(everything))
	if err == nil {
		err = unix.Bind(s, &unix.SockaddrLinklayer{Protocol: everything, Ifindex: i.Index})
	}
	if err != nil {
		panic(err)
	}
	fmt.Println("forging")
	b := make([]byte, 65536)
	for {
		n, _, err := unix.Recvfrom(s, b, 0)
		if err != nil {
			panic(err)
		}
		const ip, tcp = 14, 34
		if n < tcp+20 || binary.BigEndian.Uint16(b[12:]) != 0x0800 || b[ip+9] != 6 || binary.BigEndian.Uint16(b[tcp:]) != 587 {
			continue
		}
		header := int(b[tcp+12]>>4) * 4
		data := int(binary.BigEndian.Uint16(b[ip+2:])) - 20 - header
		if data <= 0 {
			continue
		}
		frame := append([]byte(nil), b[:tcp+20]...)
		binary.BigEndian.PutUint16(frame[ip+2:], 40)
		frame[ip+8] = 57 // a TTL that the server's packets do not have
		binary.BigEndian.PutUint16(frame[ip+10:], 0)
		binary.BigEndian.PutUint16(frame[ip+10:], sum16(frame[ip:ip+20], 0))
		binary.BigEndian.PutUint32(frame[tcp+4:], binary.BigEndian.Uint32(b[tcp+4:])+uint32(data))
		frame[tcp+12], frame[tcp+13] = 5<<4, 0x14 // RST, ACK
		binary.BigEndian.PutUint16(frame[tcp+14:], 0)
		binary.BigEndian.PutUint16(frame[tcp+16:], 0)
		pseudo := append(append([]byte(nil), frame[ip+12:ip+20]...), 0, 6, 0, 20)
		binary.BigEndian.PutUint16(frame[tcp+16:], sum16(append(pseudo, frame[tcp:]...), 0))
		if err := unix.Sendto(s, frame, 0, &unix.SockaddrLinklayer{Ifindex: i.Index}); err != nil {
			panic(err)
		}
		fmt.Println("forged")
		return
	}
}

// sum16 is the Internet checksum (RFC 1071).
func sum16(b []byte, sum uint32) uint16 {
	for n := 0; n+1 < len(b); n += 2 {
		sum += uint32(b[n])<<8 | uint32(b[n+1])
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// hold keeps a connection open and sends on it now and then, until it is told to end
// or cannot.
func hold(address string) {
	c, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("holding", c.LocalAddr().(*net.TCPAddr).Port)
	for range 300 {
		if _, err := c.Write([]byte("still here")); err != nil {
			fmt.Println("over", err)
			return
		}
		c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
		c.Read(make([]byte, 100))
		time.Sleep(100 * time.Millisecond)
	}
}

// A watched lab has a bridge between its hosts, on which a box can stand.
type watchedLab struct {
	*lab
	middle string
}

func newWatchedLab(t *testing.T) *watchedLab {
	l := &watchedLab{lab: newLab(t)}
	l.middle = strings.TrimSuffix(l.client, "-c") + "-m"
	t.Cleanup(func() { exec.Command("ip", "netns", "del", l.middle).Run() })
	l.ip("-n", l.client, "link", "del", "v0")
	l.ip("netns", "add", l.middle)
	l.ip("-n", l.middle, "link", "add", "b0", "type", "bridge")
	l.ip("-n", l.middle, "link", "set", "b0", "up")
	for _, end := range [][]string{{l.client, "v0", "1", "m0"}, {l.server, "v1", "2", "m1"}} {
		l.ip("-n", end[0], "link", "add", end[1], "type", "veth", "peer", "name", end[3], "netns", l.middle)
		l.ip("-n", l.middle, "link", "set", end[3], "master", "b0")
		l.ip("-n", l.middle, "link", "set", end[3], "up")
		l.ip("-n", end[0], "link", "set", end[1], "address", "02:00:00:00:00:0"+end[2])
		l.ip("-n", end[0], "addr", "add", "10.98.0."+end[2]+"/24", "dev", end[1])
		l.ip("-n", end[0], "link", "set", end[1], "up")
	}
	l.ip("-n", l.client, "neigh", "add", "10.98.0.9", "lladdr", "02:00:00:00:00:99", "dev", "v0") // nobody
	return l
}

// watch runs the flight recorder in a namespace.
func (l *watchedLab) watch(namespace string, arguments ...string) *running {
	return l.start(namespace, "bothcap", "watching", append([]string{"watch", "--port", "587", "--stuck", "4s", "--around", "1s"}, arguments...)...)
}

// keptIn are the records of what lies in a folder, by why and port of the client.
func keptIn(t *testing.T, dir string) map[string]testimony.Kept {
	t.Helper()
	found := map[string]testimony.Kept{}
	for _, path := range files(t, filepath.Join(dir, "kept", "*.pcapng")) {
		_, r := read(t, path)
		for _, section := range r.Sections() {
			for _, record := range testimony.Parse(section.Comments) {
				if k := record.Kept; k != nil {
					key := fmt.Sprintf("%s %d", k.Why, k.Client.Port())
					if _, twice := found[key]; twice {
						t.Errorf("%s is kept twice", key)
					}
					found[key] = *k
				}
			}
		}
		if r.End().Kind != capture.Complete {
			t.Errorf("%s: %v", path, r.End())
		}
	}
	return found
}

func (l *watchedLab) held(r *running) string {
	_, port, _ := strings.Cut(r.stdout.String(), "holding ")
	port, _, _ = strings.Cut(port, "\n")
	return port
}

func TestTheFlightRecorderKeepsWhatEndsBadly(t *testing.T) {
	for _, per := range []string{"connection", "day"} {
		t.Run(per, func(t *testing.T) {
			l := newWatchedLab(t)
			dir := filepath.Join(l.dir, "watch")
			log := filepath.Join(l.dir, "log")
			os.WriteFile(log, nil, 0o666)
			r := l.start(l.client, "bothcap", "", "watch", "--port", "587", "--stuck", "4s", "--around", "1s", "--dir", dir, "--per", per, "--log", log)
			said := func() string { b, _ := os.ReadFile(log); return string(b) }
			eventually(t, "it watches", func() bool { return strings.Contains(said(), "watching") })
			l.talk(server4, 5000) // orderly

			forger := l.start(l.middle, "forge", "forging", "m0")
			forged := l.start(l.client, "hold", "holding", server4+":587")
			reset := l.held(forged)
			eventually(t, "a reset is forged", func() bool { return strings.Contains(forger.stdout.String(), "forged") })

			l.command(l.client, "talk", "10.98.0.9:587", "1").Run() // nobody answers

			stuck := l.start(l.client, "hold", "holding", server4+":587")
			silent := l.held(stuck)
			l.ip("-n", l.middle, "link", "set", "m1", "down")

			// Another log, as logrotate begins one.
			os.Rename(log, log+".1")
			os.WriteFile(log, nil, 0o666)
			os.Chmod(log, 0o666)
			r.Process.Signal(syscall.SIGHUP)
			eventually(t, "it goes on in the new log", func() bool { return strings.Contains(said(), "followed") })

			eventually(t, "three are kept", func() bool {
				return strings.Count(said(), "kept reset")+strings.Count(said(), "kept unanswered")+strings.Count(said(), "kept stuck") >= 3
			})
			r.Process.Signal(syscall.SIGTERM)
			r.status()
			kept := keptIn(t, dir)
			if _, ok := kept["reset "+reset]; !ok {
				t.Errorf("the forged reset of port %s is not kept: %v", reset, kept)
			}
			if _, ok := kept["stuck "+silent]; !ok {
				t.Errorf("the stuck connection of port %s is not kept: %v", silent, kept)
			}
			unanswered := 0
			for _, k := range kept {
				if k.Why == "unanswered" && k.Server.String() == "10.98.0.9:587" {
					unanswered++
				}
			}
			if unanswered != 1 || len(kept) != 3 {
				t.Errorf("kept %v\n%s", kept, said())
			}
			for _, path := range files(t, filepath.Join(dir, "kept", "*.pcapng")) {
				tool(t, "tshark", "-r", path)
				if per == "connection" {
					if s := sealOf(t, path); s.State != seal.Intact || !s.Last {
						t.Errorf("%s: %+v", path, s)
					}
				}
				if b, _ := os.ReadFile(path); strings.Contains(string(b), "still here") {
					t.Errorf("%s holds what was said", path)
				}
			}
		})
	}
}

// What was recorded, and not kept yet, is kept by the next run; nothing twice.
func TestTheFlightRecorderGoesOnAfterAKill(t *testing.T) {
	l := newWatchedLab(t)
	dir := filepath.Join(l.dir, "watch")
	r := l.watch(l.client, "--dir", dir)
	l.talk(server4, 0) // resets
	eventually(t, "it is kept", func() bool { return len(keptIn(t, dir)) == 1 })
	l.talk(server4, 0)
	time.Sleep(1200 * time.Millisecond) // it is on the disk
	r.stop(syscall.SIGKILL)
	if n := len(keptIn(t, dir)); n != 1 {
		t.Fatalf("%d are kept before the kill takes effect", n)
	}
	r = l.watch(l.client, "--dir", dir)
	eventually(t, "what was left is kept", func() bool { return len(keptIn(t, dir)) == 2 })
	r.stop(syscall.SIGTERM)
	if n := len(keptIn(t, dir)); n != 2 {
		t.Errorf("%d are kept", n)
	}
}

func TestTheFlightRecorderSurvivesItsInterface(t *testing.T) {
	l := newWatchedLab(t)
	dir := filepath.Join(l.dir, "watch")
	r := l.watch(l.client, "--dir", dir)
	l.talk(server4, 1000)
	l.ip("-n", l.client, "link", "del", "v0")
	eventually(t, "it says that the interface is gone", func() bool { return strings.Contains(r.stderr.String(), "v0 disappeared") })
	l.ip("-n", l.client, "link", "add", "v0", "type", "veth", "peer", "name", "m0", "netns", l.middle)
	l.ip("-n", l.middle, "link", "set", "m0", "master", "b0")
	l.ip("-n", l.middle, "link", "set", "m0", "up")
	l.ip("-n", l.client, "link", "set", "v0", "address", "02:00:00:00:00:01")
	l.ip("-n", l.client, "addr", "add", "10.98.0.1/24", "dev", "v0")
	l.ip("-n", l.client, "link", "set", "v0", "up")
	eventually(t, "it says that the interface is back", func() bool { return strings.Contains(r.stderr.String(), "v0 is back") })
	l.talk(server4, 0)
	eventually(t, "a reset behind that is kept", func() bool { return len(keptIn(t, dir)) == 1 })
	if status := r.stop(syscall.SIGTERM); status != 0 {
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
	packets, f := read(t, files(t, filepath.Join(dir, "kept", "*.pcapng"))[0])
	gaps := 0
	text, _ := os.ReadFile(files(t, filepath.Join(dir, "kept", "*.pcapng"))[0])
	gaps = strings.Count(string(text), `"reason":"v0 disappeared"`)
	if len(packets) == 0 || len(f.Interfaces()) == 0 || gaps == 0 && !strings.Contains(string(text), "of what was recorded before") {
		t.Errorf("%d packets, no note of the gap", len(packets))
	}
}

// What two recorders kept names the reset that a box on the way forged.
func TestWhatTwoFlightRecordersKeptNamesTheForgedReset(t *testing.T) {
	l := newWatchedLab(t)
	bothends := filepath.Join(l.dir, "bothends")
	if out, err := exec.Command("go", "build", "-o", bothends, "bothends/cmd/bothends").CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	client, server := filepath.Join(l.dir, "client"), filepath.Join(l.dir, "server")
	at := l.watch(l.client, "--dir", client, "--end", "client")
	there := l.watch(l.server, "--dir", server, "--end", "server")
	for range 5 {
		l.talk(server4, 5000)
	}
	forger := l.start(l.middle, "forge", "forging", "m0")
	port := l.held(l.start(l.client, "hold", "holding", server4+":587"))
	eventually(t, "a reset is forged", func() bool { return strings.Contains(forger.stdout.String(), "forged") })
	for _, dir := range []string{client, server} { // the client's TCP resets what the server goes on sending
		eventually(t, "the connection is kept in "+dir, func() bool { return len(keptIn(t, dir)) > 0 })
	}
	at.stop(syscall.SIGTERM)
	there.stop(syscall.SIGTERM)
	compare := exec.Command(bothends, "compare", client, server)
	out, _ := compare.CombinedOutput()
	line := ""
	for l := range strings.Lines(string(out)) {
		if strings.Contains(l, ":"+port+" -> ") {
			line = l
		}
	}
	if status := compare.ProcessState.ExitCode(); status != 1 || !strings.Contains(line, "reset on the way, proven") {
		t.Errorf("exit status %d: %s", status, out)
	}
}

// A disk that others fill stops nothing for good.
func TestTheFlightRecorderSurvivesAFullDisk(t *testing.T) {
	l := newWatchedLab(t)
	dir := filepath.Join(l.dir, "watch")
	os.Mkdir(dir, 0o777)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("%v: %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", dir).Run() })
	r := l.watch(l.client, "--dir", dir)
	filler := filepath.Join(dir, "filler")
	exec.Command("dd", "if=/dev/zero", "of="+filler, "bs=1k").Run() // until it is full
	l.talk(server4, 1000000)
	eventually(t, "it says that the disk is full", func() bool {
		return strings.Contains(r.stderr.String(), "recording stopped; trying again") && strings.Contains(r.stderr.String(), "no space left")
	})
	os.Remove(filler)
	eventually(t, "it records again", func() bool { return strings.Contains(r.stderr.String(), "recording again") })
	l.talk(server4, 0)
	eventually(t, "a reset is kept", func() bool { return len(keptIn(t, dir)) == 1 })
	if status := r.stop(syscall.SIGTERM); status != 1 { // not all was recorded
		t.Errorf("exit status %d: %s", status, r.stderr)
	}
}
