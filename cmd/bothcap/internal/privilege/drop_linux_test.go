package privilege

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A process cannot get back what it dropped, so the tests drop in a copy of
// themselves, which prints what became of its threads.
const dropVariable = "BOTHENDS_TEST_DROP"

func TestMain(m *testing.M) {
	if os.Getenv(dropVariable) == "" {
		os.Exit(m.Run())
	}
	if err := dropAndPrint(os.Getenv(dropVariable) == "keep"); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func dropAndPrint(keep bool) error {
	// Several threads that exist before the drop, blocked in system calls.
	var started, hold sync.WaitGroup
	hold.Add(1)
	for range 5 {
		started.Add(1)
		go func() {
			var pipe [2]int
			_ = syscall.Pipe(pipe[:])
			started.Done()
			_, _ = syscall.Read(pipe[0], make([]byte, 1))
		}()
	}
	started.Wait()
	var thread *Thread
	if keep {
		var err error
		if thread, err = Keep(SendSignals); err != nil {
			return err
		}
	}
	u, err := Choose("nobody")
	if err != nil {
		return err
	}
	if err := Drop(u); err != nil {
		return err
	}
	if keep {
		thread.Do(func() { fmt.Println("signal:", unix.Kill(os.Getppid(), 0)) })
	}
	fmt.Println("signal:", unix.Kill(os.Getppid(), 0))
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			return err
		}
		fmt.Println("thread")
		for line := range strings.Lines(string(text)) {
			for _, field := range []string{"Uid:", "Gid:", "Groups:", "CapPrm:", "CapEff:", "CapInh:", "CapAmb:", "NoNewPrivs:"} {
				if strings.HasPrefix(line, field) {
					fmt.Print(strings.Join(strings.Fields(line), " "), "\n")
				}
			}
		}
	}
	return nil
}

func dropped(t *testing.T, variant string) string {
	t.Helper()
	if os.Geteuid() != 0 {
		if os.Getenv("BOTHENDS_PRIVILEGED") == "required" {
			t.Fatal("BOTHENDS_PRIVILEGED=required, but these tests do not run as root")
		}
		t.Skip("needs root")
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), dropVariable+"="+variant)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

const none = "0000000000000000"

func TestDropLeavesNoThreadAnything(t *testing.T) {
	out := dropped(t, "all")
	threads := strings.Count(out, "thread\n")
	if threads < 5 {
		t.Fatalf("only %d threads: %s", threads, out)
	}
	u, err := Choose("nobody")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{fmt.Sprintf("Uid: %[1]d %[1]d %[1]d %[1]d", u.UID), fmt.Sprintf("Gid: %[1]d %[1]d %[1]d %[1]d", u.GID),
		"CapPrm: " + none, "CapEff: " + none, "CapInh: " + none, "CapAmb: " + none, "NoNewPrivs: 1"} {
		if n := strings.Count(out, want+"\n"); n != threads {
			t.Errorf("%q holds for %d of %d threads:\n%s", want, n, threads, out)
		}
	}
	if !strings.Contains(out, "signal: operation not permitted") {
		t.Errorf("root's process could be signalled:\n%s", out)
	}
}

func TestOneThreadKeepsOneCapability(t *testing.T) {
	out := dropped(t, "keep")
	if !strings.HasPrefix(out, "signal: <nil>\nsignal: operation not permitted\n") {
		t.Errorf("want the thread, and it alone, to signal root's process:\n%s", out)
	}
	threads := strings.Count(out, "thread\n")
	for what, want := range map[string]int{
		"CapPrm: " + none: threads - 1, "CapEff: " + none: threads - 1, "NoNewPrivs: 1": threads,
		"CapPrm: 0000000000000020": 1, "CapEff: 0000000000000020": 1,
	} {
		if n := strings.Count(out, what+"\n"); n != want {
			t.Errorf("%q holds for %d threads, want %d:\n%s", what, n, want, out)
		}
	}
}

func TestTheCallerOfSudoIsWhomToDropTo(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	t.Setenv("SUDO_UID", "12345")
	t.Setenv("SUDO_GID", "54321")
	t.Setenv("SUDO_USER", "someone")
	u, err := Choose("")
	if err != nil || u.UID != 12345 || u.GID != 54321 || u.Name != "someone" {
		t.Errorf("got %+v, %v", u, err)
	}
	t.Setenv("SUDO_UID", "0")
	if u, err := Choose(""); err != nil || u.Name != "nobody" {
		t.Errorf("when root called sudo: got %+v, %v, want nobody", u, err)
	}
	t.Setenv("SUDO_UID", "x")
	if _, err := Choose(""); err == nil {
		t.Error("SUDO_UID=x was taken for a user")
	}
	if _, err := Choose("root"); err == nil {
		t.Error("root was taken for a user to drop to")
	}
}
