package usage

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// Shells are those for which there is completion.
var Shells = []string{"bash", "zsh", "fish"}

// Complete is a script that completes the program's command line in a shell,
// which is one of Shells.
func (p *Program) Complete(shell string) (string, error) {
	switch shell {
	case "bash":
		return p.bash(), nil
	case "zsh":
		return p.zsh(), nil
	case "fish":
		return p.fish(), nil
	}
	return "", fmt.Errorf("no completion for %q", shell)
}

// alone are the program's flags that stand in place of a verb.
func (p *Program) alone() []string {
	words := []string{"--help"}
	for _, f := range p.Flags {
		words = append(words, "--"+f.Name)
	}
	return words
}

// first is what may follow the program's name.
func (p *Program) first() []string {
	if v, ok := p.Verb(""); ok {
		return append(append(p.Names(), v.flagWords()...), p.alone()[1:]...)
	}
	return append(append(p.Names(), "help"), p.alone()...)
}

func (v *Verb) flagWords() (words []string) {
	for _, f := range v.flagList() {
		words = append(words, names(f)...)
	}
	return words
}

// valuesOf are the values that a flag can have, if there are few.
func valuesOf(f *pflag.Flag) []string { return f.Annotations[choices] }

func takesFile(f *pflag.Flag) bool { _, ok := f.Annotations[files]; return ok }

// A script for bash needs no bash-completion package: it splits words itself
// where "=" and ":" would.
func (p *Program) bash() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# bash completion for %s\n_%s() {\n", p.Name, p.Name)
	b.WriteString("\tlocal current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb= word i\n\tCOMPREPLY=()\n")
	b.WriteString("\tif [[ $current == = ]]; then current=; elif [[ $before == = ]]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi\n")
	fmt.Fprintf(&b, "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tword=${COMP_WORDS[i]}\n\t\tcase $word in\n")
	if len(p.Names()) > 0 {
		fmt.Fprintf(&b, "\t\t%s) [[ $verb ]] || verb=$word ;;\n", strings.Join(append(p.Names(), "help"), "|"))
	}
	b.WriteString("\t\t--) compopt -o default 2>/dev/null; return ;;\n\t\tesac\n\tdone\n")
	b.WriteString("\tcase $verb,$before in\n")
	for i := range p.Verbs {
		v := &p.Verbs[i]
		for _, f := range v.flagList() {
			if !takesValue(f) {
				continue
			}
			var patterns []string
			for _, name := range names(f) {
				patterns = append(patterns, v.Name+","+name)
			}
			fmt.Fprintf(&b, "\t%s) %s; return ;;\n", strings.Join(patterns, "|"), bashValue(f))
		}
	}
	for _, f := range p.Flags {
		if f.Value == "SHELL" {
			fmt.Fprintf(&b, "\t,--%s) COMPREPLY=($(compgen -W '%s' -- \"$current\")); return ;;\n", f.Name, strings.Join(Shells, " "))
		}
	}
	b.WriteString("\tesac\n\tcase $verb in\n")
	for i := range p.Verbs {
		v := &p.Verbs[i]
		if v.Name == "" {
			continue
		}
		fmt.Fprintf(&b, "\t%s)\n\t\tif [[ $current == -* ]]; then COMPREPLY=($(compgen -W '%s' -- \"$current\"))\n", v.Name, strings.Join(v.flagWords(), " "))
		switch {
		case len(v.Words) > 0:
			fmt.Fprintf(&b, "\t\telse COMPREPLY=($(compgen -W '%s' -- \"$current\"))\n", strings.Join(v.Words, " "))
		case !v.NoFiles:
			b.WriteString("\t\telse compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"))\n")
		}
		b.WriteString("\t\tfi ;;\n")
	}
	if len(p.Names()) > 0 {
		fmt.Fprintf(&b, "\thelp) COMPREPLY=($(compgen -W '%s' -- \"$current\")) ;;\n", strings.Join(p.Names(), " "))
	}
	fmt.Fprintf(&b, "\t'') COMPREPLY=($(compgen -W '%s' -- \"$current\")) ;;\n", strings.Join(p.first(), " "))
	fmt.Fprintf(&b, "\tesac\n}\ncomplete -F _%s %s\n", p.Name, p.Name)
	return b.String()
}

func bashValue(f *pflag.Flag) string {
	switch values := valuesOf(f); {
	case len(values) > 0:
		return fmt.Sprintf("COMPREPLY=($(compgen -W '%s' -- \"$current\"))", strings.Join(values, " "))
	case takesFile(f):
		return "compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$current\"))"
	}
	return "true"
}

func (p *Program) zsh() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %s\n\n_%s() {\n\tlocal curcontext=$curcontext state line\n\ttypeset -A opt_args\n", p.Name, p.Name)
	if _, ok := p.Verb(""); !ok {
		b.WriteString("\tlocal -a verbs=(\n")
		for i := range p.Verbs {
			fmt.Fprintf(&b, "\t\t%s\n", zshQuote(p.Verbs[i].Name+":"+p.Verbs[i].Title))
		}
		b.WriteString("\t\t'help:show help, or the help of a command'\n\t)\n")
		b.WriteString("\t_arguments -C \\\n")
		for _, f := range append([]Flag{{Name: "help", Title: "show help"}}, p.Flags...) {
			value := ""
			if f.Value == "SHELL" {
				value = ":shell:(" + strings.Join(Shells, " ") + ")"
			}
			fmt.Fprintf(&b, "\t\t%s \\\n", zshQuote("(- : *)--"+f.Name+"["+f.Title+"]"+value))
		}
		b.WriteString("\t\t'1:command:->verb' '*::argument:->rest' && return\n")
		b.WriteString("\tcase $state in\n\tverb) _describe command verbs ;;\n\trest)\n\t\tcase $line[1] in\n")
		for i := range p.Verbs {
			v := &p.Verbs[i]
			fmt.Fprintf(&b, "\t\t%s)\n", v.Name)
			v.zshArguments(&b, "\t\t\t")
			b.WriteString("\t\t\t;;\n")
		}
		b.WriteString("\t\thelp) _describe command verbs ;;\n\t\tesac ;;\n\tesac\n")
	} else {
		v, _ := p.Verb("")
		v.zshArguments(&b, "\t")
	}
	fmt.Fprintf(&b, "}\n\n_%s \"$@\"\n", p.Name)
	return b.String()
}

func (v *Verb) zshArguments(b *strings.Builder, indent string) {
	b.WriteString(indent + "_arguments -s -S \\\n")
	for _, f := range v.flagList() {
		value := ""
		switch {
		case len(valuesOf(f)) > 0:
			value = ":" + valueOf(f) + ":(" + strings.Join(valuesOf(f), " ") + ")"
		case takesFile(f):
			value = ":" + valueOf(f) + ":_files"
		case takesValue(f):
			value = ":" + valueOf(f) + ": "
		}
		use := strings.NewReplacer("[", "(", "]", ")", ":", ",").Replace(useOf(f))
		for _, name := range names(f) {
			equals := ""
			if value != "" && strings.HasPrefix(name, "--") {
				equals = "="
			}
			fmt.Fprintf(b, "%s\t%s \\\n", indent, zshQuote("*"+name+equals+"["+use+"]"+value))
		}
	}
	switch {
	case len(v.Words) > 0:
		fmt.Fprintf(b, "%s\t%s\n", indent, zshQuote("*:word:("+strings.Join(v.Words, " ")+")"))
	case v.NoFiles:
		fmt.Fprintf(b, "%s\t&& return\n", indent)
	default:
		fmt.Fprintf(b, "%s\t'*:file:_files'\n", indent)
	}
}

func zshQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (p *Program) fish() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# fish completion for %s\n", p.Name)
	verbs := strings.Join(append(p.Names(), "help"), " ")
	alone := "__fish_use_subcommand"
	if _, ok := p.Verb(""); ok {
		alone = "true"
	} else {
		fmt.Fprintf(&b, "complete -c %s -f\n", p.Name)
	}
	for _, f := range append([]Flag{{Name: "help", Title: "show help"}}, p.Flags...) {
		value := ""
		if f.Value == "SHELL" {
			value = " -x -a '" + strings.Join(Shells, " ") + "'"
		}
		fmt.Fprintf(&b, "complete -c %s -n '%s' -l %s -d %s%s\n", p.Name, alone, f.Name, fishQuote(f.Title), value)
	}
	for i := range p.Verbs {
		v := &p.Verbs[i]
		condition := "true"
		if v.Name != "" {
			fmt.Fprintf(&b, "complete -c %s -n '__fish_use_subcommand' -a %s -d %s\n", p.Name, v.Name, fishQuote(v.Title))
			condition = "__fish_seen_subcommand_from " + v.Name
			switch {
			case len(v.Words) > 0:
				fmt.Fprintf(&b, "complete -c %s -n '%s' -a '%s'\n", p.Name, condition, strings.Join(v.Words, " "))
			case !v.NoFiles:
				fmt.Fprintf(&b, "complete -c %s -n '%s' -F\n", p.Name, condition)
			}
		}
		for _, f := range v.flagList() {
			if v.Name == "" && f.Name == "help" {
				continue
			}
			fmt.Fprintf(&b, "complete -c %s -n '%s' -l %s", p.Name, condition, f.Name)
			if f.Shorthand != "" {
				fmt.Fprintf(&b, " -s %s", f.Shorthand)
			}
			switch {
			case len(valuesOf(f)) > 0:
				fmt.Fprintf(&b, " -x -a '%s'", strings.Join(valuesOf(f), " "))
			case takesFile(f):
				b.WriteString(" -r -F")
			case takesValue(f):
				b.WriteString(" -x")
			}
			fmt.Fprintf(&b, " -d %s\n", fishQuote(useOf(f)))
		}
	}
	if len(p.Names()) > 0 {
		fmt.Fprintf(&b, "complete -c %s -n '__fish_seen_subcommand_from help' -a '%s'\n", p.Name, strings.TrimSuffix(verbs, " help"))
	}
	return b.String()
}

func fishQuote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
