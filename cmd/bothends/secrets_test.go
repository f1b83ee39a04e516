package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bothends/fixtures/model"
	"bothends/fixtures/scenarios"
)

// secret is what nobody but the two ends should read, wherever it stands.
const secret = "Tr0ub4dor"

// confidences are messages that a box answers with a reset, and so may be named in
// the report: what is said over a connection, by protocol. Each holds the secret, or
// the mark that the box looks for where the secret is in another form.
var confidences = []struct {
	about string
	ports []uint16
	from  model.Side
	text  string
	mark  string // in text; empty is the secret
}{
	{"mail", []uint16{24, 25, 26, 587, 2525, 8025, 10587}, model.Client, "Subject: hello\r\n\r\nthe key is " + secret + "\r\n.\r\n", ""},
	{"a line of mail", []uint16{24, 25, 10587}, model.Client, secret + " is the word\r\n", ""},
	{"AUTH PLAIN", []uint16{25, 26, 587, 10587}, model.Client, "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00alice\x00"+secret)) + "\r\n", "AUTH PLAIN"},
	{"the answer to AUTH LOGIN", []uint16{25, 10587}, model.Client, base64.StdEncoding.EncodeToString([]byte(secret)) + "\r\n", "VHIwdWI0ZG9y"},
	{"MAIL FROM", []uint16{25, 2525, 10587}, model.Client, "MAIL FROM:<" + secret + "@example.net>\r\n", ""},
	{"an SMTP reply", []uint16{25, 26, 10587}, model.Server, "250 2.1.0 <" + secret + "@example.net> Ok\r\n", ""},
	{"IMAP LOGIN", []uint16{143, 10143}, model.Client, "a1 LOGIN alice " + secret + "\r\n", ""},
	{"an IMAP message", []uint16{143, 10143}, model.Server, "* 1 FETCH (BODY[] {9}\r\n" + secret + ")\r\n", ""},
	{"POP3 PASS", []uint16{110, 10110}, model.Client, "PASS " + secret + "\r\n", ""},
	{"FTP PASS", []uint16{21, 2121}, model.Client, "PASS " + secret + "\r\n", ""},
	{"telnet", []uint16{23, 2323}, model.Client, secret + "\r\n", ""},
	{"a telnet prompt with an echo", []uint16{23, 2323}, model.Server, "\xff\xfb\x01login: " + secret + "\r\n", ""},
	{"an HTTP request", []uint16{80, 8080}, model.Client, "GET /?token=" + secret + " HTTP/1.1\r\nHost: a.example\r\nCookie: id=" + secret + "\r\n\r\n", ""},
	{"a card number in the body of a form", []uint16{80, 8080}, model.Client, "card=4111+1111+1111+1111&name=" + secret, ""},
	{"an HTTP response", []uint16{80, 8080}, model.Server, "HTTP/1.1 200 OK\r\nSet-Cookie: id=" + secret + "\r\n\r\n" + secret, ""},
	{"the body of an HTTP response", []uint16{80, 8080}, model.Server, "{\"access\":\"" + secret + "\"}", ""},
	{"PostgreSQL", []uint16{5432, 15432}, model.Client, "p\x00\x00\x00\x0e" + secret + "\x00", ""},
	{"MySQL", []uint16{3306, 13306}, model.Client, "\x0c\x00\x00\x01" + secret + "\x00", ""},
	{"Redis", []uint16{6379, 16379}, model.Client, "*2\r\n$4\r\nAUTH\r\n$9\r\n" + secret + "\r\n", ""},
	{"SOCKS", []uint16{1080, 11080}, model.Client, "\x01\x05alice\x09" + secret, ""},
	{"MQTT", []uint16{1883, 11883}, model.Client, "\x10\x20\x00\x04MQTT\x04\xc2\x00\x3c\x00\x01a\x00\x05alice\x00\x09" + secret, ""},
	{"LDAP", []uint16{389, 10389}, model.Client, "\x30\x1c\x02\x01\x01\x60\x17\x02\x01\x03\x04\x08cn=alice\x80\x09" + secret, ""},
	{"XMPP", []uint16{5222, 15222}, model.Client, "<auth mechanism='PLAIN'>" + secret + "</auth>", ""},
	{"IRC", []uint16{6667, 16667}, model.Client, "PASS " + secret + "\r\nNICK alice\r\n", ""},
	{"rlogin", []uint16{513, 10513}, model.Client, "\x00alice\x00" + secret + "\x00vt100/9600\x00", ""},
	{"text that begins like SSH", []uint16{22, 2222}, model.Client, "SSH-" + secret + "\r\n", ""},
	{"a Host that is none", []uint16{80, 8080}, model.Client, "GET / HTTP/1.1\r\nHost: alice:" + secret + "@a.example\r\n\r\n", ""},
}

// spied is a scenario in which each of the confidences is said on each of its ports,
// and answered with a forged reset to both ends.
func spied() model.Scenario {
	s := model.Scenario{Name: "confidences-answered-with-resets", Path: model.Path{
		Hops: []model.Hop{{Link: model.Link{Delay: 5 * time.Millisecond}}, {Link: model.Link{Delay: 5 * time.Millisecond}}},
		Last: model.Link{Delay: time.Millisecond},
	}}
	reset := func(to model.Side) model.Forgery {
		return model.Forgery{To: to, Flags: model.RST | model.ACK, TTL: 128, IPID: model.IPIDRandom}
	}
	client, server := netip.MustParseAddr("198.51.100.17"), netip.MustParseAddr("203.0.113.25")
	local := uint16(40000)
	for _, c := range confidences {
		for _, port := range c.ports {
			local++
			mark := c.mark
			if mark == "" {
				mark = secret
			}
			s.Path.Hops[0].Boxes = append(s.Path.Hops[0].Boxes, model.Box{
				Trigger: model.Trigger{From: c.from, Pattern: mark, Port: port, Client: local},
				Delay:   300 * time.Microsecond, Forge: []model.Forgery{reset(model.Client), reset(model.Server)},
			})
			s.Sessions = append(s.Sessions, model.Session{
				Start: time.Duration(local-40000) * time.Second, Client: netip.AddrPortFrom(client, local), Server: netip.AddrPortFrom(server, port),
				Talk: []model.Turn{
					{From: model.Client, After: time.Millisecond, Data: []byte("hello\r\n")}, {From: model.Server, After: time.Millisecond, Data: []byte("welcome\r\n")},
					{From: model.Client, After: time.Millisecond, Data: []byte("go on\r\n")}, {From: c.from, After: 50 * time.Millisecond, Data: []byte(c.text)},
				},
			})
		}
	}
	return s
}

func TestNoOutputHoldsWhatWasSaid(t *testing.T) {
	dir := t.TempDir()
	if _, err := scenarios.Write(dir, spied(), 1); err != nil {
		t.Fatal(err)
	}
	client, server := filepath.Join(dir, "client.pcap"), filepath.Join(dir, "server.pcap")
	sessions := len(spied().Sessions)
	for _, args := range [][]string{
		{"compare", client, server}, {"compare", "--all", client, server}, {"compare", "--format", "json", client, server},
		{"info", client, server}, {"info", "--format", "json", client, server},
	} {
		stdout, stderr, status := runIn(t, dir, args...)
		if args[0] == "compare" && status != 1 {
			t.Fatalf("%q: exit status %d, want 1\n%s", args, status, stderr)
		}
		if n := strings.Count(stdout, `"trigger": {`); args[0] == "compare" && args[2] == "json" && n < sessions {
			t.Errorf("%q: %d triggers named in %d sessions: the test asks too little", args, n, sessions)
		}
		for _, leak := range leaks(stdout + stderr) {
			t.Errorf("%q: the output holds %s", args, leak)
		}
	}
	// What a campaign notes and a contrast says of it, and the bytes of a redacted capture.
	manifest := filepath.Join(dir, "manifest.csv")
	write(t, manifest, "id,client,server\n1,"+client+","+server+"\n")
	line, complaints, status := runIn(t, dir, "campaign", manifest)
	if status != 0 || !strings.Contains(line, `"findings"`) {
		t.Fatalf("campaign: exit status %d\n%s", status, complaints)
	}
	reports := filepath.Join(dir, "reports.json")
	write(t, reports, line)
	contrast, complaints2, _ := runIn(t, dir, "contrast", reports)
	redacted := filepath.Join(dir, "redacted.pcapng")
	said, complaints3, status := runIn(t, dir, "redact", "--all", client, redacted)
	if status != 0 {
		t.Fatalf("redact: exit status %d\n%s", status, complaints3)
	}
	for about, output := range map[string]string{
		"campaign": line + complaints, "contrast": contrast + complaints2, "redact": said + complaints3, "a redacted capture": read(t, redacted),
	} {
		for _, leak := range leaks(output) {
			t.Errorf("%s: the output holds %s", about, leak)
		}
	}
	shown, _, _ := runIn(t, dir, "compare", "--all", "--show-payload", client, server)
	if len(leaks(shown)) == 0 {
		t.Error("--show-payload shows nothing of what was said")
	}
}

// leaks are lines that hold four characters in a row of the secret, or of another
// thing that was said, as they are, in hexadecimal or in base64.
func leaks(output string) (found []string) {
	forms := []string{"Subject", "login: ", "the key", "vt100"}
	for _, said := range []string{secret, "4111+1111", "alice"} {
		for at := 0; at+4 <= len(said); at++ {
			part := said[at : at+4]
			forms = append(forms, part, hex.EncodeToString([]byte(part)))
		}
		forms = append(forms, base64.StdEncoding.EncodeToString([]byte(said))[:6])
	}
	for line := range strings.Lines(output) {
		for _, form := range forms {
			if strings.Contains(line, form) {
				found = append(found, fmt.Sprintf("%q: %s", form, strings.TrimSpace(line)))
				break
			}
		}
	}
	return found
}
