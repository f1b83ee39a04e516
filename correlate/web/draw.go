package web

import (
	"fmt"
	"time"
	"unicode/utf8"

	"bothends/correlate/judge"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
)

// drawn is a ladder as it is shown, once for wide screens and once for narrow.
type drawn struct {
	ID       int
	Ends     string
	Ending   string // what ended it, in a sentence
	Class    string
	Stage    string
	Sure     string
	Advice   string
	Signs    []evidence // what that rests on
	Refuted  []evidence
	Begin    string
	Legend   string // of the arrows that are there
	Drawings []drawing
	Findings []finding
}

// drawing is one ladder in the units of its own view box.
type drawing struct {
	Class               string
	Alt                 string
	Width, Height       int
	Left, Right, Middle int
	Band                *band
	BandLabel           string
	Rows                []rung
}

type band struct{ X, W, H int }

type shape struct{ Class, D string }

// rung is one step of the ladder.
type rung struct {
	Class                        string
	Fold                         string
	Label                        string
	LabelX, LabelY               int
	X1, Y1, X2, Y2               int
	Head, Mark                   *shape
	LeftX, LeftY, RightX, RightY int
	LeftTime, RightTime          string
}

// Sizes in units of the view box.
const (
	topRow   = 66
	rowStep  = 44
	foldStep = 26
	slope    = 10 // how much lower an arrow ends than it begins
)

func (b *builder) draw(l *ladder.Ladder) drawn {
	d := drawn{ID: l.Connection.ID, Ends: ends(l.Connection), Findings: b.findings(l.Connection.ID)}
	if e := l.Connection.Ending; e != nil {
		d.Ending, d.Class, d.Advice = report.Sentence(e.Text), classOf(l.Connection), e.Advice
		if l.Connection.Badly() {
			d.Sure, d.Stage = e.Sure(), e.StageInWords()
		}
		d.Signs, d.Refuted = evidenceOf(e.Evidence, b.options.Zone)
	}
	if len(l.Steps) > 0 {
		d.Begin = b.moment(l.Steps[0].At())
	}
	d.Drawings = []drawing{
		b.drawing(l, drawing{Class: "wide", Width: 900, Left: 110, Right: 790}, 90),
		b.drawing(l, drawing{Class: "narrow", Width: 360, Left: 58, Right: 302}, mostChars-6),
	}
	d.Legend = legendOf(&d.Drawings[0])
	return d
}

// legendOf says what the arrows of a drawing mean.
func legendOf(d *drawing) string {
	there := map[string]bool{}
	for i := range d.Rows {
		there[d.Rows[i].Class] = true
	}
	legend := "A plain arrow is a segment that passed both taps."
	if there["forged"] {
		legend += " A thick arrow with a dot was forged: it begins on the way"
		if d.Band != nil {
			legend += ", and the shaded band is where, as far as it can be estimated"
		}
		legend += "."
	}
	if there[string(judge.Lost)] {
		legend += " A dashed arrow with a cross never arrived; how far it came is not known."
	}
	if there["doubt"] {
		legend += " A dotted arrow with a diamond arrived, and who sent it is not known."
	}
	return legend
}

func (b *builder) drawing(l *ladder.Ladder, d drawing, chars int) drawing {
	d.Middle = (d.Left + d.Right) / 2
	d.Alt = fmt.Sprintf("Connection %d: what passed between the client's tap and the server's", l.Connection.ID)
	lo, best, hi, placed := b.place(l.Connection.ID)
	x := func(part float64) int { return d.Left + int(part*float64(d.Right-d.Left)) }
	begin, last := int64(0), int64(0)
	if len(l.Steps) > 0 {
		begin = l.Steps[0].At()
		last = begin
	}
	y := topRow
	for i := range l.Steps {
		s := &l.Steps[i]
		if gap := s.At() - last; gap >= int64(time.Second) {
			d.Rows = append(d.Rows, rung{Fold: fmt.Sprintf("%s of quiet", time.Duration(gap).Round(100*time.Millisecond)), LabelX: d.Middle, LabelY: y})
			y += foldStep
		}
		last = max(last, s.At(), s.GotNS)
		if s.Folded > 0 {
			d.Rows = append(d.Rows, rung{Fold: shorten("… "+s.Label+" …", chars), LabelX: d.Middle, LabelY: y})
			y += foldStep
			continue
		}
		d.Rows = append(d.Rows, d.rung(s, y, begin, x(best), chars))
		y += rowStep
	}
	d.Height = y
	if placed {
		d.Band, d.BandLabel = &band{x(lo), max(4, x(hi)-x(lo)), d.Height - 44}, "shaded: made here"
	}
	return d
}

// rung places one step. Forged ones begin at the place given.
func (d *drawing) rung(s *ladder.Step, y int, begin int64, place, chars int) rung {
	from, to := d.Left, d.Right
	if s.FromServer {
		from, to = to, from
	}
	g := rung{X1: from, Y1: y, X2: to, Y2: y + slope, LabelY: y - 5, Label: report.Escape(s.Label)}
	forward := 1
	if s.FromServer {
		forward = -1
	}
	if f := s.Finding; f != nil {
		verdict := f.Verdict
		if plainer, found := plainVerdicts[verdict]; found {
			verdict = plainer
		}
		g.Label = fmt.Sprintf("%s, %s (finding %d)", g.Label, verdict, f.ID)
	} else if s.SentNS != 0 && !s.Crossed() {
		g.Label += ", never arrived"
	}
	if len(s.Triggers) > 0 {
		g.Label = "▶ " + g.Label
	}
	switch {
	case s.Crossed():
	case s.SentNS != 0:
		g.Class = string(judge.Lost)
		g.X2 = from + (to-from)*2/3
		g.Mark = &shape{g.Class, fmt.Sprintf("M%d %dl12 12m0 -12l-12 12", g.X2-6, g.Y2-6)}
	case s.Forged():
		g.Class = "forged"
		g.X1 = place
		g.Mark = &shape{g.Class, fmt.Sprintf("M%d %da6 6 0 1 0 12 0a6 6 0 1 0 -12 0z", g.X1-6, g.Y1)}
	default:
		g.Class = "doubt"
		g.X1 = (from + to) / 2
		g.Mark = &shape{g.Class, fmt.Sprintf("M%d %dl6 6l-6 6l-6 -6z", g.X1, g.Y1-6)}
	}
	if g.Mark != nil {
		g.LabelY -= 4 // clear of the mark
	}
	if g.Class != string(judge.Lost) {
		g.Head = &shape{g.Class, fmt.Sprintf("M%d %dl%d -5v10z", g.X2, g.Y2, -9*forward)}
	}
	g.LabelX = d.Middle
	g.Label = shorten(g.Label, chars)
	clientNS, serverNS, clientY, serverY := s.SentNS, s.GotNS, g.Y1, g.Y2
	if s.FromServer {
		clientNS, serverNS, clientY, serverY = s.GotNS, s.SentNS, g.Y2, g.Y1
	}
	digits := 6
	if d.Class == "narrow" {
		digits = 3
	}
	stamp := func(ns int64) string {
		if ns == 0 {
			return ""
		}
		return fmt.Sprintf("%.*f", digits, float64(ns-begin)/1e9)
	}
	g.LeftX, g.LeftY, g.LeftTime = d.Left-8, clientY+4, stamp(clientNS)
	g.RightX, g.RightY, g.RightTime = d.Right+8, serverY+4, stamp(serverNS)
	return g
}

// plainVerdicts are verdicts in the words of those who do not know them yet.
var plainVerdicts = map[string]string{
	string(judge.Injected): "forged", string(judge.Lost): "never arrived", string(judge.Indeterminate): "not decided", string(judge.Conditional): "forged, if a fact holds", string(judge.Modified): "changed on the way",
}

func shorten(text string, chars int) string {
	if utf8.RuneCountInString(text) <= chars {
		return text
	}
	return string([]rune(text)[:chars-1]) + "…"
}

// place is where on the path, as parts of it from the client, the report says that
// a connection's forged packets were made; the middle if it does not say.
func (b *builder) place(id int) (lo, best, hi float64, known bool) {
	for i := range b.report.Findings {
		f := &b.report.Findings[i]
		l := f.Location
		if f.Connection != id || l == nil || l.FromClientMS == nil || l.FromServerMS == nil {
			continue
		}
		near := (l.FromClientMS.Lo + l.FromClientMS.Hi) / 2
		far := (l.FromServerMS.Lo + l.FromServerMS.Hi) / 2
		if l.FromClientMS.Best != nil && l.FromServerMS.Best != nil {
			near, far = *l.FromClientMS.Best, *l.FromServerMS.Best
		}
		if whole := near + far; whole > 0 {
			inside := func(v float64) float64 { return min(0.98, max(0.02, v)) }
			return inside(l.FromClientMS.Lo / whole), inside(near / whole), inside(l.FromClientMS.Hi / whole), true
		}
	}
	return 0, 0.5, 0, false
}
