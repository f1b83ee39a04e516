package campaign

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMain is the worker that the tests start: it compares nothing.
func TestMain(m *testing.M) {
	if os.Getenv("BOTHENDS_TEST_WORKER") != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// serve gives back each pair's ID as a line, and dies of the pair "crash".
func serve() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var p Pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			panic(err)
		}
		switch p.ID {
		case "crash":
			fmt.Fprintln(os.Stderr, "first\npanic: out of luck")
			os.Exit(7)
		case "slow":
			time.Sleep(200 * time.Millisecond)
		case "hang":
			time.Sleep(time.Hour)
		}
		line, _ := (&Line{Schema: Schema, ID: p.ID}).encode()
		os.Stdout.Write(line)
	}
}

func runner(t *testing.T, jobs int) *Runner {
	t.Setenv("BOTHENDS_TEST_WORKER", "1")
	return &Runner{Command: []string{os.Args[0]}, Jobs: jobs}
}

func pairsNamed(ids ...string) func(func(Pair) bool) {
	return func(yield func(Pair) bool) {
		for _, id := range ids {
			if !yield(Pair{ID: id}) {
				return
			}
		}
	}
}

func TestABadPairCostsItsOwnLineOnly(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		var got []string
		err := runner(t, jobs).Run(t.Context(), pairsNamed("a", "crash", "b", "crash", "slow", "c", "d", "e", "f"), func(line []byte, ok bool) error {
			var l Line
			if err := json.Unmarshal(line, &l); err != nil {
				return err
			}
			if ok != (l.ID != "crash") || !ok && l.Error != "the comparison crashed: exit status 7: panic: out of luck" {
				t.Errorf("ok is %v of %q with the error %q", ok, l.ID, l.Error)
			}
			got = append(got, l.ID)
			return nil
		})
		if want := "a crash b crash slow c d e f"; err != nil || strings.Join(got, " ") != want {
			t.Errorf("%d jobs: lines of %q, want %q; error %v", jobs, got, want, err)
		}
	}
}

// However many pairs there are, only so many are under way or held back.
func TestNoMoreThanAFewPairsAreHeld(t *testing.T) {
	const jobs, pairs = 2, 200
	var taken, handed atomic.Int64
	most := int64(0)
	err := runner(t, jobs).Run(t.Context(), func(yield func(Pair) bool) {
		for i := range pairs {
			most = max(most, taken.Add(1)-handed.Load())
			if !yield(Pair{ID: fmt.Sprint(i)}) {
				return
			}
		}
	}, func([]byte, bool) error { handed.Add(1); return nil })
	if err != nil || handed.Load() != pairs {
		t.Fatalf("%d lines, error %v", handed.Load(), err)
	}
	if bound := int64(jobs*ahead + jobs + 2); most > bound {
		t.Errorf("%d pairs were held, want at most %d", most, bound)
	}
}

func TestACampaignStops(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := runner(t, 2).Run(ctx, pairsNamed("a", "hang", "b"), func([]byte, bool) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("interrupted, it ends with %v", err)
	}
	full := errors.New("the disk is full")
	if err := runner(t, 2).Run(t.Context(), pairsNamed("a", "b", "c", "hang"), func([]byte, bool) error { return full }); !errors.Is(err, full) {
		t.Errorf("with a full disk it ends with %v", err)
	}
	if err := (&Runner{Command: []string{"/nowhere"}, Jobs: 1}).Run(t.Context(), pairsNamed("a"), func([]byte, bool) error { return nil }); err == nil {
		t.Error("without a worker it ends well")
	}
}

func TestShardsAreTheWholeList(t *testing.T) {
	for n := range 30 {
		for of := 1; of < 12; of++ {
			next := 0
			for i := 1; i <= of; i++ {
				from, to := Shard{i, of}.bounds(n)
				if from != next || to < from || to-from > n/of+1 {
					t.Fatalf("shard %d of %d has pairs %d to %d of %d, after %d", i, of, from, to, n, next)
				}
				next = to
			}
			if next != n {
				t.Fatalf("%d shards have %d of %d pairs", of, next, n)
			}
		}
	}
}

func TestAShardIsNamedInManyWays(t *testing.T) {
	kubernetes := map[string]string{"JOB_COMPLETION_INDEX": "0"}
	slurm := map[string]string{"SLURM_ARRAY_TASK_ID": "12", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_COUNT": "5"}
	for _, c := range []struct {
		text string
		env  map[string]string
		want Shard
		fail string
	}{
		{"2/8", nil, Shard{2, 8}, ""},
		{"8/8", nil, Shard{8, 8}, ""},
		{"auto/8", kubernetes, Shard{1, 8}, ""},
		{"auto/8", map[string]string{"JOB_COMPLETION_INDEX": "7"}, Shard{8, 8}, ""},
		{"auto", slurm, Shard{3, 5}, ""},
		{"auto/6", slurm, Shard{3, 6}, ""},
		{"9/8", nil, Shard{}, "no shard 9 of 8"},
		{"0/8", nil, Shard{}, "no shard 0 of 8"},
		{"auto/8", map[string]string{"JOB_COMPLETION_INDEX": "8"}, Shard{}, "no shard 9 of 8"},
		{"2", nil, Shard{}, "is not I/N"},
		{"a/b", nil, Shard{}, `"a" is no number`},
		{"auto", kubernetes, Shard{}, "Kubernetes does not say"},
		{"auto/8", nil, Shard{}, "neither JOB_COMPLETION_INDEX"},
		{"auto", map[string]string{"SLURM_ARRAY_TASK_ID": "1"}, Shard{}, "SLURM_ARRAY_TASK_MIN"},
	} {
		got, err := ParseShard(c.text, func(name string) string { return c.env[name] })
		if got != c.want || (err == nil) != (c.fail == "") || err != nil && !strings.Contains(err.Error(), c.fail) {
			t.Errorf("%q with %v: %v and %v, want %v and %q", c.text, c.env, got, err, c.want, c.fail)
		}
	}
	if got := (Shard{3, 128}).Name("out-{shard}.jsonl"); got != "out-003.jsonl" {
		t.Errorf("the third of 128 writes to %s", got)
	}
}

func TestBothFormsOfAManifestSayTheSame(t *testing.T) {
	want := []Pair{
		{"1", []string{"c 1.pcap"}, []string{"s1.pcap", "s2.pcap"}, map[string]string{"provider": "A, B", "tls": "true"}},
		{"two", []string{"c2.pcap"}, []string{"s.pcap"}, map[string]string{"tls": "1e3"}},
	}
	for name, text := range map[string]string{
		"CSV": "\ufeffid,client,server,server,provider,tls\r\n1,c 1.pcap,s1.pcap,s2.pcap,\"A, B\",true\r\n\r\ntwo,c2.pcap,s.pcap,,,1e3\r\n",
		"JSON lines": `{"id": 1, "client": "c 1.pcap", "server": ["s1.pcap", "s2.pcap"], "factors": {"provider": "A, B", "tls": true}}` + "\n\n" +
			`{"id": "two", "client": ["c2.pcap"], "server": "s.pcap", "factors": {"tls": 1e3}}`,
	} {
		m, err := Open(written(t, text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []Pair
		for p, err := range m.All() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		if diff := cmp.Diff(want, got); diff != "" || m.Pairs != 2 {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		got = nil
		for p := range m.Part(Shard{2, 2}) {
			got = append(got, p)
		}
		if diff := cmp.Diff(want[1:], got); diff != "" {
			t.Errorf("%s, the second half (-want +got):\n%s", name, diff)
		}
	}
}

func TestAManifestIsRefusedByItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "is empty",
		"id,client,server\n":               "lists no pair",
		"id,client\n1,a\n":                 `line 1: the header has no column "server"`,
		"id,client,server,x,x\n":           `line 1: column "x" is there twice`,
		"id,client,server,\n":              "line 1: column 4 has no name",
		"id,client,server\n1,a,b\n1,c,d\n": `the id "1" is given twice`,
		"id,client,server\n1,a,b\n2,c,\n":  "line 3: it has no server's capture",
		"id,client,server\n1,a,-\n":        "line 2: standard input",
		"id,client,server\n1,a\n":          "wrong number of fields",
		`{"id": "1", "client": "a", "server": "b"}` + "\n" + `{"id": "2"`:  "line 2: unexpected EOF",
		`{"id": "1", "client": "a", "server": "b", "factor": {}}`:          `line 1: json: unknown field "factor"`,
		`{"id": "1", "client": 7, "server": "b"}`:                          "line 1: client: is neither a file",
		`{"id": "1", "client": "a", "server": "b", "factors": {"x": [1]}}`: `line 1: factor "x": is neither text`,
		`{"id": "1", "client": "a", "server": "b"} {"id": "2"}`:            "line 1: more than one JSON object",
		`{"client": "a", "server": "b"}`:                                   "line 1: it has no id",
	} {
		if _, err := Open(written(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func line(id, problem string) string {
	encoded, _ := (&Line{Schema: Schema, ID: id, Error: problem}).encode()
	return string(encoded)
}

func TestAnOutputIsGoneOnWith(t *testing.T) {
	path := written(t, line("1", "")+line("2", "no such file")+line("3", "")+line("4", "")[:20])
	o, err := Continue(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if o.Done() != 3 || !o.Has("2") || o.Has("4") {
		t.Errorf("%d are done; the second %v, the fourth %v", o.Done(), o.Has("2"), o.Has("4"))
	}
	if _, err := Continue(path, false); err == nil || !strings.Contains(err.Error(), "is being written by another campaign") {
		t.Errorf("two write to it at once: %v", err)
	}
	o.Write([]byte(line("4", "")))
	o.Close()
	holds(t, path, line("1", "")+line("2", "no such file")+line("3", "")+line("4", ""))

	if o, err = Continue(path, true); err != nil || o.Has("2") || o.Done() != 3 {
		t.Fatalf("after retry: %v", err)
	}
	o.Write([]byte(line("2", "")))
	o.Close()
	holds(t, path, line("1", "")+line("3", "")+line("4", "")+line("2", ""))
	if list, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(list) > 0 {
		t.Errorf("left behind: %q", list)
	}
}

func TestWhatIsNoOutputIsLeftAlone(t *testing.T) {
	for _, text := range []string{"some text\n", line("1", "") + `{"schema": "bothends.report/1"}` + "\n"} {
		path := written(t, text)
		if _, err := Continue(path, true); err == nil || !strings.Contains(err.Error(), "is none of a campaign") {
			t.Errorf("%q: %v", text, err)
		}
		holds(t, path, text)
	}
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%v; the file holds\n%s\nwant\n%s", err, got, want)
	}
}

func TestFetchIsNoShell(t *testing.T) {
	f, err := ParseFetch("echo -n {} x{}y")
	if err != nil || !slices.Equal(f, Fetch{"echo", "-n", "{}", "x{}y"}) {
		t.Errorf("%q, %v", f, err)
	}
	for _, command := range []string{"cat", "{}", ""} {
		if _, err := ParseFetch(command); err == nil {
			t.Errorf("%q is taken", command)
		}
	}
	touched := filepath.Join(t.TempDir(), "touched")
	capture := filepath.Join("..", "..", "..", "..", "fixtures", "synthetic", "plain", "client.pcap")
	for command, want := range map[string]string{
		"cat {}":             "", // the file itself
		"true {}":            "is empty",
		"head -c 100 {}":     "",              // what breaks off is a matter for the report
		"false {}":           "exit status 1", // and not: is empty
		"no-such-program {}": "executable file not found",
		"cat {} /nowhere":    "exit status 1: cat: /nowhere", // after all of the capture
	} {
		f, err := ParseFetch(command)
		if err != nil {
			t.Fatal(err)
		}
		set, err := f.open(t.Context(), []string{capture})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", command, err, want)
		}
		if set != nil {
			set.Close()
		}
	}
	if _, err := (Fetch{"cat", "{}"}).open(t.Context(), []string{"; touch " + touched}); err == nil {
		t.Error("a file that is not there is fetched")
	}
	if _, err := (Fetch{"cat", "{}"}).open(t.Context(), []string{"--help"}); err == nil || !strings.Contains(err.Error(), "looks like a flag") {
		t.Errorf("a flag is fetched: %v", err)
	}
	if _, err := os.Stat(touched); err == nil {
		t.Error("a name was run as a command")
	}
}
