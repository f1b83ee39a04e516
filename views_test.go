package bothends_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bothends/correlate/judge"
)

// views are the packages that show what was found.
var views = []string{"correlate/report", "correlate/web", "correlate/annotate", "correlate/ladder", "correlate/bundle", "cmd/bothends"}

// A view that spells a verdict or a hypothesis by itself goes on with a list of its own
// when the tables change, and says something else than what decided.
func TestViewsTakeTheWordsOfVerdictsFromTheTables(t *testing.T) {
	var words []string
	for _, list := range [][]judge.Word{judge.Verdicts, judge.States, judge.Confidences} {
		for _, w := range list {
			words = append(words, w.Name)
		}
	}
	for _, h := range judge.Hypotheses {
		words = append(words, string(h.Name))
	}
	files := token.NewFileSet()
	read := 0
	for _, view := range views {
		names, err := filepath.Glob(view + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			read++
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					if text, _ := strconv.Unquote(literal.Value); slices.Contains(words, text) {
						t.Errorf("%s: %q is a word of the judge's: take it from there", files.Position(literal.Pos()), text)
					}
				}
				return true
			})
		}
	}
	if read < len(views) {
		t.Errorf("%d files read, of %d packages", read, len(views))
	}
}
