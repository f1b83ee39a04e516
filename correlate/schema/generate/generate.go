// Package generate makes JSON Schemas (draft 2020-12) of Go types and their comments.
// Only tests import it.
package generate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"bothends/correlate/contrast"
	"bothends/correlate/report"
)

// constants are the values of a field that has a fixed set of them: those of a type's
// constants.
type constants struct{ folder, name string }

// chosen are the fields with a fixed set of values, by type and name: a list, or the
// type whose constants they are.
var chosen = map[string]any{
	"Report.schema":           []string{report.Schema},
	"Info.schema":             []string{report.InfoSchema},
	"Finding.verdict":         constants{"judge", "Verdict"},
	"Further.verdict":         constants{"judge", "Verdict"},
	"Finding.confidence":      constants{"judge", "Confidence"},
	"Further.confidence":      constants{"judge", "Confidence"},
	"Ending.confidence":       constants{"judge", "Confidence"},
	"Evidence.outcome":        constants{"judge", "Outcome"},
	"Ending.kind":             constants{"ending", "Kind"},
	"Ending.stage":            constants{"ending", "Stage"},
	"Connection.matched_by":   constants{"pair", "Method"},
	"Connection.verdict":      []string{"clean", "interfered", "interposed", "inconclusive", "one-sided"},
	"Finding.kind":            []string{"rst", "fin", "syn", "syn-ack", "data", "ack", "icmp"},
	"Further.kind":            []string{"rst", "fin", "syn", "syn-ack", "data", "ack", "icmp"},
	"Finding.received_at":     ends,
	"Further.received_at":     ends,
	"Finding.claimed_sender":  ends,
	"Trigger.sent_at":         ends,
	"Trigger.told_by":         []string{"numbers", "order"},
	"Trigger.reached_far_end": []string{"yes", "no", "unknown"},
	"Trigger.box":             []string{"on-path", "in-path", "unknown"},
	"Location.nearer":         []string{"", "client", "server"},
	"Location.nearer_by":      []string{"", "time", "hops"},
	"Inspection.fitness":      []string{report.FitnessGood, report.FitnessLimited, report.FitnessUnfit},
	"Reason.weight":           []string{report.Disqualifies, report.Limits, report.Remark},
	"Tap.end":                 []string{"client", "server", "unknown"},
	"Finding.time":            timed{},
	"InspectedGap.from":       timed{},
	"Finding.trigger":         orEmpty{},
	"Finding.location":        orEmpty{},
	"Connection.ledger":       orEmpty{},
	"Connection.ending":       always{},

	"Result.schema":     []string{contrast.Schema},
	"Factor.kind":       constants{"contrast", "Kind"},
	"Factor.odds_ratio": oneOf{"number", object{"const": "infinite"}},

	"Line.schema":     []string{"bothends.campaign/1"},
	"Line.report":     as{reflect.TypeFor[report.Report]()},
	"keptPair.schema": []string{"bothends.kept/1"},
	"keptPair.why":    []string{"reset", "unanswered", "stuck"},
	"message.schema":  []string{"bothends.error/1", "bothends.warning/1"},
}

var ends = []string{"client", "server"}

type (
	timed   struct{} // an RFC 3339 time
	orEmpty struct{} // an empty object where there is nothing to say
	always  struct{} // a pointer that is never nil
	oneOf   struct { // null, a type of JSON, or another value
		kind  string
		other object
	}
	as struct{ of reflect.Type } // the JSON of another type
)

type object = map[string]any

type generator struct {
	t       testing.TB
	root    string            // the module's folder
	read    map[string]bool   // packages whose comments are known
	types   map[string]string // what is said of a type, "package.Type"
	fields  map[string]string // and of a field, "package.Type.Field"
	defined object
	owner   map[string]reflect.Type // of a definition
}

// Schema is that of a document, as indented JSON. Root is the module's folder, where
// the comments are read.
func Schema(t testing.TB, root string, document any) []byte {
	t.Helper()
	g := &generator{t: t, root: root, read: map[string]bool{}, types: map[string]string{}, fields: map[string]string{}, defined: object{}, owner: map[string]reflect.Type{}}
	of := reflect.TypeOf(document)
	top := g.object(of)
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["title"] = reflect.ValueOf(chosen[of.Name()+".schema"]).Index(0).String()
	top["$defs"] = g.defined
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(top); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// comments gathers the comments of a type's package.
func (g *generator) comments(of reflect.Type) {
	path := of.PkgPath()
	if g.read[path] {
		return
	}
	g.read[path] = true
	for _, f := range g.files(path) {
		ast.Inspect(f, func(n ast.Node) bool {
			d, ok := n.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				return true
			}
			for _, s := range d.Specs {
				s := s.(*ast.TypeSpec)
				of, ok := s.Type.(*ast.StructType)
				if !ok {
					continue
				}
				name := path + "." + s.Name.Name
				g.types[name] = sentence(d.Doc.Text())
				for _, field := range of.Fields.List {
					for _, n := range field.Names {
						g.fields[name+"."+n.Name] = sentence(field.Doc.Text() + " " + field.Comment.Text())
					}
				}
			}
			return true
		})
	}
}

// files are the parsed files of a package of this module.
func (g *generator) files(path string) (list []*ast.File) {
	g.t.Helper()
	folder := filepath.Join(g.root, filepath.FromSlash(strings.TrimPrefix(path, "bothends/")))
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		g.t.Fatalf("%s: %v", folder, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			g.t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

func fullName(of reflect.Type) string { return of.PkgPath() + "." + of.Name() }

func sentence(text string) string { return strings.Join(strings.Fields(text), " ") }

// values are the constants of a type.
func (g *generator) values(of constants) (list []string) {
	for _, f := range g.files("bothends/correlate/" + of.folder) {
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if named, ok := s.Type.(*ast.Ident); ok && named.Name == of.name {
				for _, v := range s.Values {
					if text, err := strconv.Unquote(v.(*ast.BasicLit).Value); err == nil {
						list = append(list, text)
					}
				}
			}
			return true
		})
	}
	if len(list) < 2 {
		g.t.Fatalf("%v has the constants %q", of, list)
	}
	return list
}

// object is the schema of a struct.
func (g *generator) object(of reflect.Type) object {
	g.comments(of)
	properties, required := object{}, []string{}
	for _, field := range reflect.VisibleFields(of) {
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if field.Anonymous || !field.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			g.t.Errorf("%s.%s has no name in JSON", of.Name(), field.Name)
		}
		owner := of
		if len(field.Index) > 1 {
			owner = of.FieldByIndex(field.Index[:len(field.Index)-1]).Type
		}
		optional := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		value := g.field(owner.Name()+"."+name, field.Type, optional)
		g.comments(owner)
		if text := g.fields[fullName(owner)+"."+field.Name]; text != "" {
			value["description"] = text
		}
		properties[name] = value
		if !optional {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if text := g.types[fullName(of)]; text != "" {
		out["description"] = strings.ToUpper(text[:1]) + text[1:]
	}
	return out
}

// field is the schema of a field, "Type.name".
func (g *generator) field(path string, of reflect.Type, optional bool) object {
	switch choice := chosen[path].(type) {
	case []string:
		return object{"enum": choice}
	case constants:
		return object{"enum": g.values(choice)}
	case timed:
		return object{"type": "string", "format": "date-time"}
	case orEmpty:
		return object{"anyOf": []any{g.of(of.Elem()), object{"type": "object", "maxProperties": 0}}}
	case always:
		return g.of(of.Elem())
	case as:
		return g.of(choice.of)
	case oneOf:
		return object{"anyOf": []any{object{"type": choice.kind}, choice.other, object{"type": "null"}}}
	}
	if of.Kind() == reflect.Pointer && !optional {
		return object{"anyOf": []any{g.of(of.Elem()), object{"type": "null"}}}
	}
	return g.of(of)
}

func (g *generator) of(of reflect.Type) object {
	if of == reflect.TypeFor[report.Moment]() || of == reflect.TypeFor[time.Time]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch of.Kind() {
	case reflect.Pointer:
		return g.of(of.Elem())
	case reflect.Struct:
		if other := g.owner[of.Name()]; other != nil && other != of {
			g.t.Fatalf("%v and %v have one name", other, of)
		}
		g.owner[of.Name()] = of
		if g.defined[of.Name()] == nil {
			g.defined[of.Name()] = object{} // so that one that holds itself ends
			g.defined[of.Name()] = g.object(of)
		}
		return object{"$ref": "#/$defs/" + of.Name()}
	case reflect.Slice:
		return object{"type": "array", "items": g.of(of.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": g.of(of.Elem())}
	case reflect.Interface:
		return object{}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return object{"type": "integer", "minimum": 0, "maximum": uint64(1)<<of.Bits() - 1}
	case reflect.Uint64:
		return object{"type": "integer", "minimum": 0}
	}
	g.t.Fatal(fmt.Errorf("no schema for %s", of))
	return nil
}
