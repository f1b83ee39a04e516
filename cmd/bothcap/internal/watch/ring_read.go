package watch

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bothends/capture"
	"bothends/capture/pcapng"
	"bothends/capture/testimony"
)

// slack is by how much packets may stand in the file behind a note of later time: the
// kernel holds them back, and each interface for itself.
const slack = 2 * time.Second

// spanning are the files that may hold something from one time to another, by the
// times in their names (see package store), which are rounded down.
func spanning(paths []string, from, until time.Time) (list []string) {
	for n, path := range paths {
		begins, known := beginOf(path)
		ends, endKnown := until, false
		if n+1 < len(paths) {
			ends, endKnown = beginOf(paths[n+1])
		}
		if known && begins.After(until.Add(statisticsWait)) || endKnown && ends.Add(slack).Before(from) {
			continue
		}
		list = append(list, path)
	}
	return list
}

// statisticsWait is within what time the recorder notes its state again.
const statisticsWait = 15 * time.Second

func beginOf(path string) (time.Time, bool) {
	name := strings.TrimSuffix(filepath.Base(path), extension)
	at, err := time.ParseInLocation("20060102150405", name[strings.LastIndexByte(name, '_')+1:], time.UTC)
	return at, err == nil
}

// read goes through a file, however it ends, and tells what use returns of its
// packets and notes. One that is gone was empty.
func read(path string, use func(*pcapng.Reader) (packet func(*capture.Packet), remark func(int, string))) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := pcapng.NewReader(f)
	if err != nil {
		return nil // killed before its head was on the disk
	}
	packet, remark := use(r)
	r.OnRemark(remark)
	var p capture.Packet
	for {
		if err := r.Next(&p); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		packet(&p)
	}
}

// startOf is when a file's run began.
func startOf(r *pcapng.Reader) time.Time {
	for _, section := range r.Sections() {
		for _, record := range testimony.Parse(section.Comments) {
			if record.Event == testimony.Start {
				return record.Time
			}
		}
	}
	return time.Time{}
}
