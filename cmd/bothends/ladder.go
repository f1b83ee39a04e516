package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"bothends/cmd/internal/usage"
	"bothends/correlate"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
)

// mostLadders is how many connections are drawn unasked.
const mostLadders = 5

// ladderVerb draws connections for those who sit at a terminal.
func ladderVerb() verb {
	var o compareOptions
	var connections []int
	var local, direct, full bool
	flags := newFlags("ladder")
	flags.StringArrayVar(&o.client, "client", nil, "a `FILE` recorded at the client; repeat it for further files")
	flags.StringArrayVar(&o.server, "server", nil, "a `FILE` recorded at the server; repeat it for further files")
	usage.File(flags, "client", "server")
	flags.StringArrayVar(&o.attest, "attest", nil, "state a fact that no capture can hold, as `END:FACT`; see bothends compare --help")
	flags.IntSliceVar(&connections, "connection", nil, "draw connection `N` of the report; repeat it for further ones")
	flags.BoolVar(&full, "all", false, "draw every segment, and fold none")
	flags.BoolVar(&local, "local", false, "give times in this machine's zone, and not in UTC")
	flags.BoolVar(&direct, "no-pager", false, "do not show long text through $PAGER on a terminal")
	addHelp(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "ladder",
			Title:    "draw what passed between the two taps, segment by segment",
			Synopsis: []string{"ladder [FLAGS] CLIENT SERVER"},
			Text: []string{
				fmt.Sprintf("The client's tap stands on the left, the server's on the right, and time runs downwards. Unless --connection names them, the first %d connections with which something is wrong are drawn.", mostLadders),
				rotatedSets,
			},
			Flags: flags,
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			o.positional = args
			if err := o.readStatements(); err != nil {
				return 0, err
			}
			if err := o.checkCaptures(); err != nil {
				return 0, err
			}
			_, _, fixed := o.captures()
			opened, r, sums, err := o.compare(ctx, c, o.path(), fixed, always)
			defer closeAll(opened)
			switch {
			case errors.Is(err, correlate.ErrNothingInCommon):
				return 0, nothingInCommon(r)
			case err != nil:
				return 0, err
			}
			warnOfCaptures(c, r)
			for _, n := range connections {
				if n < 1 || n > len(r.Connections) {
					return 0, fmt.Errorf("there is no connection %d: they are numbered from 1 to %d", n, len(r.Connections))
				}
			}
			if len(connections) == 0 {
				connections = r.Concerned()
				connections = connections[:min(mostLadders, len(connections))]
			}
			sets := ends(opened)
			if r.Ends.Swapped {
				sets[0], sets[1] = sets[1], sets[0]
			}
			ladders, err := ladder.Build(ctx, r, sets, connections)
			if err != nil {
				return 0, err
			}
			text := ladder.TextOptions{}
			if local {
				text.Zone = time.Local
			}
			if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil {
				text.Width = width
			}
			var b bytes.Buffer
			r.Program = "bothends " + version()
			if err := sums.note(ctx, r); err != nil {
				return 0, err
			}
			fmt.Fprintf(&b, "%s\n\n", r.Headline())
			if err := r.WriteText(&b, report.TextOptions{Extent: report.Sources, Width: text.Width, Zone: text.Zone}); err != nil {
				return 0, err
			}
			for i := range ladders {
				if !full {
					ladders[i].Fold()
				}
				b.WriteByte('\n')
				if err := ladders[i].WriteText(&b, text); err != nil {
					return 0, err
				}
			}
			c.paged = !direct
			return r.ExitStatus(), c.page(b.Bytes())
		},
	}
}
