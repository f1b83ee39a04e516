package testimony

import (
	"net/netip"
	"testing"
	"time"
)

// readings adds one record for each of some readings. That of the head comes last,
// as a survey meets it: it stands in the interface's description.
func readings(list ...KernelReading) *Log {
	l := NewLog()
	for _, r := range append(list[1:], list[0]) {
		l.Add(Record{Event: Statistics, Time: r.Until, KernelLog: &r}.Line())
	}
	return l
}

var (
	begun = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	sees  = &KernelSight{Abort: true, NoSocket: true, TimeWait: true}
)

func at(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }

func TestAKernelsLogIsTheSameInWhateverOrderItIsRead(t *testing.T) {
	head, first := KernelReading{Sees: sees, Until: at(0), Lost: 1}, KernelReading{Until: at(4), Lost: 2}
	for _, order := range [][]KernelReading{{head, first}, {first, head}} {
		var l KernelLog
		for _, r := range order {
			l.read(&r)
		}
		if l.Complete(at(1), at(2)) || len(l.Gaps) != 1 || l.Gaps[0] != (Span{at(0), at(4)}) || l.Until != at(4) {
			t.Errorf("got %+v", l)
		}
	}
}

func TestAKernelsLogIsCompleteWhereNothingWasLost(t *testing.T) {
	event := KernelEvent{Time: at(3), Sent: true, Reason: "NO_SOCKET"}
	l := readings(
		KernelReading{Sees: sees, Until: at(0)},
		KernelReading{Until: at(4), Events: []KernelEvent{event}, Sent: 2, Others: 1},
		KernelReading{Until: at(10), Lost: 5, Sent: 2},
		KernelReading{Until: at(20), Lost: 5, Sent: 2},
	).Kernel
	if !l.Kept || len(l.Events) != 1 || l.Events[0] != event || l.Lost != 5 || l.Sent != 2 || l.Others != 1 {
		t.Errorf("got %+v", l)
	}
	for _, test := range []struct {
		from, until int
		want        bool
	}{{0, 3, true}, {1, 2, true}, {3, 5, false}, {5, 9, false}, {11, 20, true}, {-1, 3, false}, {11, 21, false}} {
		if got := l.Complete(at(test.from), at(test.until)); got != test.want {
			t.Errorf("complete from %d to %d: %v, want %v", test.from, test.until, got, test.want)
		}
	}
	blind := readings(KernelReading{Sees: &KernelSight{Abort: true}, Until: at(0)}, KernelReading{Until: at(9)}).Kernel
	if blind.Complete(at(1), at(2)) {
		t.Error("a kernel that does not show resets without a socket has a complete log")
	}
	if none := readings(KernelReading{Missing: "no permission"}).Kernel; none.Kept || none.Missing != "no permission" || none.Complete(at(1), at(1)) {
		t.Errorf("without a log: %+v", none)
	}
}

// A clock that is set while recording leaves the events' times uncertain by as much.
func TestAClockThatIsSetWidensTheEventsTimes(t *testing.T) {
	l := readings(
		KernelReading{Sees: sees, Until: at(0), OffsetNS: 1e18, OffsetErrorNS: 300},
		KernelReading{Until: at(4), OffsetNS: 1e18 + 200, OffsetErrorNS: 300},
		KernelReading{Until: at(5), OffsetNS: 1e18 + 15e9, OffsetErrorNS: 300},
	).Kernel
	if l.OffsetError < 14*time.Second {
		t.Errorf("wrong by %v at most", l.OffsetError)
	}
}

func TestTheFilesOfASetMakeOneLog(t *testing.T) {
	event := func(s int) KernelReading {
		return KernelReading{Until: at(s), Events: []KernelEvent{{Time: at(s - 1)}}, Lost: 5}
	}
	first := readings(KernelReading{Sees: sees, Until: at(0)}, event(10))
	second := readings(KernelReading{Sees: sees, Until: at(10), Lost: 5}, event(20))
	third := readings(KernelReading{Sees: sees, Until: at(20), Lost: 5}, event(30))
	other := NewLog() // of another interface
	whole := JoinKernel([]*Log{first, other, second, other, third})
	if len(whole.Events) != 3 || !whole.Complete(at(11), at(30)) || whole.Complete(at(1), at(30)) {
		t.Errorf("of three files: %+v", whole)
	}
	torn := JoinKernel([]*Log{second, NewLog()})
	if torn.Complete(at(9), at(15)) || !torn.Complete(at(10), at(20)) {
		t.Errorf("the first file is missing: %+v", torn)
	}
	torn = JoinKernel([]*Log{first, third})
	if torn.Complete(at(12), at(15)) || torn.Complete(at(9), at(25)) || !torn.Complete(at(21), at(29)) {
		t.Errorf("the second file is missing: %+v", torn)
	}
}

func TestAListenersEventMayBeOfAnyConnectionToItsPort(t *testing.T) {
	end := netip.MustParseAddrPort
	server, client := end("192.0.2.1:993"), end("198.51.100.2:40000")
	for _, test := range []struct {
		local, remote string
		may, sure     bool
	}{
		{"192.0.2.1:993", "198.51.100.2:40000", true, true},
		{"192.0.2.1:993", "198.51.100.2:40001", false, false},
		{"0.0.0.0:993", "0.0.0.0:0", true, false},
		{"192.0.2.1:993", "0.0.0.0:0", true, false},
		{"192.0.2.2:993", "0.0.0.0:0", false, false},
		{"[::]:993", "[::]:0", true, false}, // listens for IPv4, too
		{"0.0.0.0:995", "0.0.0.0:0", false, false},
		{"198.51.100.2:40000", "192.0.2.1:993", false, false},
	} {
		e := KernelEvent{Sent: true, Local: end(test.local), Remote: end(test.remote)}
		if may, sure := e.MayBe(server, client); may != test.may || sure != test.sure {
			t.Errorf("%s to %s: may %v, sure %v, want %v, %v", test.local, test.remote, may, sure, test.may, test.sure)
		}
	}
}

func TestResetsOfOthersAreCountedByTime(t *testing.T) {
	n := func(n uint64) *uint64 { return &n }
	l := readings(
		KernelReading{Sees: sees, Until: at(0)},
		KernelReading{Until: at(10), Others: 9, OthersSent: n(0)},
		KernelReading{Until: at(20), Others: 9, OthersSent: n(2)},
		KernelReading{Until: at(30), Others: 9, OthersSent: n(2)},
		KernelReading{Until: at(40), Others: 9, OthersSent: n(2)},
		KernelReading{Until: at(50), Others: 20, OthersSent: n(5)},
	).Kernel
	for _, tt := range []struct {
		from, until int
		want        uint64
	}{{1, 9, 0}, {9, 11, 2}, {11, 12, 2}, {20, 40, 0}, {21, 39, 0}, {39, 41, 3}, {45, 60, 3}, {0, 60, 5}} {
		if got := l.OthersSent(at(tt.from), at(tt.until)); got != tt.want {
			t.Errorf("from %d to %d: %d, want %d", tt.from, tt.until, got, tt.want)
		}
	}
	old := readings(KernelReading{Sees: sees, Until: at(0)}, KernelReading{Until: at(10), Others: 3}).Kernel
	if got := old.OthersSent(at(1), at(9)); got != 3 {
		t.Errorf("a recording that counts all events as one: %d, want 3", got)
	}
}

func TestAnEventIsOfItsConnectionWhateverTheHostTranslates(t *testing.T) {
	local, remote := netip.MustParseAddrPort("192.0.2.1:587"), netip.MustParseAddrPort("198.51.100.2:40000")
	for _, tt := range []struct {
		name, local, remote              string
		accepted                         bool
		may, sure, translated, elsewhere bool
	}{
		{"its own ends", "192.0.2.1:587", "198.51.100.2:40000", true, true, true, false, false},
		{"a redirected port", "192.0.2.1:2525", "198.51.100.2:40000", true, false, false, true, false},
		{"another port of a host that opened the connection", "192.0.2.1:2525", "198.51.100.2:40000", false, false, false, false, true},
		{"a container", "172.17.0.2:587", "198.51.100.2:40000", true, false, false, true, false},
		{"a container that opened the connection", "172.17.0.2:587", "198.51.100.2:40000", false, false, false, true, false},
		{"a container behind a host that masquerades", "172.17.0.2:587", "172.17.0.1:41000", true, false, false, false, false},
		{"another port of the other end", "192.0.2.1:587", "198.51.100.2:40001", true, false, false, false, true},
		{"another host", "192.0.2.1:587", "198.51.100.3:40000", true, false, false, false, true},
		{"the other end's, where that is a namespace of the same host", "198.51.100.2:40000", "192.0.2.1:587", true, false, false, false, true},
		{"the other end's, as it has it behind a NAT", "10.0.0.9:1", "192.0.2.1:587", true, false, false, false, true},
		{"another connection of the other end's", "198.51.100.2:40001", "203.0.113.1:25", true, false, false, false, true},
		{"a container's to which the host gives its own address", "172.17.0.2:587", "192.0.2.1:41000", true, false, false, false, false},
		{"a listener", "0.0.0.0:587", "0.0.0.0:0", true, true, false, false, false},
		{"a listener of another port", "192.0.2.1:588", "0.0.0.0:0", true, false, false, false, false},
	} {
		e := KernelEvent{Local: netip.MustParseAddrPort(tt.local), Remote: netip.MustParseAddrPort(tt.remote)}
		may, sure := e.MayBe(local, remote)
		translated, elsewhere := e.Translated(local, remote, tt.accepted), e.Elsewhere(local, remote, tt.accepted)
		if may != tt.may || sure != tt.sure || translated != tt.translated || elsewhere != tt.elsewhere {
			t.Errorf("%s: may be %v, surely %v, translated %v, elsewhere %v", tt.name, may, sure, translated, elsewhere)
		}
	}
}
