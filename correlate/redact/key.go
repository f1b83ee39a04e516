package redact

import "golang.org/x/crypto/argon2"

// How dear a guess at a pass phrase is: the second recommendation of RFC 9106
// section 4, for machines with little memory.
const (
	keyPasses    = 3
	keyMemoryKiB = 64 << 10
	keyThreads   = 4
)

// purpose tells these keys from all others of the same pass phrase. Both ends must
// come to the same key, and know nothing of each other but the pass phrase; so
// there is no other salt.
const purpose = "bothends.redact/1 addresses"

// A Key maps addresses.
type Key [mappingKeyBytes]byte

// NewKey makes the key of a pass phrase, which takes a moment and 64 MiB.
func NewKey(passphrase []byte) *Key {
	return (*Key)(argon2.IDKey(passphrase, []byte(purpose), keyPasses, keyMemoryKiB, keyThreads, mappingKeyBytes))
}
