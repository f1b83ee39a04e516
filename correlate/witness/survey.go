package witness

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"time"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/testimony"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// Of takes from a survey what bears on the capture's fitness.
func Of(sv *survey.Survey, files []file.File, seams []file.Seam) Witness {
	w := Witness{
		Coverage: tap.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS},
		Complete: true, DropsKnown: len(sv.Interfaces) > 0, Interfaces: len(sv.Interfaces),
		HeadersCut: sv.HeadersCut(), Malformed: sv.Malformed(),
	}
	_, cooked := sv.LinkTypes[capture.LinkLinuxSLL]
	_, cooked2 := sv.LinkTypes[capture.LinkLinuxSLL2]
	w.NoOther, w.OtherNames = noOther(sv), Unrecorded(sv)
	w.OnHost = onHost(sv)
	w.AllInterfaces = cooked || cooked2 || w.NoOther
	for _, f := range files {
		w.Complete = w.Complete && f.End.Kind == 0
	}
	w.Kernel, w.Gaps = testify(sv.Testimony)
	w.Log, w.Host = &sv.KernelLog, HostOf(sv.Hosts)
	for _, s := range seams { // a file of the set may be missing there: a ring buffer overwrites
		if !s.Joined && s.GapNS > 0 {
			w.Gaps = append(w.Gaps, Gap{FromNS: s.FromNS, UntilNS: s.UntilNS})
		}
	}
	w.Addresses = map[netip.Addr]bool{}
	for i := range sv.Interfaces {
		for _, a := range sv.Interfaces[i].Addresses {
			w.Addresses[a.Addr().Unmap()] = true
		}
		// A recorder that says when it stopped was watching until then.
		w.LastNS = max(w.LastNS, sv.Interfaces[i].Counters.EndNS)
		n, known := sv.Interfaces[i].Counters.Dropped()
		w.Drops += int64(n)
		w.DropsKnown = w.DropsKnown && known
		if sv.Interfaces[i].Filter != "" {
			w.Filter = sv.Interfaces[i].Filter
		}
	}
	w.Drops += sv.LeftOut // it is as if the capture lacked them
	for i := range sv.Connections {
		for side := range sv.Connections[i].Flows {
			f := &sv.Connections[i].Flows[side]
			w.Resets += f.Resets
			w.Unseen += f.Missing()
		}
	}
	return w
}

// onHost reports whether the capture was made on the host itself: its recorder says
// which way packets went, which nobody else can know.
func onHost(sv *survey.Survey) bool {
	for _, c := range sv.Connections {
		for side := range c.Flows {
			if f := &c.Flows[side]; f.Inbound+f.Outbound > 0 {
				return true
			}
		}
	}
	return false
}

// looks is how often a recorder must have looked for the host's interfaces: at the
// beginning, and later.
const looks = 2

// noOther reports whether the recorder says, of each interface that it recorded and
// whenever it looked, that all interfaces of the host that could send were recorded
// by that same run.
func noOther(sv *survey.Survey) bool {
	for _, l := range sv.Testimony {
		if l.Looks < looks || !l.AlwaysLooked {
			return false
		}
	}
	return len(sv.Testimony) > 0 && len(Unrecorded(sv)) == 0
}

// Unrecorded are the interfaces that a recorder found up and did not record. The
// files of a rotated set have the time in common at which their run began.
func Unrecorded(sv *survey.Survey) (names []string) {
	type place struct {
		run  time.Time
		name string
	}
	recorded := map[place]bool{}
	for i, l := range sv.Testimony {
		recorded[place{l.Begun, sv.Interfaces[i].Name}] = true
	}
	for _, l := range sv.Testimony {
		for _, name := range l.Uplinks {
			if !recorded[place{l.Begun, name}] {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// testify takes what recorders wrote down beside the packets. An interface whose gap
// did not end is silent for the rest of the capture. The counts are the host's, and
// stand beside each of its interfaces again.
func testify(logs []*testimony.Log) (kernel []KernelCount, gaps []Gap) {
	for _, l := range logs {
		for _, c := range l.Resets() {
			kernel = append(kernel, KernelCount{TimeNS: c.Time.UnixNano(), Resets: c.Resets})
		}
		for _, g := range l.Gaps {
			until := int64(math.MaxInt64)
			if !g.Until.IsZero() {
				until = g.Until.UnixNano()
			}
			gaps = append(gaps, Gap{FromNS: g.From.UnixNano(), UntilNS: until})
		}
	}
	slices.SortStableFunc(kernel, func(a, b KernelCount) int { return cmp.Compare(a.TimeNS, b.TimeNS) })
	return slices.Compact(kernel), gaps
}

// Ran is when an end's capture is known to have been running, by its own clock: from
// its packets, or from what its recorder noted; false if nothing shows it.
func Ran(sv *survey.Survey) (cover tap.Coverage, known bool) {
	cover = tap.Coverage{FirstNS: sv.FirstNS, LastNS: sv.LastNS}
	known = sv.FirstNS != 0
	note := func(ns int64) {
		if !known {
			cover, known = tap.Coverage{FirstNS: ns, LastNS: ns}, true
		}
		cover.FirstNS, cover.LastNS = min(cover.FirstNS, ns), max(cover.LastNS, ns)
	}
	for _, l := range sv.Testimony {
		if !l.Begun.IsZero() {
			note(l.Begun.UnixNano())
		}
		for _, r := range l.Resets() {
			note(r.Time.UnixNano())
		}
	}
	for i := range sv.Interfaces {
		if at := sv.Interfaces[i].Counters.StartNS; at != 0 {
			note(at)
		}
		if at := sv.Interfaces[i].Counters.EndNS; at != 0 {
			note(at)
		}
	}
	return cover, known
}
