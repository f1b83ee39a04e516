package inspect_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
	"bothends/correlate/report"
)

// sealedFile is a recording of one packet, of which the seals are made here by what
// docs/recording.md says.
func sealedFile(t *testing.T) []byte {
	t.Helper()
	at := time.Date(2026, 11, 28, 18, 0, 0, 0, time.UTC)
	note := func(r testimony.Record) string { r.Time = at; return r.Line() }
	var file bytes.Buffer
	w, err := pcapng.NewWriter(&file, capture.Section{Comments: []string{note(testimony.Record{Event: testimony.Start, Sealed: true})}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(capture.Interface{LinkType: capture.LinkEthernet, Name: "eth0"}); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	seal := func(s testimony.Seal) testimony.Seal {
		sum := sha256.Sum256(file.Bytes())
		s.File, s.Bytes, s.SHA256 = 1, int64(file.Len()), hex.EncodeToString(sum[:])
		return s
	}
	first := seal(testimony.Seal{})
	w.WriteStatistics(0, at.UnixNano(), capture.Counters{}, note(testimony.Record{Event: testimony.Sealing, Seal: &first}))
	w.WritePacket(&capture.Packet{TimeNS: at.UnixNano(), OrigLen: 60, Data: make([]byte, 60)})
	w.Flush()
	last := seal(testimony.Seal{Head: valueOf(first, "goes on"), Ends: true, Last: true})
	return pcapng.AppendNote(file.Bytes(), 0, at.UnixNano(), note(testimony.Record{Event: testimony.Sealing, Seal: &last}))
}

// valueOf is written out here, and not asked of the code.
func valueOf(s testimony.Seal, state string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("bothcap seal 1\nhead -\nprevious -\nfile 1\nbytes %d\nsha256 %s\nrecording %s\n", s.Bytes, s.SHA256, state)))
	return hex.EncodeToString(sum[:])
}

func TestInfoSaysWhatBecameOfASealedRecording(t *testing.T) {
	whole := sealedFile(t)
	packet := bytes.Index(whole, make([]byte, 60))
	for _, test := range []struct {
		name    string
		attack  func(b []byte) []byte
		state   string
		because string
		says    string
	}{
		{"nothing", func(b []byte) []byte { return b }, "intact", "", "not changed since it was recorded"},
		{"a byte of the packet", func(b []byte) []byte { b[packet+30] = 1; return b }, "changed", "seal-broken", "CHANGED since it was recorded, between"},
		{"cut", func(b []byte) []byte { return b[:packet+64] }, "end-missing", "seal-open", "no seal fixes the"},
		{"added to", func(b []byte) []byte { return append(b, b[packet-28:packet+64]...) }, "changed", "seal-broken", "were added behind its end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := inspectBytes(t, test.attack(bytes.Clone(whole)))
			if i.Seal == nil || i.Seal.State != test.state || test.because != "" && !has(i, test.because) || test.because == "" && has(i, "seal-broken") {
				t.Errorf("%+v, %v", i.Seal, reasons(i))
			}
			var text strings.Builder
			if err := (&report.Info{Captures: []report.Inspection{*i}}).WriteText(&text, report.TextOptions{Width: 200}); err != nil || !strings.Contains(strings.Join(strings.Fields(text.String()), " "), test.says) {
				t.Errorf("it does not say %q: %s", test.says, text.String())
			}
		})
	}
}
