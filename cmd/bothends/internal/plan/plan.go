// Package plan lays out sessions so that a contrast of them can tell what sets a
// box off: every command on every port, as often, in an order left to chance.
package plan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// An Arm is one of the things that are tried against each other.
type Arm struct {
	Name    string
	Command string // as for a shell, with {host} and {port} in it
}

// Mail are the arms that are tried if none are given: a submission with STARTTLS
// and one without, which both end before any mail is sent.
func Mail() []Arm {
	const session = "swaks --server {host} --port {port} --to postmaster@{host} --quit-after RCPT"
	return []Arm{{"starttls", session + " --tls"}, {"plain", session}}
}

// A Plan is what is to be tried, and how often.
type Plan struct {
	Arms   []Arm
	Ports  []uint16
	Repeat int
	Seed   uint64
	// Pause is how long to wait after a session that was cut, Breath after one
	// that was not.
	Pause, Breath time.Duration
}

// A Run is one session.
type Run struct {
	ID   string
	Arm  Arm
	Port uint16
}

// Runs are those of the plan in their order. Each repetition has every arm on
// every port once, shuffled, so that what changes with time changes for all alike.
func (p *Plan) Runs() []Run {
	chance := rand.New(rand.NewPCG(p.Seed, 0))
	var runs []Run
	for range p.Repeat {
		var block []Run
		for _, arm := range p.Arms {
			for _, port := range p.Ports {
				block = append(block, Run{Arm: arm, Port: port})
			}
		}
		chance.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
		runs = append(runs, block...)
	}
	digits := len(fmt.Sprint(len(runs)))
	for i := range runs {
		runs[i].ID = fmt.Sprintf("%0*d", digits, i+1)
	}
	return runs
}

// command fills a run into its arm's command. The host stands in a variable of
// the script.
func (r *Run) command() string {
	return strings.NewReplacer("{host}", `"$host"`, "{port}", fmt.Sprint(r.Port)).Replace(r.Arm.Command)
}
