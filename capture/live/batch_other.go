//go:build windows || (cgo && !linux)

package live

import (
	"errors"

	"github.com/google/gopacket/pcap"

	"bothends/capture"
)

// A batcher is Linux's; elsewhere packets are read one by one.
type batcher struct{}

func newBatcher(*pcap.Handle, capture.LinkType, Options, bool) (*batcher, error) { return nil, nil }

var errRead = errors.New("libpcap cannot read")

func (b *batcher) read(*host, func([]capture.Packet) bool) error { return errRead }

func (b *batcher) close() {}
