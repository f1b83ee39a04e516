package hostlog

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

// One line of each program, as its own documentation and public reports show them.
func TestLinesOfEachProgramAreUnderstood(t *testing.T) {
	client := netip.MustParseAddr("198.51.100.7")
	six := netip.MustParseAddr("2001:db8::7")
	at := time.Date(2026, 11, 28, 11, 58, 29, 0, time.UTC)
	for name, c := range map[string]struct {
		line          string
		when          time.Time // with UTC for a zone that is not given
		dated, zoned  bool
		program, text string
		peer          netip.AddrPort
	}{
		"Postfix":                {"Nov 28 11:58:29 mail postfix/smtpd[2211]: lost connection after STARTTLS from unknown[198.51.100.7]", at, false, false, "postfix/smtpd", "lost connection after STARTTLS from unknown[198.51.100.7]", netip.AddrPortFrom(client, 0)},
		"Postfix with ports":     {"Nov 28 11:58:29 mail postfix/submission/smtpd[2211]: connect from host.example[198.51.100.7]:41234", at, false, false, "postfix/submission/smtpd", "connect from host.example[198.51.100.7]:41234", netip.AddrPortFrom(client, 41234)},
		"Postfix, RFC 3339":      {"2026-11-28T12:58:29.250000+01:00 mail postfix/smtpd[2211]: timeout after DATA from unknown[198.51.100.7]", at.Add(250 * time.Millisecond), true, true, "postfix/smtpd", "timeout after DATA from unknown[198.51.100.7]", netip.AddrPortFrom(client, 0)},
		"Postfix, IPv6":          {"Nov 28 11:58:29 mail postfix/smtpd[2211]: SSL_accept error from unknown[2001:db8::7]: -1", at, false, false, "postfix/smtpd", "SSL_accept error from unknown[2001:db8::7]: -1", netip.AddrPortFrom(six, 0)},
		"Exim":                   {"2026-11-28 11:58:29 SMTP connection from (laptop) [198.51.100.7]:41234 I=[203.0.113.25]:25 lost", at, true, false, "", "SMTP connection from (laptop) [198.51.100.7]:41234 I=[203.0.113.25]:25 lost", netip.AddrPortFrom(client, 41234)},
		"Exim with zone and PID": {"2026-11-28 13:58:29.000 +0200 [991] TLS error on connection from [198.51.100.7] (recv): The TLS connection was non-properly terminated.", at, true, true, "", "TLS error on connection from [198.51.100.7] (recv): The TLS connection was non-properly terminated.", netip.AddrPortFrom(client, 0)},
		"Dovecot by syslog":      {"Nov 28 11:58:29 mail dovecot: imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=198.51.100.7, lip=203.0.113.25, TLS handshaking, session=<x>", at, false, false, "dovecot", "imap-login: Disconnected: Connection closed (no auth attempts in 0 secs): user=<>, rip=198.51.100.7, lip=203.0.113.25, TLS handshaking, session=<x>", netip.AddrPortFrom(client, 0)},
		"Dovecot's own":          {"Nov 28 11:58:29 imap-login: Info: Aborted login: rip=198.51.100.7, rport=41234", at, false, false, "imap-login", "Info: Aborted login: rip=198.51.100.7, rport=41234", netip.AddrPortFrom(client, 41234)},
		"sendmail":               {"Nov 28 11:58:29 mail sendmail[1234]: 5ASBwT: collect: premature EOM: Connection reset by [198.51.100.7]", at, false, false, "sendmail", "5ASBwT: collect: premature EOM: Connection reset by [198.51.100.7]", netip.AddrPortFrom(client, 0)},
		"sendmail, IPv6":         {"Nov 28 11:58:29 mail sm-mta[1234]: lost input channel from [IPv6:2001:db8::7] to MTA after startup", at, false, false, "sm-mta", "lost input channel from [IPv6:2001:db8::7] to MTA after startup", netip.AddrPortFrom(six, 0)},
		"RFC 5424":               {"<22>1 2026-11-28T11:58:29Z mail app 99 - - peer 198.51.100.7:41234 gone", at, true, true, "app", "peer 198.51.100.7:41234 gone", netip.AddrPortFrom(client, 41234)},
		"an access log":          {`198.51.100.7 - - [28/Nov/2026:12:58:29 +0100] "GET / HTTP/1.1" 302 0`, at, true, true, "", `198.51.100.7 - - [] "GET / HTTP/1.1" 302 0`, netip.AddrPortFrom(client, 0)},
		"nginx":                  {"2026/11/28 11:58:29 [info] 31#31: *7 peer closed connection in SSL handshake, client: 198.51.100.7, server: 0.0.0.0:443", at, true, false, "", "[info] 31#31: *7 peer closed connection in SSL handshake, client: 198.51.100.7, server: 0.0.0.0:443", netip.AddrPortFrom(client, 0)},
		"OpenVPN":                {"Sat Nov 28 11:58:29 2026 198.51.100.7:1194 TLS Error: TLS handshake failed", at, true, false, "", "198.51.100.7:1194 TLS Error: TLS handshake failed", netip.AddrPortFrom(client, 1194)},
		"seconds since 1970":     {"1795867109.5 client ::ffff:198.51.100.7 closed", at.Add(500 * time.Millisecond), true, true, "", "client ::ffff:198.51.100.7 closed", netip.AddrPortFrom(client, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			lines, err := Read(strings.NewReader(c.line+"\n"), Wanted{Address: func(a netip.Addr) bool { return a == client || a == six }})
			if err != nil || len(lines) != 1 {
				t.Fatalf("%d lines, %v", len(lines), err)
			}
			l := lines[0]
			if got := l.Stamp.at(0, at); !got.Equal(c.when) || l.Stamp.Dated != c.dated || l.Stamp.Zoned != c.zoned {
				t.Errorf("%v, dated %v, zoned %v; want %v, %v, %v", got, l.Stamp.Dated, l.Stamp.Zoned, c.when, c.dated, c.zoned)
			}
			if l.Program != c.program || l.Text != c.text {
				t.Errorf("%q said %q; want %q, %q", l.Program, l.Text, c.program, c.text)
			}
			if len(l.Peers) != 1 || l.Peers[0] != c.peer {
				t.Errorf("it names %v, want %v", l.Peers, c.peer)
			}
		})
	}
}

// A syslog line without a year belongs to the year in which the capture was made, also
// where the one is on the other side of New Year.
func TestTheYearIsThatOfTheCapture(t *testing.T) {
	for _, c := range []struct{ stamp, near, want string }{
		{"Dec 31 23:59:58", "2027-01-01T00:00:01Z", "2026-12-31T23:59:58Z"},
		{"Jan  1 00:00:02", "2026-12-31T23:59:59Z", "2027-01-01T00:00:02Z"},
		{"Feb 29 12:00:00", "2028-02-29T12:00:03Z", "2028-02-29T12:00:00Z"},
	} {
		near, _ := time.Parse(time.RFC3339, c.near)
		s, _, ok := findStamp(c.stamp + " x")
		if got := s.at(0, near).Format(time.RFC3339); !ok || got != c.want {
			t.Errorf("%s near %s: %s, want %s", c.stamp, c.near, got, c.want)
		}
	}
}

func session(peer string, first time.Time, lasts time.Duration) Session {
	return Session{netip.MustParseAddrPort(peer), first, first.Add(lasts)}
}

func TestALineBelongsToTheSessionOfItsAddressAndTime(t *testing.T) {
	at := time.Date(2026, 11, 28, 11, 58, 0, 0, time.UTC)
	sessions := []Session{
		session("198.51.100.7:1001", at, 10*time.Second),
		session("198.51.100.7:1002", at.Add(5*time.Second), 10*time.Second),
		session("198.51.100.8:1001", at, time.Minute),
		session("198.51.100.7:1003", at.Add(20*time.Second), time.Second),
	}
	log := `2026-11-28T11:58:07Z m p[1]: from [198.51.100.7]:1002
2026-11-28T11:58:07Z m p[2]: from [198.51.100.7]
2026-11-28T11:58:40Z m p[3]: from [198.51.100.8]
2026-11-28T12:01:00Z m p[4]: timeout from [198.51.100.7]
2026-11-28T11:57:00Z m p[5]: before [198.51.100.7]
2026-11-28T13:00:00Z m p[6]: long after [198.51.100.7]
2026-11-28T11:58:08Z m p[1]: no address, the same process
2026-11-28T11:58:08Z m p[1]: another one, from [192.0.2.1]
2026-11-28T11:58:09Z m p[1]: of the other one
`
	lines, err := Read(strings.NewReader(log), Wanted{Address: func(a netip.Addr) bool { return a.String() != "192.0.2.1" }})
	if err != nil {
		t.Fatal(err)
	}
	of, zone := Place(lines, sessions, nil)
	if !zone.Stated || !zone.Dated || zone.Ahead != 0 {
		t.Errorf("zone %+v: the lines state it", zone)
	}
	want := [][]int64{{2}, {1, 2, 7}, {3}, {4}}
	for i := range want {
		var got []int64
		for _, l := range of[i] {
			got = append(got, l.Number)
		}
		if len(got) != len(want[i]) {
			t.Errorf("session %d has lines %v, want %v", i, got, want[i])
			continue
		}
		for k := range got {
			if got[k] != want[i][k] {
				t.Errorf("session %d has lines %v, want %v", i, got, want[i])
			}
		}
	}
}

// Without a zone that one is taken in which the lines fall into sessions; where UTC does
// as well it is UTC; and what the user says goes before.
func TestAZoneThatIsNotGivenIsTheOneThatFits(t *testing.T) {
	at := time.Date(2026, 11, 28, 11, 58, 0, 0, time.UTC)
	sessions := []Session{session("198.51.100.7:1001", at, 10*time.Second), session("198.51.100.8:1", at.Add(time.Hour), 10*time.Second)}
	for ahead, log := range map[time.Duration]string{
		0:                       "Nov 28 11:58:03 m p[1]: [198.51.100.7]\n",
		time.Hour:               "Nov 28 12:58:03 m p[1]: [198.51.100.7]\nNov 28 13:58:03 m p[1]: [198.51.100.8]\n",
		-210 * time.Minute:      "Nov 28 08:28:03 m p[1]: [198.51.100.7]\nNov 28 09:28:03 m p[1]: [198.51.100.8]\n",
		5*time.Hour + 3*quarter: "2026-11-28 17:43:03 m p[1]: [198.51.100.7]\n",
	} {
		lines, err := Read(strings.NewReader(log), Wanted{Address: func(netip.Addr) bool { return true }})
		if err != nil {
			t.Fatal(err)
		}
		of, zone := Place(lines, sessions, nil)
		if zone.Ahead != ahead || zone.Stated || zone.Fit != len(lines) || len(of[0]) != 1 {
			t.Errorf("%s: %+v; want %v ahead of UTC", log, zone, ahead)
		}
		given := 3 * time.Hour
		if _, zone := Place(lines, sessions, &given); zone.Ahead != given || !zone.Stated {
			t.Errorf("the user says three hours, and it is %+v", zone)
		}
	}
}

func TestALogMayBeCompressedAndOneWithoutTimesIsRefused(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte("Nov 28 11:58:29 m p[1]: from 198.51.100.7\n"))
	w.Close()
	all := func(netip.Addr) bool { return true }
	if lines, err := Read(&packed, Wanted{Address: all}); err != nil || len(lines) != 1 {
		t.Errorf("compressed: %d lines, %v", len(lines), err)
	}
	if _, err := Read(strings.NewReader("a\nb\n"), Wanted{Address: all}); !errors.Is(err, ErrNoStamp) {
		t.Errorf("no times: %v", err)
	}
	long := "Nov 28 11:58:29 m p[1]: from 198.51.100.7 " + strings.Repeat("x", 3*maxLine) + "\nNov 28 11:58:30 m p[1]: from 198.51.100.7\n"
	if lines, err := Read(strings.NewReader(long), Wanted{Address: all}); err != nil || len(lines) != 2 || lines[1].Number != 2 {
		t.Errorf("a long line: %d lines, %v", len(lines), err)
	}
}

// A busy server's log names an address thousands of times in a day. What lies too far from
// the connections for any zone is passed over, and does not crowd out what was said then.
func TestALogOfManyDaysIsAskedForTheTimeOfTheConnections(t *testing.T) {
	at := time.Date(2026, 11, 28, 11, 58, 0, 0, time.UTC)
	var log strings.Builder
	busy := maxLines + 10
	for i := range busy {
		fmt.Fprintf(&log, "%s m p[1]: from [198.51.100.7]\n", at.Add(-48*time.Hour+time.Duration(i)*time.Millisecond).Format(time.Stamp))
	}
	said := "m p[1]: lost [198.51.100.7]\n"
	log.WriteString(at.Add(9*time.Hour+4*time.Second).Format(time.Stamp) + " " + said)
	wanted := Wanted{Address: func(netip.Addr) bool { return true }, From: at, To: at.Add(10 * time.Second)}
	lines, err := Read(strings.NewReader(log.String()), wanted)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	of, zone := Place(lines, []Session{session("198.51.100.7:1001", at, 10*time.Second)}, nil)
	if len(of[0]) != 1 || zone.Ahead != 9*time.Hour {
		t.Errorf("%d lines, %+v", len(of[0]), zone)
	}
	wanted.From = time.Time{}
	if _, err := Read(strings.NewReader(log.String()), wanted); !errors.Is(err, ErrTooLong) {
		t.Errorf("of any time: %v", err)
	}
}

// The zone is that in which most lines of all parts of a log fit, not the first ones.
func TestTheZoneIsAskedOfAllPartsOfALog(t *testing.T) {
	at := time.Date(2026, 11, 28, 11, 58, 0, 0, time.UTC)
	var lines []Line
	for i := range 5 * mostTried {
		clock := at.Add(-3 * time.Hour)
		if i >= mostTried {
			clock = at.Add(2*time.Hour + time.Second)
		}
		lines = append(lines, Line{Stamp: Stamp{Clock: clock, Dated: true}, Peers: []netip.AddrPort{netip.MustParseAddrPort("198.51.100.7:0")}})
	}
	if _, zone := Place(lines, []Session{session("198.51.100.7:1001", at, 10*time.Second)}, nil); zone.Ahead != 2*time.Hour {
		t.Errorf("%v ahead of UTC", zone.Ahead)
	}
}

func FuzzReadNeverFailsOnText(f *testing.F) {
	f.Add("Nov 28 11:58:29 m p[1]: from [198.51.100.7]:25\n")
	f.Add("<22>1 2026-11-28T11:58:29+99:99 mail app 99 - [x] peer 198.51.100.7:99999 ::::: gone\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := Read(strings.NewReader(text), Wanted{Address: func(netip.Addr) bool { return true }})
		if err == nil {
			Place(lines, []Session{session("198.51.100.7:1001", time.Unix(1795867109, 0), time.Minute)}, nil)
		}
	})
}
