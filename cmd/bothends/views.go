package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends"
	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate/annotate"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
	"bothends/correlate/web"
)

// views are what the command line says of further forms of a report, each for a
// reader of its own.
type views struct {
	annotate string // folder of the annotated captures
	html     string // file of the page
}

func (v *views) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&v.annotate, "annotate", "", "also write copies of both captures, with comments at the packets of findings, to `FOLDER`")
	flags.StringVar(&v.html, "html", "", "also write a page for a browser, with what passed drawn segment by segment, to `FILE`")
	usage.File(flags, "annotate", "html")
}

// check refuses, before any work is done, places that the views must not take.
func (v *views) check(flags *pflag.FlagSet, force bool, inputs []string) error {
	if flags.Changed("html") {
		if v.html == standardOutput {
			return &hinted{errors.New("--html needs a file"), "--html report.html"}
		}
		if err := checkOutput(v.html, force, inputs); err != nil {
			return err
		}
	}
	if flags.Changed("annotate") {
		for _, name := range []string{"client.pcapng", "server.pcapng"} {
			if err := checkInFolder(v.annotate, name, force, inputs); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkInFolder is checkOutput for a file in a folder that need not be there yet.
func checkInFolder(folder, name string, force bool, inputs []string) error {
	about, err := os.Stat(folder)
	switch {
	case folder == "":
		return &hinted{errors.New("the folder has no name"), "name one; it is made if it is not there"}
	case errors.Is(err, fs.ErrNotExist):
		return checkDirectory(folder)
	case err != nil:
		return outputError(folder, err)
	case !about.IsDir():
		return &hinted{fmt.Errorf("output %q is no folder", folder), "choose another name"}
	}
	return checkOutput(filepath.Join(folder, name), force, inputs)
}

// write writes them all. The sets are in the order in which they were given.
func (v *views) write(ctx context.Context, r *report.Report, sets [2]*file.Set, force bool, zone *time.Location) error {
	program := "bothends " + bothends.Version()
	if r.Ends.Swapped {
		sets[0], sets[1] = sets[1], sets[0]
	}
	if v.html != "" {
		if err := v.writePage(ctx, r, sets, force, zone); err != nil {
			return err
		}
	}
	if v.annotate == "" {
		return nil
	}
	if err := os.Mkdir(v.annotate, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return outputError(v.annotate, err)
	}
	put := func(name string, write func(io.Writer) error) error {
		return writeFile(ctx, filepath.Join(v.annotate, name), force, write)
	}
	_, err := annotate.Write(ctx, r, sets, annotate.Options{Program: program}, put)
	return err
}

// mostDrawn is how many connections a page draws.
const mostDrawn = 20

// writePage writes the page, with the checksums of what was compared.
func (v *views) writePage(ctx context.Context, r *report.Report, sets [2]*file.Set, force bool, zone *time.Location) error {
	drawn := slices.Sorted(maps.Keys(annotate.Concerned(r)))
	ladders, err := ladder.Build(ctx, r, sets, drawn[:min(mostDrawn, len(drawn))])
	if err != nil {
		return err
	}
	for i := range ladders {
		ladders[i].Fold()
	}
	page := web.Options{Program: "bothends " + bothends.Version(), Command: commandLine(), Sums: map[string]string{}, Zone: zone}
	for _, set := range sets {
		digests, err := set.Digests(ctx)
		if err != nil {
			return err
		}
		for i, f := range set.Files() {
			if digests[i].Known {
				page.Sums[f.Path] = hex.EncodeToString(digests[i].Sum[:])
			}
		}
	}
	write := func(w io.Writer) error { return web.Write(w, r, ladders, page) }
	return writeFile(ctx, v.html, force, write)
}

// commandLine is what was typed, to be typed again.
func commandLine() string {
	words := []string{"bothends"}
	for _, a := range os.Args[1:] {
		words = append(words, shellWord(report.Escape(a)))
	}
	return strings.Join(words, " ")
}
