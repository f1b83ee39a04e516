// Package validate holds JSON documents against their schemas, with a validator
// that others wrote. Only tests import it.
package validate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"bothends/correlate/schema"
)

// A Document can be written as JSON.
type Document interface{ WriteJSON(io.Writer) error }

// Written checks a document in the form in which it is written.
func Written(d Document) error {
	var b bytes.Buffer
	if err := d.WriteJSON(&b); err != nil {
		return err
	}
	if n, err := Documents(b.Bytes()); n != 1 || err != nil {
		return fmt.Errorf("%d of 1 document is as its schema says: %w", n, err)
	}
	return nil
}

// Documents checks the JSON documents that stand one after the other in text, each
// against the schema that it names, and a report within another document against its
// own. It returns how many it checked: none of those that name no schema.
func Documents(text []byte) (checked int, err error) {
	definitions, err := compiled()
	if err != nil {
		return 0, err
	}
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var one json.RawMessage
		if err := decoder.Decode(&one); err == io.EOF {
			return checked, nil
		} else if err != nil {
			return checked, err
		}
		var named struct {
			Schema string          `json:"schema"`
			Report json.RawMessage `json:"report"`
		}
		if err := json.Unmarshal(one, &named); err != nil {
			return checked, err
		}
		if named.Report != nil {
			n, err := Documents(named.Report)
			if checked += n; err != nil {
				return checked, err
			}
		}
		name, _, _ := strings.Cut(strings.TrimPrefix(named.Schema, "bothends."), "/")
		if name == "" {
			continue
		}
		if name == "warning" { // which has the shape of an error
			name = "error"
		}
		definition := definitions[name]
		if definition == nil {
			return checked, fmt.Errorf("nothing has the schema %q", named.Schema)
		}
		if err := against(definition, one); err != nil {
			return checked, fmt.Errorf("%s: %w", named.Schema, err)
		}
		checked++
	}
}

// compiled are the schemas by name. They are compiled once, as there are thousands of
// documents.
var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	list := map[string]*jsonschema.Schema{}
	for _, name := range schema.Names {
		text, _ := schema.Of(name)
		parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		if err := compiler.AddResource(name+".json", parsed); err != nil {
			return nil, err
		}
		if list[name], err = compiler.Compile(name + ".json"); err != nil {
			return nil, err
		}
	}
	return list, nil
})

func against(definition *jsonschema.Schema, document []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return err
	}
	return definition.Validate(value)
}
