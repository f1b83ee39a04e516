package file

import (
	"context"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
)

func TestDigestsAreOfTheBytesAsGiven(t *testing.T) {
	early, late := classic(1, "early", 1, 2), packers[Gzip](t, classic(1, "late", 8, 9))
	s := open(t, write(t, "late.pcap.gz", late), write(t, "early.pcap", early))
	digests, err := s.Digests(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for i, content := range [][]byte{early, late} {
		if want := (Digest{sha256.Sum256(content), true}); digests[i] != want {
			t.Errorf("file %d: %x, known %v; want %x", i, digests[i].Sum, digests[i].Known, want.Sum)
		}
	}
}

func TestAPackedFileThatWasReplacedHasNoDigest(t *testing.T) {
	for name, replace := range map[string]func(path string) error{
		"by another": func(path string) error {
			return errors.Join(os.Remove(path), os.WriteFile(path, []byte("other"), 0o600))
		},
		"by a longer self": func(path string) error {
			return os.WriteFile(path, packers[Gzip](t, classic(1, "longer", 1, 2, 3, 4)), 0o600)
		},
		"by nothing at all": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			path := write(t, "a.pcap.gz", packers[Gzip](t, classic(1, "a", 1)))
			s := open(t, path)
			if err := replace(path); err != nil {
				t.Fatal(err)
			}
			digests, err := s.Digests(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if digests[0].Known {
				t.Errorf("a digest %x, want none", digests[0].Sum)
			}
		})
	}
}

func TestWhatGrewIsSummedAsFarAsItIsRead(t *testing.T) {
	content := classic(1, "a", 1, 2)
	path := write(t, "a.pcap", content)
	s := open(t, path)
	if err := os.WriteFile(path, append(content, "more"...), 0o600); err != nil {
		t.Fatal(err)
	}
	digests, err := s.Digests(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if want := (Digest{sha256.Sum256(content), true}); digests[0] != want {
		t.Errorf("%x, want %x of what was there", digests[0].Sum, want.Sum)
	}
}

func TestDigestsCanBeCancelled(t *testing.T) {
	s := open(t, write(t, "a.pcap", classic(1, "a", 1)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Digests(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestOfAPackedPipeThereIsNoDigest(t *testing.T) {
	plain := classic(1, "abc", 1, 2)
	for name, content := range map[string][]byte{"plain": plain, "gzip": packers[Gzip](t, plain)} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			swapStdin(t, r)
			go func() { w.Write(content); w.Close() }()
			digests, err := open(t, Stdin).Digests(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			want := Digest{}
			if name == "plain" {
				want = Digest{sha256.Sum256(content), true}
			}
			if digests[0] != want {
				t.Errorf("%x, known %v; want %x, known %v", digests[0].Sum, digests[0].Known, want.Sum, want.Known)
			}
		})
	}
}
