package seal

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"bothends/capture/testimony"
)

// sign has ssh-keygen sign a text, and returns the key's fingerprint as it prints it.
func sign(t *testing.T, text, namespace string, keygen ...string) (signature, fingerprint string) {
	t.Helper()
	key := filepath.Join(t.TempDir(), "key")
	run := func(stdin string, words ...string) string {
		cmd := exec.Command("ssh-keygen", words...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.Output()
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatalf("ssh-keygen %q: %v", words, err)
		}
		return string(out)
	}
	run("", append([]string{"-q", "-N", "", "-f", key}, keygen...)...)
	fingerprint = strings.Fields(run("", "-l", "-f", key))[1]
	return run(text, "-q", "-Y", "sign", "-n", namespace, "-f", key), fingerprint
}

func TestSignaturesOfSSHKeygenAreVerified(t *testing.T) {
	statement := testimony.Seal{File: 1, Bytes: 1234, SHA256: "ab"}.Statement()
	for _, keygen := range []string{"-t ed25519", "-t rsa -b 2048", "-t ecdsa -b 256", "-t ecdsa -b 384", "-t ecdsa -b 521"} {
		t.Run(keygen, func(t *testing.T) {
			signature, fingerprint := sign(t, statement, "bothcap", strings.Fields(keygen)...)
			by, err := Verify(statement, signature)
			if err != nil || by.Key != fingerprint {
				t.Errorf("%+v, %v; want %s", by, err, fingerprint)
			}
			if _, err := Verify(strings.Replace(statement, "1234", "1235", 1), signature); !errors.Is(err, ErrSignature) {
				t.Errorf("of another statement: %v", err)
			}
			lines := strings.Split(signature, "\n")
			at := len(lines) - 4 // within the signature's numbers
			lines[at] = lines[at][:10] + string(lines[at][10]^1) + lines[at][11:]
			if _, err := Verify(statement, strings.Join(lines, "\n")); err == nil {
				t.Error("a changed signature is good")
			}
		})
	}
}

func TestASignatureForSomethingElseIsNone(t *testing.T) {
	statement := testimony.Seal{File: 1}.Statement()
	signature, _ := sign(t, statement, "git", "-t", "ed25519")
	for _, test := range []struct{ name, signature string }{{"for git", signature}, {"empty", ""}, {"text", "good"},
		{"no more than its mark", "-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n"}} {
		if _, err := Verify(statement, test.signature); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("-----BEGIN SSH SIGNATURE-----\nU1NIU0lH\n-----END SSH SIGNATURE-----\n")
	f.Fuzz(func(t *testing.T, signature string) {
		if _, err := Verify("statement", signature); err == nil {
			t.Error("what nobody signed is signed")
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"client", "server"} {
		if b, err := os.ReadFile("../../fixtures/pairs/starttls-2012/" + name + ".pcapng"); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte{0x0a, 0x0d, 0x0d, 0x0a, 12, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a})
	f.Fuzz(func(t *testing.T, b []byte) {
		content := strings.NewReader(string(b))
		got, err := Read(context.Background(), content, int64(len(b)))
		if err != nil || got.Holds > int64(len(b)) || got.Holds < 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestAFileThatCannotBeReadIsAnError(t *testing.T) {
	broken := errors.New("the disk is broken")
	b := blocks{in: newBuffer(iotest.ErrReader(broken))}
	if _, err := b.next(); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(ctx, strings.NewReader("anything"), 8); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
