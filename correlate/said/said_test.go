package said

import (
	"bufio"
	"bytes"
	"context"
	"net/netip"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate/segment"
)

// Wireshark reads the commands of each client; here are those that have a name.
func TestWhatWasSaidIsWhatTsharkReads(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	path := filepath.Join("..", "..", "fixtures", "pairs", "control-mail", "client.pcapng")
	// It takes 2525 for no mail's port.
	out, err := exec.Command("tshark", "-n", "-r", path, "-Y", "(smtp.req or tls.handshake.type==1) and tcp.dstport != 2525", "-T", "fields", "-E", "separator=|",
		"-e", "ip.src", "-e", "tcp.srcport", "-e", "ip.dst", "-e", "tcp.dstport", "-e", "smtp.req.command", "-e", "smtp.req.parameter",
		"-e", "tls.handshake.extensions_server_name").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	want := map[string][]string{}
	names := map[string]string{}
	var connections []*Connection
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		f := strings.Split(lines.Text(), "|")
		client, server := netip.MustParseAddrPort(f[0]+":"+f[1]), netip.MustParseAddrPort(f[2]+":"+f[3])
		key := client.String()
		if want[key] == nil {
			connections = append(connections, &Connection{Client: endpoint(client), Server: endpoint(server), ServerPort: server.Port(), LastNS: 1 << 62})
		}
		name := strings.ToUpper(strings.Split(f[4], ",")[0])
		switch name {
		case "MAIL":
			name = "MAIL FROM"
		case "RCPT":
			name = "RCPT TO"
		case "STAR": // as it shows it
			name = "STARTTLS"
		case "":
			name = "TLS ClientHello"
			names[key] = f[6]
		}
		if !slices.Contains(want[key], name) {
			want[key] = append(want[key], name)
		}
	}
	if len(connections) < 2 {
		t.Fatalf("tshark reads %d connections", len(connections))
	}
	collect(t, path, connections)
	for _, c := range connections {
		key := c.Client.String()
		// Of what TLS says after its hello, Wireshark was not asked.
		got := slices.DeleteFunc(slices.Clone(c.Messages), func(name string) bool { return strings.HasPrefix(name, "TLS ") && name != "TLS ClientHello" })
		if !slices.Equal(got, want[key]) || c.ServerName != names[key] {
			t.Errorf("%s said %q, asked for %q; tshark reads %q and %q", key, got, c.ServerName, want[key], names[key])
		}
	}
}

// A port that a client uses again is another connection, by its time.
func TestAPortUsedAgainIsAnotherConnection(t *testing.T) {
	path := filepath.Join("..", "..", "fixtures", "pairs", "control-mail", "client.pcapng")
	whole := &Connection{Client: endpoint(netip.MustParseAddrPort("192.168.42.129:48850")), Server: endpoint(netip.MustParseAddrPort("198.51.100.25:587")), ServerPort: 587, LastNS: 1 << 62}
	never := &Connection{Client: whole.Client, Server: whole.Server, FirstNS: 1 << 62, LastNS: 1<<62 + 1}
	long := &Connection{Client: whole.Client, Server: whole.Server, LastNS: 1}
	collect(t, path, []*Connection{never, whole})
	if len(whole.Messages) == 0 || len(never.Messages) > 0 {
		t.Errorf("the earlier said %q, the later %q", whole.Messages, never.Messages)
	}
	collect(t, path, []*Connection{long})
	if len(long.Messages) > 0 {
		t.Errorf("one that had ended said %q", long.Messages)
	}
}

func TestPipelinedCommandsAreTakenApart(t *testing.T) {
	got := pipelined("MAIL FROM RCPT TO RCPT TO DATA")
	if want := []string{"MAIL FROM", "RCPT TO", "RCPT TO", "DATA"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func collect(t *testing.T, path string, connections []*Connection) {
	t.Helper()
	set, err := file.Open(context.Background(), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if err := Collect(context.Background(), set.Reader(), connections); err != nil {
		t.Fatal(err)
	}
}

func endpoint(a netip.AddrPort) segment.Endpoint {
	return segment.Endpoint{IP: a.Addr().As16(), Port: a.Port()}
}
