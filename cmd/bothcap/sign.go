//go:build cgo || windows

package main

import (
	"fmt"

	"bothends/capture/testimony"
	"bothends/cmd/bothcap/internal/child"
)

// A signer signs the last seal with a key of the user's. It is started while there
// is the privilege to read that key, and waits.
type signer struct {
	waiting *child.Filter
	signed  bool
}

// startSigner tries the key once, for a recording that turns out at its end not to be
// signed cannot be repeated. No key: no signer.
func (r *recording) startSigner() error {
	key := r.options.sign
	if key == "" {
		return nil
	}
	command := []string{"ssh-keygen", "-q", "-Y", "sign", "-n", testimony.SignatureNamespace, "-f", key}
	trial, err := child.StartFilter(command, r.roles.asCaller())
	if err == nil {
		_, err = trial.Feed("bothcap tries this key\n")
	}
	if err != nil {
		return &hinted{fmt.Errorf("--sign %q: %w", key, err), "name a private key that needs no passphrase, or a public one whose private key ssh-agent has (sudo --preserve-env=SSH_AUTH_SOCK)"}
	}
	waiting, err := child.StartFilter(command, r.roles.asCaller())
	if err != nil {
		return fmt.Errorf("--sign %q: %w", key, err)
	}
	r.signer = &signer{waiting: waiting}
	return nil
}

// sign is nil if nobody is to sign.
func (s *signer) sign() func(statement string) (string, error) {
	if s == nil {
		return nil
	}
	return func(statement string) (string, error) {
		waiting := s.waiting
		s.waiting = nil
		signature, err := waiting.Feed(statement)
		s.signed = err == nil
		return signature, err
	}
}

// dismiss ends a signer that was not needed.
func (s *signer) dismiss() {
	if s != nil && s.waiting != nil {
		s.waiting.Dismiss()
		s.waiting = nil
	}
}
