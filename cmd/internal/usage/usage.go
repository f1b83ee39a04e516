// Package usage says how a program is called, once: its help, its manual page,
// its completion in three shells and its guesses at misspelt words are all made
// of the same tables.
package usage

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// A Program is a command line.
type Program struct {
	Name     string
	Title    string   // what it is, in one line, for the manual's NAME
	Intro    []string // paragraphs; a line that begins with a space is kept as it is
	Verbs    []Verb   // the first is the one without a name, if there is such a verb
	Flags    []Flag   // that stand alone, in place of a verb: --version
	Statuses Statuses // of the program, or of its first verb
	Outro    []string // paragraphs behind everything
	Examples []Example
	SeeAlso  []string // "bothcap(1)"
}

// A Verb is one thing that a program does. The zero Name stands for what it does
// without one.
type Verb struct {
	Name     string
	Title    string   // what it does, in one line without a period
	Synopsis []string // what to type behind the program's name, the flags as [FLAGS]
	Text     []string // paragraphs, as Program.Intro
	Flags    *pflag.FlagSet
	Statuses Statuses
	Words    []string // what may follow it, if these are words and not files
	NoFiles  bool     // nothing that follows it names a file
}

// A Flag stands alone.
type Flag struct{ Name, Value, Title string }

// A Status is an exit status and what it means.
type Status struct{ Code, Meaning string }

// Statuses are the exit statuses of a program, and the paragraphs behind them.
type Statuses struct {
	List []Status
	Text []string
}

// An Example is a command line and what it is for.
type Example struct{ Title, Command string }

// Choices lets completion offer the values that a flag can have.
func Choices(flags *pflag.FlagSet, name string, values ...string) {
	if err := flags.SetAnnotation(name, choices, values); err != nil {
		panic(err) // a flag that is not there: a mistake of whoever wrote the table
	}
}

// File lets completion offer files for the value of a flag.
func File(flags *pflag.FlagSet, names ...string) {
	for _, name := range names {
		if err := flags.SetAnnotation(name, files, nil); err != nil {
			panic(err)
		}
	}
}

// Annotations of flags.
const (
	choices = "choices"
	files   = "files"
)

// Verb finds one by its name.
func (p *Program) Verb(name string) (*Verb, bool) {
	for i := range p.Verbs {
		if p.Verbs[i].Name == name {
			return &p.Verbs[i], true
		}
	}
	return nil, false
}

// Names are those of the verbs.
func (p *Program) Names() []string {
	var names []string
	for i := range p.Verbs {
		if p.Verbs[i].Name != "" {
			names = append(names, p.Verbs[i].Name)
		}
	}
	return names
}

// flagList are the flags that are shown, in the order of the table.
func (v *Verb) flagList() (list []*pflag.Flag) {
	if v.Flags != nil {
		v.Flags.VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				list = append(list, f)
			}
		})
	}
	return list
}

// takesValue reports whether a flag is followed by a value.
func takesValue(f *pflag.Flag) bool { return f.NoOptDefVal == "" }

// valueOf is what a flag's value is called, in capitals.
func valueOf(f *pflag.Flag) string {
	if !takesValue(f) {
		return ""
	}
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// useOf is what a flag does, in one line.
func useOf(f *pflag.Flag) string {
	_, use := pflag.UnquoteUsage(f)
	use = strings.ReplaceAll(use, "\n", " ")
	switch f.DefValue {
	case "", "-", "false", "0", "[]", "0s":
		return use
	}
	if !takesValue(f) || strings.Contains(use, "default") {
		return use
	}
	return fmt.Sprintf("%s (default: %s)", use, f.DefValue)
}

// names are all that a flag is called by, the short one first.
func names(f *pflag.Flag) []string {
	if f.Shorthand != "" {
		return []string{"-" + f.Shorthand, "--" + f.Name}
	}
	return []string{"--" + f.Name}
}
