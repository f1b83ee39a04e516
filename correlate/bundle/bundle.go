// Package bundle puts all views of a report, and the packets that it rests on,
// into one file that a third party can check. The same inputs make the same bytes.
package bundle

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"

	"bothends/capture/file"
	"bothends/correlate/annotate"
	"bothends/correlate/ladder"
	"bothends/correlate/report"
	"bothends/correlate/web"
)

// Options are what goes into a bundle beside the report.
type Options struct {
	Web   web.Options // of the page
	Whole bool        // whole captures, and not the connections concerned alone
	Sign  Signer      // nil for none
}

// A Signer makes a signature of the checksums, as ssh-keygen -Y sign does.
type Signer func(sums []byte) (signature []byte, err error)

// Namespace is what a signature is for (PROTOCOL.sshsig of OpenSSH): one made for
// something else does not count.
const Namespace = "bothends"

// Write writes the bundle as a zip file. The ladders are those of the page.
func Write(ctx context.Context, to io.Writer, r *report.Report, sets [2]*file.Set, ladders []ladder.Ladder, o Options) error {
	b := &bundle{zip: zip.NewWriter(to)}
	text := func(w io.Writer) error {
		return r.WriteText(w, report.TextOptions{All: true, Zone: o.Web.Zone})
	}
	page := func(w io.Writer) error { return web.Write(w, r, ladders, o.Web) }
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{"report.txt", text}, {"report.html", page}, {"report.json", r.WriteJSON}} {
		if err := b.put(f.name, f.write); err != nil {
			return err
		}
	}
	copies, err := annotate.Write(ctx, r, sets, annotate.Options{Program: o.Web.Program, Concerned: !o.Whole}, b.put)
	if err != nil {
		return err
	}
	if err := b.put("README.txt", func(w io.Writer) error {
		_, err := io.WriteString(w, readme(r, copies, o))
		return err
	}); err != nil {
		return err
	}
	sums := strings.Join(b.sums, "") // of all but itself
	if err := b.put("SHA256SUMS", func(w io.Writer) error { _, err := io.WriteString(w, sums); return err }); err != nil {
		return err
	}
	if o.Sign != nil {
		signature, err := o.Sign([]byte(sums))
		if err != nil {
			return err
		}
		if err := b.put("SHA256SUMS.sig", func(w io.Writer) error { _, err := w.Write(signature); return err }); err != nil {
			return err
		}
	}
	return b.zip.Close()
}

type bundle struct {
	zip  *zip.Writer
	sums []string
}

// put adds a file. It bears no time, which would differ from one bundle to the
// next.
func (b *bundle) put(name string, write func(io.Writer) error) error {
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	entry, err := b.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	b.sums = append(b.sums, fmt.Sprintf("%x  %s\n", sha256.Sum256(content.Bytes()), name))
	_, err = entry.Write(content.Bytes())
	return err
}

// readme tells a third party what this is and how to check it.
func readme(r *report.Report, copies []string, o Options) string {
	var b strings.Builder
	kept := "the packets of the connections concerned; frame numbers in the reports\nare those of the whole captures, and each comment gives both"
	if o.Whole {
		kept = "all packets; frame numbers are those of the originals"
	}
	signed := [2]string{}
	if o.Sign != nil {
		signed = [2]string{"  SHA256SUMS.sig  a signature of SHA256SUMS by whoever made the bundle\n", `
   And that whoever made the bundle vouches for it. Put that person's public key,
   which you have from elsewhere, into a file of one line,
   "sender ssh-ed25519 AAAA...", called allowed_signers; then

       ssh-keygen -Y verify -f allowed_signers -I sender -n ` + Namespace + ` -s SHA256SUMS.sig <SHA256SUMS
`}
	}
	fmt.Fprintf(&b, `%s

This bundle was made by %s. It holds

  report.html   for people: open it in any browser, without a network
  report.txt    the same as text, with everything
  report.json   the same for programs
  %s
                copies of the two recordings with a comment at each packet that the
                reports speak of. Of the recordings they hold
                %s.
  SHA256SUMS    the checksums of all of these
%s
How to check it:

1. That nothing was changed since:

       sha256sum -c SHA256SUMS
%s
2. That the packets are there, with tshark or Wireshark:

`, r.Headline(), o.Web.Program, strings.Join(copies, ", "), strings.ReplaceAll(kept, "\n", "\n                "), signed[0], signed[1])
	for _, name := range copies {
		fmt.Fprintf(&b, "       tshark -r %s -Y 'frame.comment contains \"bothends finding\"'\n", name)
	}
	fmt.Fprintf(&b, `
3. That the recordings say what the reports say, with bothends itself:

       %s

   With the connections concerned alone there is less to judge the recordings by,
   so that the confidence may be lower than in report.txt. The originals have these
   checksums (SHA-256); whoever has them can repeat the whole comparison with
   %s

`, compare(copies), o.Web.Command)
	for _, c := range []*report.Capture{&r.Captures.Client, &r.Captures.Server} {
		for _, f := range c.Files {
			sum := f.SHA256
			if sum == "" {
				sum = "not known"
			}
			fmt.Fprintf(&b, "       %s  %s\n", sum, report.Escape(f.Path))
		}
	}
	return b.String()
}

// compare is the command that compares the copies.
func compare(copies []string) string {
	if len(copies) == 2 {
		return "bothends compare " + strings.Join(copies, " ")
	}
	words := []string{"bothends compare"}
	for _, name := range copies {
		words = append(words, "--"+name[:len("client")]+" "+name)
	}
	return strings.Join(words, " ")
}
