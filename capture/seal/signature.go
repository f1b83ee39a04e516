package seal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"bothends/capture/testimony"
)

// A Signed is what is known of a signature. Whose key it is, only those can say who
// know the key (ssh-keygen -Y verify).
type Signed struct {
	Type string // of the key: "ssh-ed25519"
	Key  string // its fingerprint, as ssh-keygen -l prints it: "SHA256:..."
}

// Errors of a signature that is not good.
var (
	ErrSignature = errors.New("it is no signature of the recording's last seal")
	// ErrKeyType is of a key with which only ssh-keygen can verify.
	ErrKeyType = errors.New("the key is of a type that bothends cannot verify")
)

// Verify looks at the signature of a statement (PROTOCOL.sshsig of OpenSSH). With
// ErrKeyType what the signature says of its key is returned, too.
func Verify(statement, armored string) (Signed, error) {
	armor, _ := pem.Decode([]byte(armored))
	if armor == nil || armor.Type != "SSH SIGNATURE" {
		return Signed{}, fmt.Errorf("%w: it is not in ssh-keygen's form", ErrSignature)
	}
	const magic = "SSHSIG"
	w := wire{rest: armor.Bytes}
	if string(w.take(len(magic))) != magic || w.uint32() != 1 {
		return Signed{}, fmt.Errorf("%w: it is not of version 1", ErrSignature)
	}
	key, namespace, reserved, hash, signature := w.string(), w.string(), w.string(), w.string(), w.string()
	if w.failed || string(namespace) != testimony.SignatureNamespace {
		return Signed{}, fmt.Errorf("%w: it is for %q", ErrSignature, namespace)
	}
	var sum []byte
	switch string(hash) {
	case "sha256":
		s := sha256.Sum256([]byte(statement))
		sum = s[:]
	case "sha512":
		s := sha512.Sum512([]byte(statement))
		sum = s[:]
	default:
		return Signed{}, fmt.Errorf("%w: its hash is %q", ErrSignature, hash)
	}
	message := []byte(magic)
	for _, part := range [][]byte{namespace, reserved, hash, sum} {
		message = binary.BigEndian.AppendUint32(message, uint32(len(part)))
		message = append(message, part...)
	}
	fingerprint := sha256.Sum256(key)
	k := wire{rest: key}
	by := Signed{Type: string(k.string()), Key: "SHA256:" + base64.RawStdEncoding.EncodeToString(fingerprint[:])}
	s := wire{rest: signature}
	algorithm := string(s.string())
	good, err := verify(by.Type, &k, algorithm, s.string(), message)
	if err == nil && (!good || k.failed || s.failed) {
		return Signed{}, ErrSignature
	}
	return by, err
}

// verify checks a signature with a key of a type (RFC 4253 section 6.6, RFC 5656,
// RFC 8332, RFC 8709).
func verify(keyType string, key *wire, algorithm string, signature, message []byte) (bool, error) {
	switch keyType {
	case "ssh-ed25519":
		public := key.string()
		return len(public) == ed25519.PublicKeySize && algorithm == keyType && ed25519.Verify(public, message, signature), nil
	case "ssh-rsa":
		e, n := new(big.Int).SetBytes(key.string()), new(big.Int).SetBytes(key.string())
		if !e.IsInt64() || e.Int64() < 2 || e.Int64() > 1<<31-1 {
			return false, nil
		}
		public := &rsa.PublicKey{N: n, E: int(e.Int64())}
		switch algorithm {
		case "rsa-sha2-512":
			sum := sha512.Sum512(message)
			return rsa.VerifyPKCS1v15(public, crypto.SHA512, sum[:], signature) == nil, nil
		case "rsa-sha2-256":
			sum := sha256.Sum256(message)
			return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature) == nil, nil
		}
		return false, nil
	case "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
		return verifyECDSA(keyType, key, algorithm, signature, message), nil
	}
	return false, ErrKeyType
}

func verifyECDSA(keyType string, key *wire, algorithm string, signature, message []byte) bool {
	var curve elliptic.Curve
	var sum []byte
	switch keyType {
	case "ecdsa-sha2-nistp256":
		s := sha256.Sum256(message)
		curve, sum = elliptic.P256(), s[:]
	case "ecdsa-sha2-nistp384":
		s := sha512.Sum384(message)
		curve, sum = elliptic.P384(), s[:]
	default:
		s := sha512.Sum512(message)
		curve, sum = elliptic.P521(), s[:]
	}
	key.string() // the curve's name, which the type has already
	public, err := ecdsa.ParseUncompressedPublicKey(curve, key.string())
	if err != nil || algorithm != keyType {
		return false
	}
	in := wire{rest: signature}
	r, s := new(big.Int).SetBytes(in.string()), new(big.Int).SetBytes(in.string())
	return !in.failed && ecdsa.Verify(public, sum, r, s)
}

// wire reads ssh's encoding (RFC 4251 section 5).
type wire struct {
	rest   []byte
	failed bool
}

func (w *wire) take(n int) []byte {
	if n < 0 || n > len(w.rest) {
		w.failed, w.rest = true, nil
		return nil
	}
	taken := w.rest[:n]
	w.rest = w.rest[n:]
	return taken
}

func (w *wire) uint32() uint32 {
	b := w.take(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

func (w *wire) string() []byte { return w.take(int(w.uint32())) }
