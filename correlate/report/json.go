package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes the report as one indented JSON object and a line end. Of
// connections there may be a million: each stands on one line, and they are
// written one after the other, in small pieces. A test holds the whole equal to
// what encoding/json makes of it.
func (r *Report) WriteJSON(w io.Writer) error {
	o := newObject(w)
	o.field("schema", r.Schema)
	if r.Program != "" {
		o.field("program", r.Program)
	}
	o.field("ends", &r.Ends)
	o.field("captures", &r.Captures)
	o.field("clock", &r.Clock)
	o.share("connections", len(r.Connections), connectionsAtOnce, func(e *lineEncoder, i int) { e.connection(&r.Connections[i]) })
	o.share("findings", len(r.Findings), findingsAtOnce, func(e *lineEncoder, i int) {
		tree := treeEncoder{lineEncoder: e, depth: 2}
		tree.finding(&r.Findings[i])
	})
	if len(r.Further) > 0 {
		o.list("further", len(r.Further), func(i int) any { return &r.Further[i] })
	}
	if len(r.Logs) > 0 {
		o.field("logs", r.Logs)
	}
	o.field("summary", &r.Summary)
	if len(r.Taps) > 0 {
		o.list("taps", len(r.Taps), func(i int) any { return &r.Taps[i] })
		o.list("crossings", len(r.Crossings), func(i int) any { return &r.Crossings[i] })
	}
	if len(r.Stated) > 0 {
		o.field("stated", r.Stated)
	}
	return o.close()
}

// An object of the contract that there is nothing to say of is empty in JSON, and
// never null, so that readers may look into it without asking first.
var empty = struct{}{}

// contract is the finding with an empty object for a trigger or location that is
// not known.
func (f *Finding) contract() any {
	type fields Finding
	out := &struct {
		*fields
		Trigger  any `json:"trigger"`
		Location any `json:"location"`
	}{(*fields)(f), empty, empty}
	if f.Trigger != nil {
		out.Trigger = f.Trigger
	}
	if f.Location != nil {
		out.Location = f.Location
	}
	return out
}

func (f Finding) MarshalJSON() ([]byte, error) { return json.Marshal(f.contract()) }

// contract is the connection with an empty object for the ledger of one that only
// one capture holds.
func (c *Connection) contract() any {
	type fields Connection
	out := &struct {
		*fields
		Ledger any `json:"ledger"`
	}{(*fields)(c), empty}
	if c.Ledger != nil {
		out.Ledger = c.Ledger
	}
	return out
}

func (c Connection) MarshalJSON() ([]byte, error) { return json.Marshal(c.contract()) }

// object writes one indented JSON object field by field. Its first error stays.
type object struct {
	w      io.Writer
	fields int
	value  bytes.Buffer
	err    error
}

const indent = "  "

func newObject(w io.Writer) *object {
	o := &object{w: w}
	o.write("{")
	return o
}

func (o *object) close() error {
	o.write("\n}\n")
	return o.err
}

func (o *object) field(name string, value any) {
	o.name(name)
	o.encode(value, indent, indent)
}

// list writes a field that is an array of n values.
func (o *object) list(name string, n int, value func(int) any) {
	o.array(name, n, func(i int) { o.encode(value(i), indent+indent, indent) })
}

func (o *object) array(name string, n int, encode func(int)) {
	o.name(name)
	if n == 0 {
		o.write("[]")
		return
	}
	before := "[\n" + indent + indent
	for i := range n {
		if o.err != nil {
			return
		}
		o.write(before)
		encode(i)
		before = ",\n" + indent + indent
	}
	o.write("\n" + indent + "]")
}

func (o *object) name(name string) {
	if o.fields > 0 {
		o.write(",")
	}
	o.fields++
	o.write("\n" + indent + `"` + name + `": `)
}

// encode writes a value, on one line if there is no indent.
func (o *object) encode(value any, prefix, indent string) {
	o.value.Reset()
	encoder := json.NewEncoder(&o.value)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	if err := encoder.Encode(value); err != nil && o.err == nil {
		o.err = err
	}
	if o.err == nil {
		_, o.err = o.w.Write(EscapeJSON(bytes.TrimSuffix(o.value.Bytes(), []byte("\n"))))
	}
}

func (o *object) write(text string) {
	if o.err == nil {
		_, o.err = io.WriteString(o.w, text)
	}
}
