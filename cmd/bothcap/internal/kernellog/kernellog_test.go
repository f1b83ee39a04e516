package kernellog

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"bothends/capture/testimony"
)

// The formats of two kernels, of which the lines that matter are whole. The tail of
// the enumerations is left out.
const (
	// Linux 6.18 (include/trace/events/tcp.h since 6.10).
	format618 = `name: tcp_send_reset
ID: 2280
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const void * skbaddr;	offset:8;	size:8;	signed:0;
	field:const void * skaddr;	offset:16;	size:8;	signed:0;
	field:int state;	offset:24;	size:4;	signed:1;
	field:enum sk_rst_reason reason;	offset:28;	size:4;	signed:0;
	field:__u8 saddr[28];	offset:32;	size:28;	signed:0;
	field:__u8 daddr[28];	offset:60;	size:28;	signed:0;

print fmt: "skbaddr=%p skaddr=%p src=%pISpc dest=%pISpc state=%s reason=%s", REC->skbaddr, REC->skaddr, REC->saddr, REC->daddr, REC->state ? __print_symbolic(REC->state, { TCP_ESTABLISHED, "TCP_ESTABLISHED" }, { TCP_CLOSE, "TCP_CLOSE" }) : "UNKNOWN", __print_symbolic(REC->reason, { 0, "NOT_SPECIFIED" }, { 1, "NO_SOCKET" }, { 11, "TCP_ABORT_ON_CLOSE" }, { 14, "TCP_STATE" })
`
	// Linux 6.1.
	format61 = `name: tcp_send_reset
ID: 1480
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const void * skbaddr;	offset:8;	size:8;	signed:0;
	field:const void * skaddr;	offset:16;	size:8;	signed:0;
	field:int state;	offset:24;	size:4;	signed:1;
	field:__u16 sport;	offset:28;	size:2;	signed:0;
	field:__u16 dport;	offset:30;	size:2;	signed:0;
	field:__u16 family;	offset:32;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:34;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:38;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:42;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:58;	size:16;	signed:0;

print fmt: "family=%s sport=%hu dport=%hu saddr=%pI4 daddr=%pI4 saddrv6=%pI6c daddrv6=%pI6c state=%s", __print_symbolic(REC->family, { 2, "AF_INET" }, { 10, "AF_INET6" }), REC->sport, REC->dport, REC->saddr, REC->daddr, REC->saddr_v6, REC->daddr_v6, __print_symbolic(REC->state, { 1, "TCP_ESTABLISHED" }, { 7, "TCP_CLOSE" })
`
)

// raw618 is a record of the newer format, by hand: IPv4 192.0.2.1:587 to
// 198.51.100.2:40000.
func raw618(packet uint64, state, reason uint32) []byte {
	b := make([]byte, 88)
	order := binary.NativeEndian
	order.PutUint16(b, 2280)
	order.PutUint64(b[8:], packet)
	order.PutUint32(b[24:], state)
	order.PutUint32(b[28:], reason)
	order.PutUint16(b[32:], 2)
	copy(b[34:], "\x02\x4b\xc0\x00\x02\x01")
	order.PutUint16(b[60:], 2)
	copy(b[62:], "\x9c\x40\xc6\x33\x64\x02")
	return b
}

var (
	server = netip.MustParseAddrPort("192.0.2.1:587")
	client = netip.MustParseAddrPort("198.51.100.2:40000")
)

func parsed(t *testing.T, text string) *format {
	t.Helper()
	f, err := parseFormat(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFieldsAreFoundByTheirNames(t *testing.T) {
	e, ok := parsed(t, format618).event(raw618(0, 7, 14), true)
	if !ok || e.Local != server || e.Remote != client || e.Reason != "TCP_STATE" || e.State != "TCP_CLOSE" || !e.Active {
		t.Errorf("6.18: %+v, %v", e, ok)
	}
	old := make([]byte, 76)
	order := binary.NativeEndian
	order.PutUint16(old, 1480)
	order.PutUint64(old[8:], 0xffff888000000000)
	order.PutUint32(old[24:], 1)
	order.PutUint16(old[28:], 587)
	order.PutUint16(old[30:], 40000)
	order.PutUint16(old[32:], 2)
	copy(old[34:], "\xc0\x00\x02\x01\xc6\x33\x64\x02")
	e, ok = parsed(t, format61).event(old, true)
	if !ok || e.Local != server || e.Remote != client || e.Reason != "" || e.State != "TCP_ESTABLISHED" || e.Active {
		t.Errorf("6.1: %+v, %v", e, ok)
	}
	order.PutUint16(old[32:], 10)
	copy(old[42:], netip.MustParseAddr("2001:db8::1").AsSlice())
	copy(old[58:], netip.MustParseAddr("::ffff:198.51.100.2").AsSlice())
	e, _ = parsed(t, format61).event(old, true)
	if e.Local != netip.MustParseAddrPort("[2001:db8::1]:587") || e.Remote != client {
		t.Errorf("6.1, IPv6: %+v", e)
	}
	for n := range raw618(0, 0, 0) {
		if e, ok := parsed(t, format618).event(raw618(0, 0, 0)[:n], true); ok {
			t.Errorf("of the first %d bytes it makes %+v", n, e)
		}
	}
	if _, err := parseFormat("name: x\nformat:\n"); err == nil {
		t.Error("a format without a number was taken")
	}
}

// record puts a perf_event_header before a body.
func record(kind uint32, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, kind)
	b = binary.NativeEndian.AppendUint16(b, 0)
	b = binary.NativeEndian.AppendUint16(b, uint16(8+len(body)))
	return append(b, body...)
}

func numbers(list ...any) (b []byte) {
	for _, n := range list {
		switch n := n.(type) {
		case uint32:
			b = binary.NativeEndian.AppendUint32(b, n)
		case uint64:
			b = binary.NativeEndian.AppendUint64(b, n)
		case string:
			b = append(b, n...)
		case []byte:
			b = append(b, n...)
		}
	}
	return b
}

func sample(pid uint32, time uint64, raw []byte) []byte {
	return record(recordSample, numbers(pid, pid, time, uint32(len(raw)), raw))
}

// A process that ends its connection in ending is gone when its event is read.
func TestAProcessIsNamedByWhatItWasThen(t *testing.T) {
	l := &listener{send: parsed(t, format618), commands: map[int]string{10: "sh"}}
	ring := slices.Concat(
		sample(12, 500, raw618(0, 1, 11)), // after all below
		record(recordFork, numbers(uint32(12), uint32(10), uint32(12), uint32(10), uint64(100))), // 10 begets 12
		sample(12, 200, raw618(0, 1, 11)),
		record(recordComm, numbers(uint32(12), uint32(12), "swaks\x00\x00\x00", uint32(12), uint32(12), uint64(300))),
		sample(12, 350, raw618(0xffff888000000000, 1, 1)), // what the network interrupted
		record(recordLost, numbers(uint64(1), uint64(7), uint32(0), uint32(0), uint64(400))),
		record(recordSample, []byte{1, 2, 3}),
	)
	entries, err := parseRecords(ring)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, h := range l.events(entries) {
		got = append(got, h.Command)
	}
	if want := []string{"sh", "", "swaks"}; !slices.Equal(got, want) {
		t.Errorf("commands %q, want %q", got, want)
	}
	if l.lost != 7 || l.sent != 3 {
		t.Errorf("%d lost, %d sent", l.lost, l.sent)
	}
	if _, err := parseRecords([]byte("\x01\x00\x00\x00\x00\x00\xff\x00")); err == nil {
		t.Error("a record that is longer than the ring was taken")
	}
}

func TestWhoseResetIsAProcesssOwnDoing(t *testing.T) {
	l := &listener{send: parsed(t, strings.ReplaceAll(format618, "{ TCP_CLOSE,", `{ TCP_FIN_WAIT2, "TCP_FIN_WAIT2" }, { TCP_CLOSE,`)), commands: map[int]string{1: "smtpd"}}
	for _, test := range []struct {
		name          string
		packet        uint64
		state, reason uint32
		named         bool
	}{
		{"closed with data unread", 0, 1, 11, true},
		{"aborted", 0, 7, 14, true},
		{"FIN-WAIT-2's timer", 0, 5, 14, false},
		{"an answer to a packet", 1 << 40, 7, 14, false},
		{"nobody listens", 1 << 40, 0, 1, false},
	} {
		h := l.events([]entry{{kind: recordSample, pid: 1, raw: raw618(test.packet, test.state, test.reason)}})
		if named := h[0].Command == "smtpd"; named != test.named {
			t.Errorf("%s: named %v, want %v", test.name, named, test.named)
		}
	}
}

func TestResetsOfOthersAreCountedUpToWhatIsTold(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	l := Log{waiting: []testimony.KernelEvent{{Time: at(10)}, {Time: at(20)}, {Time: at(30)}}}
	for _, ms := range []int64{5, 15, 25, 35} {
		l.noteOther(at(ms))
	}
	l.reading.Until = at(40)
	for _, tt := range []struct {
		take  int
		until time.Time
		want  uint64
	}{{0, at(10).Add(-1), 1}, {1, at(20).Add(-1), 2}, {2, at(40), 4}, {2, at(40), 4}} {
		r := l.Take(tt.take)
		if !r.Until.Equal(tt.until) || *r.OthersSent != tt.want {
			t.Errorf("up to %v: %d, want up to %v %d", r.Until, *r.OthersSent, tt.until, tt.want)
		}
	}
	for range 2 * maxWaiting {
		l.noteOther(at(50))
	}
	if len(l.others) > maxWaiting {
		t.Errorf("%d times are kept", len(l.others))
	}
	l.reading.Until = at(60)
	if r := l.Take(0); *r.OthersSent != 4+2*maxWaiting {
		t.Errorf("of a flood %d are counted", *r.OthersSent)
	}
}
