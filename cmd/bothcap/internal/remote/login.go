package remote

import (
	"context"
	"os/exec"
	"strings"
	"time"

	"bothends/cmd/bothcap/internal/child"
)

// lookLimit is how long ssh may take to read its configuration.
const lookLimit = 10 * time.Second

// Address is the name or address behind a host as ssh takes it, by the user's
// configuration, and the port of ssh there.
func (o *Options) Address(ctx context.Context) (host, port string) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	host, port = plain(o.Host), "22"
	cmd := o.shell([]string{"-G", o.Host})
	if child.As(cmd, o.As) != nil {
		return host, port
	}
	out, err := outputUntil(ctx, cmd)
	if err != nil {
		return host, port // another ssh than OpenSSH's
	}
	for line := range strings.Lines(out) {
		switch what, value, _ := strings.Cut(strings.TrimSpace(line), " "); what {
		case "hostname":
			host = value
		case "port":
			port = value
		}
	}
	return host, port
}

func outputUntil(ctx context.Context, cmd *exec.Cmd) (string, error) {
	var out strings.Builder
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	err := cmd.Wait()
	return out.String(), err
}

// plain is the host in [ssh://][USER@]HOST[:PORT], where only an address in brackets
// or a URI has a port.
func plain(host string) string {
	rest, uri := strings.CutPrefix(host, "ssh://")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = rest[at+1:]
	}
	if uri {
		rest, _, _ = strings.Cut(rest, "/")
		if colon := strings.LastIndexByte(rest, ':'); colon > strings.LastIndexByte(rest, ']') {
			rest = rest[:colon]
		}
	}
	return strings.Trim(rest, "[]")
}
