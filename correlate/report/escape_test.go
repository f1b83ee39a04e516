package report

import (
	"encoding/json"
	"testing"
	"unicode"
)

func TestEscape(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain text stays", `mail.example.org:587 "quoted" back\slash`, `mail.example.org:587 "quoted" back\slash`},
		{"letters of any script stay", "Grüße, 郵便", "Grüße, 郵便"},
		{"a line end becomes visible", "a\nb\r", `a\nb\r`},
		{"an escape sequence is disarmed", "\x1b[31m", `\x1b[31m`},
		{"a C1 control sequence is disarmed", "\u009b31m", `\u009b31m`},
		{"text cannot turn its direction", "abc\u202ecba", `abc\u202ecba`},
		{"bytes that are no UTF-8 are shown", "a\xff\xfeb", `a\xff\xfeb`},
		{"delete and bell", "\x7f\a", `\x7f\a`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Escape(test.in); got != test.want {
				t.Errorf("Escape(%q) = %s, want %s", test.in, got, test.want)
			}
		})
	}
}

func FuzzEscapedTextIsPrintable(f *testing.F) {
	f.Add("a\x1b\u202e\xff\U000e0001")
	f.Fuzz(func(t *testing.T, in string) {
		for _, r := range Escape(in) {
			if !unicode.IsPrint(r) {
				t.Fatalf("Escape(%q) has %q", in, r)
			}
		}
		encoded, err := json.Marshal(in)
		if err != nil {
			t.Skip()
		}
		safe := EscapeJSON(encoded)
		for _, r := range string(safe) {
			if !unicode.IsPrint(r) {
				t.Fatalf("EscapeJSON(%q) has %q", encoded, r)
			}
		}
		var before, after string
		if json.Unmarshal(encoded, &before) != nil || json.Unmarshal(safe, &after) != nil || before != after {
			t.Fatalf("%q became %q", before, after)
		}
	})
}
