package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/outcome"
	"bothends/correlate/report"
	"bothends/correlate/said"
	"bothends/correlate/segment"
)

// Schema names the shape of a line.
const Schema = "bothends.campaign/1"

// A Line is what came of one pair, as one JSON object on one line. The same pair
// gives the same line, byte for byte, wherever and beside whatever it is compared.
type Line struct {
	Schema  string            `json:"schema"`
	ID      string            `json:"id"`
	Factors map[string]string `json:"factors"`
	Status  int               `json:"exit_status"` // as of compare
	Error   string            `json:"error,omitempty"`
	Hint    string            `json:"hint,omitempty"`
	// Said is what the client said in each connection, as far as it was recognised.
	Said   []Said          `json:"said"`
	Report json.RawMessage `json:"report,omitempty"` // as of compare --format json
}

// Said is of one connection of the report.
type Said struct {
	Connection int      `json:"connection"`
	Messages   []string `json:"messages"`
	ServerName string   `json:"server_name,omitempty"`
}

// encode is the line with its line end.
func (l *Line) encode() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(l); err != nil {
		return nil, err
	}
	return report.EscapeJSON(b.Bytes()), nil
}

// compare makes the line of a pair. The only error is that of ctx.
func (w *Worker) compare(ctx context.Context, p *Pair) (*Line, error) {
	line := &Line{Schema: Schema, ID: p.ID, Factors: p.Factors, Said: []Said{}}
	err := w.fill(ctx, p, line)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		line.Status, line.Error = int(outcome.Failed), err.Error()
		var problem *file.Error
		if errors.As(err, &problem) {
			line.Hint = problem.Hint
		}
	}
	return line, nil
}

// fill compares. Where nothing is in common the report says what each capture
// holds, and stands beside the error.
func (w *Worker) fill(ctx context.Context, p *Pair, line *Line) error {
	for _, path := range p.Client {
		if slices.Contains(p.Server, path) { // which two pipes would not show
			return fmt.Errorf("%s is given as the capture of both ends", path)
		}
	}
	client, err := w.Fetch.open(ctx, p.Client)
	if err != nil {
		return err
	}
	defer client.Close() // the temporary files have served; nothing is lost with them
	server, err := w.Fetch.open(ctx, p.Server)
	if err != nil {
		return err
	}
	defer server.Close()
	if mine, theirs, found := client.Common(server); found {
		return errors.New(mine + " and " + theirs + " are the same file")
	}
	compared, err := correlate.Compare(ctx, client, server, correlate.Options{FixedEnds: true})
	if compared == nil {
		return err
	}
	line.Status = compared.ExitStatus()
	var indented bytes.Buffer
	if err := compared.WriteJSON(&indented); err != nil {
		return err
	}
	line.Report = indented.Bytes() // encoding the line makes one of it
	messages, problem := listen(ctx, client, compared.Connections)
	line.Said = messages
	return errors.Join(err, problem)
}

// listen reads the client's capture for what was said in each connection.
func listen(ctx context.Context, client *file.Set, connections []report.Connection) ([]Said, error) {
	list := []Said{}
	var of []*said.Connection
	for i := range connections {
		if c, ok := listenTo(&connections[i]); ok {
			of = append(of, c)
			list = append(list, Said{Connection: connections[i].ID})
		}
	}
	if err := said.Collect(ctx, client.Reader(), of); err != nil {
		return list, err
	}
	for i, c := range of {
		list[i].Messages, list[i].ServerName = append([]string{}, c.Messages...), c.ServerName
	}
	return list, nil
}

// listenTo is not ok for a connection that the client's capture does not hold.
func listenTo(c *report.Connection) (*said.Connection, bool) {
	client, errClient := netip.ParseAddrPort(c.ClientView.Client)
	server, errServer := netip.ParseAddrPort(c.ClientView.Server)
	if errors.Join(errClient, errServer) != nil {
		return nil, false
	}
	port := server.Port()
	if there, err := netip.ParseAddrPort(c.ServerView.Server); err == nil {
		port = there.Port()
	}
	return &said.Connection{
		Client: endpoint(client), Server: endpoint(server), ServerPort: port,
		FirstNS: int64(c.First), LastNS: int64(c.Last),
	}, true
}

func endpoint(a netip.AddrPort) segment.Endpoint {
	return segment.Endpoint{IP: a.Addr().As16(), Port: a.Port()}
}
