// Package schema has the JSON Schemas (draft 2020-12) of what bothends prints as
// JSON. They are made from the Go types and their comments: a test fails where
// they differ, and makes them anew with -update.
package schema

import (
	_ "embed"
	"slices"
)

//go:embed report.json
var report []byte

//go:embed info.json
var info []byte

// Names are the documents that have a schema.
var Names = []string{"report", "info"}

// Of is the schema of the document of a name.
func Of(name string) (text []byte, found bool) {
	switch name {
	case "report":
		return slices.Clone(report), true
	case "info":
		return slices.Clone(info), true
	}
	return nil, false
}
