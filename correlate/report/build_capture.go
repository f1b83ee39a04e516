package report

import (
	"fmt"
	"slices"

	"bothends/capture"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// complete is the end of a capture as its recorder leaves it.
var complete = capture.Complete.String()

func ends(in *Input) Ends {
	e := Ends{Swapped: in.Placement.Swapped, For: in.Placement.Votes, Against: in.Placement.Against, SamePlace: in.Placement.SamePlace, DecidedBy: in.Placement.Clue.String()}
	switch {
	case in.FixedEnds:
		e.DecidedBy = "the command line"
	case in.Placement.Clue == survey.NoClue:
		e.DecidedBy = "the order on the command line"
	}
	return e
}

func (in *Input) capture(end tap.End) Capture {
	sv, witness := in.Surveys[end], &in.Judgement.Witnesses[end]
	c := Capture{
		Packets: sv.Packets, First: Stamp(sv.FirstNS), Last: Stamp(sv.LastNS),
		Files: []File{}, LinkTypes: []string{},
		Drops: Drops{Known: witness.DropsKnown},
		Health: Health{
			Connections: len(sv.Connections), Resets: witness.Resets, Unseen: witness.Unseen, Filter: witness.Filter,
			Completeness: completeness(witness.Passed, witness.Missed),
			Cut:          sv.Cut, Repeated: sv.Repeated, Routed: sv.Routed, LeftOut: sv.LeftOut, Untimed: sv.Untimed, DisorderNS: sv.Disorder,
		},
		EndState: complete,
	}
	for _, f := range in.Files[end] {
		c.Files = append(c.Files, File{Path: f.Path, Format: string(f.Format), Compression: string(f.Compression),
			Bytes: f.Size, Packets: f.Packets, EndState: f.End.String(), EndReason: f.End.Reason})
		if f.End.Kind != capture.Complete && c.EndState == capture.Complete.String() {
			c.EndState = f.End.String()
		}
	}
	for _, s := range in.Seams[end] {
		c.Health.Seams = append(c.Health.Seams, SeamOf(s))
	}
	c.Health.Recording = RecordingOf(sv)
	for link := range sv.LinkTypes {
		c.LinkTypes = append(c.LinkTypes, link.String())
	}
	slices.Sort(c.LinkTypes)
	for i := range sv.Interfaces {
		about := &sv.Interfaces[i]
		if about.SnapLen > 0 && (c.SnapLen == 0 || about.SnapLen < c.SnapLen) {
			c.SnapLen = about.SnapLen
		}
		c.Drops.ByInterface += about.Counters.IfDropped.N
		c.Drops.ByKernel += about.Counters.OSDropped.N
		if about.Name != "" {
			c.Health.Interfaces = append(c.Health.Interfaces, about.Name)
		}
	}
	c.Health.NotTCP, c.Health.Tunnels, c.Health.Fragments = PassedOver(sv), Tunnels(sv), FragmentsOf(sv)
	return c
}

// PassedOver counts frames without a TCP segment, by what they are.
func PassedOver(sv *survey.Survey) map[string]int64 {
	counts := map[string]int64{}
	for result, n := range sv.Decoded {
		switch segment.Result(result) {
		case segment.TCP, segment.LaterFragment:
		default:
			if n > 0 {
				counts[segment.Result(result).String()] = n
			}
		}
	}
	return counts
}

// Tunnels counts segments by the tunnels that they were in.
func Tunnels(sv *survey.Survey) map[string]int64 {
	counts := map[string]int64{}
	for w, n := range sv.Wrappings {
		counts[w.String()] = n
	}
	return counts
}

// FragmentsOf is nil if there were none.
func FragmentsOf(sv *survey.Survey) *Fragments {
	if sv.Fragments.Received == 0 {
		return nil
	}
	f := Fragments(sv.Fragments)
	return &f
}

// words tells what became of fragments.
func (f *Fragments) words() string {
	text := fmt.Sprintf("%s made %s", count(f.Received, "fragment"), count(f.Packets, "packet"))
	for _, left := range []part{{int(f.Incomplete), "lack a fragment and are left out"}, {int(f.Overlapping), "have fragments that overlap and are left out"}} {
		if left.n > 0 {
			text += fmt.Sprintf("; %d %s", left.n, left.what)
		}
	}
	return text
}
