package web_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"bothends/correlate/ladder"
	"bothends/correlate/report"
)

//go:embed testdata/axe-core/axe.min.js
var axe string

//go:embed testdata/look.js
var look string

// browser starts Debian's chromium, or skips where there is none and none is required.
func browser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("BOTHENDS_BROWSER") == "required" {
			t.Fatal("there is no chromium, and BOTHENDS_BROWSER=required")
		}
		t.Skip("there is no chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// events are what a page must not do.
type events struct {
	sync.Mutex
	list []string
}

func (e *events) add(format string, args ...any) {
	e.Lock()
	defer e.Unlock()
	e.list = append(e.list, fmt.Sprintf(format, args...))
}

// hear takes down what the page at an address does.
func (e *events) hear(address string) func(any) {
	return func(event any) {
		switch event := event.(type) {
		case *network.EventRequestWillBeSent:
			if event.Request.URL != address {
				e.add("a request for %.200s", event.Request.URL)
			}
		case *runtime.EventConsoleAPICalled:
			e.add("a console message of type %s", event.Type)
		case *runtime.EventExceptionThrown:
			e.add("an exception: %s", event.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			e.add("the browser says: %s", event.Entry.Text)
		case *page.EventJavascriptDialogOpening:
			e.add("a dialog: %s", event.Message)
		}
	}
}

// seen is what look.js finds on a page.
type seen struct {
	Problems []string
	Forged   []struct{ Connection, End string } // each arrow that begins in the band
	Lost     int                                // arrows that end between the taps
	Scripts  int
	Text     string
}

// A real browser shows the pages without a message, a request or a script; nothing is
// cut off and nothing overlaps, on a desk's width and on a phone's, light and dark; a
// screen reader finds all that it needs; and the arrows begin and end where the truth
// of the recordings says.
func TestABrowserShowsThePages(t *testing.T) {
	browser := browser(t)
	const evil = "<script>alert(1)</script>\x1b[31m\u202eevil\" onload=\"x"
	for _, one := range []struct {
		name, pair string
		connection int
		change     func(*report.Report, []ladder.Ladder)
		forged     map[string]int // by the end at which the arrow ends, as the lab's truth has them
		lost       int            // segments of the client that the server's capture lacks, by tshark
	}{
		{name: "2012", pair: demo, connection: 2, forged: map[string]int{"client": 1, "server": 1}},
		{name: "swallowed", pair: "pairs/starttls-swallowed/", connection: 2, lost: 5},
		{name: "hostile", pair: demo, connection: 2, forged: map[string]int{"client": 1, "server": 1}, change: func(r *report.Report, ladders []ladder.Ladder) { spoil(r, ladders, evil) }},
		{name: "intercepted", pair: "pairs/captive-portal/", connection: 2, forged: map[string]int{"client": 1}, lost: 6},
		{name: "all clear", pair: "pairs/control-mail/", connection: 2},
	} {
		t.Run(one.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(path, []byte(pageOf(t, one.pair+"client.pcapng", one.pair+"server.pcapng", one.connection, one.change)), 0o600); err != nil {
				t.Fatal(err)
			}
			address := "file://" + path
			var heard events
			ctx, stop := chromedp.NewContext(browser, chromedp.WithListener(heard.hear(address)))
			defer stop()
			if err := chromedp.Do(ctx, listening, chromedp.Navigate(address)); err != nil {
				t.Fatal(err)
			}
			for _, width := range []int64{1280, 390} {
				for _, scheme := range []string{"light", "dark"} {
					where := fmt.Sprintf("%d pixels, %s", width, scheme)
					if err := chromedp.Do(ctx, shown(width, scheme)); err != nil {
						t.Fatal(where, err)
					}
					text, err := chromedp.Run(ctx, chromedp.Evaluate[string](look))
					if err != nil {
						t.Fatal(where, err)
					}
					var found seen
					if err := json.Unmarshal([]byte(text), &found); err != nil {
						t.Fatal(err)
					}
					for _, problem := range found.Problems {
						t.Errorf("%s: %s", where, problem)
					}
					ended := map[string]int{}
					for _, arrow := range found.Forged {
						ended[arrow.End]++
					}
					if fmt.Sprint(ended) != fmt.Sprint(one.forged) && len(ended)+len(one.forged) > 0 {
						t.Errorf("%s: forged arrows end at %v, want %v", where, ended, one.forged)
					}
					if found.Lost != one.lost {
						t.Errorf("%s: %d arrows end between the taps, want %d", where, found.Lost, one.lost)
					}
					if found.Scripts != 0 {
						t.Errorf("%s: the page holds %d scripts or handlers", where, found.Scripts)
					}
					if one.name == "hostile" && !strings.Contains(found.Text, "<script>alert(1)</script>") {
						t.Errorf("%s: foreign text is not shown", where)
					}
				}
			}
			for _, event := range heard.list { // before axe is put into the page
				t.Error(event)
			}
			for _, scheme := range []string{"light", "dark"} {
				for _, problem := range violations(t, ctx, scheme) {
					t.Errorf("%s: axe finds %s", scheme, problem)
				}
			}
		})
	}
}

// listening makes the browser tell what a page does.
func listening(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
	if _, err = cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
		return none, err
	}
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{log.Enable, runtime.Enable} {
		if _, err = cdp.Call(ctx, t, enable, cdp.Empty{}); err != nil {
			return none, err
		}
	}
	_, err = cdp.Call(ctx, t, page.Enable, page.EnableParams{})
	return none, err
}

// shown gives the window a width, and the reader a preference of colours.
func shown(width int64, scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
		if _, err = cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 844, DeviceScaleFactor: 1}); err != nil {
			return none, err
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return none, err
	}
}

// violations is what axe-core finds on the page.
func violations(t *testing.T, ctx context.Context, scheme string) (list []string) {
	t.Helper()
	if err := chromedp.Do(ctx, shown(1280, scheme)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[int](axe+"\n;0")); err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, {preload: false, resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary))))`,
		chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	return list
}
