// Package readertest is what the tests of the capture readers share: reading a
// capture to its end, what must hold of any reader on any bytes, and Wireshark
// as an independent reader.
package readertest

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"bothends/capture"
)

// All reads to the end and copies each packet's data.
func All(r capture.Reader) ([]capture.Packet, error) {
	var all []capture.Packet
	for {
		var p capture.Packet
		if err := r.Next(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		p.Data = bytes.Clone(p.Data)
		all = append(all, p)
	}
}

// Hostile reads input, which may be any bytes, and checks what must hold: no
// error but io.EOF, rising frame numbers and offsets, records and the end inside
// the input, data that is really there, a known interface, and an end that stays.
func Hostile(t testing.TB, r capture.Reader, input []byte) {
	t.Helper()
	var p capture.Packet
	frame, offset := int64(0), int64(-1)
	for {
		err := r.Next(&p)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("Next: %v, want io.EOF", err)
		}
		if p.Frame <= frame || p.Offset <= offset {
			t.Fatalf("frame %d at %d after frame %d at %d", p.Frame, p.Offset, frame, offset)
		}
		frame, offset = p.Frame, p.Offset
		if p.Offset+int64(len(p.Data)) > int64(len(input)) {
			t.Fatalf("frame %d at %d with %d bytes in an input of %d", p.Frame, p.Offset, len(p.Data), len(input))
		}
		if !bytes.Contains(input[p.Offset:], p.Data) {
			t.Fatalf("frame %d has bytes that are not in the input", p.Frame)
		}
		if p.OrigLen < 0 {
			t.Fatalf("frame %d has the length %d", p.Frame, p.OrigLen)
		}
		if p.Untimed && p.TimeNS != 0 {
			t.Fatalf("frame %d is untimed, yet its time is %d", p.Frame, p.TimeNS)
		}
		if about := r.Interfaces(); p.Interface < 0 || p.Interface >= len(about) || about[p.Interface].LinkType != p.LinkType {
			t.Fatalf("frame %d of interface %d with link type %v of %d", p.Frame, p.Interface, p.LinkType, len(about))
		}
	}
	end := r.End()
	if end.Offset < 0 || end.Offset > int64(len(input)) || end.Offset <= offset && end.Offset > 0 {
		t.Fatalf("%v in an input of %d bytes with its last packet at %d", end, len(input), offset)
	}
	if (end.Kind == capture.Complete) != (end.Reason == "") {
		t.Fatalf("%v with the reason %q", end, end.Reason)
	}
	if err := r.Next(&p); err != io.EOF {
		t.Fatalf("Next after the end: %v, want io.EOF", err)
	}
	if again := r.End(); again != end {
		t.Fatalf("end became %v from %v", again, end)
	}
}

// Line is what Tshark says of a packet, in the form of the same line from it.
func Line(p capture.Packet) string {
	time := ""
	if !p.Untimed {
		time = fmt.Sprintf("%d.%09d", p.TimeNS/1e9, p.TimeNS%1e9)
	}
	direction := ""
	if p.Direction != capture.DirectionUnknown {
		direction = fmt.Sprintf("0x%08x", uint8(p.Direction))
	}
	return strings.Join([]string{strconv.FormatInt(p.Frame, 10), strconv.FormatInt(p.Offset, 10), time,
		strconv.Itoa(p.OrigLen), strconv.Itoa(len(p.Data)), direction}, "\t")
}

// Lines is Line for each packet.
func Lines(packets []capture.Packet) []string {
	lines := make([]string, len(packets))
	for i, p := range packets {
		lines[i] = Line(p)
	}
	return lines
}

// Tshark reads a capture file with Wireshark and returns a Line for each frame.
// What Wireshark numbers but what is no packet has no link-layer type; it is
// left out.
func Tshark(t testing.TB, path string) []string {
	t.Helper()
	out := Run(t, "tshark", "-n", "-r", path, "-o", "frame.show_file_off:TRUE", "-T", "fields",
		"-e", "frame.number", "-e", "frame.file_off", "-e", "frame.time_epoch", "-e", "frame.len",
		"-e", "frame.cap_len", "-e", "frame.packet_flags_direction", "-e", "frame.encap_type")
	var lines []string
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if last := len(fields) - 1; fields[last] != "" {
			lines = append(lines, strings.Join(fields[:last], "\t"))
		}
	}
	return lines
}

// Run runs a program that this machine may lack, which skips the test, and
// returns its standard output.
func Run(t testing.TB, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed, so there is nothing to compare with", name)
	}
	var out, problems bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, problems.String())
	}
	return out.String()
}
