package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bothends/capture"
)

// long is a segment of 3000 bytes of payload in raw IP.
func long(ipv6 bool) []byte {
	payload := make([]byte, 3000)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	tcp := append(unhex("c350 024b 01020304 a1a2a3a4 50 18 2000 0000 0000"), payload...)
	if ipv6 {
		return append(unhex(fmt.Sprintf("60012345 %04x 06 40", len(tcp))+ipv6Addresses), tcp...)
	}
	return append(unhex(fmt.Sprintf("45 10 %04x 1234 0000 3f 06 0000", 20+len(tcp))+ipv4Addresses), tcp...)
}

// split divides an IP packet as a router or host does, at multiples of size, which is
// one of 8 (RFC 791 section 3.2; RFC 8200 section 4.5).
func split(packet []byte, size int) (fragments [][]byte) {
	header, six := 20, packet[0]>>4 == 6
	if six {
		header = 40
	}
	for at := header; at < len(packet); at += size {
		end := min(at+size, len(packet))
		offset, last := at-header, end == len(packet)
		f := bytes.Clone(packet[:header])
		if six {
			binary.BigEndian.PutUint16(f[4:], uint16(8+end-at))
			next := f[6]
			f[6] = protoFragment
			field := uint16(offset)
			if !last {
				field |= 1
			}
			f = binary.BigEndian.AppendUint16(append(f, next, 0), field)
			f = binary.BigEndian.AppendUint32(f, 0x12345678)
		} else {
			binary.BigEndian.PutUint16(f[2:], uint16(header+end-at))
			field := uint16(offset / 8)
			if !last {
				field |= 0x2000
			}
			binary.BigEndian.PutUint16(f[6:], field)
		}
		fragments = append(fragments, append(f, packet[at:end]...))
	}
	return fragments
}

// frames are IP packets as a capture has them, a millisecond apart.
func frames(packets ...[]byte) (all []*capture.Packet) {
	for i, data := range packets {
		all = append(all, &capture.Packet{LinkType: capture.LinkRaw, Frame: int64(i + 1), TimeNS: int64(i+1) * 1e6, OrigLen: len(data), Data: data})
	}
	return all
}

// decodeAll returns the segments that a decoder finds in frames, and what it counted.
func decodeAll(t *testing.T, all []*capture.Packet) (found []Segment, counts Fragments) {
	t.Helper()
	var d Decoder
	for _, p := range all {
		s := dirty()
		if d.Decode(p, &s) == TCP {
			s.Payload = bytes.Clone(s.Payload)
			found = append(found, s)
		}
	}
	return found, d.Fragments()
}

// wantLong is the segment of long, completed by a frame.
func wantLong(ipv6 bool, frame int64) Segment {
	want := wantHello(ipv6)
	want.DF, want.Frame, want.TimeNS = false, frame, frame*1e6
	want.Payload = long(ipv6)[len(long(ipv6))-3000:]
	want.PayloadLen = 3000
	return want
}

func wantOne(t *testing.T, found []Segment, want Segment) {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("%d segments, want 1", len(found))
	}
	if diff := cmp.Diff(want, found[0], cmpopts.EquateEmpty(), withoutHeader); diff != "" {
		t.Errorf("segment (-want +got):\n%s", diff)
	}
}

func TestAPacketInPartsIsOneSegmentInWhateverOrderTheyCome(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		for _, size := range []int{8, 16, 1480, 2960} {
			parts := split(long(ipv6), size)
			for seed := range uint64(5) {
				rand.New(rand.NewPCG(seed, 0)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
				found, counts := decodeAll(t, frames(parts...))
				wantOne(t, found, wantLong(ipv6, int64(len(parts))))
				if want := (Fragments{Received: int64(len(parts)), Packets: 1}); counts != want {
					t.Errorf("counted %+v, want %+v", counts, want)
				}
			}
		}
	}
}

func TestFragmentsInsideOfATunnelAndATunnelInFragments(t *testing.T) {
	inside := split(long(false), 1480)
	for i, f := range inside {
		inside[i] = unhex(outer4(47, "0000 0800"+fmt.Sprintf("%x", f)))
	}
	found, _ := decodeAll(t, frames(inside...))
	want := wantLong(false, int64(len(inside)))
	want.Wrapping.add(gre)
	wantOne(t, found, want)

	outside := unhex(outer4(17, udp(50000, 4789, "0800000000000100"+macs+"0800"+fmt.Sprintf("%x", long(false)))))
	binary.BigEndian.PutUint16(outside[6:], 0) // may be fragmented
	parts := split(outside, 1480)
	found, _ = decodeAll(t, frames(parts...))
	want = wantLong(false, int64(len(parts)))
	want.Wrapping = 0
	want.Wrapping.add(vxlan)
	wantOne(t, found, want)
}

func TestFragmentsThatWereCutKeepWhatComesBeforeTheFirstHole(t *testing.T) {
	all := frames(split(long(false), 1480)...)
	for _, p := range all {
		p.Data = p.Data[:min(len(p.Data), 96)]
	}
	found, _ := decodeAll(t, all)
	want := wantLong(false, int64(len(all)))
	want.Payload, want.Cut = want.Payload[:96-40], true
	wantOne(t, found, want)
}

func TestAFragmentThatIsMissingLeavesNoSegment(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		parts := split(long(ipv6), 1480)
		for missing := range parts {
			found, counts := decodeAll(t, frames(slices.Delete(slices.Clone(parts), missing, missing+1)...))
			if len(found) != 0 || counts.Incomplete != 1 || counts.Packets != 0 {
				t.Errorf("without part %d: %d segments, %+v", missing, len(found), counts)
			}
		}
	}
}

// A tap on two interfaces records each fragment twice, one by one or all after all.
func TestFragmentsRecordedTwiceMakeOnePacket(t *testing.T) {
	parts := split(long(false), 1480)
	var interleaved [][]byte
	for _, p := range parts {
		interleaved = append(interleaved, p, p)
	}
	for _, all := range [][][]byte{interleaved, slices.Concat(parts, parts)} {
		found, counts := decodeAll(t, frames(all...))
		if len(found) != 1 || counts != (Fragments{Received: int64(len(all)), Packets: 1, Repeated: int64(len(parts))}) {
			t.Errorf("%d segments, %+v", len(found), counts)
		}
	}
}

// A packet with the number of an earlier one is another, if it comes later or holds
// other bytes.
func TestAnIdentificationIsUsedAgain(t *testing.T) {
	first, second := long(false), long(false)
	second[27]++ // its sequence number
	found, _ := decodeAll(t, frames(slices.Concat(split(first, 1480), split(second, 1480))...))
	if len(found) != 2 {
		t.Errorf("%d segments of two packets whose numbers differ, want 2", len(found))
	}
	later := frames(slices.Concat(split(first, 1480), split(first, 1480))...)
	for _, p := range later[len(later)/2:] {
		p.TimeNS += 1e9
	}
	if found, _ = decodeAll(t, later); len(found) != 2 {
		t.Errorf("%d segments of two packets a second apart, want 2", len(found))
	}
}

func TestFragmentsThatOverlapAreCountedAndNotBelieved(t *testing.T) {
	for _, ipv6 := range []bool{false, true} {
		parts, others := split(long(ipv6), 1480), split(long(ipv6), 1472)
		altered := bytes.Clone(parts[1])
		altered[len(altered)-1] ^= 1
		beyond := split(append(long(ipv6), make([]byte, 8)...), 1480)
		thirds, short := split(long(ipv6), 1000), split(long(ipv6)[:len(long(ipv6))-1500], 1000)
		for name, all := range map[string][][]byte{
			"shifted":                     {parts[0], others[1], parts[1], parts[2]},
			"the same with other bytes":   {parts[0], altered, parts[1], parts[2]},
			"two ends":                    {parts[0], beyond[2], parts[2], parts[1]},
			"an end before what is there": {thirds[2], short[1], thirds[0], thirds[3]},
		} {
			found, counts := decodeAll(t, frames(all...))
			if len(found) != 0 || counts.Overlapping != 1 || counts.Incomplete != 0 {
				t.Errorf("%s: %d segments, %+v; want none, one overlap", name, len(found), counts)
			}
		}
	}
}

func TestFragmentsThatNoHostTakesAreNotHeld(t *testing.T) {
	death := split(long(false), 1480)[1]
	binary.BigEndian.PutUint16(death[6:], 0x1fff) // ends beyond 65535 (ping of death)
	uneven := split(long(false), 1480)[0]
	binary.BigEndian.PutUint16(uneven[2:], 20+13) // not a multiple of 8, and more follow
	empty := split(long(false), 1480)[1][:20]
	binary.BigEndian.PutUint16(empty[2:], 20)
	if found, counts := decodeAll(t, frames(death, uneven[:33], empty)); len(found) != 0 || counts != (Fragments{Received: 3}) {
		t.Errorf("%d segments, %+v", len(found), counts)
	}
}

// Fragments that never become packets cost no more than the bound, and what is given
// up is what was held for longest.
func TestWhatIsHeldIsBounded(t *testing.T) {
	var d Decoder
	var s Segment
	part := split(long(false), 1480)[0]
	const packets = 200_000
	for i := range packets {
		binary.BigEndian.PutUint16(part[4:], uint16(i))
		binary.BigEndian.PutUint16(part[14:], uint16(i>>16)) // source
		p := &capture.Packet{LinkType: capture.LinkRaw, TimeNS: int64(i), OrigLen: len(part), Data: part}
		d.Decode(p, &s)
	}
	held := 0
	for _, f := range d.fragments.held {
		held += f.size
	}
	if held != d.fragments.size || held > maxHeld+2000 {
		t.Errorf("%d bytes held, %d counted, want at most %d", held, d.fragments.size, maxHeld)
	}
	if n := len(d.fragments.oldest); n > maxHeld/heldCost {
		t.Errorf("%d packets remembered", n)
	}
	if c := d.Fragments(); c.Incomplete != packets || c.Received != packets {
		t.Errorf("counted %+v, want %d incomplete", c, packets)
	}
	rest := split(long(false), 1480)[1:]
	for i, f := range rest { // of the newest
		copy(f[4:6], part[4:6])
		copy(f[14:16], part[14:16])
		p := &capture.Packet{LinkType: capture.LinkRaw, TimeNS: packets, OrigLen: len(f), Data: f}
		if got := d.Decode(p, &s); (got == TCP) != (i == len(rest)-1) {
			t.Errorf("part %d of the newest packet: %v", i+1, got)
		}
	}
}

func TestWhatIsHeldForTooLongIsGivenUp(t *testing.T) {
	all := frames(split(long(false), 1480)...)
	all[2].TimeNS += maxHeldNS
	if found, counts := decodeAll(t, all); len(found) != 0 || counts.Incomplete != 2 {
		t.Errorf("%d segments, %+v; want none, and both halves incomplete", len(found), counts)
	}
}

func TestADecoderOfUnfragmentedFramesAllocatesNothing(t *testing.T) {
	everyFrame(func(name string, p *capture.Packet) {
		var s Segment
		var d Decoder
		if Decode(p, &s) != TCP || s.Fragment {
			return
		}
		if n := testing.AllocsPerRun(100, func() { d.Decode(p, &s) }); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
	})
}

// Wireshark puts the same packets together, and shows them at the same frames.
func TestReassemblyEqualsTsharks(t *testing.T) {
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed; `make test` installs it")
	}
	var all [][]byte
	for i, size := range []int{8, 24, 1000, 1480} {
		for _, ipv6 := range []bool{false, true} {
			parts := split(long(ipv6), size)
			for _, p := range parts {
				if ipv6 {
					p[40+7] = byte(i)
				} else {
					p[5] = byte(i)
				}
			}
			rand.New(rand.NewPCG(uint64(size), 1)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
			if size == 1480 {
				parts = parts[1:] // one is missing
			}
			all = append(all, parts...)
		}
	}
	captured := frames(all...)
	file := filepath.Join(t.TempDir(), "fragments.pcapng")
	if err := os.WriteFile(file, pcapng(captured), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command("tshark", "-n", "-r", file, "-Y", "tcp", "-T", "fields", "-e", "frame.number", "-e", "tcp.len", "-e", "tcp.payload").Output()
	if err != nil {
		t.Fatalf("tshark: %v", err)
	}
	found, _ := decodeAll(t, captured)
	var lines []string
	for _, s := range found {
		lines = append(lines, fmt.Sprintf("%d\t%d\t%x", s.Frame, s.PayloadLen, s.Payload))
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(string(output)), "\n"), lines); diff != "" {
		t.Errorf("(-tshark +decoded):\n%s", diff)
	}
	if len(found) != 6 {
		t.Errorf("%d packets, want 6", len(found))
	}
}
