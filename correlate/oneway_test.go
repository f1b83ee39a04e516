package correlate_test

import (
	"net/netip"
	"testing"
	"time"

	"bothends/fixtures/model"
)

// What flows one way leaves the other direction nothing but the handshake and
// acknowledgments. If only the handshake dates that direction, one that was held
// up, by a radio that must wake or a SYN that is lost, makes every later packet
// seem too fast for it: genuine resets then look as if nobody had sent them.
func TestWhoAbortsATransferIsNotAccusedBecauseItsHandshakeWasSlow(t *testing.T) {
	const SYN, ACK = model.SYN, model.ACK
	download := []model.Turn{
		{From: model.Server, After: 20 * time.Millisecond, Data: make([]byte, 60000)},
		{From: model.Client, After: 4 * time.Millisecond, Act: model.Abort},
	}
	upload := []model.Turn{
		{From: model.Client, After: 20 * time.Millisecond, Data: make([]byte, 60000)},
		{From: model.Server, After: 4 * time.Millisecond, Act: model.Abort},
	}
	greeting := []model.Turn{
		{From: model.Server, After: 20 * time.Millisecond, Data: []byte("220 mail.example.org ESMTP\r\n")},
		{From: model.Client, After: 4 * time.Millisecond, Act: model.Abort},
	}
	servers := map[string]netip.AddrPort{
		"192.0.2.10":      netip.MustParseAddrPort("198.51.100.25:8000"),     // with IP-IDs
		"2001:db8:17::17": netip.MustParseAddrPort("[2001:db8:25::25]:8000"), // without
	}
	for _, test := range []struct {
		name   string
		mishap model.Mishap
		talk   []model.Turn
	}{
		{"a download whose SYN was held up", model.Mishap{From: model.Client, Flags: SYN, Nth: 1, Do: model.Delayed, ByDelay: 500 * time.Millisecond}, download},
		{"a greeting after a SYN that was held up", model.Mishap{From: model.Client, Flags: SYN, Nth: 1, Do: model.Delayed, ByDelay: 500 * time.Millisecond}, greeting},
		{"a greeting after a SYN that was lost", model.Mishap{From: model.Client, Flags: SYN, Nth: 1, Do: model.Lost}, greeting},
		{"a download whose SYN was lost", model.Mishap{From: model.Client, Flags: SYN, Nth: 1, Do: model.Lost}, download},
		{"an upload whose SYN was lost", model.Mishap{From: model.Client, Flags: SYN, Nth: 1, Do: model.Lost}, upload},
		{"an upload whose answer was held up", model.Mishap{From: model.Server, Flags: SYN | ACK, Nth: 1, Do: model.Delayed, ByDelay: 500 * time.Millisecond}, upload},
		{"an upload whose answer was lost", model.Mishap{From: model.Server, Flags: SYN | ACK, Nth: 1, Do: model.Lost}, upload},
	} {
		for host, server := range servers {
			t.Run(test.name+" from "+host, func(t *testing.T) {
				hop := model.Hop{Link: model.Link{Delay: 10 * time.Millisecond, Jitter: time.Millisecond}}
				tap := model.Tap{Link: model.SLL2, Format: model.Pcapng} // of all interfaces, with counters
				s := model.Scenario{
					Name: "one-way", Path: model.Path{Hops: []model.Hop{hop, hop}, Last: hop.Link},
					Ends:    [2]model.End{{Tap: tap}, {Tap: tap}},
					Mishaps: []model.Mishap{test.mishap},
					Sessions: []model.Session{{
						Client: netip.AddrPortFrom(netip.MustParseAddr(host), 40000), Server: server, Talk: test.talk,
					}},
				}
				r, tr := play(t, s, 1)
				for _, d := range disagreements(tr, r) {
					t.Error(d)
				}
				if r.Summary.Genuine == 0 {
					t.Error("no genuine reset")
				}
			})
		}
	}
}
