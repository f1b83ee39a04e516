package inspect

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bothends/capture"
	"bothends/correlate/report"
	"bothends/correlate/segment"
	"bothends/correlate/witness"
)

// weights from the gravest.
var weights = []string{report.Disqualifies, report.Limits, report.Remark}

// judge collects what is wrong with the capture, the gravest first. What it
// weighs follows the rules on the capture of the alleged sender: see the judge.
func (i *inspection) judge() {
	i.Reasons = []report.Reason{}
	switch {
	case i.Packets == 0:
		i.because(report.Disqualifies, "no-packets", record, "it holds no packet")
	case !i.timed():
		i.because(report.Disqualifies, "no-times", "record with tcpdump or dumpcap, which give every packet a time", "none of its packets has a time")
	case i.Segments == 0:
		i.because(report.Disqualifies, "no-tcp", record, "it holds no TCP segment%s", i.instead())
	}
	i.judgeFilter()
	i.judgeLosses()
	i.judgeFiles()
	i.judgeSeals()
	i.judgeCoverage()
	i.judgePackets()
	i.judgeClock()
	i.remark()
	slices.SortStableFunc(i.Reasons, func(a, b report.Reason) int {
		return cmp.Compare(slices.Index(weights, a.Weight), slices.Index(weights, b.Weight))
	})
	i.setFitness()
}

// record is the advice where nothing of use was recorded.
const record = "record on the interface that carries the session, before it is encrypted, with a filter that admits TCP"

func (i *inspection) because(weight, what, advice, format string, args ...any) {
	i.Reasons = append(i.Reasons, report.Reason{Weight: weight, What: what, Text: fmt.Sprintf(format, args...), Advice: advice})
}

// graver is how many of the reasons, once in order, are graver than weight.
func (i *inspection) graver(weight string) int {
	n := slices.IndexFunc(i.Reasons, func(r report.Reason) bool {
		return slices.Index(weights, r.Weight) >= slices.Index(weights, weight)
	})
	if n < 0 {
		return len(i.Reasons)
	}
	return n
}

func (i *inspection) setFitness() {
	i.Fitness = report.FitnessGood
	if len(i.Reasons) == 0 {
		return
	}
	switch i.Reasons[0].Weight {
	case report.Disqualifies:
		i.Fitness = report.FitnessUnfit
	case report.Limits:
		i.Fitness = report.FitnessLimited
	}
}

// instead says what a capture without TCP holds.
func (i *inspection) instead() string {
	var words []string
	for result, n := range i.survey.Decoded {
		if n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, segment.Result(result)))
		}
	}
	if len(words) == 0 {
		return ""
	}
	return " (packets: " + strings.Join(words, ", ") + ")"
}

func (i *inspection) judgeFilter() {
	if i.Filter.Inferred != "" {
		i.because(report.Disqualifies, "filtered", "record again without such a filter ('tcp port N' keeps both directions and all segments), on every interface that the session's packets may take",
			"a filter seems to have kept %s", i.Filter.Inferred)
	}
	for _, f := range i.Filter.Recorded {
		if (&witness.Witness{Filter: f}).FiltersFlags() {
			i.because(report.Limits, "filtered-by-flags", "record again with a filter that names ports only", "it was filtered by TCP flags: %q", f)
		}
	}
	if n := i.Connections.OneWay; n > 0 && i.Filter.Inferred == "" {
		i.because(report.Limits, "one-direction", "record on every interface that the session's packets may take",
			"of %s it shows one direction only", ofConnections(n, i.Connections.Total))
	}
}

func (i *inspection) judgeLosses() {
	if n := i.Drops.Packets; n > 0 {
		i.because(report.Disqualifies, "drops-counted", largerBuffer, "its own counters say that %s %s lost", counted(int64(n), "packet"), was(int64(n)))
	}
	if n := int64(len(i.Gaps)); n > 0 {
		longest, name := i.longestGap()
		i.because(report.Limits, "recorder-gaps", "record again and keep the interface up; what happened meanwhile is not in it",
			"its recorder noted %s in which it recorded nothing, the longest %s on %s", counted(n, "gap"), readable(longest), name)
	}
	if n := i.Seen.Unseen; n > 0 && i.Filter.Inferred == "" {
		i.because(report.Disqualifies, "bytes-unseen", largerBuffer+", and on every interface that the session's packets may take",
			"it lacks %s (%s) that the hosts acknowledged, in %s", counted(n, "byte"), i.Seen.Share(), ofConnections(i.Seen.Connections, i.Connections.Total))
	}
	if n := i.survey.HeadersCut(); n > 0 {
		i.because(report.Disqualifies, "headers-cut", wholePackets, "it cut %s so short that the TCP header is missing", counted(n, "packet"))
	}
}

// longestGap is how long an interface was blind at most, in nanoseconds, and which.
// A gap that did not end lasted until the last packet.
func (i *inspection) longestGap() (longest int64, name string) {
	longest = -1
	for n, l := range i.survey.Testimony {
		for _, g := range l.Gaps {
			until := g.Until
			if until.IsZero() {
				until = time.Unix(0, i.survey.LastNS)
			}
			if d := max(0, until.Sub(g.From).Nanoseconds()); d > longest {
				longest, name = d, cmp.Or(i.survey.Interfaces[n].Name, fmt.Sprintf("interface %d", n))
			}
		}
	}
	return longest, name
}

// Advice that several reasons share.
const (
	largerBuffer = "record again with a larger buffer (tcpdump -B 262144) while the machine is less busy"
	wholePackets = "record whole packets (tcpdump -s 0)"
)

func (i *inspection) judgeFiles() {
	for _, f := range i.files {
		switch f.End.Kind {
		case capture.Truncated:
			i.because(report.Limits, "truncated", "copy it again if it was copied; else stop the recorder with Ctrl-C instead of killing it, and look for a full disk",
				"the file %s is %s: what came after that is lost", f.Path, f.End)
		case capture.Damaged:
			i.because(report.Limits, "damaged", "copy it again, in binary mode if it went by FTP", "the file %s is %s: what came after that cannot be read", f.Path, f.End)
		}
		if f.Growing {
			i.because(report.Limits, "still-grows", "stop the recorder, then give the file again", "the file %s was still being written", f.Path)
		}
	}
	for _, s := range i.Seams {
		if s.GapNS < -overlapNS {
			i.because(report.Limits, "overlap", "if they were made at the two ends, leave out --together; if by one machine on several interfaces, all is well",
				"the files %s and %s overlap in time by %s", s.After, s.Before, readable(-s.GapNS))
			break
		}
	}
}

// overlapNS is how far files of one recording may overlap, as packets are
// written a little out of order; those of two recordings overlap for longer.
const overlapNS = 1e9

// judgeCoverage leaves out what a filter explains.
func (i *inspection) judgeCoverage() {
	if i.Filter.Inferred != "" {
		return
	}
	if n := i.Connections.NoHandshake; n > 0 {
		i.because(report.Limits, "began-late", "start recording before the session, at both ends",
			"%s had begun before it", ofConnections(n, i.Connections.Total))
	}
	if n := i.Connections.Open; n > 0 {
		i.because(report.Limits, "ended-early", "go on recording until ten seconds after the session has ended, at both ends",
			"%s %s still open when it ended", ofConnections(n, i.Connections.Total), was(int64(n)))
	}
}

func (i *inspection) judgePackets() {
	if i.Cut > 0 {
		i.because(report.Limits, "cut-short", wholePackets, "it kept only the beginning of %d of %s, so that changed data cannot be told from other data", i.Cut, counted(i.Segments, "TCP packet"))
	}
	if i.Repeated > 0 {
		i.because(report.Limits, "repeated", oneInterface, "it holds %s twice (%s); the second recording is left out", counted(i.Repeated, "packet"), report.Twice(i.Repeated, i.survey.Routed))
	}
	if n := i.survey.Decoded[segment.UnknownLink]; n > 0 {
		i.because(report.Limits, "link-unknown", "record on an interface with Ethernet, PPP, cooked or raw IP frames", "%s %s recorded on a kind of link that cannot be read (%s)", counted(n, "packet"), was(n), i.links())
	}
	i.judgeIgnored()
	if i.Untimed > 0 && i.timed() {
		i.because(report.Limits, "untimed", "record with tcpdump or dumpcap, which give every packet a time", "%s %s recorded without a time and left out", counted(i.Untimed, "packet"), was(i.Untimed))
	}
}

const oneInterface = "record on the one interface that carries the session, and not with -i any"

// disorderNS is how far a busy host may record out of order.
const disorderNS = 1e9

// judgeClock is also the place for what a recorder notes of its clock.
func (i *inspection) judgeClock() {
	const again = "keep the clock from being set while recording, and do not join files by hand"
	switch d, back := i.Clock.DisorderNS, i.survey.SetBack(); {
	case back > 0:
		i.because(report.Limits, "clock-set", again, "its times run back by %s on one interface: the clock was set while recording, or files were joined", readable(back))
	case d > disorderNS:
		i.because(report.Limits, "clock-set", again,
			"a packet lies %s before one that stands ahead of it: the clock was set back, or files were joined", readable(d))
	}
	if i.timed() && i.survey.FirstNS < plausibleNS {
		i.because(report.Remark, "clock-unset", "set the clock before recording, so that the times can be compared with logs", "its clock was never set: it shows %s", i.First[:len("2006-01-02")])
	}
}

// plausibleNS is 2000-01-01. Machines without a battery start at 1970.
const plausibleNS = 946684800e9

// links names the link types of the capture.
func (i *inspection) links() string {
	return strings.Join(slices.Sorted(maps.Keys(i.LinkTypes)), ", ")
}

// judgeIgnored names what the reader had to leave out of the descriptions.
func (i *inspection) judgeIgnored() {
	var ignored []string
	for n := range i.survey.Interfaces {
		ignored = append(ignored, i.survey.Interfaces[n].Ignored...)
	}
	slices.Sort(ignored)
	ignored = slices.Compact(ignored)
	if len(ignored) == 0 {
		return
	}
	weight, times := report.Remark, ""
	if slices.Contains(ignored, "if_tsresol") || slices.Contains(ignored, "if_tsoffset") {
		weight, times = report.Limits, ", so that its times may be wrong"
	}
	i.because(weight, "options-ignored", "keep the file as its recorder wrote it; a program has changed it, or it was damaged",
		"options in it have a length that they cannot have, and are left out (%s)%s", strings.Join(ignored, ", "), times)
}
