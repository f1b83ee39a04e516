//go:build cgo || windows

package main

import "bothends/cmd/internal/usage"

// program is what is said of bothcap: its help, its manual page and its
// completion are made of it.
func program() *usage.Program {
	var o options
	flags := newFlags(&o)
	usage.Choices(flags, "end", "client", "server")
	usage.File(flags, "write")
	usage.File(flags, "sign")
	var watching watchOptions
	watchFlags := newWatchFlags(&watching)
	usage.Choices(watchFlags, "end", "client", "server")
	usage.Choices(watchFlags, "per", perConnection, perDay)
	usage.File(watchFlags, "dir", "log")
	bothFlags := newBothFlags(&bothOptions{})
	return &usage.Program{
		Name:  "bothcap",
		Title: "record one session's TCP segments at one end, for bothends to compare",
		Intro: []string{
			"bothcap records one session's TCP segments at one end, for bothends to compare with a recording of the other.",
		},
		Verbs: []usage.Verb{{
			Title: "record one session",
			Synopsis: []string{
				"[FLAGS] -w FILE",
				"[FLAGS] -w FILE -- COMMAND [ARGUMENT...]",
				"[FLAGS] -w FILE FILTER",
				"--list-interfaces",
			},
			Text: []string{
				"It records until Ctrl-C or a limit, or while COMMAND runs. It needs root (CAP_NET_RAW) to open its handles; from then on it runs as the user who called sudo, or as nobody. COMMAND runs as that user, or as root if nobody called sudo, with the standard streams and nothing else that bothcap opened.",
				"It records every interface by which the host can send, those that appear later too, for a reset follows the default route whatever interface its connection used. -i restricts it. Loopback is left out. Without -i one thread keeps the privilege to open interfaces; --reopen=false gives it up.",
				"With --rotate-size or --rotate-interval it writes a set of files; give them to bothends as one pattern in quotes, such as 'client_*.pcapng'.",
				"What it records is sealed: it writes hashes into the file, and prints the first when it begins and the last when it ends; --sign KEY signs the last. bothends info says whether a file was changed since. KEY must either need no passphrase or be known to ssh-agent.",
			},
			Flags: flags,
		}, {
			Name:  "both",
			Title: "record one session at both ends over ssh, and compare",
			Synopsis: []string{
				"both HOST [FLAGS] --port PORT",
				"both HOST [FLAGS] --port PORT -- COMMAND [ARGUMENT...]",
			},
			Text: []string{
				"It logs in at HOST through ssh, as the user who called sudo and with that user's configuration, agent and known hosts, has bothcap record there, records here, waits until each end has seen what comes from the other, runs COMMAND, waits until its connections have ended, stops both, compares, and prints the report. Both recordings are kept, client.pcapng and server.pcapng; the server's comes over the same connection while it is made, and nothing is left there. Without COMMAND it records until Ctrl-C.",
				"Recording takes root at both ends: log in as root@HOST, or with --sudo. Where bothcap is missing, --copy sends this one; without --copy tcpdump records, which knows nothing of the kernel's log and counts. ssh's own traffic is never recorded. When the connection breaks, or this program ends, the recording there ends within half a minute.",
				"To see whether both ends record what passes, it opens and closes one connection to the session's port, which will be in the recordings and in the server's log; --probe=false leaves it out.",
			},
			Flags: bothFlags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "compared; the path made, changed, swallowed and intercepted nothing"},
				{Code: "1", Meaning: "proved that the path did"},
				{Code: "2", Meaning: "could not start, or not compare: usage, permission, ssh, no connection at both ends"},
				{Code: "3", Meaning: "compared, and something stays undecided, conditional or only partly covered"},
				{Code: "130", Meaning: "interrupted; what was recorded is compared all the same"},
			}, Text: []string{
				"With --status command it is the command's own, but 125 if a recording failed, 126 if the command could not be executed, and 127 if it was not found.",
			}},
			NoFiles: true,
		}, {
			Name:     "check",
			Title:    "look, before the session, at all that a recording needs",
			Synopsis: []string{"check [FLAGS]"},
			Text: []string{
				"It opens what a recording would, tries the kernel's log with resets over loopback, counts packets and drops for two seconds, and says what a judge would miss in a recording made here: permission, interfaces and the way to the peer, clock, room on the disk, firewall rules that answer with a reset, and what else can send in this host's name. It records nothing.",
			},
			Flags: newCheckFlags(&options{}),
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "nothing is lacking"},
				{Code: "1", Meaning: "a recording could be made, but would lack something"},
				{Code: "2", Meaning: "nothing could be recorded"},
			}},
			NoFiles: true,
		}, {
			Name:     "watch",
			Title:    "wait for a fault that comes once a week, and keep what surrounds it",
			Synopsis: []string{"watch [FLAGS] --dir D"},
			Text: []string{
				"It records into a ring of files in D/ring, headers only, and takes out of it, into D/kept, what surrounds each connection that ended badly: one that was reset, one whose SYN nobody answered, and one that sent the same again and again without an acknowledgment (--stuck). An orderly end is not kept. The file has the whole connection and all that was recorded meanwhile, some time before and after (--around): other connections of the same peer and of others, the recorder's counters, the kernel's log of resets. If the connection is too long for that, the file has its first packets and its end, and notes the gap; if all traffic would be too much, it has that between the two hosts.",
				"Everything stays within --disk: the oldest that was kept is removed first, and bothcap says so. For one address at most 20 connections an hour are kept; the rest are counted. It goes on when an interface goes away and comes back, when the disk is full, and after a kill: what it then had not kept yet is kept at the next start. SIGHUP reopens --log and has it say how things stand.",
				"Run it at both ends, bring the folders together, and type bothends compare CLIENT-FOLDER SERVER-FOLDER.",
			},
			Flags: watchFlags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "watched until it was stopped"},
				{Code: "1", Meaning: "watched, but something could not be recorded or kept"},
				{Code: "2", Meaning: "could not start: usage, permission, no such interface"},
				{Code: "130", Meaning: "stopped at once by a second signal"},
			}},
			NoFiles: true,
		}},
		Flags: []usage.Flag{
			{Name: "completion", Value: "SHELL", Title: "print completion for a shell"},
			{Name: "manual", Title: "print the manual page, for man -l -"},
		},
		Statuses: usage.Statuses{
			List: []usage.Status{
				{Code: "0", Meaning: "recorded"},
				{Code: "1", Meaning: "recorded in part: the disk was full, an interface was lost"},
				{Code: "2", Meaning: "could not start: usage, permission, no such interface"},
				{Code: "130", Meaning: "stopped at once by a second signal"},
			},
			Text: []string{
				"With a command, its own (128 and the signal's number if one ended it), but 125 if the recording failed, 126 if the command could not be executed, and 127 if it was not found.",
			},
		},
		Examples: []usage.Example{
			{Title: "See whether all is ready at the client:", Command: "sudo bothcap check --peer mail.example.org --port 587 -w client.pcapng"},
			{Title: "Record at the server, until Ctrl-C:", Command: "sudo bothcap --port 587 --end server -w server.pcapng"},
			{Title: "Record at the client, around the command that fails:", Command: "sudo bothcap --peer mail.example.org --port 587 --end client -w client.pcapng -- swaks --server mail.example.org --port 587 --tls --to me@example.org --quit-after RCPT"},
			{Title: "Wait at the server for a fault that comes once a week:", Command: "sudo bothcap watch --port 587 --end server --dir /var/lib/bothcap-watch"},
			{Title: "Record at both ends from the client, and compare:", Command: "sudo bothcap both root@mail.example.org --port 587 -- swaks --server mail.example.org --port 587 --tls --to me@example.org --quit-after RCPT"},
			{Title: "Keep the last ten files of 100 MiB until the fault shows:", Command: "sudo bothcap --port smtp --end server -w server.pcapng --rotate-size 100M --keep 10 --stop-after-reset 60s"},
		},
		SeeAlso: []string{"bothends(1)", "pcap-filter(7)", "tcpdump(1)", "capabilities(7)"},
	}
}
