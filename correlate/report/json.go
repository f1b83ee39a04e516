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
