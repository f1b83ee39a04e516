package usage

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// toy is a program with all that a table can say.
func toy() *Program {
	flags := pflag.NewFlagSet("cut", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.String("format", "text", "`FORM` of the slices, text (the default) or json")
	flags.StringP("output", "o", "-", "`FILE` for the slices, which are so many that what is said of this flag takes more than one line")
	flags.Int("thickness", 3, "`MM` that each slice measures")
	flags.BoolP("help", "h", false, "show this help")
	flags.Bool("secret", false, "nobody's business")
	flags.Lookup("secret").Hidden = true
	Choices(flags, "format", "text", "json")
	File(flags, "output")
	return &Program{
		Name: "slicer", Title: "cuts things", Intro: []string{"slicer cuts things."},
		Verbs: []Verb{
			{Name: "cut", Title: "cut a thing", Synopsis: []string{"cut [FLAGS] THING"}, Text: []string{".a line that roff would take for a request, and a \\ that it would take for an escape"}, Flags: flags},
			{Name: "explain", Title: "say what a word means", Synopsis: []string{"explain WORD"}, Words: []string{"slice", "slab"}},
		},
		Flags:    []Flag{{Name: "completion", Value: "SHELL", Title: "print completion"}},
		Statuses: Statuses{List: []Status{{"0", "cut"}, {"130", "interrupted"}}},
		SeeAlso:  []string{"knife(1)", "board(7)"},
	}
}

func TestHelpKeepsToItsColumns(t *testing.T) {
	p := toy()
	v, _ := p.Verb("cut")
	for _, text := range []string{p.Help(), p.VerbHelp(v)} {
		for line := range strings.Lines(text) {
			if n := len(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d columns: %q", n, line)
			}
		}
	}
	help := p.VerbHelp(v)
	for _, want := range []string{
		"\n      --format FORM   FORM of the slices, text (the default) or json\n",
		"\n  -o, --output FILE   FILE for the slices,",
		"\n      --thickness MM  MM that each slice measures (default: 3)\n",
		"\n  130  interrupted\n",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("the help lacks %q:\n%s", want, help)
		}
	}
	if strings.Contains(help, "secret") {
		t.Error("the help shows a hidden flag")
	}
}

func TestGuessesAreNear(t *testing.T) {
	for typed, want := range map[string]string{
		"comapre": "compare", "cmpare": "compare", "compares": "compare", "COMPARE": "compare", "comp": "compare",
		"inof": "info", "frobnicate": "", "x": "", "": "",
	} {
		if got := Guess(typed, []string{"compare", "info", "help"}); got != want {
			t.Errorf("%q: guessed %q, want %q", typed, got, want)
		}
	}
}

// run starts a program of the system with text to read.
func run(t *testing.T, input string, words ...string) string {
	t.Helper()
	if _, err := exec.LookPath(words[0]); err != nil {
		t.Skip(err)
	}
	command := exec.Command(words[0], words[1:]...)
	command.Stdin = strings.NewReader(input)
	command.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=80", "HOME="+t.TempDir())
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("%v: %v\n%s", words, err, complaints.Bytes())
	}
	return string(output)
}

func TestManReadsThePage(t *testing.T) {
	spaces := regexp.MustCompile(" {2,}") // by which man fills lines
	page := spaces.ReplaceAllString(run(t, toy().Man("1.2.3"), "man", "--warnings", "-P", "cat", "-l", "-"), " ")
	for _, want := range []string{
		"slicer - cuts things\n", "\n slicer cut [FLAGS] THING\n", "-o, --output FILE\n", ".a line that roff", `a \ that`,
		"\n 130 Interrupted.\n", "knife(1), board(7)\n", "slicer 1.2.3",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
}

func TestBashCompletes(t *testing.T) {
	for line, want := range map[string][]string{
		"slicer c":                    {"cut"},
		"slicer --comp":               {"--completion"},
		"slicer --completion f":       {"fish"},
		"slicer cut --th":             {"--thickness"},
		"slicer cut --format ":        {"text", "json"},
		"slicer cut --format = j":     {"json"},
		"slicer cut x --format t":     {"text"},
		"slicer cut -o usage_t":       {"usage_test.go"},
		"slicer cut usage_t":          {"usage_test.go"},
		"slicer cut --thickness ":     nil,
		"slicer explain sl":           {"slice", "slab"},
		"slicer help e":               {"explain"},
		"slicer cut --secret":         nil,
		"slicer cut --format text -o": {"-o"},
	} {
		words := strings.Fields(line)
		if strings.HasSuffix(line, " ") {
			words = append(words, "")
		}
		script := "set -u\n" + must(t, "bash") + "\nCOMP_WORDS=("
		for _, word := range words {
			script += " '" + word + "'"
		}
		script += ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_slicer\nprintf '%s\\n' ${COMPREPLY[@]+\"${COMPREPLY[@]}\"}\n"
		if got := strings.Fields(run(t, script, "bash", "--norc", "-s")); !slices.Equal(got, want) {
			t.Errorf("%q: completed to %q, want %q", line, got, want)
		}
	}
}

func TestFishCompletes(t *testing.T) {
	path := written(t, "slicer.fish", must(t, "fish"))
	for line, want := range map[string]string{
		"slicer c": "cut", "slicer --comp": "--completion", "slicer cut --th": "--thickness", "slicer cut --format j": "json",
		"slicer explain sli": "slice", "slicer help e": "explain", "slicer cut usage_t": "usage_test.go",
	} {
		got, _, _ := strings.Cut(strings.TrimSpace(run(t, "source "+path+"\ncomplete -C '"+line+"'\n", "fish", "--no-config")), "\t")
		if got != want {
			t.Errorf("%q: completed to %q, want %q", line, got, want)
		}
	}
}

// Zsh completes only at a prompt; zpty makes one.
func TestZshCompletes(t *testing.T) {
	dir := filepath.Dir(written(t, "_slicer", must(t, "zsh")))
	const script = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "PROMPT= RPROMPT= fpath=($DIR \$fpath); autoload -Uz compinit; compinit -u -D; print rea''dy"
while zpty -r z line '*ready*'; do break; done
zpty -w z ": ; $LINE"$'\t'
zpty -w z "exit"
while zpty -r z line; do print -r -- "$line"; done
`
	for line, want := range map[string]string{
		"slicer cu": "slicer cut", "slicer cut --thi": "--thickness", "slicer cut --format=j": "--format=json", "slicer explain slic": "explain slice",
	} {
		if got := run(t, "DIR="+dir+"; LINE='"+line+"'\n"+script, "zsh", "-f", "-s"); !strings.Contains(got, want) {
			t.Errorf("%q: completed to %q, want %q in it", line, got, want)
		}
	}
}

func must(t *testing.T, shell string) string {
	t.Helper()
	script, err := toy().Complete(shell)
	if err != nil {
		t.Fatal(err)
	}
	return script
}

func written(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
