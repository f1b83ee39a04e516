package correlate_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/correlate"
	"bothends/correlate/judge"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
	"bothends/correlate/tap"
)

// An icmpError is an error about a packet of a capture in Ethernet, written as RFC 792 and
// RFC 4443 have it.
type icmpError struct {
	from       string // empty: the host that the packet was sent to
	ttl        uint8
	kind, code uint8
	seq        uint32 // in the packet that is quoted; 0: its own
}

// frame makes it of the frame that it is about, which it sends back.
func (e icmpError) frame(about []byte) []byte {
	const ethernet, quoted = 14, 28
	frame := slices.Concat(about[6:12], about[:6], about[12:ethernet])
	ip := slices.Clone(about[ethernet:])
	header, src, dst := 20, ip[12:16], ip[16:20]
	if ip[0]>>4 == 6 {
		header, src, dst = 40, ip[8:24], ip[24:40]
	}
	from := slices.Clone(dst)
	if e.from != "" {
		from = netip.MustParseAddr(e.from).AsSlice()
	}
	quote := slices.Clone(ip[:header+quoted-20])
	if e.seq != 0 {
		binary.BigEndian.PutUint32(quote[header+4:], e.seq)
	}
	body := append([]byte{e.kind, e.code, 0, 0, 0, 0, 0, 0}, quote...)
	if header == 40 {
		head := append([]byte{0x60, 0, 0, 0, 0, byte(len(body)), 58, e.ttl}, from...)
		head = append(head, src...)
		pseudo := slices.Concat(head[8:], []byte{0, 0, 0, byte(len(body)), 0, 0, 0, 58})
		binary.BigEndian.PutUint16(body[2:], internetSum(pseudo, body))
		return slices.Concat(frame, head, body)
	}
	head := append([]byte{0x45, 0, 0, byte(20 + len(body)), 0, 0, 0, 0, e.ttl, 1, 0, 0}, from...)
	head = append(head, src...)
	binary.BigEndian.PutUint16(head[10:], internetSum(head))
	binary.BigEndian.PutUint16(body[2:], internetSum(body))
	return slices.Concat(frame, head, body)
}

// internetSum is the checksum of RFC 1071.
func internetSum(parts ...[]byte) uint16 {
	sum := uint32(0)
	for _, b := range parts {
		for i := 0; i < len(b); i += 2 {
			sum += uint32(b[i]) << 8
			if i+1 < len(b) {
				sum += uint32(b[i+1])
			}
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// insert copies a capture with a further packet, about the packet with the number of the
// first, so long after the second.
func insert(t *testing.T, from, to string, about, after int, gap time.Duration, e icmpError) {
	t.Helper()
	var out []byte
	var told []byte
	rewrite(t, from, filepath.Join(t.TempDir(), "capture"), func(n int, r record) bool {
		head := 16
		if r.pcapng {
			head = 28
		}
		if n+1 == about {
			told = e.frame(r.bytes[head:])
		}
		out = append(out, r.bytes...)
		if n+1 != after {
			return true
		}
		more := record{append(slices.Clone(r.bytes[:head]), told...), r.order, r.pcapng, r.perSec}
		lengths := []int{8, 12}
		if r.pcapng {
			lengths = []int{20, 24}
			for len(more.bytes)%4 != 0 {
				more.bytes = append(more.bytes, 0)
			}
			more.bytes = append(more.bytes, 0, 0, 0, 0)
			r.order.PutUint32(more.bytes[4:], uint32(len(more.bytes)))
			r.order.PutUint32(more.bytes[len(more.bytes)-4:], uint32(len(more.bytes)))
		}
		for _, at := range lengths {
			r.order.PutUint32(more.bytes[at:], uint32(len(told)))
		}
		more.set(gap)
		out = append(out, more.bytes...)
		return true
	})
	data := plainBytes(t, from)
	head := 24
	if binary.LittleEndian.Uint32(data) == 0x0a0d0d0a {
		head = bytes.Index(data, out[:28]) // the first packet's block
		tail := data[bytes.LastIndex(data, lastRecord(t, from)):]
		out = append(out, tail[len(lastRecord(t, from)):]...)
	}
	if err := os.WriteFile(to, append(slices.Clone(data[:head]), out...), 0o600); err != nil {
		t.Fatal(err)
	}
}

func lastRecord(t *testing.T, from string) (last []byte) {
	rewrite(t, from, filepath.Join(t.TempDir(), "capture"), func(_ int, r record) bool {
		last = r.bytes
		return true
	})
	return last
}

// Errors in the name of the other end: what that end's own capture shows to have left is its
// own; what routers say is theirs; and where the capture holds ICMP, lacks nothing and the host
// took the very packet that it is said to have refused, it was made on the way.
func TestAnICMPErrorThatItsSenderNeverSentIsFound(t *testing.T) {
	const ipv6, told = "../fixtures/pairs/genuine-ipv6", "../fixtures/cases/told-that-nothing-gets-there"
	oneHost := []judge.Statement{{End: tap.Server, Fact: judge.OneHost}}
	filter := func(text string) []judge.Statement {
		return append([]judge.Statement{{End: tap.Server, Fact: judge.Filter, Value: text}}, oneHost...)
	}
	forbidden6, tooBig6 := icmpError{ttl: 61, kind: 1, code: 1}, icmpError{ttl: 61, kind: 2}
	forbidden := icmpError{ttl: 62, kind: 3, code: 13}
	for name, c := range map[string]struct {
		pair        string
		at          int // the packet of the client's that it is about, in the client's capture
		gap         time.Duration
		error       icmpError
		sent, after int // in the server's capture: about that packet, after that one; 0: it sent none
		sentGap     time.Duration
		sentAs      icmpError
		admitted    bool // the recording of the pair's server says that it took all of IPv6, and not TCP alone
		stated      []judge.Statement
		want        judge.Verdict // of the error; empty: no finding
		status      outcome.Status
	}{
		"IPv6, never sent, four routers nearer": {pair: ipv6, at: 4, gap: 2 * time.Millisecond, error: forbidden6,
			want: judge.Injected, status: outcome.Interference},
		"IPv6, too big, never sent": {pair: ipv6, at: 4, gap: 2 * time.Millisecond, error: tooBig6,
			want: judge.Injected, status: outcome.Interference},
		"IPv6, from as far as the server": {pair: ipv6, admitted: true, at: 4, gap: 42 * time.Millisecond, error: icmpError{ttl: 57, kind: 1, code: 1},
			want: judge.Conditional, status: outcome.Unproved},
		"IPv6, from there, and it has the address alone": {pair: ipv6, admitted: true, at: 4, gap: 42 * time.Millisecond, error: icmpError{ttl: 57, kind: 1, code: 1},
			stated: oneHost, want: judge.Injected, status: outcome.Interference},
		"IPv6, from there, and the filter leaves ICMP out": {pair: ipv6, at: 4, gap: 42 * time.Millisecond, error: icmpError{ttl: 57, kind: 1, code: 1},
			stated: oneHost, want: judge.Indeterminate, status: outcome.Unproved},
		"IPv6, sent by the server": {pair: ipv6, at: 4, gap: 42 * time.Millisecond, error: icmpError{ttl: 57, kind: 1, code: 1},
			sent: 4, after: 5, sentGap: time.Microsecond, sentAs: icmpError{ttl: 64, kind: 1, code: 1}, want: judge.Genuine, status: outcome.Clean},
		"IPv6, said by a router": {pair: ipv6, at: 4, gap: 2 * time.Millisecond, error: icmpError{from: "2001:db8:7::1", ttl: 61, kind: 1, code: 1},
			status: outcome.Clean},
		"IPv6, another was sent about the connection": {pair: ipv6, at: 4, gap: 2 * time.Millisecond, error: forbidden6,
			sent: 4, after: 5, sentGap: time.Microsecond, sentAs: icmpError{ttl: 64, kind: 1, code: 1, seq: 2499490349 + 77}, want: judge.Indeterminate, status: outcome.Unproved},
		"IPv6, time exceeded": {pair: ipv6, at: 4, gap: 2 * time.Millisecond, error: icmpError{ttl: 61, kind: 3}, status: outcome.Clean},
		// pcap, of which nobody knows the filter.
		"from as far as the server, filter unknown": {pair: told, at: 6, gap: 50 * time.Microsecond, error: forbidden,
			want: judge.Conditional, status: outcome.Unproved},
		"a filter that leaves ICMP out": {pair: told, at: 6, gap: 50 * time.Microsecond, error: forbidden, stated: filter("tcp port 587"),
			want: judge.Indeterminate, status: outcome.Unproved},
		"a filter that admits it": {pair: told, at: 6, gap: 50 * time.Microsecond, error: forbidden, stated: filter("tcp port 587 or icmp"),
			want: judge.Injected, status: outcome.Interference},
	} {
		dir := t.TempDir()
		client, server := filepath.Join(dir, "client"), one(t, c.pair, "server")
		insert(t, one(t, c.pair, "client"), client, c.at, c.at, c.gap, c.error)
		if c.sent != 0 {
			server = filepath.Join(dir, "server")
			insert(t, one(t, c.pair, "server"), server, c.sent, c.after, c.sentGap, c.sentAs)
		}
		if c.admitted {
			data := plainBytes(t, server)
			server = filepath.Join(dir, "server")
			if err := os.WriteFile(server, bytes.Replace(data, []byte("\x00tcp"), []byte("\x00ip6"), 1), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		dissected := tsharkOf(t, client, c.at+1)
		if !strings.Contains(dissected, fmt.Sprintf("|%d|%d|", c.error.kind, c.error.code)) {
			t.Errorf("%s: tshark reads the error as %q", name, dissected)
		}
		r := compareWith([]string{client}, []string{server}, correlate.Options{FixedEnds: true, Stated: c.stated})
		if r == nil {
			t.Errorf("%s: not compared", name)
			continue
		}
		got, told := judge.Verdict(""), false
		for _, f := range r.Findings {
			if f.Kind == "icmp" && f.Frame == int64(c.at+1) {
				got, told = judge.Verdict(f.Verdict), true
			}
		}
		if got != c.want || told != (c.want != "") {
			t.Errorf("%s: %q, want %q: %s", name, got, c.want, textOf(t, r, report.Details))
		}
		if c.pair == ipv6 && r.Outcome().Status() != c.status {
			t.Errorf("%s: status %d, want %d", name, r.Outcome().Status(), c.status)
		}
	}
}

// one is the capture of an end in a pair's folder.
func one(t *testing.T, folder, end string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, end+".pcap*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%s: %v, %v", folder, names, err)
	}
	return names[0]
}

// tsharkOf is what tshark says of a frame: the type and code of ICMP. Without tshark the test
// has to do without that, and this one says what it would.
func tsharkOf(t *testing.T, name string, frame int) string {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip(err)
	}
	out, err := exec.Command("tshark", "-r", name, "-Y", fmt.Sprintf("frame.number == %d", frame), "-T", "fields", "-E", "separator=|",
		"-e", "frame.number", "-e", "icmp.type", "-e", "icmp.code", "-e", "icmpv6.type", "-e", "icmpv6.code", "-e", "tcp.seq_raw").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(out)), "||", "|") + "|"
}
