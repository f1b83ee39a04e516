package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// killedOnce does one shard. The third is killed once it has written five lines,
// with the half of a sixth, and fails; GNU parallel starts it again. What it reads
// comes slowly the first time, so that there is something to kill.
const killedOnce = `#!/bin/sh
out=out-$1.jsonl
if [ "$1" = 3 ] && [ ! -e killed ]; then
	touch killed
	bothends campaign manifest.csv --jobs 1 --shard "$1/4" -o "$out" --fetch 'sh slowly.sh {}' &
	campaign=$!
	until [ "$(grep -c '' "$out" 2>/dev/null)" -ge 5 ] 2>/dev/null; do sleep 0.01; done
	kill -9 $campaign
	wait $campaign
	tail -n 1 "$out" | head -c 100 >half
	cat half >>"$out"
	grep -c '' "$out" >lines-when-killed
	exit 1
fi
exec bothends campaign manifest.csv --jobs 1 --shard "$1/4" -o "$out"
`

// TestShardsUnderGNUParallelAreTheWholeCampaign runs 200 pairs in four shards, of
// which one is killed and started again: what they wrote is, byte for byte, what
// one campaign writes.
func TestShardsUnderGNUParallelAreTheWholeCampaign(t *testing.T) {
	if _, err := exec.LookPath("parallel"); err != nil {
		t.Skip("GNU parallel is not installed; `make test` installs it")
	}
	const pairs = 200
	dir := t.TempDir()
	var folders []string
	for _, name := range []string{"client.pcap", "server.pcap"} {
		files, err := filepath.Glob(filepath.Join(repository(t), "fixtures", "synthetic", "*", name))
		if err != nil {
			t.Fatal(err)
		}
		for i := range files {
			files[i] = filepath.Dir(files[i])
		}
		if folders == nil {
			folders = files
		}
		folders = slices.DeleteFunc(folders, func(folder string) bool { return !slices.Contains(files, folder) })
	}
	manifest := bytes.NewBufferString("id,client,server,folder\n")
	for n := 0; n < pairs; n++ {
		folder := folders[n%len(folders)]
		fmt.Fprintf(manifest, "%d,%s,%s,%s\n", n, filepath.Join(folder, "client.pcap"), filepath.Join(folder, "server.pcap"), filepath.Base(folder))
	}
	for name, content := range map[string]string{"manifest.csv": manifest.String(), "shard.sh": killedOnce, "slowly.sh": "sleep 0.02; exec cat \"$1\"\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("parallel", "--will-cite", "--jobs", "2", "--retries", "2", "sh", "shard.sh", "{}", ":::", "1", "2", "3", "4")
	command.Dir = dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("parallel: %v\n%s", err, out)
	}
	if n := bytes.TrimSpace([]byte(read(t, filepath.Join(dir, "lines-when-killed")))); len(n) != 1 {
		t.Errorf("the third shard was killed after %s lines: too late to be of use", n)
	}
	var union string
	for shard := 1; shard <= 4; shard++ {
		union += read(t, filepath.Join(dir, fmt.Sprintf("out-%d.jsonl", shard)))
	}
	whole, _, status := runIn(t, dir, "campaign", "manifest.csv")
	if status != 0 {
		t.Fatalf("exit status %d", status)
	}
	if union != whole {
		t.Errorf("the shards wrote %d bytes, one campaign %d, and they differ", len(union), len(whole))
	}
	if n := bytes.Count([]byte(whole), []byte("\n")); n != pairs {
		t.Errorf("%d lines of %d pairs", n, pairs)
	}
}
