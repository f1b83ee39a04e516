package trigger

import (
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// What Wireshark reads in the recorded hellos is what Name reads.
func TestHellosReadAsTsharkReadsThem(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	names := []string{"clienthello-openssl-tls13", "clienthello-openssl-tls12", "clienthello-openssl-nosni", "clienthello-curl"}
	file := filepath.Join(t.TempDir(), "hellos.pcap")
	var payloads [][]byte
	for _, name := range names {
		payloads = append(payloads, []byte(recorded(t, name)))
	}
	writeSegments(t, file, payloads)
	output, err := exec.Command("tshark", "-n", "-r", file, "-T", "fields", "-E", "separator=|", "-E", "aggregator=,",
		"-e", "tls.handshake.extensions_server_name", "-e", "tls.handshake.extensions_alpn_str").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(output), "\n"), "\n")
	if len(lines) != len(names) {
		t.Fatalf("tshark read %d of %d segments", len(lines), len(names))
	}
	for i, line := range lines {
		m := Name(client(443, string(payloads[i])))
		sni := m.Get("SNI")
		if sni == "none" {
			sni = ""
		}
		if got := sni + "|" + strings.ReplaceAll(m.Get("ALPN"), " ", ","); got != line {
			t.Errorf("%s: %q, tshark reads %q", names[i], got, line)
		}
	}
}

// writeSegments makes a classic capture of raw IP with one segment a connection.
func writeSegments(t *testing.T, file string, payloads [][]byte) {
	t.Helper()
	const rawIP = 101
	capture := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	capture = append(capture, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	capture = binary.LittleEndian.AppendUint32(capture, 65535)
	capture = binary.LittleEndian.AppendUint32(capture, rawIP)
	for i, payload := range payloads {
		ip := &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: net.IPv4(192, 0, 2, 1), DstIP: net.IPv4(192, 0, 2, 2)}
		tcp := &layers.TCP{SrcPort: layers.TCPPort(40000 + i), DstPort: 443, Seq: 1, Ack: 1, ACK: true, PSH: true, Window: 1000}
		if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
			t.Fatal(err)
		}
		buffer := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ip, tcp, gopacket.Payload(payload)); err != nil {
			t.Fatal(err)
		}
		size := uint32(len(buffer.Bytes()))
		for _, field := range []uint32{uint32(i), 0, size, size} {
			capture = binary.LittleEndian.AppendUint32(capture, field)
		}
		capture = append(capture, buffer.Bytes()...)
	}
	if err := os.WriteFile(file, capture, 0o600); err != nil {
		t.Fatal(err)
	}
}
