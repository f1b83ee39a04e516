//go:build cgo || windows

package main

import (
	"context"
	"errors"
	"time"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/host"
	"bothends/cmd/bothcap/internal/target"
)

// configure resolves names and finds interfaces.
func configure(o options, c *console) (agent.Config, error) {
	config := agent.Config{
		Interfaces: o.interfaces, Session: o.session, End: o.end, HeadersOnly: o.headersOnly,
		Live:    live.Options{SnapLen: o.kept(), BufferSize: int(o.buffer), Promiscuous: o.promiscuous, Timeout: readTimeout},
		Target:  target.Target{Expression: o.filter, Except: o.leaveOut},
		Limits:  o.limits(),
		Libpcap: live.Version(),
		Host:    thisHost(),
		Say:     c.say,
	}
	config.Target.Ports = o.ports
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	for _, name := range o.peers {
		peer, err := target.Resolve(ctx, name)
		if err != nil {
			return config, &hinted{err, "--peer ADDRESS, if the name cannot be looked up here"}
		}
		config.Target.Peers = append(config.Target.Peers, peer)
	}
	if len(config.Interfaces) == 0 {
		var err error
		if config.Interfaces, err = everywhere(config.Target, c); err != nil {
			return config, &hinted{err, "-i IFACE; bothcap --list-interfaces lists them"}
		}
		config.Everywhere = true
		if !o.bufferGiven {
			config.Live.BufferSize = sharedBuffer(len(config.Interfaces))
		}
		if watch, err := host.WatchLinks(); err == nil {
			config.Host.UplinksChanged = watch.Changed
		}
	}
	for _, name := range config.Interfaces {
		if name == live.AnyInterface {
			c.say("warning: -i any records a packet once for each interface it passes, and no link addresses; name the interface if you can")
		}
	}
	return config, nil
}

// sharedBuffer is the ring of each of several interfaces, if nobody said. Few of
// them have the session's packets; the kernel keeps the memory for all.
func sharedBuffer(interfaces int) int {
	const full = 4 // interfaces may have the default
	return defaultBuffer * full / max(interfaces, full)
}

// resolveLimit is how long looking up all peers may take.
const resolveLimit = 30 * time.Second

// Of interest at start only: who could not be opened, and why.
func explainOpening(err error) error {
	switch {
	case errors.Is(err, live.ErrPermission):
		return &hinted{err, "sudo " + commandLine()}
	case errors.Is(err, live.ErrNoInterface):
		return &hinted{err, "bothcap --list-interfaces lists them"}
	case errors.Is(err, live.ErrNotUp):
		return &hinted{err, "sudo ip link set dev IFACE up"}
	}
	return err
}

// section is the head of the files.
func section(hardware, os string) capture.Section {
	return capture.Section{Hardware: hardware, OS: os, Application: application()}
}
