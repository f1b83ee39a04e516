package redact

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"bothends/capture/testimony"
)

// What the kernel told of a reset names a program and two addresses.
func TestTheKernelsLogNamesNobody(t *testing.T) {
	event := testimony.KernelEvent{
		Time: time.Unix(1, 0).UTC(), Sent: true, Reason: "TCP_ABORT_ON_CLOSE", PID: 7, Command: "alices-backup",
		Local: netip.MustParseAddrPort("192.0.2.77:587"), Remote: netip.MustParseAddrPort("[2001:db8::77]:40000"),
	}
	line := testimony.Record{Event: testimony.Resets, KernelLog: &testimony.KernelReading{Sent: 1, Events: []testimony.KernelEvent{event}}}.Line()
	mapping, err := newMapping([mappingKeyBytes]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	r := &redactor{mapping: mapping}
	kept := r.testimonyOf([]string{line})
	if len(kept) != 1 {
		t.Fatalf("kept %q", kept)
	}
	for _, word := range []string{"alice", "192.0.2.77", "2001:db8::77"} {
		if strings.Contains(kept[0], word) {
			t.Errorf("%q is left in %s", word, kept[0])
		}
	}
	left := testimony.Parse(kept)
	if len(left) != 1 || len(left[0].KernelLog.Events) != 1 || left[0].KernelLog.Events[0].Reason != event.Reason || left[0].KernelLog.Events[0].Local.Port() != 587 {
		t.Errorf("left is %s", kept[0])
	}
}
