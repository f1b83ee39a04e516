// Package bothends_test holds what is true of the module as a whole.
package bothends_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
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
