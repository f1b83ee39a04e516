package testimony

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// A Seal fixes what stands in the file so far: a hash of its first bytes, and of the
// files before it. It stands in the file itself, some way behind the bytes that it
// fixes, and is fixed by the next. `head -c BYTES FILE | sha256sum` prints SHA256.
type Seal struct {
	File   int    `json:"file"`   // which of the recording's, from 1
	Bytes  int64  `json:"bytes"`  // from the file's beginning; a whole number of blocks
	SHA256 string `json:"sha256"` // of them, in hexadecimal
	// Head is the value of the recording's first seal, but for that itself: it tells
	// the files of one recording from those of others.
	Head string `json:"head,omitempty"`
	// Previous is the value of the last seal of the file before. It is not known while
	// that is still being completed.
	Previous string `json:"previous,omitempty"`
	Ends     bool   `json:"ends,omitempty"` // nothing more is recorded in this file
	Last     bool   `json:"last,omitempty"` // nor in another one
}

// Statement is the seal as a text, of which Value is the hash, and which is signed.
func (s Seal) Statement() string {
	state := "goes on"
	switch {
	case s.Last:
		state = "ends"
	case s.Ends:
		state = "goes on in another file"
	}
	return fmt.Sprintf("bothcap seal 1\nhead %s\nprevious %s\nfile %d\nbytes %d\nsha256 %s\nrecording %s\n",
		cmp.Or(s.Head, "-"), cmp.Or(s.Previous, "-"), s.File, s.Bytes, s.SHA256, state)
}

// Value is the SHA-256 of the statement, in hexadecimal. Whoever knows the value of
// the last seal can tell that nothing has been changed since.
func (s Seal) Value() string {
	sum := sha256.Sum256([]byte(s.Statement()))
	return hex.EncodeToString(sum[:])
}

// SignatureNamespace is what the signature of a statement is said to be for
// (ssh-keygen -Y sign -n).
const SignatureNamespace = "bothcap"
