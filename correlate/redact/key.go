package redact

import (
	"golang.org/x/crypto/argon2"

	"bothends/capture/digest"
)

// How dear a guess at a pass phrase is: the second recommendation of RFC 9106
// section 4, for machines with little memory.
const (
	keyPasses    = 3
	keyMemoryKiB = 64 << 10
	keyThreads   = 4
)

// purpose tells these keys from all others of the same pass phrase. Both ends must
// come to the same keys, and know nothing of each other but the pass phrase; so
// there is no other salt.
const purpose = "bothends.redact/1"

// Keys are what both ends make of the same pass phrase.
type Keys struct {
	addresses [mappingKeyBytes]byte
	payload   digest.Key
}

// NewKeys makes the keys of a pass phrase, which takes a moment and 64 MiB.
func NewKeys(passphrase []byte) *Keys {
	k := &Keys{}
	made := argon2.IDKey(passphrase, []byte(purpose), keyPasses, keyMemoryKiB, keyThreads, uint32(len(k.addresses)+len(k.payload)))
	copy(k.payload[:], made[copy(k.addresses[:], made):])
	return k
}
