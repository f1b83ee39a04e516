package file

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// sniffSize is how much of a file's beginning is looked at. A tar header has its
// magic at 257.
const sniffSize = 512

// A signature is what a kind of file begins with.
type signature struct {
	start string
	kind  string
	hint  string
}

// Hints for what is no capture, or not one that is read here.
const (
	hintConvert = "convert it with Wireshark's editcap: editcap IN OUT.pcapng"
	hintUnpack  = "unpack it first"
	hintRecord  = "record with tcpdump -w FILE; without -w tcpdump prints text"
)

// captureStarts are the magic numbers of the formats that are read.
var captureStarts = []struct {
	start  string
	format Format
}{
	{"\xd4\xc3\xb2\xa1", Pcap}, {"\xa1\xb2\xc3\xd4", Pcap}, // microseconds
	{"\x4d\x3c\xb2\xa1", Pcap}, {"\xa1\xb2\x3c\x4d", Pcap}, // nanoseconds
	{"\x34\xcd\xb2\xa1", Pcap}, {"\xa1\xb2\xcd\x34", Pcap}, // Kuznetzov
	{"\x0a\x0d\x0d\x0a", Pcapng},
}

// packedStarts are the magic numbers of the compressions that are read: RFC 1952
// with its only method, RFC 8878 and the LZ4 frame format.
var packedStarts = []struct {
	start       string
	compression Compression
}{
	{"\x1f\x8b\x08", Gzip},
	{"\x28\xb5\x2f\xfd", Zstd},
	{"\x04\x22\x4d\x18", LZ4},
	{"\x02\x21\x4c\x18", LZ4}, // legacy frame, `lz4 -l`
}

// otherStarts are what people give by mistake, most of it from file(1)'s magic.
var otherStarts = []signature{
	{"PK\x03\x04", "a ZIP archive", hintUnpack},
	{"BZh", "bzip2-compressed", hintUnpack + ": bunzip2 FILE"},
	{"\xfd7zXZ\x00", "xz-compressed", hintUnpack + ": unxz FILE"},
	{"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", hintUnpack},
	{"\x1f\x9d", "compress(1)-compressed", hintUnpack + ": uncompress FILE"},
	{"snoop\x00\x00\x00", "a Solaris snoop capture", hintConvert},
	{"btsnoop\x00", "a Bluetooth snoop capture", hintConvert},
	{"\x1c\x00\x01\xac", "an Ixia capture", hintConvert}, {"\xac\x01\x00\x1c", "an Ixia capture", hintConvert},
	{"\x1c\x00\x01\xab", "an Ixia capture", hintConvert}, {"\xab\x01\x00\x1c", "an Ixia capture", hintConvert},
	{"\xa1\xb2\x34\xcd", "a pcap variant that nothing reads", ""}, {"\xcd\x34\xb2\xa1", "a pcap variant that nothing reads", ""},
	{"GMBU", "a Microsoft Network Monitor capture", hintConvert},
	{"RTSS", "a Microsoft Network Monitor 1 capture", hintConvert},
	{"TRSNIFF data", "a Network General Sniffer capture", hintConvert},
	{"XCP\x00", "a NetXRay or Windows Sniffer capture", hintConvert},
	{"\x7fELF", "a program", ""},
	{"%PDF-", "a PDF document", ""},
	{"SQLite format 3\x00", "an SQLite database", ""},
}

// sniffFormat returns the capture format of a file that begins like this, or "".
func sniffFormat(head []byte) Format {
	for _, s := range captureStarts {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return s.format
		}
	}
	return ""
}

// sniffCompression returns the compression of a file that begins like this.
func sniffCompression(head []byte) Compression {
	for _, s := range packedStarts {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return s.compression
		}
	}
	// RFC 8878 section 3.1.2: a skippable frame, of sixteen magic numbers.
	if len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18" {
		return Zstd
	}
	return Plain
}

// noCapture says what a file that begins like this is instead of a capture.
func noCapture(path string, head []byte) error {
	kind, hint := lookLike(head)
	if kind == "" {
		return &Error{Path: path, Err: ErrNoCapture, Hint: "expected pcap or pcapng, plain or in gzip, zstd or lz4"}
	}
	return &Error{Path: path, Err: fmt.Errorf("%w but looks like %s", ErrNoCapture, kind), Hint: hint}
}

func lookLike(head []byte) (kind, hint string) {
	for _, s := range otherStarts {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return s.kind, s.hint
		}
	}
	if packed := sniffCompression(head); packed != Plain {
		return string(packed) + " data, packed twice", hintUnpack + " once"
	}
	const tarMagicOffset = 257
	switch {
	case len(head) > tarMagicOffset && bytes.HasPrefix(head[tarMagicOffset:], []byte("ustar")):
		return "a tar archive", hintUnpack + ": tar xf FILE"
	case len(head) > 0 && len(bytes.Trim(head, "\x00")) == 0:
		return "a file of zero bytes", "the disk or the copy lost its content"
	case isText(head):
		return "text", hintRecord
	case isERF(head):
		return "an Endace ERF capture", hintConvert
	}
	return "", ""
}

// isERF reports whether head begins with two records of the Extensible Record Format, which
// has no magic number, or with one that is longer than head: a type in use, a length that
// holds the header, and a time of this century (Endace, "ERF Types Reference Guide").
func isERF(head []byte) bool {
	const (
		headerLen  = 16
		year2000   = 946684800
		meta       = 27 // about the recorder; Wireshark writes it without a time
		highest    = 48 // of the types in use
		moreHeader = 0x80
	)
	for range 2 {
		if len(head) < headerLen {
			return false
		}
		kind, length, wire := head[8]&^moreHeader, binary.BigEndian.Uint16(head[10:]), binary.BigEndian.Uint16(head[14:])
		if kind == 0 || kind > highest || length < headerLen || wire == 0 || kind != meta && binary.LittleEndian.Uint32(head[4:]) < year2000 {
			return false
		}
		if int(length) >= len(head) {
			return true
		}
		head = head[length:]
	}
	return true
}

// isText reports whether head is UTF-8 without control characters. Its last rune
// may be cut.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 {
			return !utf8.FullRune(head)
		}
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) && r != '\x1b' {
			return false
		}
		head = head[size:]
	}
	return true
}
