package report

import (
	"fmt"
	"net/netip"
	"strings"

	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// Filters are Wireshark's display filters for a finding, for the capture of either
// end; an end whose capture lacks the connection has none.
type Filters struct {
	Client *Filter `json:"client,omitempty"`
	Server *Filter `json:"server,omitempty"`
}

// Filter finds a packet and its connection in one capture. Where the capture holds
// the packet, Packet selects it and no other. Where it does not, Held is false, and
// Packet selects what would look like it there: nothing, or copies of it that are
// findings of their own.
type Filter struct {
	File       string `json:"file,omitempty"` // empty: any of the files of that end
	Held       bool   `json:"held"`
	Packet     string `json:"packet"`
	Connection string `json:"connection"` // with tcp.stream where its number is certain
}

// addFilters gives each finding its filters.
func (in *Input) addFilters(r *Report) {
	streams := [2]bool{in.numbersStreams(tap.Client), in.numbersStreams(tap.Server)}
	for i := range r.Findings {
		f := &r.Findings[i]
		c, p := &r.Connections[f.Connection-1], &in.Pairs[f.Connection-1]
		filters := [2]*Filter{}
		for end, view := range [2]View{c.ClientView, c.ServerView} {
			index := p.Client
			if tap.End(end) == tap.Server {
				index = p.Server
			}
			filter := f.filterAt(tap.End(end), view, p)
			if filter == nil {
				continue
			}
			if view.Client != "" {
				filter.Connection = betweenHosts(view.Client, view.Server, "")
			}
			if streams[end] && index != pair.NoView {
				filter.Connection = fmt.Sprintf("tcp.stream == %d", index)
			}
			if files := in.Files[end]; filter.File == "" && len(files) == 1 {
				filter.File = files[0].Path
			}
			filters[end] = filter
		}
		f.Filters = Filters{Client: filters[tap.Client], Server: filters[tap.Server]}
	}
}

// filterAt is the filter for the packet itself; nil if that end knows nothing of it.
func (f *Finding) filterAt(end tap.End, view View, p *pair.Pair) *Filter {
	switch {
	case f.seenAt == end.String():
		return &Filter{File: f.File, Held: true, Packet: frameFilter(f.Frame), Connection: betweenHosts(f.Src, f.Dst, "")}
	case f.TwinFrame != 0:
		return &Filter{File: f.TwinFile, Held: true, Packet: frameFilter(f.TwinFrame)}
	case view.Client == "":
		return nil
	}
	from, to, sender := view.Client, view.Server, tap.Client
	if f.ClaimedSender == tap.Server.String() {
		from, to, sender = view.Server, view.Client, tap.Server
	}
	if f.Kind == "icmp" { // whose numbers are those of what it quotes
		sender = sender.Other()
	}
	seq := f.Seq + p.Shift[sender] // Shift is the server end's numbers less the client end's
	if end == tap.Client {
		seq = f.Seq - p.Shift[sender]
	}
	if f.Kind == "icmp" {
		return &Filter{Packet: fmt.Sprintf("(icmp || icmpv6) && tcp.seq_raw == %d", seq)}
	}
	return &Filter{Packet: betweenHosts(from, to, "src") + " && " + kindFilters[f.Kind] + fmt.Sprintf(" && tcp.seq_raw == %d", seq)}
}

// kindFilters tell packets of one kind of finding from those of others.
var kindFilters = map[string]string{
	"rst":     "tcp.flags.reset == 1",
	"syn":     "tcp.flags.syn == 1 && tcp.flags.ack == 0",
	"syn-ack": "tcp.flags.syn == 1 && tcp.flags.ack == 1",
	"fin":     "tcp.flags.fin == 1",
	"data":    "tcp.len > 0",
	"ack":     "tcp.flags.ack == 1 && tcp.len == 0",
}

func frameFilter(number int64) string { return fmt.Sprintf("frame.number == %d", number) }

// betweenHosts selects what passed between two of "address:port"; with way "src" only
// what the first sent.
func betweenHosts(one, other, way string) string {
	from, errFrom := netip.ParseAddrPort(one)
	to, errTo := netip.ParseAddrPort(other)
	if errFrom != nil || errTo != nil {
		return "tcp"
	}
	ip := "ip"
	if from.Addr().Is6() && !from.Addr().Is4In6() {
		ip = "ipv6"
	}
	if way == "src" {
		return fmt.Sprintf("%s.src == %s && tcp.srcport == %d && %s.dst == %s && tcp.dstport == %d", ip, from.Addr().Unmap(), from.Port(), ip, to.Addr().Unmap(), to.Port())
	}
	return strings.Join([]string{
		fmt.Sprintf("%s.addr == %s", ip, from.Addr().Unmap()), fmt.Sprintf("tcp.port == %d", from.Port()),
		fmt.Sprintf("%s.addr == %s", ip, to.Addr().Unmap()), fmt.Sprintf("tcp.port == %d", to.Port()),
	}, " && ")
}

// numbersStreams reports whether Wireshark gives the connections of an end's capture
// the numbers that they have here, counted in the order of their first segments. It
// numbers what it takes for connections: in the headers that an ICMP error quotes,
// too, in packets that are cut short, and anew where a port is used again.
func (in *Input) numbersStreams(end tap.End) bool {
	sv := in.Surveys[end]
	if len(in.Files[end]) != 1 || len(sv.Wrappings) > 0 || sv.Fragments.Received > 0 || sv.LeftOut > 0 || sv.Untimed > 0 {
		return false
	}
	for result, n := range sv.Decoded {
		if n > 0 && segment.Result(result) != segment.TCP && segment.Result(result) != segment.NotIP {
			return false
		}
	}
	return !sv.Reused
}
