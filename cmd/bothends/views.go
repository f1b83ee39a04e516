package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"bothends"
	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate/annotate"
	"bothends/correlate/report"
)

// views are what the command line says of further forms of a report, each for a
// reader of its own.
type views struct {
	annotate string // folder of the annotated captures
}

func (v *views) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&v.annotate, "annotate", "", "also write copies of both captures, with comments at the packets of findings, to `FOLDER`")
	usage.File(flags, "annotate")
}

// check refuses, before any work is done, places that the views must not take.
func (v *views) check(flags *pflag.FlagSet, force bool, inputs []string) error {
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
func (v *views) write(ctx context.Context, c *console, r *report.Report, sets [2]*file.Set, force bool) error {
	if r.Ends.Swapped {
		sets[0], sets[1] = sets[1], sets[0]
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
	_, err := annotate.Write(ctx, r, sets, annotate.Options{Program: "bothends " + bothends.Version()}, put)
	return err
}
