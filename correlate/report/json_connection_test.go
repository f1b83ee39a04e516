package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// The slow twin of the line encoder is encoding/json, byte for byte.
func TestALineIsThatOfEncodingJSON(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "clean", "198.18.0.1:20004", "<a> & \"b\" \\ \x1b[31m \u202e \x7f", "ä"}))
	number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, 1e-6, 9.9e-7, 1e-9, 1.5e-10, 1e-100, 1e20, 1e21, 1e22, -1e-7, 0.28312883556311363}))
	count := rapid.Int64Range(0, 1<<40)
	ledger := rapid.Custom(func(t *rapid.T) *Ledger {
		return &Ledger{Segments: count.Draw(t, "segments"), Matched: count.Draw(t, "matched"), Lost: count.Draw(t, "lost"), LostBytes: count.Draw(t, "bytes"),
			Modified: count.Draw(t, "modified"), Duplicated: count.Draw(t, "duplicated"), ReceivedNotSent: count.Draw(t, "received"), SentNotCaptured: count.Draw(t, "sent")}
	})
	view := rapid.Custom(func(t *rapid.T) View { return View{text.Draw(t, "client"), text.Draw(t, "server")} })
	complete := rapid.Custom(func(t *rapid.T) Completeness {
		return Completeness{count.Draw(t, "passed"), count.Draw(t, "missed"), number.Draw(t, "bound")}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := Connection{
			ID: rapid.IntRange(1, 1<<30).Draw(t, "id"), ClientView: view.Draw(t, "here"), ServerView: view.Draw(t, "there"),
			MatchedBy: text.Draw(t, "matched by"), Odds: number.Draw(t, "odds"), Verdict: text.Draw(t, "verdict"), Why: text.Draw(t, "why"),
			First: Moment(rapid.Int64Range(-3e18, 5e18).Draw(t, "first")), Last: Moment(rapid.Int64Range(0, 5e9).Draw(t, "last")),
			Notes: rapid.SliceOfN(text, 0, 3).Draw(t, "notes"),
		}
		if rapid.Bool().Draw(t, "has a ledger") {
			c.Ledger = ledger.Draw(t, "ledger")
			c.Ledger.ToServer, c.Ledger.ToClient = ledger.Draw(t, "to server"), ledger.Draw(t, "to client")
		}
		if rapid.Bool().Draw(t, "has health") {
			c.Health = &ConnectionHealth{complete.Draw(t, "client"), complete.Draw(t, "server")}
		}
		if rapid.Bool().Draw(t, "has an ending") {
			c.Ending = &Ending{Kind: text.Draw(t, "kind"), Stage: text.Draw(t, "stage"), Confidence: text.Draw(t, "confidence"), Text: text.Draw(t, "text"),
				Finding: rapid.IntRange(0, 2).Draw(t, "finding"), ByThePath: rapid.Bool().Draw(t, "by the path"), Advice: text.Draw(t, "advice")}
			switch rapid.IntRange(0, 2).Draw(t, "evidence") {
			case 1:
				c.Ending.Evidence = []Evidence{}
			case 2:
				c.Ending.Evidence = []Evidence{{Rule: text.Draw(t, "rule"), Values: map[string]any{"n": 1, "m": "<&>"}}, {Decides: true}}
			}
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(c.contract()); err != nil {
			t.Fatal(err)
		}
		var e lineEncoder
		e.connection(&Connection{First: c.Last}) // whose stamp is not that of the next
		e.text = e.text[:0]
		e.connection(&c)
		if e.err != nil {
			t.Fatal(e.err)
		}
		if line := string(EscapeJSON(bytes.TrimSuffix(want.Bytes(), []byte("\n")))); string(e.text) != line {
			t.Fatalf("%s\nwant\n%s", e.text, line)
		}
	})
}
