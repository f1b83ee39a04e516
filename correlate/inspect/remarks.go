package inspect

import (
	"strings"

	"bothends/capture"
	"bothends/correlate/report"
	"bothends/correlate/witness"
)

// remark adds what takes nothing from the capture, but is good to know.
func (i *inspection) remark() {
	if i.Segments == 0 {
		return
	}
	if why := i.countersLost(); why != "" && !i.Drops.Known {
		i.because(report.Remark, "counters-lost", "give the files as they were recorded: several files of one end are compared as one capture", "%s", why)
	}
	if !i.Drops.Known {
		i.because(report.Remark, "drops-unknown", "send the counts along that the recorder printed when it ended (tcpdump: \"packets dropped by kernel\"), or record with dumpcap, which writes them into the file",
			"it does not say whether packets were dropped, which is not the same as none")
		if miss := witness.MissBound(i.Seen.FromHost, 0); i.Seen.FromHost > 0 && miss > witness.MissProven {
			i.because(report.Remark, "few-packets", "repeat the session in one recording: every packet adds evidence",
				"it holds %s from its own host: even if all of them prove to have been recorded, the chance that it missed any one stays up to %.2g %% (95 %% confidence), and a proof wants %.2g %%",
				counted(i.Seen.FromHost, "packet"), 100*miss, 100*witness.MissProven)
		}
	}
	if i.Tap.End == "unknown" {
		i.because(report.Remark, "end-unknown", "tell the other end at which end it was made; it gives the files with --client and --server",
			"nothing in it tells at which end it was recorded")
	}
	if i.Repeated == 0 && i.cooked() {
		i.because(report.Remark, "any-interface", oneInterface, "it looks as if it was recorded with -i any")
	}
	if others := witness.Unrecorded(i.survey); len(others) > 0 && !i.cooked() {
		n := int64(len(others))
		i.because(report.Remark, "other-interfaces", "record those, too, unless the session cannot use them (bothcap -i NAME, once for each)",
			"the host had %s up, which %s not recorded: %s", counted(n, "other interface"), was(n), strings.Join(others, ", "))
	}
	if n := i.survey.Malformed(); n > 0 {
		i.because(report.Remark, "malformed", "nothing to do, if they are few", "%s in it contradict themselves and are left out", counted(n, "packet"))
	}
	if n := i.survey.Fragments.Incomplete; n > 0 {
		i.because(report.Remark, "fragments", "nothing to do, if they are few", "it holds %s of which a fragment is missing, and which are left out", counted(n, "fragmented packet"))
	}
	if n := i.survey.Fragments.Overlapping; n > 0 {
		i.because(report.Remark, "fragments-overlap", "look at them in Wireshark (ip.fragment.overlap): honest hosts send none, so they may be an attack",
			"it holds %s whose fragments claim the same bytes, and which are left out", counted(n, "fragmented packet"))
	}
}

// cooked reports whether the capture has the form that Linux's "any" device gives
// it. Some devices without a link layer of their own have it too.
func (i *inspection) cooked() bool {
	for n := range i.survey.Interfaces {
		if strings.EqualFold(i.survey.Interfaces[n].Name, "any") {
			return true
		}
	}
	return i.survey.LinkTypes[capture.LinkLinuxSLL]+i.survey.LinkTypes[capture.LinkLinuxSLL2] > 0
}

// countersLost says how it may come that a file has no counters of lost packets though
// its recorder wrote some. Wireshark's mergecap keeps no statistics, and its editcap
// none of several interfaces.
func (i *inspection) countersLost() string {
	for _, r := range i.Recorders {
		if strings.Contains(strings.ToLower(r.Application), "mergecap") {
			return "it was written by mergecap, which leaves out the counters of lost packets that its recorder may have noted"
		}
	}
	for _, l := range i.survey.Testimony {
		if !l.Begun.IsZero() {
			return "bothcap notes counters of lost packets, and they are not in it: it was killed, or the file was written anew (editcap leaves them out)"
		}
	}
	return ""
}
