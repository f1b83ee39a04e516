package correlate

import (
	"cmp"
	"slices"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/testimony"
	"bothends/correlate/align"
	"bothends/correlate/judge"
	"bothends/correlate/survey"
)

// witness takes from a survey what bears on the capture's fitness.
func witness(sv *survey.Survey, files []file.File) judge.Witness {
	w := judge.Witness{
		Coverage: align.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS},
		Complete: true, DropsKnown: len(sv.Interfaces) > 0, Interfaces: len(sv.Interfaces),
		HeadersCut: sv.HeadersCut(), Malformed: sv.Malformed(),
	}
	_, cooked := sv.LinkTypes[capture.LinkLinuxSLL]
	_, cooked2 := sv.LinkTypes[capture.LinkLinuxSLL2]
	w.AllInterfaces = cooked || cooked2
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
