package report

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// mostWays is how many pairs of hosts are shown before they are only counted.
const mostWays = 5

// ends shows how each end sees the other, and how it was found out which
// capture was made where.
func (t *text) ends() {
	t.heading("THE TWO ENDS")
	ways := t.ways()
	for i, w := range ways {
		if i == mostWays && !t.all {
			t.para(plain, "  ", "... and %s.", count(len(ways)-mostWays, "more pair")+" of hosts (--all lists them)")
			break
		}
		if i > 0 {
			t.blank()
		}
		t.way(w)
	}
	if len(ways) > 0 {
		t.blank()
	}
	t.para(plain, "  ", "%s", t.whoIsWho())
	if t.Ends.SamePlace {
		t.blank()
		t.para(doubt, "  ", "Both captures look as if they were taken at the same place: packets have the same TTL in both and need no time from one to the other. Then nothing can be said of the way between the two ends.")
	}
	t.changes()
}

// way is a client and a server host, as both ends see them.
type way struct {
	client, server [2]string // host, as the client's end sees it and as the server's
	ports          []uint16  // of the server, as the client's end sees it
	portChanged    bool      // the server's port differs between the ends
}

// ways collects the hosts of all connections that both ends saw.
func (t *text) ways() []*way {
	var ways []*way
	byHosts := map[[4]string]*way{}
	for i := range t.Connections {
		c := &t.Connections[i]
		if c.Ledger == nil {
			continue
		}
		clientHost, _ := split(c.ClientView.Client)
		clientOutside, _ := split(c.ServerView.Client)
		serverHost, port := split(c.ClientView.Server)
		serverInside, portInside := split(c.ServerView.Server)
		key := [4]string{clientHost, clientOutside, serverHost, serverInside}
		w := byHosts[key]
		if w == nil {
			w = &way{client: [2]string{clientHost, clientOutside}, server: [2]string{serverHost, serverInside}}
			byHosts[key] = w
			ways = append(ways, w)
		}
		if !slices.Contains(w.ports, port) {
			w.ports = append(w.ports, port)
		}
		w.portChanged = w.portChanged || port != portInside
	}
	return ways
}

func split(endpoint string) (host string, port uint16) {
	if a, err := netip.ParseAddrPort(endpoint); err == nil {
		return a.Addr().String(), a.Port()
	}
	return endpoint, 0
}

// mostPorts is how many ports of a server are named.
const mostPorts = 8

// way shows two hosts as a table, or in sentences where addresses are too long
// for one.
func (t *text) way(w *way) {
	const label, byClient, byServer = "%-10s", "as the client sees it", "as the server sees it"
	first := max(len(byClient), len(w.client[0]), len(w.server[0])) + 3
	second := max(len(w.client[1]), len(w.server[1])) + 3
	fits := len("  ")+len(fmt.Sprintf(label, ""))+first+max(len(byServer), second+len(translated)) <= t.width
	row := func(name string, seen [2]string, changed bool) {
		remark := ""
		if changed {
			remark = translated
		}
		if fits {
			t.line(plain, "", strings.TrimRight(fmt.Sprintf("  "+label+"%-*s%-*s%s", name, first, seen[0], second, seen[1], remark), " "))
			return
		}
		t.item("  ", fmt.Sprintf(label, name), "%s %s, %s %s %s", seen[0], byClient, seen[1], byServer, remark)
	}
	if fits {
		row("", [2]string{byClient, byServer}, false)
	}
	row("client", w.client, w.client[0] != w.client[1])
	row("server", w.server, w.server[0] != w.server[1] || w.portChanged)
	slices.Sort(w.ports)
	var ports []string
	for _, p := range w.ports {
		ports = append(ports, strconv.Itoa(int(p)))
	}
	t.item("  ", fmt.Sprintf(label, "service"), "%s %s", pick(len(ports), "port", "ports"), list(ports, mostPorts))
}

const translated = "translated (NAT)"

// whoIsWho says which capture is whose, and by what that was known.
func (t *text) whoIsWho() string {
	names := fmt.Sprintf("%s is the client's capture and %s the server's", t.fileNames("client"), t.fileNames("server"))
	votes := fmt.Sprintf("%s %s", count(t.Ends.For, "connection"), pick(t.Ends.For, "says so", "say so"))
	if t.Ends.Against > 0 {
		votes += fmt.Sprintf(", %d the opposite", t.Ends.Against)
	}
	switch {
	case t.Ends.Swapped:
		return fmt.Sprintf("The captures were given in the other order: %s. That was told by %s; %s.", names, t.Ends.DecidedBy, votes)
	case t.Ends.For+t.Ends.Against == 0:
		return fmt.Sprintf("By %s, %s; nothing in them tells.", t.Ends.DecidedBy, names)
	case t.Ends.DecidedBy == "the command line" && t.Ends.Against > t.Ends.For:
		return fmt.Sprintf("By the command line, %s. The captures themselves look as if it were the other way round (%s against %d): check that, as every \"sent\" and \"received\" below depends on it.",
			names, count(t.Ends.Against, "connection"), t.Ends.For)
	}
	return fmt.Sprintf("By %s, %s; %s.", t.Ends.DecidedBy, names, votes)
}

// fileNames names the files of a capture.
func (t *text) fileNames(end string) string {
	var names []string
	for _, f := range t.capture(end).Files {
		names = append(names, t.names[f.Path])
	}
	return list(names, 3)
}

// mostChanges is how many kinds of harmless changes are named.
const mostChanges = 6

// changes lists what the path does to headers, which is common and no
// interference.
func (t *text) changes() {
	uses := map[string]int{}
	var notes []string
	for i := range t.Connections {
		for _, n := range t.Connections[i].Notes {
			if uses[n]++; uses[n] == 1 {
				notes = append(notes, n)
			}
		}
	}
	if len(notes) == 0 {
		return
	}
	t.blank()
	t.para(plain, "  ", "Also seen, and not counted as interference:")
	for i, n := range notes {
		if i == mostChanges && !t.all {
			t.item("  ", "- ", "and %d more (--all lists them)", len(notes)-mostChanges)
			break
		}
		t.item("  ", "- ", "%s (%s)", n, count(uses[n], "connection"))
	}
}
