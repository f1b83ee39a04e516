package report

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes the report as one indented JSON object and a line end.
func (r *Report) WriteJSON(w io.Writer) error {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return err
	}
	_, err := w.Write(EscapeJSON(encoded.Bytes()))
	return err
}

// An object of the contract that there is nothing to say of is empty in JSON, and
// never null, so that readers may look into it without asking first.
var empty = struct{}{}

// MarshalJSON writes an empty object for a trigger or location that is not known.
func (f Finding) MarshalJSON() ([]byte, error) {
	type fields Finding
	out := struct {
		fields
		Trigger  any `json:"trigger"`
		Location any `json:"location"`
	}{fields(f), empty, empty}
	if f.Trigger != nil {
		out.Trigger = f.Trigger
	}
	if f.Location != nil {
		out.Location = f.Location
	}
	return json.Marshal(out)
}

// MarshalJSON writes an empty object for the ledger of a connection that only one
// capture holds.
func (c Connection) MarshalJSON() ([]byte, error) {
	type fields Connection
	out := struct {
		fields
		Ledger any `json:"ledger"`
	}{fields(c), empty}
	if c.Ledger != nil {
		out.Ledger = c.Ledger
	}
	return json.Marshal(out)
}
