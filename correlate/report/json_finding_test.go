package report

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// The slow twin of the encoder of findings is encoding/json, byte for byte. Every field
// that a finding has, or gets, is filled.
func TestAFindingIsThatOfEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Finding
		fill(t, reflect.ValueOf(&f).Elem())
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent(indent, indent)
		if err := encoder.Encode(f.contract()); err != nil {
			t.Fatal(err)
		}
		e := treeEncoder{lineEncoder: &lineEncoder{}, depth: 1}
		e.finding(&f)
		if e.err != nil {
			t.Fatal(e.err)
		}
		if got, want := string(e.text), string(EscapeJSON(bytes.TrimSuffix(want.Bytes(), []byte("\n")))); got != want {
			t.Fatalf("%s\nwant\n%s", got, want)
		}
	})
}

// fill draws a value for each exported field.
func fill(t *rapid.T, v reflect.Value) {
	kind := v.Type().String()
	switch v.Kind() {
	case reflect.String:
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "clean", "<a> & \"b\" \\ \x1b[31m \u202e \x7f", "ä"}))
		v.SetString(text.Draw(t, kind))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, kind))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, kind))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1, 1<<40).Draw(t, kind))
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		v.SetUint(rapid.Uint64Range(0, 1<<v.Type().Bits()-1).Draw(t, kind))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "has "+kind) {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 2).Draw(t, "length of "+kind); n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Map:
		values := []any{1, int64(2), uint8(3), uint32(4), -1e-9, true, "<b>", nil, []string{"a", "b"}, map[string]any{"n": []int{}}}
		v.Set(reflect.ValueOf(rapid.MapOf(rapid.SampledFrom([]string{"n", "ttl", "ä", "a\"b"}), rapid.SampledFrom(values)).Draw(t, kind)))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(t, v.Field(i))
			}
		}
	default:
		t.Fatalf("a field of type %s: fill does not know it", kind)
	}
}
