package ending

import (
	"testing"

	"bothends/correlate/judge"
	"bothends/correlate/tap"
	"bothends/correlate/witness"
)

// What did not pass the tap may have come to the host all the same, where that has another
// way in, or something below the tap: then the host dropped it, and not the path. Routers
// send one connection one way, so that others of its packets exclude another way that
// nothing shows.
func TestWhatMayHaveComeBesideTheTapIsNotLaidToThePath(t *testing.T) {
	type known struct {
		unrecorded []string
		stated     bool
		all        bool // the receiver's capture covers every interface
		xdp        []string
		others     bool // packets of the connection came meanwhile
	}
	for name, c := range map[string]struct {
		known
		open, unknown bool
		steps         int
	}{
		"every interface was recorded":                  {known{all: true}, false, false, 0},
		"one was not":                                   {known{unrecorded: []string{"eth1"}}, true, false, 1},
		"one was not, though others of it came":         {known{unrecorded: []string{"eth1"}, others: true}, true, false, 1},
		"one was not, and is no way, as is stated":      {known{unrecorded: []string{"eth1"}, stated: true}, false, false, 1},
		"nobody knows of others":                        {known{}, true, true, 1},
		"nobody knows, and there is none, as is stated": {known{stated: true}, false, false, 1},
		"nobody knows, and others of it came":           {known{others: true}, false, false, 0},
		"a program below the tap":                       {known{all: true, xdp: []string{"eth0"}}, true, false, 1},
		"a program below the tap, though others came":   {known{all: true, others: true, xdp: []string{"eth0"}}, true, false, 1},
		"a program below the tap, and nobody knows":     {known{xdp: []string{"eth0"}}, true, false, 2},
	} {
		j := &judge.Judgement{}
		j.Witnesses[tap.Server] = witness.Witness{AllInterfaces: c.all, Host: witness.Host{XDP: c.xdp}}
		e := &ender{Input: &Input{Judgement: j}}
		e.Unrecorded[tap.Server], e.OneWay[tap.Server] = c.unrecorded, c.stated
		open, steps := e.besideTap(tap.Server, c.others)
		if (open != nil) != c.open || len(steps) != c.steps {
			t.Errorf("%s: open %v, %d steps", name, open, len(steps))
		}
		if open != nil && open.unknown != c.unknown {
			t.Errorf("%s: unknown %v", name, open.unknown)
		}
		for _, s := range steps {
			if s.Attested != (s.Outcome == judge.Refuted) {
				t.Errorf("%s: %s %s, attested %v", name, s.Rule, s.Outcome, s.Attested)
			}
		}
	}
}
