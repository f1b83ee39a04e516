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
	checkMemory(t, func(dir string) error {
		_, err := bulk.Write(dir, bulk.Options{Packets: 200_000, PerSession: 10, ResetEvery: 100, LossEvery: 1000, Cut: true})
		return err
	}, stageBytes{read: 1150, paired: 1260, aligned: 525, ended: 720, reported: 980})
}

// Each refused connection has a reset at both ends to be judged: everything that the
// alignment knows of it is kept, and a finding each.
func TestARefusedConnectionTakesLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it judges 10,000 resets")
	}
	checkMemory(t, func(dir string) error {
		return bulk.WriteShape(dir, "refused", 10_000)
	}, stageBytes{read: 1200, paired: 1300, aligned: 2690, ended: 3860, reported: 3530})
}

// stageBytes are how many bytes each connection may take, at the end of each stage.
type stageBytes struct{ read, paired, aligned, ended, reported int64 }

// checkMemory compares the pair that write writes into a folder, and measures on the way.
func checkMemory(t *testing.T, write func(dir string) error, bound stageBytes) {
	t.Helper()
	dir := t.TempDir()
	if err := write(dir); err != nil {
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
		took := (inUse() - before) / connections
		t.Logf("%s: %d bytes a connection", stage, took)
		if took > bound {
			t.Errorf("%s: %d bytes a connection, want %d at most", stage, took, bound)
		}
	}
	o, ctx := &Options{}, context.Background()
	read, err := o.read(ctx, sets)
	connections = int64(len(read.surveys[0].Connections))
	check("read", err, bound.read)
	paired, err := o.pair(ctx, read)
	check("paired", err, bound.paired)
	aligned, err := o.align(ctx, paired)
	read, paired = recordings{}, pairing{}
	check("aligned", err, bound.aligned)
	judged, err := o.judge(ctx, aligned)
	if err != nil {
		t.Fatal(err)
	}
	ended, err := o.end(ctx, aligned, &judged)
	check("judged and ended", err, bound.ended)
	r, err := o.report(ctx, aligned, ended, aligned.sumUp(ended))
	check("reported", err, bound.reported)
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
