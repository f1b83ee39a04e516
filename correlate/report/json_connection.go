package report

import (
	"io"
	"math"
	"strconv"
	"time"
)

// A lineEncoder writes connections, of which there may be a million, each on one line,
// without reflection. Tests hold it equal to encoding/json.
type lineEncoder struct {
	text   []byte
	second int64  // whose stamp is
	stamp  []byte // in use, if it is not nil
	err    error
}

// connection appends one line.
func (e *lineEncoder) connection(c *Connection) {
	e.number(`{"id":`, int64(c.ID))
	e.view(`,"client_view":`, &c.ClientView)
	e.view(`,"server_view":`, &c.ServerView)
	e.string(`,"matched_by":`, c.MatchedBy)
	e.float(`,"odds":`, c.Odds)
	e.string(`,"verdict":`, c.Verdict)
	e.optional(`,"why":`, c.Why)
	e.moment(`,"first":`, int64(c.First))
	e.moment(`,"last":`, int64(c.Last))
	e.strings(`,"notes":`, c.Notes)
	if h := c.Health; h != nil {
		e.completeness(`,"health":{"client":`, &h.Client)
		e.completeness(`,"server":`, &h.Server)
		e.raw("}")
	}
	e.raw(`,"ending":`)
	e.ending(c.Ending)
	if len(c.Log) > 0 {
		e.raw(`,"log":`)
		e.any(c.Log)
	}
	e.raw(`,"ledger":`)
	if c.Ledger == nil {
		e.raw("{}")
	} else {
		e.ledger(c.Ledger)
	}
	e.raw("}")
}

func (e *lineEncoder) view(name string, v *View) {
	e.raw(name)
	e.string(`{"client":`, v.Client)
	e.string(`,"server":`, v.Server)
	e.raw("}")
}

func (e *lineEncoder) completeness(name string, c *Completeness) {
	e.raw(name)
	e.number(`{"passed":`, c.Passed)
	e.number(`,"missed":`, c.Missed)
	e.float(`,"miss_bound":`, c.MissBound)
	e.raw("}")
}

func (e *lineEncoder) ending(end *Ending) {
	if end == nil {
		e.raw("null")
		return
	}
	e.string(`{"kind":`, end.Kind)
	e.string(`,"stage":`, end.Stage)
	e.string(`,"study_stage":`, end.StudyStage)
	e.optional(`,"signature":`, end.Signature)
	e.string(`,"confidence":`, end.Confidence)
	e.string(`,"text":`, end.Text)
	e.optional(`,"what":`, end.What)
	if end.Finding != 0 {
		e.number(`,"finding":`, int64(end.Finding))
	}
	e.bool(`,"by_the_path":`, end.ByThePath)
	if end.Evidence != nil && len(end.Evidence) == 0 { // most have none
		e.raw(`,"evidence":[]`)
	} else {
		e.raw(`,"evidence":`)
		e.any(end.Evidence)
	}
	e.optional(`,"advice":`, end.Advice)
	e.optional(`,"pattern":`, end.Pattern)
	e.raw("}")
}

func (e *lineEncoder) ledger(l *Ledger) {
	e.number(`{"segments":`, l.Segments)
	e.number(`,"matched":`, l.Matched)
	e.number(`,"modified":`, l.Modified)
	e.number(`,"duplicated":`, l.Duplicated)
	e.number(`,"lost":`, l.Lost)
	e.number(`,"received_not_sent":`, l.ReceivedNotSent)
	e.number(`,"sent_not_captured":`, l.SentNotCaptured)
	e.number(`,"lost_bytes":`, l.LostBytes)
	if l.ToServer != nil {
		e.raw(`,"to_server":`)
		e.ledger(l.ToServer)
	}
	if l.ToClient != nil {
		e.raw(`,"to_client":`)
		e.ledger(l.ToClient)
	}
	e.raw("}")
}

func (e *lineEncoder) raw(text string) { e.text = append(e.text, text...) }

func (e *lineEncoder) number(name string, n int64) {
	e.text = strconv.AppendInt(append(e.text, name...), n, 10)
}

func (e *lineEncoder) optional(name, s string) {
	if s != "" {
		e.string(name, s)
	}
}

// string writes what needs no escape itself.
func (e *lineEncoder) string(name, s string) {
	e.raw(name)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			e.any(s)
			return
		}
	}
	e.text = append(append(append(e.text, '"'), s...), '"')
}

func (e *lineEncoder) strings(name string, list []string) {
	for i, s := range list {
		if i == 0 {
			e.raw(name)
			name = "["
		}
		e.string(name, s)
		name = ","
	}
	if len(list) > 0 {
		e.raw("]")
	}
}

// float writes a number as encoding/json does (ECMA-262 section 7.1.12.1).
func (e *lineEncoder) float(name string, f float64) {
	e.raw(name)
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b := strconv.AppendFloat(e.text, f, format, -1, 64)
	if n := len(b); format == 'e' && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' { // e-09 is e-9 there
		b[n-2] = b[n-1]
		b = b[:n-1]
	}
	e.text = b
}

// moment writes what Stamp returns. Times come in order, so that most have the second
// of the one before.
func (e *lineEncoder) moment(name string, ns int64) {
	e.raw(name)
	second, rest := ns/1e9, ns%1e9
	if rest < 0 {
		second, rest = second-1, rest+1e9
	}
	if e.stamp == nil || second != e.second {
		e.second = second
		e.stamp = time.Unix(second, 0).UTC().AppendFormat(e.stamp[:0], "2006-01-02T15:04:05.")
	}
	e.text = append(append(e.text, '"'), e.stamp...)
	digits := [...]byte{8: 0}
	for i := len(digits) - 1; i >= 0; i-- {
		digits[i] = byte('0' + rest%10)
		rest /= 10
	}
	e.text = append(append(e.text, digits[:]...), 'Z', '"')
}

// any writes any other value, by reflection.
func (e *lineEncoder) any(value any) {
	o := object{w: e}
	o.encode(value, "", "")
	if o.err != nil {
		e.err = o.err
	}
}

func (e *lineEncoder) Write(p []byte) (int, error) {
	e.text = append(e.text, p...)
	return len(p), nil
}

var _ io.Writer = (*lineEncoder)(nil)

func (e *lineEncoder) bool(name string, is bool) {
	e.text = strconv.AppendBool(append(e.text, name...), is)
}
