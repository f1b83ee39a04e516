package agent

import (
	"bytes"
	"io"
	"testing"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// told is a kernel's log that tells of some events each time that it is listened to.
type told struct {
	each    int
	made    int
	waiting []testimony.KernelEvent
	reading testimony.KernelReading
}

func (k *told) Begin() testimony.KernelReading {
	k.reading.Until = time.Now().UTC()
	return testimony.KernelReading{Sees: &testimony.KernelSight{Abort: true, NoSocket: true, TimeWait: true}, Until: k.reading.Until}
}

func (k *told) Listen() {
	for range k.each {
		k.made++
		k.waiting = append(k.waiting, testimony.KernelEvent{Time: time.Now().UTC(), Sent: true, PID: k.made})
	}
	k.reading.Until = time.Now().UTC()
}

func (k *told) Waiting() int { return len(k.waiting) }

func (k *told) Take(n int) testimony.KernelReading {
	r := k.reading
	n = min(n, len(k.waiting))
	r.Events = k.waiting[:n]
	k.waiting = k.waiting[n:]
	if len(k.waiting) > 0 {
		r.Until = k.waiting[0].Time.Add(-1)
	}
	return r
}

// joined is the log as it stands in some files.
func joined(t *testing.T, files [][]byte) testimony.KernelLog {
	t.Helper()
	var logs []*testimony.Log
	for _, b := range files {
		r, err := pcapng.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		log := testimony.NewLog()
		r.OnRemark(func(_ int, text string) { log.Add(text) })
		for err == nil {
			err = r.Next(&capture.Packet{})
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		for _, comment := range r.Interfaces()[0].Comments {
			log.Add(comment)
		}
		logs = append(logs, log)
	}
	return testimony.JoinKernel(logs)
}

func TestTheKernelsLogGoesOnFromFileToFile(t *testing.T) {
	log := &told{each: 30}
	c := config()
	c.KernelLog = log
	c.Limits.RotateSize, c.Limits.Duration = 1<<20, 600*time.Millisecond
	out := memory{}
	large := make([]capture.Packet, 30)
	for i := range large {
		frame := append(segmentOf(toServer, ack), make([]byte, 100_000)...)
		large[i] = capture.Packet{TimeNS: time.Now().UnixNano(), LinkType: capture.LinkEthernet, OrigLen: len(frame), Data: frame}
	}
	source := &recorded{packets: large, endless: true}
	if _, err := run(t, c, source, &out); err != nil {
		t.Fatal(err)
	}
	k := joined(t, out.files)
	if len(out.files) < 3 || log.made < 90 || len(k.Events) != log.made || !k.Complete(k.Events[0].Time, k.Events[len(k.Events)-1].Time) {
		t.Fatalf("%d files, %d of %d events, gaps %v", len(out.files), len(k.Events), log.made, k.Gaps)
	}
	for i, e := range k.Events {
		if e.PID != i+1 {
			t.Fatalf("event %d is the %dth", e.PID, i+1)
		}
	}
	if len(out.files[0]) > 1<<20 {
		t.Errorf("a file of %d bytes", len(out.files[0]))
	}
}

// What does not fit is not claimed.
func TestAKernelsLogThatDoesNotFitSaysHowFarItGoes(t *testing.T) {
	log := &told{each: 3000}
	c := config()
	c.KernelLog = log
	c.Limits.Size, c.Limits.Duration = 1<<20, 2*time.Second
	out := memory{}
	if _, err := run(t, c, &recorded{packets: packets(capture.Outbound, segmentOf(toServer, ack)), endless: true}, &out); err != nil {
		t.Fatal(err)
	}
	k := joined(t, out.files)
	if len(out.files[0]) > 1<<20 || len(k.Events) == 0 || len(k.Events) >= log.made {
		t.Fatalf("%d bytes, %d of %d events", len(out.files[0]), len(k.Events), log.made)
	}
	last := k.Events[len(k.Events)-1].Time
	if !k.Complete(k.Events[0].Time, last) || k.Complete(k.Events[0].Time, last.Add(time.Second)) {
		t.Errorf("complete until %v, the last event at %v", k.Until, last)
	}
}

// After a reset the kernel's counters are read sooner.
func TestAResetHasTheKernelCounted(t *testing.T) {
	c := config()
	c.Limits.Duration = 1500 * time.Millisecond
	looked := 0
	c.Host.Counters = func() (map[string]uint64, error) { looked++; return map[string]uint64{outResets: uint64(looked)}, nil }
	c.Live = live.Options{SnapLen: 262144, Timeout: time.Millisecond}
	for _, test := range []struct {
		flags string
		want  int
	}{{ack, 2}, {rst, 3}} { // at the start and at the end, and once between
		looked = 0
		if _, err := run(t, c, &recorded{packets: packets(capture.Inbound, segmentOf(toClient, test.flags)), endless: true}, &memory{}); err != nil {
			t.Fatal(err)
		}
		if looked != test.want {
			t.Errorf("flags %s: looked %d times, want %d", test.flags, looked, test.want)
		}
	}
}
