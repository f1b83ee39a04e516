// Package digest is what stands in a redacted capture in the place of payload:
// keyed tags of its stretches, by which two captures can be compared and from
// which nothing can be read.
//
// A stretch is what a segment holds of a block of the stream: [Block] bytes,
// counted from the stream's beginning where the capture has it, and else by
// sequence number. So two taps that see the same bytes cut differently still have
// the stretches in common that lie whole in a segment of either.
//
// The tag of a stretch is the beginning of its HMAC-SHA-256, of one bit for each
// byte of the stretch and [tagBits] at most. Whoever has the key can try out what
// may stand there, but learns no more than these bits by it, which are less than a
// secret has; and whoever has it not learns that two stretches are equal. That
// bytes were changed shows but for one case in 2 to the power of the bits.
package digest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"
)

// Prefix begins the comment of a packet that holds a digest: what follows is how
// many bytes of the payload come before the next block begins, and the tags.
const Prefix = "bothends: digest/1 "

// Block is the size of a block of the stream.
const Block = 64

const (
	tagBits  = 16
	tagBytes = tagBits / 8
)

// A Key makes tags. Both ends must have the same.
type Key [32]byte

// Comment is the digest of a payload, of which the first byte has the position at
// in the stream.
func (k *Key) Comment(at uint32, payload []byte) string {
	first := firstStretch(at, len(payload))
	var tags []byte
	for rest, n := payload, first; len(rest) > 0; n = Block {
		n = min(n, len(rest))
		tags = binary.BigEndian.AppendUint16(tags, k.tag(rest[:n]))
		rest = rest[n:]
	}
	return Prefix + strconv.Itoa(first) + " " + base64.RawStdEncoding.EncodeToString(tags)
}

func firstStretch(at uint32, length int) int { return min(Block-int(at%Block), length) }

func (k *Key) tag(stretch []byte) uint16 {
	mac := hmac.New(sha256.New, k[:])
	mac.Write(stretch)
	bits := min(tagBits, len(stretch))
	return binary.BigEndian.Uint16(mac.Sum(nil)) >> (tagBits - bits) << (tagBits - bits)
}

// A Digest is what a comment says.
type Digest struct {
	first int    // bytes of the first stretch
	tags  []byte // tagBytes of each
}

// Parse reads what stands behind the prefix, of a payload of so many bytes. ok is
// false for what this package did not write.
func Parse(text []byte, length int) (d Digest, ok bool) {
	number, encoded, found := strings.Cut(string(text), " ")
	first, err := strconv.Atoi(number)
	if !found || err != nil || first < 1 || first > Block || first > length {
		return d, false
	}
	tags, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil || len(tags) != tagBytes*(1+(length-first+Block-1)/Block) {
		return d, false
	}
	return Digest{first, tags}, true
}

// Agree reports whether the stretches have the same tags that two payloads of one
// stream have in common between two positions. The payloads begin at the positions
// atA and atB and are lengthA and lengthB long.
func Agree(a, b Digest, atA, atB int64, lengthA, lengthB int, start, end int64) bool {
	one, two := stretches{d: a, at: atA, end: atA + int64(lengthA)}, stretches{d: b, at: atB, end: atB + int64(lengthB)}
	one.next()
	two.next()
	for one.ok && two.ok {
		switch {
		case one.from == two.from && one.to == two.to:
			if one.from >= start && one.to <= end && one.tag != two.tag {
				return false
			}
			one.next()
			two.next()
		case one.to <= two.to:
			one.next()
		default:
			two.next()
		}
	}
	return true
}

// stretches walks over those of one payload.
type stretches struct {
	d        Digest
	at, end  int64 // what is left
	begun    bool
	from, to int64
	tag      uint16
	ok       bool
}

func (s *stretches) next() {
	length := int64(Block)
	if !s.begun {
		length, s.begun = int64(s.d.first), true
	}
	if s.ok = s.at < s.end && len(s.d.tags) >= tagBytes; !s.ok {
		return
	}
	s.from, s.to = s.at, min(s.at+length, s.end)
	s.tag, s.d.tags, s.at = binary.BigEndian.Uint16(s.d.tags), s.d.tags[tagBytes:], s.to
}
