package correlate

import (
	"cmp"
	"slices"
	"time"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/testimony"
	"bothends/correlate/judge"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// witness takes from a survey what bears on the capture's fitness.
func witness(sv *survey.Survey, files []file.File) judge.Witness {
	w := judge.Witness{
		Coverage: tap.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS},
		Complete: true, DropsKnown: len(sv.Interfaces) > 0, Interfaces: len(sv.Interfaces),
		HeadersCut: sv.HeadersCut(), Malformed: sv.Malformed(),
	}
	_, cooked := sv.LinkTypes[capture.LinkLinuxSLL]
	_, cooked2 := sv.LinkTypes[capture.LinkLinuxSLL2]
	w.NoOther = noOther(sv.Interfaces)
	w.AllInterfaces = cooked || cooked2 || w.NoOther
	for _, f := range files {
		w.Complete = w.Complete && f.End.Kind == 0
	}
	for i := range sv.Interfaces {
		w.Kernel, w.Gaps = testify(w.Kernel, w.Gaps, &sv.Interfaces[i])
		// A recorder that says when it stopped was watching until then.
		w.LastNS = max(w.LastNS, sv.Interfaces[i].Counters.EndNS)
		n, known := sv.Interfaces[i].Counters.Dropped()
		w.Drops += int64(n)
		w.DropsKnown = w.DropsKnown && known
		if sv.Interfaces[i].Filter != "" {
			w.Filter = sv.Interfaces[i].Filter
		}
	}
	for i := range sv.Connections {
		for side := range sv.Connections[i].Flows {
			f := &sv.Connections[i].Flows[side]
			w.Resets += f.Resets
			w.Unseen += f.Missing()
		}
	}
	return w
}

// looks is how often a recorder must have looked for the host's interfaces: at the
// beginning, and later.
const looks = 2

// noOther tells whether the recorder says, of each interface that it recorded and
// whenever it looked, that all interfaces of the host that could send were recorded
// by that same run.
func noOther(recorded []capture.Interface) bool {
	runs := looksOf(recorded)
	for i := range recorded {
		l := &runs[i]
		if len(l.times) < looks || !l.always || len(l.others) > 0 {
			return false
		}
	}
	return len(recorded) > 0
}

// unrecorded are the interfaces that a recorder found up and did not record.
func unrecorded(recorded []capture.Interface) (names []string) {
	for _, l := range looksOf(recorded) {
		names = append(names, l.others...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// look is what the recorder of one interface says of the host's others.
type look struct {
	begun  time.Time // of the run, which the files of a rotated set have in common
	times  map[time.Time]bool
	names  []string // of interfaces that were up
	others []string // and that the run did not record
	always bool     // it named some whenever it looked
}

func looksOf(recorded []capture.Interface) []look {
	all := make([]look, len(recorded))
	byRun := map[time.Time][]string{}
	for i := range recorded {
		l := &all[i]
		l.times, l.always = map[time.Time]bool{}, true
		for _, r := range testimony.Parse(slices.Concat(recorded[i].Comments, recorded[i].Remarks)) {
			switch r.Event {
			case testimony.Start:
				l.begun = r.Time
			case testimony.Statistics, testimony.End:
			default:
				continue
			}
			l.times[r.Time] = true
			l.names = append(l.names, r.Uplinks...)
			l.always = l.always && len(r.Uplinks) > 0
		}
		byRun[l.begun] = append(byRun[l.begun], recorded[i].Name)
	}
	for i := range all {
		for _, name := range all[i].names {
			if !slices.Contains(byRun[all[i].begun], name) {
				all[i].others = append(all[i].others, name)
			}
		}
	}
	return all
}

// testify adds what the recorder wrote down beside the packets of one interface.
// An interface whose gap did not end is silent for the rest of the capture.
func testify(kernel []judge.KernelCount, gaps []judge.Gap, about *capture.Interface) ([]judge.KernelCount, []judge.Gap) {
	open := -1
	for _, r := range testimony.Parse(slices.Concat(about.Comments, about.Remarks)) {
		if resets, known := r.Kernel["Tcp.OutRsts"]; known {
			kernel = append(kernel, judge.KernelCount{TimeNS: r.Time.UnixNano(), Resets: resets})
		}
		switch {
		case r.Gap == nil:
		case r.Event == testimony.GapBegins:
			open = len(gaps)
			gaps = append(gaps, judge.Gap{FromNS: r.Gap.From.UnixNano(), UntilNS: 1<<63 - 1})
		case r.Event == testimony.GapEnds && open >= 0:
			gaps[open].UntilNS = r.Gap.Until.UnixNano()
			open = -1
		case r.Event == testimony.GapEnds:
			gaps = append(gaps, judge.Gap{FromNS: r.Gap.From.UnixNano(), UntilNS: r.Gap.Until.UnixNano()})
		}
	}
	slices.SortFunc(kernel, func(a, b judge.KernelCount) int { return cmp.Compare(a.TimeNS, b.TimeNS) })
	return kernel, gaps
}
