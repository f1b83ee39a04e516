// Package bothends_test holds what is true of the module as a whole.
package bothends_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers are the packages in the order in which data flows through them. A
// package imports only those of layers before its own, or of its own. An entry
// stands for the package and what lies below it, unless a longer entry does.
var layers = [][]string{
	{"bothends/capture"},
	{"bothends/correlate/tap", "bothends/correlate/hostlog"},
	{"bothends/correlate/segment"},
	{"bothends/correlate/redact"},
	{"bothends/correlate/survey"},
	{"bothends/correlate/witness"},
	{"bothends/correlate/pair"},
	{"bothends/correlate/clock"},
	{"bothends/correlate/align"},
	{"bothends/correlate/replay"},
	{"bothends/correlate/judge", "bothends/correlate/locate", "bothends/correlate/trigger"},
	{"bothends/correlate/ending"},
	{"bothends/correlate/outcome"},
	{"bothends/correlate/said"},
	{"bothends/correlate/report"},
	{"bothends/correlate/inspect"},
	{"bothends/correlate/schema"},
	{"bothends/correlate/schema/validate"},
	{"bothends/correlate/annotate", "bothends/correlate/ladder", "bothends/correlate/stretch"},
	{"bothends/correlate/web"},
	{"bothends/correlate/bundle"},
	{"bothends/correlate"},
	{"bothends/correlate/contrast/association"},
	{"bothends/correlate/contrast"},
	{"bothends/correlate/schema/generate"},
	{"bothends/capture/live"},
	{"bothends/cmd"},
	{"bothends/fixtures"},
	{"bothends/packaging"},
}

// subpackages may have packages of their own below them.
var subpackages = []string{"bothends/capture", "bothends/cmd", "bothends/fixtures"}

func TestDataFlowsOneWay(t *testing.T) {
	for _, p := range list(t, "./...") {
		from := layer(p.ImportPath)
		if from < 0 {
			t.Errorf("%s has no place in the layout: give it one in the table at the top of this file, "+
				"or move what it does to the package it belongs to", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if to := layer(imported); to > from {
				t.Errorf("%s imports %s, against the way the data flows: each step knows only the steps before it, "+
					"so that it can be read, tested and trusted without those after it", p.ImportPath, imported)
			}
		}
	}
}

func TestOnlyTheAgentImportsLiveCapture(t *testing.T) {
	const live, agent = "bothends/capture/live", "bothends/cmd/bothcap"
	for _, p := range list(t, "./...") {
		if p.ImportPath == live || within(p.ImportPath, agent) {
			continue
		}
		if slices.Contains(p.everyImport(), live) {
			t.Errorf("%s imports %s: that needs libpcap and cgo, and whoever judges two captures "+
				"must be able to do so on any machine, without privilege", p.ImportPath, live)
		}
	}
}

func TestTheCorrelatorNeedsNeitherGopacketNorCgo(t *testing.T) {
	const correlator = "./cmd/bothends"
	if _, err := os.Stat(correlator); errors.Is(err, os.ErrNotExist) {
		t.Fatalf("%s is not there: there is no correlator to ask", correlator)
	}
	for _, p := range list(t, "-deps", correlator) {
		if strings.HasPrefix(p.ImportPath, "github.com/google/gopacket") {
			t.Errorf("%s is linked into bothends: its readers take a damaged capture for a short one, "+
				"which for evidence will not do", p.ImportPath)
		}
		if !p.Standard && len(p.CgoFiles) > 0 {
			t.Errorf("%s is linked into bothends and uses cgo (%v): bothends is one static program "+
				"for any machine", p.ImportPath, p.CgoFiles)
		}
	}
}

// What a fixture's truth says must not come from the code that it tests.
func TestFixturesKnowNothingOfTheirJudge(t *testing.T) {
	for _, p := range list(t, "./...") {
		if !within(p.ImportPath, "bothends/fixtures") {
			continue
		}
		for _, imported := range p.Imports {
			if within(imported, "bothends/correlate") {
				t.Errorf("%s imports %s: a truth written by the code under test would agree with its mistakes", p.ImportPath, imported)
			}
		}
	}
}

// The judge is one package of many files, and can be read from any of them downwards
// only as long as none leads back.
func TestTheFilesOfTheJudgeLeadOneWay(t *testing.T) {
	uses := usesBetweenFiles(t, "correlate/judge")
	if len(uses) < 20 {
		t.Fatalf("only %d files of the judge use another: these are not all", len(uses))
	}
	done := map[string]bool{}
	var visit func(file string, way []string)
	visit = func(file string, way []string) {
		if at := slices.Index(way, file); at >= 0 {
			t.Errorf("files of correlate/judge lead in a circle, %s: move what is used to a file below both",
				strings.Join(append(way[at:], file), " -> "))
			return
		}
		if done[file] {
			return
		}
		for used := range uses[file] {
			visit(used, append(slices.Clone(way), file))
		}
		done[file] = true
	}
	for file := range uses {
		visit(file, nil)
	}
}

// usesBetweenFiles says of each file of a package which others hold what it names. What
// other packages hold is of no interest, and not looked up.
func usesBetweenFiles(t *testing.T, dir string) map[string]map[string]bool {
	t.Helper()
	fset := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: noImports{}, Error: func(error) {}} // each of the others is one
	pkg, _ := config.Check(dir, fset, files, info)
	uses := map[string]map[string]bool{}
	for name, what := range info.Uses {
		function, _ := what.(*types.Func)
		method := function != nil && function.Type().(*types.Signature).Recv() != nil
		if what.Pkg() != pkg || what.Parent() != pkg.Scope() && !method {
			continue
		}
		from, to := filepath.Base(fset.Position(name.Pos()).Filename), filepath.Base(fset.Position(what.Pos()).Filename)
		if uses[from] == nil {
			uses[from] = map[string]bool{}
		}
		if to != from {
			uses[from][to] = true
		}
	}
	return uses
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is another package", path)
}

// layer is the place of a package of this module, or -1 if it has none or is
// of another.
func layer(path string) int {
	place, longest := -1, ""
	for i, names := range layers {
		for _, name := range names {
			below := slices.Contains(subpackages, name) && within(path, name)
			if (path == name || below) && len(name) > len(longest) {
				place, longest = i, name
			}
		}
	}
	return place
}

func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}

// goPackage is what `go list` says of a package, as far as it is asked here.
type goPackage struct {
	ImportPath                         string
	Standard                           bool
	CgoFiles                           []string
	Imports, TestImports, XTestImports []string
}

func (p goPackage) everyImport() []string {
	return slices.Concat(p.Imports, p.TestImports, p.XTestImports)
}

// list asks `go list` for packages, without this one. It reads them as if cgo
// were there, so that files which need it show.
func list(t *testing.T, args ...string) (packages []goPackage) {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,CgoFiles,Imports,TestImports,XTestImports"}, args...)...)
	command.Env = append(os.Environ(), "CGO_ENABLED=1")
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", command, err, complaints.Bytes())
	}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("%v: %v", command, err)
		}
		if p.ImportPath != "bothends" {
			packages = append(packages, p)
		}
	}
}
