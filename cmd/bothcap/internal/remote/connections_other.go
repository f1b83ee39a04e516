//go:build !linux

package remote

import (
	"errors"

	"bothends/cmd/bothcap/internal/target"
)

// Connections are those that ssh has, which this system does not tell.
func (e *End) Connections() ([]target.Connection, error) {
	return nil, errors.New("this system does not tell which connection is ssh's")
}
