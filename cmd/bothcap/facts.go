//go:build cgo || windows

package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"bothends/capture"
	"bothends/capture/live"
	"bothends/cmd/bothcap/internal/agent"
	"bothends/cmd/bothcap/internal/host"
	"bothends/cmd/bothcap/internal/target"
)

// thisHost is what the agent may ask this machine.
func thisHost() agent.Host {
	return agent.Host{
		Section:  section(host.Hardware(), host.OS()),
		Clock:    host.Clock,
		Counters: host.Counters,
		Uplinks:  uplinks,
		Facts:    host.Facts,
		Describe: describe,
	}
}

// describe is what this machine says about one of its interfaces.
func describe(name string) (capture.Interface, map[string]bool) {
	about := capture.Interface{Hardware: host.Driver(name)}
	if list, err := live.List(); err == nil {
		for _, i := range list {
			if i.Name == name {
				about.Description = i.Description
			}
		}
	}
	offloads, _ := host.Offloads(name) // those that could be asked for; "any" has none
	i, err := net.InterfaceByName(name)
	if err != nil {
		return about, offloads
	}
	about.MAC = i.HardwareAddr
	addresses, _ := i.Addrs()
	for _, a := range addresses {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			about.Addresses = append(about.Addresses, p)
		}
	}
	return about, offloads
}

// uplinks are the interfaces by which a packet of this host can leave now.
func uplinks() ([]string, error) {
	links, err := host.Links()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range host.WaysOut(links) {
		names = append(names, l.Name)
	}
	return names, nil
}

// everywhere are the interfaces to record where none is named: those by which the
// kernel routes to the peers, and all others by which this host can send. More
// than there may be at a time are named and left out.
func everywhere(t target.Target, c *console) ([]string, error) {
	names, err := routes(t)
	if err != nil {
		c.say("%v", err) // a route may come with an interface that is not there yet
	}
	others, err := uplinks()
	if err != nil {
		return nil, err
	}
	for _, name := range others {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("no interface is up")
	}
	if len(names) > agent.MaxTaps {
		c.say("warning: not recorded, as more than %d interfaces are up: %s", agent.MaxTaps, strings.Join(names[agent.MaxTaps:], ", "))
		names = names[:agent.MaxTaps]
	}
	return names, nil
}

// routes are the interfaces by which the kernel reaches the peers' addresses.
// One family may have no route; the session then uses the other.
func routes(t target.Target) ([]string, error) {
	var names []string
	var failed error
	for _, a := range t.Addresses() {
		name, err := target.Interface(a)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, failed
	}
	return names, nil
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func interfaceNames(names []string) string { return strings.Join(names, ", ") }

// commandLine is what the user typed, to be typed again.
func commandLine() string {
	words := make([]string, 0, len(os.Args))
	for _, a := range os.Args {
		words = append(words, shellWord(a))
	}
	return strings.Join(words, " ")
}

// explainFailure says what a failed write means for what was written before.
func explainFailure(err error) error {
	switch {
	case isDiskFull(err):
		return &hinted{fmt.Errorf("%w: the disk is full; what was written before is complete and readable", err),
			"--max-size, or --rotate-size with --keep, bounds what a recording takes"}
	case errors.Is(err, live.ErrPermission):
		return &hinted{err, "--reopen keeps the privilege to open an interface again"}
	}
	return err
}
