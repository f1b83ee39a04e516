package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"bothends/correlate/segment"
)

func recorded(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".bin")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func unhex(t testing.TB, digits string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func client(port uint16, payload string) Segment {
	return Segment{Head: []byte(payload), Length: len(payload), ServerPort: port, Flags: segment.ACK | segment.PSH}
}

func server(port uint16, payload string) Segment {
	s := client(port, payload)
	s.FromServer = true
	return s
}

func TestSegmentsAreNamedByTheirFirstBytes(t *testing.T) {
	tests := []struct {
		name     string
		segment  Segment
		protocol string
		want     string
	}{
		{"a SYN", Segment{Flags: segment.SYN, ServerPort: 587}, "TCP", "SYN"},
		{"an answer to a SYN", Segment{Flags: segment.SYN | segment.ACK, FromServer: true}, "TCP", "SYN/ACK"},
		{"a bare acknowledgment", Segment{Flags: segment.ACK}, "TCP", "no data"},

		// SMTP: RFC 5321 appendix D, RFC 3207 section 5, RFC 4954 section 4.1.
		{"an SMTP greeting", server(25, "220 foo.com Simple Mail Transfer Service Ready\r\n"), "SMTP", "220 greeting (host foo.com)"},
		{"a greeting by a host without domain", server(25, "220 localhost ESMTP Postfix\r\n"), "SMTP", "220 greeting (host localhost)"},
		{"a greeting over several lines", server(587, "220-mx.example.org ESMTP\r\n220 no UCE\r\n"), "SMTP", "220 greeting (host mx.example.org)"},
		{"a greeting by an address", server(25, "220 [192.0.2.1] ready\r\n"), "SMTP", "220 greeting (host [192.0.2.1])"},
		{"a greeting on a strange port", server(8025, "220 mx.example.org ESMTP Exim 4.96\r\n"), "SMTP", "220 greeting (host mx.example.org)"},
		{"Postfix ready for TLS", server(587, "220 2.0.0 Ready to start TLS\r\n"), "SMTP", "220 ready for TLS"},
		{"Exchange ready for TLS", server(587, "220 2.0.0 SMTP server ready\r\n"), "SMTP", "220 ready for TLS"},
		{"Exim ready for TLS", server(25, "220 TLS go ahead\r\n"), "SMTP", "220 ready for TLS"},
		{"the RFC's server ready for TLS", server(25, "220 Go ahead\r\n"), "SMTP", "220 ready for TLS"},
		{"EHLO", client(587, "EHLO laptop.example.net\r\n"), "SMTP", "EHLO (host laptop.example.net)"},
		{"EHLO in small letters with an address literal", client(25, "ehlo [IPv6:2001:db8::1]\r\n"), "SMTP", "EHLO (host [IPv6:2001:db8::1])"},
		{"HELO without argument", client(25, "HELO\r\n"), "SMTP", "HELO"},
		{"EHLO on a strange port", client(26, "EHLO a.example\n"), "SMTP", "EHLO (host a.example)"},
		{"an EHLO reply that offers STARTTLS", server(587, "250-mail.example.org\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 DSN\r\n"), "SMTP", "EHLO reply (STARTTLS offered)"},
		{"an EHLO reply from which STARTTLS was struck", server(587, "250-mail.example.org\r\n250-PIPELINING\r\n250-XXXXXXXX\r\n250 DSN\r\n"), "SMTP", "EHLO reply (STARTTLS not offered)"},
		{"STARTTLS", client(587, "STARTTLS\r\n"), "SMTP", "STARTTLS"},
		{"AUTH with credentials", client(587, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"), "SMTP", "AUTH (mechanism PLAIN)"},
		{"AUTH without", client(587, "auth login\r\n"), "SMTP", "AUTH (mechanism LOGIN)"},
		{"AUTH with the credentials out of place", client(587, "AUTH AGFsaWNlAHNlY3JldA==\r\n"), "SMTP", "AUTH (mechanism not a known one)"},
		{"MAIL FROM", client(25, "MAIL FROM:<alice@example.net> SIZE=100\r\n"), "SMTP", "MAIL FROM"},
		{"MAIL, RCPT and DATA in one segment", client(25, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA\r\n"), "SMTP", "MAIL FROM (followed by RCPT TO RCPT TO DATA)"},
		{"RCPT TO", client(25, "rcpt to:<bob@example.org>\r\n"), "SMTP", "RCPT TO"},
		{"DATA", client(25, "DATA\r\n"), "SMTP", "DATA"},
		{"QUIT", client(25, "QUIT\r\n"), "SMTP", "QUIT"},
		{"a reply that repeats an address", server(25, "250 2.1.0 <alice@example.net> Ok\r\n"), "SMTP", "SMTP reply (code 250)"},
		{"a bare code", server(25, "354\r\n"), "SMTP", "SMTP reply (code 354)"},

		// IMAP: RFC 9051 sections 6 and 7.
		{"an IMAP greeting", server(143, "* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n"), "IMAP", "IMAP greeting (status OK)"},
		{"an untagged OK later on", server(143, "* OK [UIDNEXT 4392] Predicted next UID\r\n"), "IMAP", "IMAP response (status OK)"},
		{"an IMAP capability question", client(143, "A001 CAPABILITY\r\n"), "IMAP", "IMAP CAPABILITY"},
		{"an IMAP login", client(143, "A002 LOGIN alice secret\r\n"), "IMAP", "IMAP LOGIN"},
		{"an IMAP login on a strange port", client(10143, "a2 login alice secret\r\n"), "IMAP", "IMAP LOGIN"},
		{"an IMAP authentication", client(143, "a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\n"), "IMAP", "IMAP AUTHENTICATE (mechanism PLAIN)"},
		{"STARTTLS in IMAP", client(143, "a1 STARTTLS\r\n"), "IMAP", "STARTTLS"},
		{"an IMAP fetch", client(143, "a7 UID FETCH 1:* (FLAGS)\r\n"), "IMAP", "IMAP UID FETCH"},
		{"an IMAP result", server(143, "a7 OK done\r\n"), "IMAP", "IMAP response (status OK)"},

		// POP3: RFC 1939, RFC 2595.
		{"a POP3 greeting", server(110, "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>\r\n"), "POP3", "POP3 +OK"},
		{"a POP3 error", server(110, "-ERR no such message\r\n"), "POP3", "POP3 -ERR"},
		{"USER", client(110, "USER alice\r\n"), "POP3", "POP3 USER"},
		{"PASS", client(110, "PASS secret\r\n"), "POP3", "POP3 PASS"},
		{"STLS", client(110, "STLS\r\n"), "POP3", "POP3 STLS"},
		{"QUIT in POP3", client(110, "QUIT\r\n"), "POP3", "POP3 QUIT"},
		{"APOP", client(110, "APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n"), "POP3", "POP3 APOP"},

		{"an FTP greeting", server(21, "220 (vsFTPd 3.0.3)\r\n"), "FTP", "FTP reply (code 220)"},
		{"an FTP password", client(21, "PASS secret\r\n"), "FTP", "FTP PASS"},

		{"an HTTP request of curl", client(80, recorded(t, "request-curl")), "HTTP", "HTTP request (method GET, Host www.example.org)"},
		{"an HTTP request without Host", client(80, "GET / HTTP/1.0\r\n\r\n"), "HTTP", "HTTP request (method GET, Host none)"},
		{"a Host field with a password", client(80, "GET / HTTP/1.1\r\nHost: alice:secret@example.org\r\n\r\n"), "HTTP", "HTTP request (method GET, Host not shown: it is no host name)"},
		{"a request to a proxy", client(3128, "CONNECT mail.example.org:587 HTTP/1.1\r\nHost: mail.example.org:587\r\n\r\n"), "HTTP", "HTTP request (method CONNECT, Host mail.example.org:587)"},
		{"an HTTP redirect", server(80, "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.80/blocked.html\r\n\r\n"), "HTTP", "HTTP response (status 302)"},
		{"an HTTP/2 client", client(80, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00"), "HTTP", "HTTP/2 preface"},

		{"an OpenSSH banner", client(22, recorded(t, "banner-openssh")), "SSH", "SSH banner (banner \"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6\")"},
		{"an OpenSSH key exchange", client(22, recorded(t, "kexinit-openssh")), "SSH", "SSH KEXINIT"},
		{"an OpenVPN client's first packet", client(443, recorded(t, "hardreset-openvpn")), "OpenVPN", "OpenVPN hard reset (kind client, version 2)"},
		{"an OpenVPN packet on its port", client(1194, unhex(t, "0006 20 010203040506")), "OpenVPN", "OpenVPN packet (kind control)"},

		{"OpenSSL's TLS 1.3 hello", client(443, recorded(t, "clienthello-openssl-tls13")), "TLS", "TLS ClientHello (SNI mail.example.org, ALPN h2 http/1.1, version TLS 1.3)"},
		{"OpenSSL's TLS 1.2 hello", client(443, recorded(t, "clienthello-openssl-tls12")), "TLS", "TLS ClientHello (SNI mail.example.org, version TLS 1.2)"},
		{"a hello without server name", client(443, recorded(t, "clienthello-openssl-nosni")), "TLS", "TLS ClientHello (SNI none, version TLS 1.3)"},
		{"curl's hello", client(443, recorded(t, "clienthello-curl")), "TLS", "TLS ClientHello (SNI www.example.org, ALPN h2 http/1.1, version TLS 1.3)"},
		{"OpenSSL's TLS 1.3 answer", server(443, recorded(t, "serverhello-openssl-tls13")), "TLS", "TLS ServerHello (version TLS 1.3)"},
		{"OpenSSL's TLS 1.2 answer", server(443, recorded(t, "serverhello-openssl-tls12")), "TLS", "TLS ServerHello (version TLS 1.2)"},
		{"a server that asks for another hello", server(443, retry(t)), "TLS", "TLS ServerHello (hello retry request yes, version TLS 1.3)"},
		{"OpenSSL's alert", server(443, recorded(t, "alert-openssl")), "TLS", "TLS alert (alert fatal decode_error)"},
		{"an encrypted alert", server(443, unhex(t, "15 0303 0013")+strings.Repeat("x", 19)), "TLS", "TLS alert"},
		{"an alert of no known number", server(443, unhex(t, "15 0303 0002 02 ff")), "TLS", "TLS alert (alert fatal 255)"},
		{"application data", client(443, unhex(t, "17 0303 0004 deadbeef")), "TLS", "TLS application data"},
		{"a change of cipher", client(443, unhex(t, "14 0303 0001 01")), "TLS", "TLS ChangeCipherSpec"},
		{"an encrypted handshake message", client(443, unhex(t, "16 0303 0028")+strings.Repeat("\xa5", 40)), "TLS", "TLS handshake"},
		{"a hello with encrypted server name, no GREASE taken for a version", client(443, hello(t, "3 0a0a 0304", "fe0d 0001 00")), "TLS", "TLS ClientHello (SNI none, version TLS 1.3, ECH yes)"},

		{"a server name that wants to be read as something else", client(443, hello(t, "3 0a0a 0304", "0000 000c 000a 00 0007 612c 2028 5c22 1b")), "TLS", `TLS ClientHello (SNI "a, (\x5c\x22\x1b", version TLS 1.3)`},

		{"bytes that nothing knows", client(4242, "\x00\x01\xffhello\x1b[2J and so on and on"), "", "unknown (bytes 29, not shown)"},
		{"OpenVPN's first byte with another length", client(443, unhex(t, "0020 38 d14d0657c6560c62 00 00000000")), "", "unknown (bytes 16, not shown)"},
		{"a TLS record of impossible length", client(443, unhex(t, "16 0301 ffff 01")), "", "unknown (bytes 6, not shown)"},
		{"a client's words that only a server says", client(4242, "220 x.example.org ESMTP\r\n"), "", "unknown (bytes 25, not shown)"},
		{"text on SSH's port that is no banner", client(22, "SSH-me the way home"), "", "unknown (bytes 19, not shown)"},
		// printf 'the card is 4111 1111 1111 1111 thank you' | sha256sum
		{"bytes that are many enough for a hash", client(4242, "the card is 4111 1111 1111 1111 thank you"), "", "unknown (bytes 41, not shown; their SHA-256 begins with 82e1d3f1)"},
		{"bytes that the user wants to see", asked(client(4242, "\x00\x01\xffhello\x1b[2J and so on and on")), "", `unknown (bytes "\x00\x01\xffhello\x1b[2J and"...)`},
		{"words that the user wants to see", asked(client(4242, "220 x.example")), "", `unknown (bytes "220 x.example")`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Name(test.segment)
			if got.String() != test.want || got.Protocol != test.protocol || got.Cut {
				t.Errorf("%q of %q, cut %v; want %q of %q", got.String(), got.Protocol, got.Cut, test.want, test.protocol)
			}
		})
	}
}

func asked(s Segment) Segment {
	s.ShowPayload = true
	return s
}

// hello is a ClientHello with the given offer of versions, in hex with the digit
// of their length before it, and one further extension.
func hello(t *testing.T, versions, extension string) string {
	list := unhex(t, strings.ReplaceAll(versions[2:], " ", ""))
	supported := unhex(t, "002b 0005 04") + list
	extensions := supported + unhex(t, extension)
	body := unhex(t, "0303") + strings.Repeat("r", 32) + unhex(t, "00 0002 1301 01 00") + length16(extensions) + extensions
	message := "\x01\x00" + length16(body) + body
	return "\x16\x03\x01" + length16(message) + message
}

// retry is OpenSSL's answer with the random value of RFC 8446 section 4.1.3.
func retry(t *testing.T) string {
	b := []byte(recorded(t, "serverhello-openssl-tls13"))
	random := sha256.Sum256([]byte("HelloRetryRequest"))
	copy(b[11:], random[:])
	return string(b)
}

func length16(s string) string { return string([]byte{byte(len(s) >> 8), byte(len(s))}) }

// What a person typed, or what answers for a password, stands in no report.
func TestNothingSecretIsShown(t *testing.T) {
	secrets := []string{"secret", "c2VjcmV0", "AHNlY3JldA", "alice", "bob@", "YWxpY2U", "token=x"}
	segments := []Segment{
		client(587, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"),
		client(587, "AUTH CRAM-MD5 c2VjcmV0\r\n"),
		client(587, "AUTH secret\r\n"),
		client(587, "YWxpY2U=\r\n"),
		client(587, "Subject: the secret of alice\r\n"),
		client(9999, "c2VjcmV0\r\n"),
		client(9999, "secret\r\n"),
		client(9999, "password secret\r\n"),
		client(9999, "\x01\x05alice\x05hush!"),
		client(587, "MAIL FROM:<alice@example.net>\r\nRCPT TO:<bob@example.org>\r\n"),
		client(25, "VRFY alice\r\n"),
		client(25, "EHLO alice@secret\r\n"),
		client(143, "A002 LOGIN alice secret\r\n"),
		client(143, "A002 LOGIN {5}\r\n"),
		client(143, "alice secret\r\n"),
		client(143, "secret LOGIN {5}\r\n"),
		client(110, "USER alice\r\n"), client(110, "PASS secret\r\n"), client(110, "APOP alice c2VjcmV0\r\n"),
		client(110, "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n"),
		client(2110, "PASS secret\r\n"), client(2110, "USER alice\r\n"),
		client(21, "PASS secret\r\n"), client(23, "secret\r\n"),
		client(80, "GET /?token=x HTTP/1.1\r\nHost: a.example\r\nCookie: secret\r\n\r\n"),
		client(80, "POST /secret HTTP/1.1\r\nHost: alice:secret@a.example\r\n\r\nsecret"),
		client(80, recorded(t, "request-curl")),
		server(25, "250 2.1.0 alice Ok\r\n"), server(25, "334 c2VjcmV0\r\n"),
		server(143, "* 1 FETCH (BODY[] {5}\r\nsecret\r\n"), server(110, "+OK\r\nalice\r\n"), server(143, "bob@example.org secret\r\n"),
	}
	for _, s := range segments {
		for _, length := range []int{s.Length, s.Length + 100} { // also as a cut capture shows it
			s.Length = length
			text := Name(s).String()
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%q, port %d: %s", s.Head, s.ServerPort, text)
				}
			}
		}
	}
}

func TestWhatTheCaptureCutIsNotTakenForAbsent(t *testing.T) {
	whole := recorded(t, "clienthello-openssl-tls13")
	name := strings.Index(whole, "mail.example.org")
	tests := []struct {
		name    string
		segment Segment
		kept    int
		want    string
		cut     bool
	}{
		{"a hello kept up to the middle of the server's name", client(443, whole), name + 4, "TLS ClientHello (SNI mail...)", true},
		{"a hello kept up to the server's name", client(443, whole), name, "TLS ClientHello (SNI not in the bytes that were kept)", true},
		{"a hello kept behind the server's name", client(443, whole), name + 16, "TLS ClientHello (SNI mail.example.org)", true},
		{"only the first bytes of a hello", client(443, whole), 7, "TLS handshake", true},
		{"a hello without one byte of its record", client(443, whole), 5, "TLS handshake", true},
		{"a request kept up to its path", client(80, "GET /long HTTP/1.1\r\nHost: a.example\r\n\r\n"), 7, "HTTP request (method GET, Host not in the bytes that were kept)", true},
		{"a request kept up to its host", client(80, "GET /long HTTP/1.1\r\nHost: a.example\r\n\r\n"), 30, "HTTP request (method GET, Host not in the bytes that were kept)", true},
		{"a list of extensions kept in part", server(25, "250-mail.example.org\r\n250-SIZE\r\n250-STARTTLS\r\n250 DSN\r\n"), 36, "EHLO reply (STARTTLS not in the bytes that were kept)", true},
		{"a command kept in part", client(25, "EHLO laptop.example.net\r\n"), 11, "EHLO (host laptop...)", true},
		{"nothing at all", client(25, "EHLO laptop.example.net\r\n"), 0, "unknown (bytes none kept by the capture)", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := test.segment
			s.Head = s.Head[:test.kept]
			got := Name(s)
			if got.String() != test.want || got.Cut != test.cut {
				t.Errorf("%q, cut %v; want %q, cut %v", got, got.Cut, test.want, test.cut)
			}
		})
	}
}

// A client may spread its hello over several records (RFC 8446 section 5.1), and
// some do so in order not to be read.
func TestAHelloInManyRecordsIsReadLikeOneInOne(t *testing.T) {
	whole := recorded(t, "clienthello-openssl-tls13")
	message := whole[5:]
	for _, size := range []int{1, 3, 40, 200} {
		var spread string
		for rest := message; rest != ""; {
			n := min(size, len(rest))
			spread += "\x16\x03\x01" + length16(rest[:n]) + rest[:n]
			rest = rest[n:]
		}
		got := Name(client(443, spread))
		if len(spread) <= Enough && got.Get("SNI") != "mail.example.org" {
			t.Errorf("in records of %d bytes: %s", size, got)
		}
		if got.Name != "TLS ClientHello" {
			t.Errorf("in records of %d bytes: %s", size, got.Name)
		}
	}
}

func TestLengthsThatContradictEachOtherAreSaidSo(t *testing.T) {
	whole := []byte(recorded(t, "clienthello-openssl-tls13"))
	whole[5+4+2+32]++ // the session is one byte longer than it is
	if got := Name(client(443, string(whole))); got.Name != "TLS ClientHello" || got.Get("malformed") == "" || got.Get("SNI") == "mail.example.org" {
		t.Error(got)
	}
}
