package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"bothends/capture/file"
	"bothends/cmd/bothends/internal/outside"
	"bothends/cmd/internal/usage"
	"bothends/correlate/annotate"
	"bothends/correlate/bundle"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
	"bothends/correlate/web"
)

// views are what the command line says of further forms of a report, each for a
// reader of its own.
type views struct {
	annotate string // folder of the annotated captures
	html     string // file of the page
	bundle   string // zip file of all views
	whole    bool   // with whole captures in the bundle
	key      string // file of the ssh key that signs the bundle
}

func (v *views) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&v.annotate, "annotate", "", "also write copies of both captures, with comments at the packets of findings, to `FOLDER`")
	flags.StringVar(&v.html, "html", "", "also write a page for a browser, with what passed drawn segment by segment, to `FILE`")
	flags.StringVar(&v.bundle, "bundle", "", "also write all of these, checksums and how to check them to `FILE`.zip, with the packets\nof the connections concerned; the same inputs make the same bytes")
	flags.BoolVar(&v.whole, "bundle-all", false, "let --bundle hold whole captures")
	flags.StringVar(&v.key, "sign", "", "sign the checksums in the bundle with an ssh `KEY` (ssh-keygen -Y sign): a private key's file,\nor the public one's of a key that ssh-agent holds")
	usage.File(flags, "annotate", "html", "bundle", "sign")
}

// any reports whether there is to be a further form.
func (v *views) any() bool { return v.annotate != "" || v.html != "" || v.bundle != "" }

// check refuses, before any work is done, places that the views must not take.
func (v *views) check(flags *pflag.FlagSet, force bool, inputs []string) error {
	for flag, path := range map[string]string{"html": v.html, "bundle": v.bundle} {
		if !flags.Changed(flag) {
			continue
		}
		if path == standardOutput {
			return &hinted{fmt.Errorf("--%s needs a file", flag), "name one that is not there yet"}
		}
		if err := checkOutput(path, force, inputs); err != nil {
			return err
		}
	}
	if v.whole && v.bundle == "" {
		return &hinted{errors.New("--bundle-all says what --bundle holds"), "--bundle FILE.zip --bundle-all"}
	}
	if flags.Changed("sign") {
		if v.bundle == "" {
			return &hinted{errors.New("--sign signs what --bundle holds"), "--bundle FILE.zip --sign KEY"}
		}
		if _, err := os.Stat(v.key); err != nil {
			return fmt.Errorf("key %q: %w", v.key, withoutPath(err))
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
	if r.Ends.Swapped {
		sets[0], sets[1] = sets[1], sets[0]
	}
	if v.html != "" || v.bundle != "" {
		if err := v.writePages(ctx, r, sets, force, zone); err != nil {
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
	_, err := annotate.Write(ctx, r, sets, annotate.Options{Program: r.Program}, put)
	return err
}

// small is how many bytes are read once more for no more than their checksum.
const small = 64 << 20

// wanted reports whether what is shown needs checksums: evidence does, and so does what
// is told at a glance where it costs nothing.
func (o *compareOptions) wanted(sets []*file.Set) bool {
	return o.details || o.all || o.format == formatJSON || o.html != "" || o.bundle != "" || o.annotate != "" || sets[0].Length()+sets[len(sets)-1].Length() <= small
}

// mostDrawn is how many connections a page draws.
const mostDrawn = 20

// writePages writes the page and the bundle, with the checksums of what was
// compared.
func (v *views) writePages(ctx context.Context, r *report.Report, sets [2]*file.Set, force bool, zone *time.Location) error {
	drawn := r.Concerned()
	ladders, err := ladder.Build(ctx, r, sets, drawn[:min(mostDrawn, len(drawn))])
	if err != nil {
		return err
	}
	for i := range ladders {
		ladders[i].Fold()
	}
	page := web.Options{Program: r.Program, Command: commandLine(), Zone: zone}
	if v.html != "" {
		write := func(w io.Writer) error { return web.Write(w, r, ladders, page) }
		if err := writeFile(ctx, v.html, force, write); err != nil {
			return err
		}
	}
	if v.bundle == "" {
		return nil
	}
	page.Command = inputsLine(r) // the bundle's own name is no input
	return writeFile(ctx, v.bundle, force, func(w io.Writer) error {
		return bundle.Write(ctx, w, r, sets, ladders, bundle.Options{Web: page, Whole: v.whole, Sign: v.signer(ctx)})
	})
}

// signer signs with the user's key, or is nil if none is given.
func (v *views) signer(ctx context.Context) bundle.Signer {
	if v.key == "" {
		return nil
	}
	return func(sums []byte) (signature []byte, err error) {
		return outside.Sign(ctx, v.key, bundle.Namespace, sums)
	}
}

// inputsLine is a command line that compares the same files.
func inputsLine(r *report.Report) string {
	words := []string{"bothends compare"}
	for _, end := range []struct {
		flag string
		of   *report.Capture
	}{{"--client", &r.Captures.Client}, {"--server", &r.Captures.Server}} {
		for _, f := range end.of.Files {
			words = append(words, end.flag+" "+shellWord(report.Escape(f.Path)))
		}
	}
	return strings.Join(words, " ")
}

// commandLine is what was typed, to be typed again.
func commandLine() string {
	words := []string{"bothends"}
	for _, a := range os.Args[1:] {
		words = append(words, shellWord(report.Escape(a)))
	}
	return strings.Join(words, " ")
}
