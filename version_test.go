package bothends

import (
	"runtime/debug"
	"testing"
)

func TestTheVersionComesFromTheTagOrTheFile(t *testing.T) {
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}}
	changed := append(commit, debug.BuildSetting{Key: "vcs.modified", Value: "true"})
	for _, c := range []struct {
		of       string
		main     string
		settings []debug.BuildSetting
		want     string
	}{
		{"a tag", "v1.2.3", commit, "1.2.3"},
		{"commits after a tag", "v1.2.4-0.20261128143829-0123456789ab", commit, "1.2.4-0.20261128143829-0123456789ab"},
		{"no tag", "v0.0.0-20261128143829-0123456789ab", commit, "1.3.0-dev+0123456789ab"},
		{"changes without a tag", "v0.0.0-20261128143829-0123456789ab+dirty", changed, "1.3.0-dev+0123456789ab.changed"},
		{"a build that does not look at the repository", "(devel)", nil, "1.3.0-dev"},
	} {
		build := &debug.BuildInfo{Settings: c.settings}
		build.Main.Version = c.main
		if got := version(build, "1.3.0-dev"); got != c.want {
			t.Errorf("of %s: %q, want %q", c.of, got, c.want)
		}
	}
}
