package schema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"bothends/correlate/report"
	"bothends/correlate/schema"
	"bothends/correlate/schema/validate"
)

var update = flag.Bool("update", false, "make the schemas anew")

// The schemas are those of the types, with their comments as descriptions.
func TestTheSchemasAreThoseOfTheTypes(t *testing.T) {
	for name, root := range map[string]any{"report": report.Report{}, "info": report.Info{}} {
		want := generate(t, root)
		if *update {
			if err := os.WriteFile(name+".json", want, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if got, _ := schema.Of(name); !bytes.Equal(got, want) {
			t.Errorf("%s.json is not what the types say; go test ./correlate/schema -update makes it anew", name)
		}
	}
}

// A document with a field that the schema does not know, or of another type, is
// refused: so that a field cannot be added without it.
func TestAnUnknownFieldIsRefused(t *testing.T) {
	good := `{"schema": "bothends.info/1", "captures": []}`
	if n, err := validate.Documents([]byte(good)); n != 1 || err != nil {
		t.Errorf("%d documents checked, %v", n, err)
	}
	for _, bad := range []string{
		`{"schema": "bothends.info/1", "captures": [], "more": 1}`, `{"schema": "bothends.info/1"}`, `{"schema": "bothends.info/1", "captures": {}}`,
		`{"schema": "bothends.info/1", "captures": [{}]}`, `{"schema": "bothends.report/2"}`, `{"id": "x", "report": {"schema": "bothends.report/2"}}`,
	} {
		if _, err := validate.Documents([]byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

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
	"Finding.kind":            []string{"rst", "fin", "syn", "syn-ack", "data", "ack"},
	"Further.kind":            []string{"rst", "fin", "syn", "syn-ack", "data", "ack"},
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
}

var ends = []string{"client", "server"}

type (
	timed   struct{} // an RFC 3339 time
	orEmpty struct{} // an empty object where there is nothing to say
	always  struct{} // a pointer that is never nil
)

type object = map[string]any

type generator struct {
	t       *testing.T
	types   map[string]string // what is said of a type
	fields  map[string]string // and of a field, "Type.Field"
	defined object
}

// generate makes the schema of a document.
func generate(t *testing.T, root any) []byte {
	g := &generator{t: t, types: map[string]string{}, fields: map[string]string{}, defined: object{}}
	g.read("../report")
	of := reflect.TypeOf(root)
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

// read gathers the comments of a package.
func (g *generator) read(folder string) {
	for _, f := range files(g.t, folder) {
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
				g.types[s.Name.Name] = sentence(d.Doc.Text())
				for _, field := range of.Fields.List {
					for _, name := range field.Names {
						g.fields[s.Name.Name+"."+name.Name] = sentence(field.Doc.Text() + " " + field.Comment.Text())
					}
				}
			}
			return true
		})
	}
}

func files(t *testing.T, folder string) (list []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, f)
	}
	return list
}

func sentence(text string) string { return strings.Join(strings.Fields(text), " ") }

// values are the constants of a type.
func (g *generator) values(of constants) (list []string) {
	for _, f := range files(g.t, filepath.Join("..", of.folder)) {
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
		if text := g.fields[owner.Name()+"."+field.Name]; text != "" {
			value["description"] = text
		}
		properties[name] = value
		if !optional {
			required = append(required, name)
		}
	}
	out := object{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	if text := g.types[of.Name()]; text != "" {
		out["description"] = text
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
	}
	if of.Kind() == reflect.Pointer && !optional {
		return object{"anyOf": []any{g.of(of.Elem()), object{"type": "null"}}}
	}
	return g.of(of)
}

func (g *generator) of(of reflect.Type) object {
	if of == reflect.TypeFor[report.Moment]() {
		return object{"type": "string", "format": "date-time"}
	}
	switch of.Kind() {
	case reflect.Pointer:
		return g.of(of.Elem())
	case reflect.Struct:
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
