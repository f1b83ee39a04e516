package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"bothends/capture/file"
	"bothends/cmd/internal/usage"
	"bothends/correlate/redact"
)

// redactOptions are what the command line of `bothends redact` says.
type redactOptions struct {
	peers, ports, keepPorts []string
	all                     bool
	mapAddresses            bool
	askPassphrase           bool
	passphraseFile          string
	force                   bool
}

// redactVerb is the verb.
func redactVerb() verb {
	var o redactOptions
	flags := newFlags("redact")
	o.addFlags(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "redact",
			Title:    "make of a capture what may be shown to the other end: headers without what was said, and nobody else's connections",
			Synopsis: []string{"redact [FLAGS] --peer ADDRESS --port PORT IN OUT"},
			Text: []string{
				"Payload is removed, lengths and headers stay; comments, names, secrets and other people's connections are left out; what bothcap noted is kept. Without --peer and --port those count that bothcap was told to record. OUT is pcapng, which compare takes as it takes the original. Keep the original: it is the evidence.",
				rotatedSets,
				"With --passphrase, the same at both ends, each payload leaves a keyed digest of its 64-byte stretches, so that compare still sees what was changed on the way. With --map-addresses every address becomes another one, the same at both ends; addresses that share their first bits still share as many (Crypto-PAn).",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "redacted; what that costs as evidence is said"},
				{Code: "2", Meaning: "could not redact: usage, unreadable input, nothing of that in it"},
				{Code: "130", Meaning: "interrupted"},
			}},
		},
		run: func(ctx context.Context, c *console, args []string) (int, error) { return 0, o.run(ctx, c, args) },
	}
}

func (o *redactOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&o.peers, "peer", nil, "`ADDRESS` or network at either end of the connections to keep;\nrepeat it for further ones")
	flags.StringSliceVar(&o.ports, "port", nil, "`PORT` at either end of the connections to keep")
	flags.BoolVar(&o.all, "all", false, "keep the connections of everybody")
	flags.StringSliceVar(&o.keepPorts, "keep-ports", nil, "keep what was said on these `PORTS`")
	flags.BoolVar(&o.mapAddresses, "map-addresses", false, "map addresses by a pass phrase")
	flags.BoolVar(&o.askPassphrase, "passphrase", false, "ask for a pass phrase, by which changed payload still shows")
	flags.StringVar(&o.passphraseFile, "passphrase-file", "", "`FILE` with the pass phrase")
	flags.BoolVar(&o.force, "force", false, "let OUT replace a file, though never a capture")
	usage.File(flags, "passphrase-file")
	addHelp(flags)
}

func (o *redactOptions) run(ctx context.Context, c *console, args []string) error {
	options, err := o.parse(args)
	if err != nil {
		return err
	}
	in, out := filesOf(args[0]), args[1]
	if err := checkOutput(out, o.force, in); err != nil {
		return err
	}
	if out == standardOutput && term.IsTerminal(int(os.Stdout.Fd())) {
		return &hinted{errors.New("a capture is nothing for a terminal"), "name a file, or send standard output somewhere"}
	}
	set, err := file.Open(ctx, in)
	if err != nil {
		return err
	}
	defer set.Close() // the temporary files have served; nothing is lost with them
	if len(o.peers)+len(o.ports) == 0 && !o.all {
		if options.Peers, options.Ports, err = redact.Recorded(ctx, set); err != nil {
			return err
		}
		if len(options.Peers)+len(options.Ports) == 0 {
			return &hinted{errors.New("whose connections to keep is not said, and bothcap noted none"), "name them: --peer ADDRESS, --port PORT or both; --all keeps everybody's"}
		}
	}
	if o.askPassphrase || o.passphraseFile != "" {
		passphrase, err := o.passphrase()
		if err != nil {
			return err
		}
		options.Keys, options.MapAddresses = redact.NewKeys(passphrase), o.mapAddresses
	}
	return o.write(ctx, c, set, out, options)
}

// write makes the file and says what that costs.
func (o *redactOptions) write(ctx context.Context, c *console, set *file.Set, out string, options *redact.Options) error {
	var summary *redact.Summary
	render := func(w io.Writer) (err error) {
		summary, err = redact.Redact(ctx, set, w, *options)
		return err
	}
	var err error
	if out == standardOutput {
		err = c.render(render)
	} else {
		err = writeFile(ctx, out, o.force, render)
	}
	switch {
	case errors.Is(err, redact.ErrFragment), errors.Is(err, redact.ErrTunnel):
		return &hinted{err, "leave that connection out, by --peer and --port, or redact without --map-addresses if that is the reason"}
	case errors.Is(err, redact.ErrNothing):
		return &hinted{err, "bothends info " + shellWord(set.Files()[0].Path) + " shows which connections there are"}
	case err != nil:
		return err
	}
	if out == standardOutput {
		_, err = io.WriteString(c.stderr, summary.Text("it", options))
		return err
	}
	return c.print(summary.Text(out, options))
}

// parse refuses what cannot be meant.
func (o *redactOptions) parse(args []string) (*redact.Options, error) {
	switch {
	case len(args) < 2:
		return nil, &hinted{errors.New("two files are needed, the capture and the one to make"), "bothends redact client.pcapng client-shown.pcapng"}
	case len(args) > 2:
		return nil, &hinted{fmt.Errorf("%q is given beside two files", args[2]), "redact one capture at a time; a rotated set is one pattern in quotes"}
	case o.all && len(o.peers)+len(o.ports) > 0:
		return nil, &hinted{errors.New("--all is given beside --peer or --port"), "leave one of them out"}
	case o.mapAddresses && !o.askPassphrase && o.passphraseFile == "":
		return nil, &hinted{errors.New("--map-addresses takes a pass phrase, the same at both ends"), "add --passphrase to be asked for it, or --passphrase-file FILE"}
	}
	options := &redact.Options{}
	for _, word := range o.peers {
		peer, err := netip.ParsePrefix(word)
		if err != nil {
			a, problem := netip.ParseAddr(word)
			if problem != nil {
				return nil, &hinted{fmt.Errorf("--peer %q is neither an address nor a network", word), "write it as 192.0.2.1, 2001:db8::1 or 192.0.2.0/24"}
			}
			peer = netip.PrefixFrom(a, a.BitLen())
		}
		options.Peers = append(options.Peers, peer)
	}
	var err error
	if options.Ports, err = parsePorts("--port", o.ports); err != nil {
		return nil, err
	}
	options.KeepPorts, err = parsePorts("--keep-ports", o.keepPorts)
	return options, err
}

// parsePorts reads the ports of a flag.
func parsePorts(flag string, words []string) (ports []uint16, err error) {
	for _, word := range words {
		port, err := strconv.ParseUint(word, 10, 16)
		if err != nil || port == 0 {
			return nil, &hinted{fmt.Errorf("%s: %q is no port", flag, word), "a port is a number from 1 to 65535"}
		}
		if slices.Contains(ports, uint16(port)) {
			return nil, &hinted{fmt.Errorf("%s: %d is given twice", flag, port), "name each port once"}
		}
		ports = append(ports, uint16(port))
	}
	return ports, nil
}

// leastPassphrase keeps a slip of the finger from being one.
const leastPassphrase = 8

// passphrase is never on the command line, where others see it.
func (o *redactOptions) passphrase() (passphrase []byte, err error) {
	switch {
	case o.passphraseFile != "":
		if passphrase, err = os.ReadFile(o.passphraseFile); err != nil {
			return nil, fmt.Errorf("%q: %w", o.passphraseFile, withoutPath(err))
		}
	case term.IsTerminal(int(os.Stdin.Fd())):
		io.WriteString(os.Stderr, "Pass phrase, the same at both ends: ")
		passphrase, err = term.ReadPassword(int(os.Stdin.Fd()))
		io.WriteString(os.Stderr, "\n")
		if err != nil {
			return nil, fmt.Errorf("read the pass phrase: %w", err)
		}
	default:
		return nil, &hinted{errors.New("there is no terminal to ask for the pass phrase"), "write it to a file: --passphrase-file FILE"}
	}
	passphrase = bytes.TrimSpace(passphrase)
	if len(passphrase) < leastPassphrase {
		return nil, &hinted{fmt.Errorf("the pass phrase has less than %d bytes", leastPassphrase), "take a few words that nobody guesses, the same at both ends"}
	}
	return passphrase, nil
}
