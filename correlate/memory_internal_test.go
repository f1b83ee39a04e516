package correlate

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"bothends/capture/file"
	"bothends/fixtures/bulk"
)

// What is in memory after each stage, for each connection that is in both captures: of a
// million, every hundred bytes are a hundred megabytes. The bounds are a tenth above what
// was measured when they were last lowered.
func TestAConnectionTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads 400,000 packets")
	}
	dir := t.TempDir()
	if _, err := bulk.Write(dir, bulk.Options{Packets: 200_000, PerSession: 10, ResetEvery: 100, LossEvery: 1000, Cut: true}); err != nil {
		t.Fatal(err)
	}
	var sets [2]*file.Set
	for i, name := range []string{"client.pcap", "server.pcap"} {
		set, err := file.Open(t.Context(), []string{filepath.Join(dir, name)})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		sets[i] = set
	}
	before := inUse()
	var connections int64
	check := func(stage string, err error, bound int64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if took := (inUse() - before) / connections; took > bound {
			t.Errorf("%s: %d bytes a connection, want %d at most", stage, took, bound)
		}
	}
	o, ctx := &Options{}, context.Background()
	read, err := o.read(ctx, sets)
	connections = int64(len(read.surveys[0].Connections))
	check("read", err, 1150)
	paired, err := o.pair(ctx, read)
	check("paired", err, 1260)
	aligned, err := o.align(ctx, paired)
	read, paired = recordings{}, pairing{}
	check("aligned", err, 540)
	judged, err := o.judge(ctx, aligned)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := o.end(ctx, aligned, &judged)
	check("judged and ended", err, 730)
	r, err := o.report(ctx, aligned, ended, aligned.sumUp(ended))
	check("reported", err, 990)
	runtime.KeepAlive(r)
	runtime.KeepAlive(aligned)
}

// inUse is how many bytes somebody still refers to.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
