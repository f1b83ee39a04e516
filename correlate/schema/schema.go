// Package schema has the JSON Schemas (draft 2020-12) of what bothends prints as
// JSON. They are made from the Go types and their comments: tests fail where they
// differ, and make them anew with -update.
package schema

import "embed"

//go:embed *.json
var documents embed.FS

// Names are the documents that have a schema: what compare, info, contrast, campaign and
// compare of what bothcap watch kept print, and errors and warnings beside them.
var Names = []string{"report", "info", "contrast", "campaign", "kept", "error"}

// Of is the schema of the document of a name.
func Of(name string) (text []byte, found bool) {
	text, err := documents.ReadFile(name + ".json")
	return text, err == nil
}
