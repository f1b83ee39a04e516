package correlate_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"bothends/correlate"
	"bothends/correlate/report"
)

// Who asks what ended a connection reads it in the first three lines. By hand from what
// happened to each pair, as its truth tells.
func TestTheFirstThreeLinesSayWhatHappened(t *testing.T) {
	for folder, want := range map[string]string{
		"cases/swallowed-starttls":                                     "STARTTLS was swallowed on the way to the server",
		"cases/blocked-port-reset":                                     "2 connections were refused, on the way or by another machine",
		"cases/blocked-port-drop":                                      "the client sent 5 SYNs, none arrived at the server",
		"cases/captive-portal":                                         "another host conducted 1 connection in the server's name",
		"cases/mtu-black-hole-big-client-hello":                        "large packets were swallowed on the way",
		"cases/forged-syn":                                             "hit by a forged SYN",
		"cases/synproxy":                                               "1 was reset by the client itself; 1 was reset by the server itself",
		"cases/nat-failover-filter":                                    "perhaps another host behind the same address (a NAT or a balancer)",
		"cases/nat-failover-bothcap-peer":                              "perhaps another host behind the same address (a NAT or a balancer)",
		"cases/nat-failover-hash-lb":                                   "perhaps another host behind the same address (a NAT or a balancer)",
		"cases/idle-rst-with-stale-numbers":                            "hit by forged resets, which ended nothing; 1 perhaps lost all that one end sent",
		"cases/rst-with-zero-numbers":                                  "2 of 6 connections were hit by forged resets",
		"cases/docker-host-rst-tap-in-container":                       "perhaps by the host that owns the sender's address there (a NAT)",
		"synthetic/syn-unanswered-by-a-full-backlog":                   "the SYN of 1 came to the server, which did not answer",
		"synthetic/given-up-by-the-client-after-silence":               "1 was given up after silence",
		"synthetic/all-swallowed-from-starttls-on":                     "from STARTTLS on nothing of the client's arrived at the server",
		"synthetic/all-of-the-server-s-swallowed-from-its-go-ahead-on": "nothing of the server's arrived at the client",
	} {
		dir := filepath.Join("..", "fixtures", folder)
		r, err := compare(t, dir, readTruth(t, dir))
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := r.WriteText(&b, report.TextOptions{Extent: report.Screen}); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitN(b.String(), "\n", 4)
		if first := strings.Join(strings.Fields(strings.Join(lines[:3], " ")), " "); !strings.Contains(first, want) {
			t.Errorf("%s: the first three lines lack %q: %s", folder, want, first)
		}
	}
}

// The same recording given for both ends is one line.
func TestTheSameEndTwiceIsSaidSo(t *testing.T) {
	folder := filepath.Join("..", "fixtures", "cases", "swallowed-starttls")
	client, again := open(t, folder, "client.pcapng"), open(t, folder, "client.pcapng")
	_, err := correlate.Compare(context.Background(), client, again, correlate.Options{FixedEnds: true})
	if err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v; want an error of one line", err)
	}
}
