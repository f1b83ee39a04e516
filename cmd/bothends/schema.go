package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"bothends/cmd/internal/usage"
	"bothends/correlate/schema"
)

// schemaVerb prints what the JSON of other verbs looks like, for programs that read it.
func schemaVerb() verb {
	flags := newFlags("schema")
	addHelp(flags)
	return verb{
		Verb: usage.Verb{
			Name:     "schema",
			Title:    "print the JSON Schema of a report, or of what else is printed as JSON",
			Synopsis: []string{"schema [FLAGS] [" + strings.Join(schema.Names, "|") + "]"},
			Text: []string{
				"It describes every field of what this version prints with --format json, as a JSON Schema (draft 2020-12): report, the default, for compare; info, contrast and campaign for the verbs of these names; kept for a line of compare where both captures are folders of bothcap watch; error for the errors and warnings on standard error. Later versions may add fields and values, and what is printed names its schema; that name changes when a field goes or changes its meaning.",
			},
			Flags: flags,
			Statuses: usage.Statuses{List: []usage.Status{
				{Code: "0", Meaning: "printed"},
				{Code: "2", Meaning: "no such schema"},
			}},
		},
		run: func(_ context.Context, c *console, args []string) (int, error) {
			name := schema.Names[0]
			switch len(args) {
			case 0:
			case 1:
				name = args[0]
			default:
				return 0, &hinted{errors.New("a schema is for one kind of document"), "bothends schema " + strings.Join(schema.Names, "|")}
			}
			text, found := schema.Of(name)
			if !found {
				return 0, &hinted{fmt.Errorf("there is no schema %q", name), "bothends schema " + strings.Join(schema.Names, "|")}
			}
			return 0, c.print(string(text))
		},
	}
}
