package web

import (
	"fmt"
	"slices"
	"time"

	"bothends/correlate/judge"
)

// timeline shows when connections lasted, how they ended and when they were hit.
type timeline struct {
	timelineLayout
	Height, Base, TextY int
	From, To            string
	Bars                []bar
}

type bar struct {
	Class, Label  string
	X1, X2, Y     int
	TextX, TextY  int
	Cuts, Crosses []string
}

// timelineLayout is where things stand, in units of the view box.
type timelineLayout struct {
	Class                    string
	Width, Left, Right, step int
	above                    bool // the label stands above its bar, not beside it
}

var (
	wideLine   = timelineLayout{Class: "wide", Width: 900, Left: 300, Right: 890, step: 24}
	narrowLine = timelineLayout{Class: "narrow", Width: 360, Left: 4, Right: 352, step: 40, above: true}
)

func (b *builder) timeline(o timelineLayout) timeline {
	connections := b.report.Connections
	connections = connections[:min(len(connections), mostBars)]
	var first, last int64
	for i := range connections {
		c := &connections[i]
		if i == 0 || int64(c.First) < first {
			first = int64(c.First)
		}
		last = max(last, int64(c.Last))
	}
	x := func(ns int64) int {
		if last == first {
			return o.Left
		}
		return o.Left + int(float64(o.Right-o.Left)*float64(min(max(ns, first), last)-first)/float64(last-first))
	}
	t := timeline{timelineLayout: o, From: time.Unix(0, first).In(b.options.Zone).Format("2006-01-02 15:04:05 MST"), To: time.Unix(0, last).In(b.options.Zone).Format("15:04:05")}
	y := 18
	if o.above {
		y = 32
	}
	for i := range connections {
		c := &connections[i]
		label := fmt.Sprint(c.ID)
		if c.Ending != nil {
			label += "  " + c.Ending.KindInWords()
		}
		one := bar{Label: shorten(label, mostChars), X1: x(int64(c.First)), X2: max(x(int64(c.Last)), x(int64(c.First))+2), Y: y, TextX: 4, TextY: y + 5, Class: classOf(c)}
		if o.above {
			one.TextY = y - 14
		}
		if e := c.Ending; e != nil && e.ByThePath && e.Finding == 0 {
			one.Crosses = append(one.Crosses, fmt.Sprintf("M%d %dl10 10m0 -10l-10 10", min(one.X2-5, o.Right-10), y-5))
		}
		for k := range b.report.Findings {
			f := &b.report.Findings[k]
			if f.Connection != c.ID || !slices.Contains(cutting, judge.Verdict(f.Verdict)) {
				continue
			}
			at, err := time.Parse(time.RFC3339Nano, f.Time)
			if err != nil {
				continue
			}
			ns := at.UnixNano()
			if b.report.EndOf(f.File) == "server" {
				ns -= b.report.Clock.OffsetNS
			}
			one.Cuts = append(one.Cuts, fmt.Sprintf("M%d %dl6 -10h-12z", x(ns), y))
		}
		t.Bars = append(t.Bars, one)
		y += o.step
	}
	t.Base, t.TextY, t.Height = y-o.step/2, y-o.step/2+18, y-o.step/2+26
	return t
}

// cutting are the verdicts on packets that are marked in the timeline.
var cutting = []judge.Verdict{judge.Injected, judge.Modified, judge.Conditional}
