package plan

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Script writes the runs as a program for any POSIX shell. It goes on where it
// stopped: a run that has left its line behind is not made again.
func (p *Plan) Script(made string) string {
	runs := p.Runs()
	var b strings.Builder
	b.WriteString("#!/bin/sh\n")
	p.comment(&b, len(runs), made)
	fmt.Fprintf(&b, head, seconds(p.Pause), seconds(p.Breath))
	for _, r := range runs {
		fmt.Fprintf(&b, "run %s %d %s -- %s\n", r.ID, r.Port, quoted(r.line()), r.command())
	}
	b.WriteString(foot)
	return b.String()
}

// head defines what a run is. bothcap's status is that of the comparison: 0 if
// nothing was done on the way. Nothing of what the command says is kept. A probe
// would count as a connection that was not cut, whatever is tried.
const head = `
set -u
host=${1:?usage: sh plan.sh HOST}
export host # for commands that are a shell's
flags=${BOTHCAP_FLAGS:-} # as typed: --ssh 'ssh -J jump'
pause=${PAUSE:-%d} # s after a session that was cut: boxes go on blocking for up to 180
breath=${BREATH:-%d} # s after any other
total=0 failed=0 wait=0

# run ID PORT LINE -- COMMAND...
run() {
	id=$1 port=$2 line=$3
	shift 4
	total=$((total + 1))
	[ -e "$id/line" ] && return
	sleep "$wait"
	echo "run $id: port $port: $*" >&2
	mkdir -p "$id"
	(cd "$id" && eval "bothcap both \"\$host\" --port \"\$port\" --probe=false $flags -- \"\$@\"") </dev/null
	status=$?
	[ "$status" -ge 128 ] && exit "$status" # interrupted
	wait=$breath
	[ "$status" -ne 0 ] && wait=$pause
	if [ -s "$id/client.pcapng" ] && [ -s "$id/server.pcapng" ]; then
		printf '%%s\n' "$line" >"$id/line"
	else
		failed=$((failed + 1))
		echo "run $id left no recording of both ends" >&2
	fi
}

`

const foot = `
cat -- */line >manifest.jsonl
echo "$((total - failed)) of $total runs were recorded. Next:" >&2
echo "  bothends campaign manifest.jsonl -o reports.jsonl && bothends contrast reports.jsonl" >&2
[ "$failed" -eq 0 ]
`

// line is the run's entry in the manifest of a campaign.
func (r *Run) line() string {
	encoded, err := json.Marshal(struct {
		ID      string            `json:"id"`
		Client  []string          `json:"client"`
		Server  []string          `json:"server"`
		Factors map[string]string `json:"factors"`
	}{r.ID, []string{r.ID + "/client.pcapng"}, []string{r.ID + "/server.pcapng"},
		map[string]string{"port": fmt.Sprint(r.Port), "session": r.Arm.Name}})
	if err != nil {
		panic(err) // strings can always be encoded
	}
	return string(encoded)
}

// comment says what is tried, by which seed, and what it can show.
func (p *Plan) comment(b *strings.Builder, runs int, made string) {
	say := func(format string, args ...any) {
		b.WriteString(strings.TrimRight("# "+fmt.Sprintf(format, args...), " ") + "\n")
	}
	say("%d sessions, each recorded at both ends, to find out what a box on the way looks at.", runs)
	say("Made by: %s", made)
	say("")
	for _, arm := range p.Arms {
		say("  %-10s %s", arm.Name, arm.Command)
	}
	var ports []string
	for _, port := range p.Ports {
		ports = append(ports, fmt.Sprint(port))
	}
	say("")
	say("Each on port %s, %d times, in an order left to chance (seed %d).", strings.Join(ports, ", "), p.Repeat, p.Seed)
	say("It takes from %s, if nothing is cut, to %s, if all are, and the sessions' own time.",
		rounded(p.Breath*time.Duration(runs-1)), rounded(p.Pause*time.Duration(runs-1)))
	say("")
	say("What they can show, as one of some %d questions (Fisher, Holm, 5 %%):", questions)
	for _, c := range p.Power() {
		say("  %s (%d against %d):", c.Of, c.With, c.Without)
		say("    all cut against none: p = %.2g, %s", c.P, verdict(&c))
		if c.Enough() {
			say("    9 of 10 cut against 1 of 20: named with a chance of %.0f %%; half of them: %.0f %%", 100*c.Mostly, 100*c.Often)
		}
	}
	say("")
	say("Usage: make an empty folder, go there, and as root: sh plan.sh HOST")
	say("BOTHCAP_FLAGS holds further flags of bothcap, PAUSE other seconds to wait after a cut.")
	say("Started again it goes on where it stopped.")
}

func verdict(c *Comparison) string {
	if c.Enough() {
		return "which would be named"
	}
	return "which is too few to be named"
}

func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }

func rounded(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", seconds(d))
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute)/time.Minute))
}

// quoted makes one word of a shell of any text.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
