package redact

import (
	"context"
	"net/netip"
	"slices"

	"bothends/capture/file"
	"bothends/capture/testimony"
)

// Recorded is what bothcap was told to record, by its own notes: whose connections
// the capture is about. Both are empty if it noted none.
func Recorded(ctx context.Context, set *file.Set) (peers []netip.Prefix, ports []uint16, err error) {
	r := set.Reader()
	if err := drain(ctx, r); err != nil {
		return nil, nil, err
	}
	for _, i := range r.Interfaces() {
		for _, record := range testimony.Parse(i.Comments) {
			for _, peer := range record.Peers {
				for _, a := range peer.Addresses {
					if p := netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()); !slices.Contains(peers, p) {
						peers = append(peers, p)
					}
				}
			}
			for _, port := range record.Ports {
				if !slices.Contains(ports, port) {
					ports = append(ports, port)
				}
			}
		}
	}
	return peers, ports, nil
}
