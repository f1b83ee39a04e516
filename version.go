// Package bothends says which version of the programs this source makes.
package bothends

import (
	_ "embed"
	"runtime/debug"
	"strings"
)

//go:embed VERSION
var file string

// Version is the tag that the source was built from, as "1.2.3"; without one
// what the file VERSION says, with the commit where the build knows it:
// "1.3.0-dev+0123456789ab".
func Version() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return strings.TrimSpace(file)
	}
	return version(build, strings.TrimSpace(file))
}

// commitLen is how many digits of a commit tell it from all others, as in Go's
// own versions.
const commitLen = 12

func version(build *debug.BuildInfo, named string) string {
	// Where there is no tag, Go makes up v0.0.0 and a time (https://go.dev/ref/mod#pseudo-versions).
	if v, tagged := strings.CutPrefix(build.Main.Version, "v"); tagged && !strings.HasPrefix(v, "0.0.0-") {
		return v
	}
	commit, changed := "", ""
	for _, s := range build.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(commitLen, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = ".changed"
		}
	}
	if commit == "" {
		return named
	}
	return named + "+" + commit + changed
}
