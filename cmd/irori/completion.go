package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"irori/internal/term/flags"
)

// The scripts ask `irori __complete` for every word, so that they never go
// stale: they know no verb and no flag.
const (
	bashScript = `_irori() {
    local IFS=$'\n' cur="${COMP_WORDS[COMP_CWORD]}"
    local -a words=("${COMP_WORDS[@]:1:COMP_CWORD}")
    # bash cuts words at colons; model names have them.
    if declare -F _get_comp_words_by_ref >/dev/null; then
        local -a all; local at
        _get_comp_words_by_ref -n : -w all -i at -c cur
        words=("${all[@]:1:at}")
    fi
    COMPREPLY=($(irori __complete -- "${words[@]}" 2>/dev/null))
    if declare -F __ltrim_colon_completions >/dev/null; then
        __ltrim_colon_completions "$cur"
    fi
}
complete -o default -F _irori irori
`
	zshScript = `#compdef irori
_irori() {
    local -a found
    found=("${(@f)$(irori __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    found=("${(@)found:#}")
    if (( ${#found} )); then
        compadd -a found
    else
        _files
    fi
}
if [ "$funcstack[1]" = "_irori" ]; then
    _irori "$@"
else
    compdef _irori irori
fi
`
	fishScript = `function __irori_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (irori __complete -- $words[2..-1] 2>/dev/null)
    if set -q found[1]
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c irori -f -a '(__irori_complete)'
`
)

func completionVerb() *verb {
	return &verb{
		name: "completion", args: "bash|zsh|fish", short: "print a script that completes commands, flags and models",
		long: `The script asks irori itself for every word, so it never goes stale. To have it
in every shell, put the bash line into ~/.bashrc; for zsh any folder of fpath
will do.`,
		settled: true,
		examples: []string{
			"source <(irori completion bash)",
			`irori completion zsh > "${fpath[1]}/_irori"`,
			"irori completion fish > ~/.config/fish/completions/irori.fish",
		},
		run: func(_ context.Context, c *call) error {
			if err := c.want(1, 1); err != nil {
				return err
			}
			script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.args[0]]
			if !ok {
				return &usageError{fmt.Sprintf("there is a script for bash, zsh and fish, not for %q", c.args[0]), "irori completion bash"}
			}
			if self, err := os.Executable(); err == nil {
				if found, err := exec.LookPath("irori"); err != nil || found == "" {
					// Off the PATH it is called by its place.
					script = strings.ReplaceAll(script, "irori __complete", "'"+strings.ReplaceAll(self, "'", `'\''`)+"' __complete")
				}
			}
			_, err := io.WriteString(c.out, script)
			return err
		},
		words: first(func(*call) []string { return []string{"bash", "fish", "zsh"} }),
	}
}

// completeVerb is what the scripts call: the words typed so far, the last of
// them unfinished.
func completeVerb() *verb {
	return &verb{
		name: "__complete", args: "WORD…", short: "list what the last word may become", hidden: true,
		run: func(_ context.Context, c *call) error {
			if len(c.args) == 0 {
				c.args = []string{""}
			}
			for _, w := range candidates(c) {
				if strings.HasPrefix(w, c.args[len(c.args)-1]) {
					fmt.Fprintln(c.out, w)
				}
			}
			return nil
		},
	}
}

func candidates(c *call) []string {
	typed, current := c.args[:len(c.args)-1], c.args[len(c.args)-1]
	var names []string
	for _, v := range verbs() {
		if !v.hidden {
			names = append(names, v.name)
		}
	}
	if len(typed) == 0 {
		return append(names, "help")
	}
	if typed[0] == "help" {
		return names
	}
	all := verbs()
	i := slices.IndexFunc(all, func(v *verb) bool { return v.name == typed[0] && !v.hidden })
	if i < 0 {
		return nil
	}
	// What is completed may have flags that are not finished: nothing is
	// reported.
	of := newCall(all[i], streams{c.in, c.out, io.Discard})
	of.config = c.config
	words, valued := flags.Unfinished(of.flags, typed[1:])
	switch {
	case valued != nil:
		return valuesOf(of, valued)
	case strings.HasPrefix(current, "-"):
		var out []string
		if name, _, given := strings.Cut(strings.TrimLeft(current, "-"), "="); given {
			if x := of.flags.Lookup(name); x != nil {
				for _, v := range valuesOf(of, x) {
					out = append(out, current[:strings.IndexByte(current, '=')+1]+v)
				}
			}
			return out
		}
		of.flags.VisitAll(func(x *flag.Flag) { out = append(out, "--"+x.Name) })
		return out
	case of.verb.words == nil:
		return nil
	}
	of.args = words
	return of.verb.words(of)
}

// valuesOf are those that a flag may have, where they can be told.
func valuesOf(c *call, f *flag.Flag) []string {
	switch v := f.Value.(type) {
	case *flags.Choice:
		return v.Of
	case *modelName:
		return modelsLogged(c)
	}
	return nil
}
