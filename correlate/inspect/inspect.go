// Package inspect says what one capture holds and how good a witness it is, as far as that
// can be told without the other end's.
package inspect

import (
	"context"
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"bothends/capture"
	"bothends/capture/file"
	"bothends/capture/seal"
	"bothends/capture/testimony"
	"bothends/correlate/report"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
)

// Captures reads each capture once and says what it holds and how good a witness
// it is, as far as that can be told without the other end's. progress is called
// now and then with the number of bytes read since the last call: at most, in all,
// the Length of all sets. The errors are the operating system's, or ctx's: a
// capture that is no good is no error.
func Captures(ctx context.Context, sets []*file.Set, progress func(bytes int64)) (*report.Info, error) {
	info := &report.Info{Schema: report.InfoSchema, Captures: []report.Inspection{}}
	var inspections []*inspection
	for _, set := range sets {
		i, err := inspect(ctx, set, progress)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", set.Files()[0].Path, err)
		}
		inspections = append(inspections, i)
	}
	for n, i := range inspections {
		i.judge()
		for before, earlier := range inspections {
			if before != n && earlier.continuedBy(i) {
				i.continues(earlier)
			}
		}
		i.Sealed = report.SealedStatement{Statement: i.sealed.Statement, Signature: i.sealed.Signature}
		info.Captures = append(info.Captures, i.Inspection)
	}
	return info, nil
}

// An inspection is one capture being looked at.
type inspection struct {
	report.Inspection
	survey *survey.Survey
	files  []file.File
	hosts  map[[16]byte]int64 // the tap's own addresses, and the segments they sent
	sealed seal.File          // the last of its files that is sealed
}

// inspect learns all that is shown of one capture, but for what it is worth.
func inspect(ctx context.Context, set *file.Set, progress func(int64)) (*inspection, error) {
	i := &inspection{}
	var reader *tally
	var digests []file.Digest
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		digests, err = set.Digests(ctx)
		return err
	})
	group.Go(func() error { return i.checkSeals(ctx, set) })
	group.Go(func() (err error) {
		var before int64
		open := func() *tally { return &tally{Reader: set.Reader()} }
		i.survey, reader, err = survey.Take(ctx, open, maphash.MakeSeed(), 0, func(r *tally) {
			progress(r.Position() - before)
			before = r.Position()
		})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	i.files = reader.Files()
	i.describeFiles(digests)
	for _, s := range reader.Seams() {
		i.Seams = append(i.Seams, report.SeamOf(s))
	}
	i.Recording = report.RecordingOf(i.survey)
	i.describePackets()
	i.describeInterfaces(reader.packets)
	i.describeGaps()
	i.describeKernelLog()
	i.findTap()
	i.countConnections()
	i.countSeen()
	i.countByHost()
	i.inferFilter()
	return i, nil
}

// A tally counts the packets of each interface as they are read.
type tally struct {
	*file.Reader
	packets []int64
}

func (t *tally) Next(p *capture.Packet) error {
	err := t.Reader.Next(p)
	if err == nil {
		for p.Interface >= len(t.packets) {
			t.packets = append(t.packets, 0)
		}
		t.packets[p.Interface]++
	}
	return err
}

func (i *inspection) describeFiles(digests []file.Digest) {
	i.EndState = capture.Complete.String()
	for n, f := range i.files {
		about := report.InspectedFile{
			File: report.File{Path: f.Path, Format: string(f.Format), Compression: string(f.Compression),
				Bytes: f.Size, Packets: f.Packets, EndState: f.End.String(), EndReason: f.End.Reason},
			StillGrows: f.Growing,
		}
		if f.Timed {
			about.First, about.Last = report.Stamp(f.FirstNS), report.Stamp(f.LastNS)
		}
		if digests[n].Known {
			about.SHA256 = hex.EncodeToString(digests[n].Sum[:])
		}
		if f.End.Kind != capture.Complete && i.EndState == capture.Complete.String() {
			i.EndState = f.End.String()
		}
		for _, s := range f.Sections {
			i.describeRecorder(report.Recorder{Application: s.Application, OS: s.OS, Hardware: s.Hardware})
		}
		i.Files = append(i.Files, about)
	}
}

func (i *inspection) describeRecorder(r report.Recorder) {
	if r != (report.Recorder{}) && !slices.Contains(i.Recorders, r) {
		i.Recorders = append(i.Recorders, r)
	}
}

func (i *inspection) describePackets() {
	sv := i.survey
	i.Packets, i.Segments = sv.Packets, sv.Decoded[segment.TCP]-sv.Repeated
	i.Cut, i.Repeated, i.Routed, i.Untimed = sv.Cut, sv.Repeated, sv.Routed, sv.Untimed
	i.Clock.DisorderNS = sv.Disorder
	if i.timed() {
		i.First, i.Last, i.DurationNS = report.Stamp(sv.FirstNS), report.Stamp(sv.LastNS), sv.LastNS-sv.FirstNS
	}
	i.LinkTypes = map[string]int64{}
	i.NotTCP, i.Tunnels, i.Fragments = report.PassedOver(sv), report.Tunnels(sv), report.FragmentsOf(sv)
	for link, n := range sv.LinkTypes {
		i.LinkTypes[link.String()] = n
	}
}

func (i *inspection) timed() bool { return i.survey.Packets > i.survey.Untimed }

func (i *inspection) describeInterfaces(packets []int64) {
	i.Interfaces = []report.Interface{}
	all := &i.Drops
	all.Known = len(i.survey.Interfaces) > 0
	for n := range i.survey.Interfaces {
		about := &i.survey.Interfaces[n]
		shown := report.Interface{
			Name: about.Name, Description: about.Description, LinkType: about.LinkType.String(), SnapLen: about.SnapLen,
			Filter: about.Filter, FilterCoded: about.Filter == "" && len(about.FilterCode) > 0,
			Resolution: about.Resolution, OffsetSec: about.OffsetSec,
			Drops: report.InspectedDrops{ByInterface: about.Counters.IfDropped.N, ByKernel: about.Counters.OSDropped.N, ByPacket: about.Counters.Missing.N},
		}
		if n < len(packets) {
			shown.Packets = packets[n]
		}
		shown.Drops.Packets, shown.Drops.Known = about.Counters.Dropped()
		all.Known = all.Known && shown.Drops.Known
		all.Packets += shown.Drops.Packets
		all.ByInterface += shown.Drops.ByInterface
		all.ByKernel += shown.Drops.ByKernel
		all.ByPacket += shown.Drops.ByPacket
		if about.Filter != "" && !slices.Contains(i.Filter.Recorded, about.Filter) {
			i.Filter.Recorded = append(i.Filter.Recorded, about.Filter)
		}
		if r := about.Resolution; r > 0 && (i.Clock.Resolution == 0 || r < i.Clock.Resolution) {
			i.Clock.Resolution = r
		}
		i.describeRecorder(report.Recorder{Application: about.Application, OS: about.OS, Hardware: about.Hardware})
		i.Interfaces = append(i.Interfaces, shown)
	}
}

// describeKernelLog shows what the host's own TCP said of resets.
func (i *inspection) describeKernelLog() {
	log := &i.survey.KernelLog
	switch {
	case log.Kept:
		i.KernelLog = &report.KernelLog{
			From: report.Stamp(log.From.UnixNano()), Until: report.Stamp(log.Until.UnixNano()),
			Complete: log.Complete(log.From, log.Until), Others: log.Others, Lost: log.Lost, NotShown: strings.Join(notShown(log.Sees), " and "),
		}
		for _, e := range log.Events {
			if e.Sent {
				i.KernelLog.Sent++
			} else {
				i.KernelLog.Received++
			}
		}
	case log.Missing != "":
		i.KernelLog = &report.KernelLog{Missing: log.Missing}
	}
}

// notShown are the kinds of resets that a kernel's log did not show when they were
// made on purpose.
func notShown(sees testimony.KernelSight) (kinds []string) {
	for _, kind := range []struct {
		shown bool
		name  string
	}{{sees.Abort, "aborts"}, {sees.NoSocket, "resets without a socket"}, {sees.TimeWait, "resets of closed connections"}} {
		if !kind.shown {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}

// describeGaps shows when the recorder says that it recorded nothing.
func (i *inspection) describeGaps() {
	for n, l := range i.survey.Testimony {
		for _, g := range l.Gaps {
			shown := report.InspectedGap{Interface: i.survey.Interfaces[n].Name, From: report.Stamp(g.From.UnixNano())}
			if !g.Until.IsZero() {
				shown.Until = report.Stamp(g.Until.UnixNano())
			}
			i.Gaps = append(i.Gaps, shown)
		}
	}
}
