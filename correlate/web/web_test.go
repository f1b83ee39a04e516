package web_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"

	"bothends/capture/file"
	"bothends/correlate"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
	"bothends/correlate/web"
)

// render is the page of a pair, with its second connection drawn.
func render(t *testing.T, client, server string, change func(*report.Report, []ladder.Ladder)) string {
	t.Helper()
	return pageOf(t, client, server, 2, change)
}

// pageOf compares a pair and renders it with one connection drawn.
func pageOf(t *testing.T, client, server string, connection int, change func(*report.Report, []ladder.Ladder)) string {
	t.Helper()
	var sets [2]*file.Set
	for i, path := range []string{client, server} {
		set, err := file.Open(context.Background(), []string{"../../fixtures/" + path})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		sets[i] = set
	}
	r, err := correlate.Compare(context.Background(), sets[0], sets[1], correlate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ladders, err := ladder.Build(context.Background(), r, sets, []int{connection})
	if err != nil {
		t.Fatal(err)
	}
	r.Captures.Client.Files[0].SHA256 = "0123abcd"
	if change != nil {
		change(r, ladders)
	}
	var b bytes.Buffer
	if err := web.Write(&b, r, ladders, web.Options{Program: "bothends 1.2.3", Command: "bothends compare a b"}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const demo = "pairs/starttls-2012/"

func TestThePageLoadsAndRunsNothing(t *testing.T) {
	text := render(t, demo+"client.pcapng", demo+"server.pcapng", nil)
	for _, never := range []string{"<script", "javascript:", "src=", "url(", "@import", " style=", " onload", "http://", "https://"} {
		if strings.Contains(strings.ToLower(text), never) {
			t.Errorf("the page has %q", never)
		}
	}
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(text, -1)
	policy := regexp.MustCompile(`default-src 'none'; style-src 'sha256-([^']+)'`).FindStringSubmatch(text)
	if len(styles) != 1 || policy == nil {
		t.Fatalf("%d styles, policy %q", len(styles), policy)
	}
	// The hash is that of the text of the element (CSP level 3, section 8.2).
	if sum := sha256.Sum256([]byte(styles[0][1])); base64.StdEncoding.EncodeToString(sum[:]) != strings.ReplaceAll(policy[1], "&#43;", "+") {
		t.Errorf("the policy admits a style of hash %s, the page's has %x", policy[1], sum)
	}
}

func TestThePageSaysWhatTheReportSays(t *testing.T) {
	text := render(t, demo+"client.pcapng", demo+"server.pcapng", nil)
	for _, want := range []string{
		"3 of 5 connections were hit by forged resets", "Finding 1: reset in the name of the server, received by the client: injected, proven",
		"frame.number == 31", "It answers STARTTLS from the client (frame 30 in client.pcapng).", "0123abcd", "bothends compare a b",
		"Perhaps its capture was not running then?", `<rect class="band"`, "What became of it", "Cut by a reset made on the way",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// The forged arrow begins in the band where the report puts the box, and ends at
// the tap of its receiver.
func TestForgedArrowsBeginInTheBandAndEndAtTheTap(t *testing.T) {
	text := render(t, demo+"client.pcapng", demo+"server.pcapng", nil)
	drawings := regexp.MustCompile(`(?s)<svg class="(?:wide|narrow)".*?</svg>`).FindAllString(text, -1)
	if len(drawings) != 2 {
		t.Fatalf("%d drawings, want 2", len(drawings))
	}
	for _, svg := range drawings {
		var band struct{ x, w int }
		var taps []int
		forged := 0
		for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch class := attribute(e, "class"); {
			case class == "band":
				band.x, band.w = number(e, "x"), number(e, "width")
			case class == "tap":
				taps = append(taps, number(e, "x1"))
			case class == "arrow forged":
				forged++
				if from := number(e, "x1"); from < band.x || from > band.x+band.w || band.w == 0 {
					t.Errorf("a forged arrow begins at %d, the band is from %d to %d", from, band.x, band.x+band.w)
				}
				if to := number(e, "x2"); to != taps[0] && to != taps[1] {
					t.Errorf("a forged arrow ends at %d, the taps are at %v", to, taps)
				}
			}
		}
		if forged != 2 {
			t.Errorf("%d forged arrows, want 2", forged)
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func number(e xml.StartElement, name string) (n int) {
	for _, c := range attribute(e, name) {
		n = n*10 + int(c-'0')
	}
	return n
}

// Whatever comes from a packet or a file's name is text and nothing else.
func TestForeignTextStaysText(t *testing.T) {
	const evil = "<script>alert(1)</script>\x1b[31m\u202eevil\" onload=\"x"
	text := render(t, demo+"client.pcapng", demo+"server.pcapng", func(r *report.Report, ladders []ladder.Ladder) { spoil(r, ladders, evil) })
	for _, never := range []string{"<script", "\x1b", "\u202e", `" onload="x`} {
		if strings.Contains(text, never) {
			t.Errorf("the page has %q", never)
		}
	}
	if !strings.Contains(text, "&lt;script&gt;") {
		t.Error("the text is not shown at all")
	}
}

// spoil puts a text wherever a packet, a file's name or a comment may put one.
func spoil(r *report.Report, ladders []ladder.Ladder, evil string) {
	for i := range ladders[0].Steps {
		ladders[0].Steps[i].Label = evil
	}
	for _, c := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		c.Health.Filter = evil
	}
	r.Captures.Client.Files[0].Path, r.Captures.Client.Files[0].EndReason = evil, evil
	for i := range r.Connections {
		r.Connections[i].Why = evil
		if e := r.Connections[i].Ending; e != nil {
			e.Text, e.Advice = evil, evil
			for k := range e.Evidence {
				e.Evidence[k].Text = evil
			}
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		f.File, f.PatternWhy = evil, evil
		if f.Filters.Client != nil {
			f.Filters.Client.File = evil
		}
		for k := range f.Evidence {
			f.Evidence[k].Text = evil
		}
		if f.Trigger != nil {
			f.Trigger.Text = evil
		}
	}
}
