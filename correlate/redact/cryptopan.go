package redact

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"net/netip"
)

// A mapping gives each address another one, and addresses that share their first
// bits others that share as many (Crypto-PAn: Xu, Fan, Ammar and Moon 2002). The
// same key maps alike at both ends.
type mapping struct {
	block cipher.Block
	pad   [16]byte
}

// mappingKeyBytes are a key of AES and what is padded with.
const mappingKeyBytes = 32

func newMapping(key [mappingKeyBytes]byte) (*mapping, error) {
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return nil, err
	}
	m := &mapping{block: block}
	block.Encrypt(m.pad[:], key[16:])
	return m, nil
}

// Addr maps an address of either family.
func (m *mapping) Addr(a netip.Addr) netip.Addr {
	switch {
	case !a.IsValid():
		return a
	case a.Is4In6():
		return netip.AddrFrom16(m.Addr(a.Unmap()).As16())
	case a.Is4():
		b := a.As4()
		m.bytes(b[:])
		return netip.AddrFrom4(b)
	}
	b := a.As16()
	m.bytes(b[:])
	return netip.AddrFrom16(b)
}

// bytes maps an address in place: each bit is turned or not by what is before it.
func (m *mapping) bytes(address []byte) {
	var original, turned [16]byte
	copy(original[:], address)
	for i := range 8 * len(address) {
		// The first i bits of the address, and the others of the pad.
		input, output := m.pad, [16]byte{}
		whole, bits := i/8, i%8
		copy(input[:whole], original[:whole])
		mask := byte(0xff) << (8 - bits)
		input[whole] = original[whole]&mask | m.pad[whole]&^mask
		m.block.Encrypt(output[:], input[:])
		turned[whole] |= output[0] >> 7 << (7 - bits)
	}
	for i := range address {
		address[i] ^= turned[i]
	}
}

// mac gives a hardware address another one. Whether it is one host's or a group's,
// and who gave it, stays.
func (m *mapping) mac(address []byte) {
	const kept = 0x03
	var input, output [16]byte
	copy(input[2:], address)
	binary.BigEndian.PutUint16(input[:], 0xffff) // no input of bytes begins so but a group's address of IPv6
	m.block.Encrypt(output[:], input[:])
	output[0] = output[0]&^kept | address[0]&kept
	copy(address, output[:len(address)])
}
