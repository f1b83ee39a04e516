package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes the report as one indented JSON object and a line end, one
// connection or finding after the other, as there may be a million. It writes in
// small pieces. A test holds it equal to what encoding/json makes of the whole.
func (r *Report) WriteJSON(w io.Writer) error {
	o := newObject(w)
	o.field("schema", r.Schema)
	o.field("ends", &r.Ends)
	o.field("captures", &r.Captures)
	o.field("clock", &r.Clock)
	o.list("connections", len(r.Connections), func(i int) any { return r.Connections[i].contract() })
	o.list("findings", len(r.Findings), func(i int) any { return r.Findings[i].contract() })
	o.field("summary", &r.Summary)
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
	o.encode(indent, value)
}

// list writes a field that is an array of n values.
func (o *object) list(name string, n int, value func(int) any) {
	o.name(name)
	if n == 0 {
		o.write("[]")
		return
	}
	before := "["
	for i := range n {
		o.write(before + "\n" + indent + indent)
		o.encode(indent+indent, value(i))
		before = ","
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

// encode writes a value whose further lines begin with prefix.
func (o *object) encode(prefix string, value any) {
	o.value.Reset()
	encoder := json.NewEncoder(&o.value)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	if err := encoder.Encode(value); err != nil && o.err == nil {
		o.err = err
	}
	o.write(string(EscapeJSON(bytes.TrimSuffix(o.value.Bytes(), []byte("\n")))))
}

func (o *object) write(text string) {
	if o.err == nil {
		_, o.err = io.WriteString(o.w, text)
	}
}
