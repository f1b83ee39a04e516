package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWhatCannotBeUsedIsOneClearLineWithItsFile(t *testing.T) {
	dir := t.TempDir()
	name := func(content string) string { return write(t, "f", []byte(content)) }
	for _, test := range []struct {
		name, path string
		want       error
		text, hint string
	}{
		{"missing", filepath.Join(dir, "nope"), fs.ErrNotExist, "nope: no such file or directory", "check the name"},
		{"a directory", dir, ErrDirectory, ": is a directory", "name the capture files in it"},
		{"empty", name(""), ErrEmpty, ": is empty", "stopped before"},
		{"text", name("IP 10.0.0.1 > 10.0.0.2: Flags [R]\n"), ErrNoCapture, "looks like text", "tcpdump -w"},
		{"text with a cut rune", name(strings.Repeat("x", sniffSize-1) + "ä"), ErrNoCapture, "looks like text", "tcpdump -w"},
		{"a ZIP archive", name("PK\x03\x04abcdefgh"), ErrNoCapture, "a ZIP archive", "unpack"},
		{"xz", name("\xfd7zXZ\x00\x00\x04"), ErrNoCapture, "xz-compressed", "unxz"},
		{"ERF", name("\x00\x00\x00\x80\x00\xca\x9a\x3b\x02\x04\x00\x60\x00\x00\x00\x4e" + strings.Repeat("\x11", 80)), ErrNoCapture, "Endace ERF", "editcap"},
		{"bytes that are no ERF", name("\x00\x00\x00\x80\x00\xca\x9a\x3b\x02\x04\x00\x0f\x00\x00\x00\x4e" + strings.Repeat("\x11", 80)), ErrNoCapture, "not a capture file", "pcap"},
		{"snoop", name("snoop\x00\x00\x00\x00\x00\x00\x02"), ErrNoCapture, "Solaris snoop", "editcap"},
		{"zeros", name(strings.Repeat("\x00", 600)), ErrNoCapture, "zero bytes", "lost"},
		{"a tar archive", name(strings.Repeat("a", 257) + "ustar\x0000"), ErrNoCapture, "tar archive", "tar xf"},
		{"binary", name("\x01\x02\x03\x04\x05"), ErrNoCapture, "is not a capture file", "expected pcap or pcapng"},
		{"less than a magic number", name("\xd4\xc3"), ErrNoCapture, "is not a capture file", "expected pcap or pcapng"},
		{"pcap of an unknown version", name("\xd4\xc3\xb2\xa1\x09\x00" + strings.Repeat("\x00", 18)), nil, "version 9.0", ""},
		{"pcapng of an unknown byte order", name("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00" + strings.Repeat("?", 20)), nil, "byte order magic", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := Open(context.Background(), []string{test.path})
			if err == nil {
				s.Close()
				t.Fatal("Open: no error")
			}
			var problem *Error
			if !errors.As(err, &problem) || test.want != nil && !errors.Is(err, test.want) {
				t.Fatalf("Open: %#v, want an *Error of %v", err, test.want)
			}
			if text := err.Error(); !strings.HasPrefix(text, test.path+": ") || !strings.Contains(text, test.text) || strings.Contains(text, "\n") {
				t.Errorf("%q, want one line on %s with %q", text, test.path, test.text)
			}
			if !strings.Contains(problem.Hint, test.hint) || test.hint == "" && problem.Hint != "" {
				t.Errorf("hint is %q, want %q", problem.Hint, test.hint)
			}
		})
	}
}

func TestANameThatWouldUpsetATerminalIsQuoted(t *testing.T) {
	_, err := Open(context.Background(), []string{"no\x1b[31msuch\nfile"})
	if want := `"no\x1b[31msuch\nfile": no such file or directory`; err == nil || err.Error() != want {
		t.Errorf("Open: %v, want %s", err, want)
	}
}

func TestTheSameFileTwiceInOneSetIsRefused(t *testing.T) {
	path := write(t, "one", classic(1, "x", 1))
	hard, soft := path+".hard", path+".soft"
	if err := errors.Join(os.Link(path, hard), os.Symlink(path, soft)); err != nil {
		t.Fatal(err)
	}
	for name, again := range map[string]string{"by the same name": path, "by a hard link": hard, "by a symbolic link": soft} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(context.Background(), []string{path, again})
			if !errors.Is(err, ErrTwice) || !strings.HasPrefix(err.Error(), again+": is given twice") {
				t.Errorf("Open: %v, want %v", err, ErrTwice)
			}
		})
	}
	if mine, theirs, found := open(t, soft).Common(open(t, hard)); !found || mine != soft || theirs != hard {
		t.Errorf("Common: %q, %q, %t; want %q and %q", mine, theirs, found, soft, hard)
	}
	if _, _, found := open(t, path).Common(open(t, write(t, "two", classic(1, "x", 1)))); found {
		t.Error("Common finds two files of the same content to be one")
	}
}
