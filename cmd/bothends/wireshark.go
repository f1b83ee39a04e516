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

	"bothends/cmd/internal/usage"
	"bothends/correlate/judge"
)

// marks are what a profile shows, by the verdict that stands in a comment. The
// colours can be told apart by the colour-blind (Okabe and Ito 2008).
var marks = []struct {
	verdict, label  string
	background, ink [3]int // 0 to 255
	shownAs         string // the button's label
}{
	{string(judge.Injected), "forged on the way", [3]int{213, 94, 0}, [3]int{255, 255, 255}, "forged"},
	{string(judge.Modified), "changed on the way", [3]int{204, 121, 167}, [3]int{0, 0, 0}, "changed"},
	{string(judge.Conditional), "forged, if a condition holds", [3]int{230, 159, 0}, [3]int{0, 0, 0}, string(judge.Conditional)},
	{string(judge.Lost), "lost on the way", [3]int{0, 0, 0}, [3]int{240, 228, 66}, string(judge.Lost)},
	{string(judge.Indeterminate), "not decided", [3]int{240, 228, 66}, [3]int{0, 0, 0}, "not decided"},
	{string(judge.Genuine), "sent by the end that it names", [3]int{0, 158, 115}, [3]int{255, 255, 255}, string(judge.Genuine)},
	{"called for", "the packet that was answered", [3]int{86, 180, 233}, [3]int{0, 0, 0}, "trigger"},
}

// wiresharkVerb writes a profile for the captures that --annotate writes.
func wiresharkVerb() verb {
	var force bool
	flags := newFlags("wireshark-profile")
	flags.BoolVar(&force, "force", false, "replace what is there")
	addHelp(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "wireshark-profile",
			Title:    "write a Wireshark profile that colours the findings in annotated captures",
			Synopsis: []string{"wireshark-profile [FLAGS] FOLDER"},
			Text: []string{
				"The captures that compare --annotate writes have comments at the packets of findings. With this profile Wireshark colours them, shows the comments in a column and has a button for each verdict. FOLDER is best ~/.config/wireshark/profiles/bothends; then the profile is in Wireshark's list (Edit, Configuration Profiles).",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "written"},
				{Code: "2", Meaning: "could not be written"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) {
			if len(args) != 1 {
				return 0, &hinted{errors.New("one folder is to be named"), "bothends wireshark-profile ~/.config/wireshark/profiles/bothends"}
			}
			return 0, writeProfile(ctx, args[0], force)
		},
	}
}

// writeProfile writes the files that make a profile (Wireshark User's Guide,
// appendix B).
func writeProfile(ctx context.Context, folder string, force bool) error {
	var colours, buttons strings.Builder
	for _, m := range marks {
		filter := fmt.Sprintf("frame.comment contains %q", m.verdict)
		fmt.Fprintf(&colours, "@bothends: %s@%s@[%s][%s]\n", m.label, filter, sixteenBits(m.background), sixteenBits(m.ink))
		fmt.Fprintf(&buttons, "\"TRUE\",\"%s\",\"%s\",\"%s\"\n", m.shownAs, strings.ReplaceAll(filter, `"`, `\x22`), m.label)
	}
	files := []struct{ name, content string }{
		{"colorfilters", colours.String()},
		{"dfilter_buttons", buttons.String()},
		{"preferences", "gui.column.format:\n\t\"No.\", \"%m\",\n\t\"Time\", \"%t\",\n\t\"Source\", \"%s\",\n\t\"Destination\", \"%d\",\n\t\"Info\", \"%i\",\n\t\"Finding\", \"%Cus:frame.comment:0:R\"\n"},
	}
	for _, f := range files {
		if err := checkInFolder(folder, f.name, force, nil); err != nil {
			return err
		}
	}
	if err := os.Mkdir(folder, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return outputError(folder, err)
	}
	for _, f := range files {
		err := writeFile(ctx, filepath.Join(folder, f.name), force, func(w io.Writer) error {
			_, err := io.WriteString(w, f.content)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sixteenBits is a colour as Wireshark's files have it.
func sixteenBits(colour [3]int) string {
	return fmt.Sprintf("%d,%d,%d", colour[0]*257, colour[1]*257, colour[2]*257)
}
