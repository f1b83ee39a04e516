package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What deploy/ starts must be what the program takes.
func TestTheDeploymentsUseFlagsThatThereAre(t *testing.T) {
	word := regexp.MustCompile(`(?m)(?:^|[\s-])--([a-z-]+)`)
	others := []string{"shard", "job-name", "cpus-per-task", "mem", "requeue", "array", "retries", "wd", "from", "rm", "target", "for", "timeout"}
	flags := campaignVerb().Flags
	for _, name := range []string{"kubernetes.yaml", "slurm.sh", "parallel.sh"} {
		text := read(t, filepath.Join(repository(t), "deploy", name))
		used := 0
		for _, m := range word.FindAllStringSubmatch(text, -1) {
			if flags.Lookup(m[1]) != nil {
				used++
			} else if !strings.Contains(strings.Join(others, " "), m[1]) {
				t.Errorf("%s uses --%s, which campaign has not", name, m[1])
			}
		}
		if used < 3 {
			t.Errorf("%s uses %d flags of campaign", name, used)
		}
	}
}

// The scripts are run as they are, where what they call can be had: GNU parallel,
// and for Slurm its variables.
func TestTheDeployedScriptsRunACampaign(t *testing.T) {
	fixtures := filepath.Join(repository(t), "fixtures", "synthetic")
	manifest := "id,client,server\n"
	for _, name := range []string{"plain", "nat-clean", "resets-forged-as-in-2012"} {
		manifest += name + "," + filepath.Join(fixtures, name, "client.pcap") + "," + filepath.Join(fixtures, name, "server.pcap") + "\n"
	}
	for script, c := range map[string]struct {
		needs string
		args  []string
		env   []string
		files []string
	}{
		"parallel.sh": {"parallel", []string{"manifest.csv", "2"}, nil, []string{"reports-1.jsonl", "reports-2.jsonl"}},
		"slurm.sh": {"sh", []string{"manifest.csv"}, []string{"SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_COUNT=1", "SLURM_CPUS_PER_TASK=1"},
			[]string{"reports-1.jsonl"}},
	} {
		t.Run(script, func(t *testing.T) {
			if _, err := exec.LookPath(c.needs); err != nil {
				t.Skip(c.needs + " is not installed; `make test` installs it")
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "manifest.csv"), []byte(manifest), 0o600); err != nil {
				t.Fatal(err)
			}
			command := exec.Command("sh", append([]string{filepath.Join(repository(t), "deploy", script)}, c.args...)...)
			command.Dir, command.Env = dir, append(os.Environ(), c.env...)
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			lines := 0
			for _, name := range c.files {
				lines += strings.Count(read(t, filepath.Join(dir, name)), "\n")
			}
			if lines != 3 {
				t.Errorf("%d lines of 3 pairs", lines)
			}
		})
	}
}
