package report

import (
	"fmt"
	"io"
)

// TextOptions change how the text looks, not what it says.
type TextOptions struct {
	Width int  // columns; 0 is 80
	Color bool // emphasise with ANSI escapes
	All   bool // list connections without findings too
}

// WriteText writes the report for people.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		if _, err := fmt.Fprintf(w, "%s %s (%s) received at %s, frame %d\n", f.Verdict, f.Kind, f.Confidence, f.ReceivedAt, f.Frame); err != nil {
			return err
		}
	}
	return nil
}
