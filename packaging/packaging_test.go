// Package packaging_test installs the Debian packages in a clean root.
package packaging_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// run starts a program in the repository and returns what it said.
func run(t *testing.T, words ...string) string {
	t.Helper()
	command := exec.Command(words[0], words[1:]...)
	command.Dir = ".."
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "MAKEFLAGS=")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%q: %v\n%s%s", words, err, output, complaints.Bytes())
	}
	return string(output)
}

func TestThePackagesWorkInACleanRoot(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds both programs")
	}
	for _, tool := range []string{"make", "gcc", "objdump", "dpkg", "dpkg-deb", "man"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	built, once, again, root := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	run(t, "make", "--silent", "BIN="+built, "build", "bothcap")
	run(t, "env", "BIN="+built, "packaging/deb", once)
	run(t, "env", "BIN="+built, "packaging/deb", again)
	var packages []string
	for _, name := range []string{"bothends", "bothcap"} {
		found, _ := filepath.Glob(filepath.Join(once, name+"_*.deb"))
		if len(found) != 1 {
			t.Fatalf("packages of %s: %q", name, found)
		}
		packages = append(packages, found[0])
		if !bytes.Equal(read(t, found[0]), read(t, filepath.Join(again, filepath.Base(found[0])))) {
			t.Errorf("%s has other bytes when it is made again", filepath.Base(found[0]))
		}
		if version := strings.Split(filepath.Base(found[0]), "_")[1]; strings.HasPrefix(version, "0.0.0") || version[0] == 'v' {
			t.Errorf("%s has the version %s", name, version)
		}
	}

	for _, dir := range []string{"var/lib/dpkg/updates", "var/lib/dpkg/info"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(root, "var/lib/dpkg/status"), "")
	// Images of containers leave manual pages out, which is not for us to do.
	install := []string{"dpkg", "--root=" + root, "--force-not-root", "--force-depends", "--path-include=/usr/*", "--install"}
	run(t, append(install, packages...)...)
	if got := run(t, "dpkg-query", "--admindir="+filepath.Join(root, "var/lib/dpkg"), "-W", "-f", "${binary:Package} ${Status}\n"); got != "bothcap install ok installed\nbothends install ok installed\n" {
		t.Errorf("installed: %s", got)
	}

	usr := filepath.Join(root, "usr")
	for _, name := range []string{"bothends", "bothcap"} {
		program := filepath.Join(usr, "bin", name)
		if got := run(t, program, "--version"); !strings.HasPrefix(got, name+" ") || strings.Contains(got, "v0.0.0") {
			t.Errorf("version: %q", got)
		}
		if got := run(t, "man", "--warnings", "-P", "cat", "-l", filepath.Join(usr, "share/man/man1", name+".1.gz")); !strings.Contains(got, "EXIT STATUS") || !strings.Contains(got, "SEE ALSO") {
			t.Errorf("the manual page of %s:\n%s", name, got)
		}
		script := `. "$1"; COMP_WORDS=("$2" --vers); COMP_CWORD=1; "_$2"; echo "${COMPREPLY[@]}"`
		if got := run(t, "bash", "--norc", "-c", script, "bash", filepath.Join(usr, "share/bash-completion/completions", name), name); got != "--version\n" {
			t.Errorf("bash completes %s --vers to %q", name, got)
		}
		for shell, path := range map[string]string{"zsh": "share/zsh/vendor-completions/_" + name, "fish": "share/fish/vendor_completions.d/" + name + ".fish"} {
			if _, err := exec.LookPath(shell); err != nil {
				t.Log(err)
				continue
			}
			run(t, shell, "-n", filepath.Join(usr, path))
		}
		about, err := os.Stat(program)
		if err != nil || about.Mode() != 0o755 {
			t.Errorf("%s: %v %v", program, about.Mode(), err)
		}
	}
	const demo = "fixtures/pairs/starttls-2012/"
	compare := exec.Command(filepath.Join(usr, "bin/bothends"), "compare", demo+"client.pcapng", demo+"server.pcapng")
	compare.Dir = ".."
	if output, err := compare.Output(); err == nil || compare.ProcessState.ExitCode() != 1 || !bytes.Contains(output, []byte("forged resets")) {
		t.Errorf("comparing the demo: %v\n%s", err, output)
	}

	// Nobody gets the privilege to capture from the package.
	if setcap, err := exec.LookPath("getcap"); err == nil {
		if got := run(t, setcap, filepath.Join(usr, "bin/bothcap")); got != "" {
			t.Errorf("bothcap has %s", got)
		}
	}
	verifyUnit(t, usr, "bothcap@", "bothcap $FLAGS ")
	verifyUnit(t, usr, "bothcap-watch@", "bothcap watch $FLAGS ")

	run(t, slices.Concat(install[:4], []string{"--purge", "bothends", "bothcap"})...)
	filepath.WalkDir(usr, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			t.Errorf("%s is left behind", path)
		}
		return nil
	})
}

// verifyUnit lets systemd read a unit, with the programs that are here.
func verifyUnit(t *testing.T, usr, name, starts string) {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Log(err)
		return
	}
	unit := string(read(t, filepath.Join(usr, "lib/systemd/system", name+".service")))
	if !strings.Contains(unit, "\nExecStart=/usr/bin/"+starts) {
		t.Errorf("the unit starts something else:\n%s", unit)
	}
	dir := t.TempDir()
	instance := filepath.Join(dir, name+"mail.service")
	write(t, instance, strings.ReplaceAll(strings.ReplaceAll(unit, "/usr/bin", usr+"/bin"), "man:bothcap(1)", "file:///"))
	verify := exec.Command("systemd-analyze", "verify", "--recursive-errors=no", instance)
	if output, err := verify.CombinedOutput(); err != nil || len(output) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, output)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
