package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"irori/internal/term/verb"
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

func completionVerb() *verb.Verb {
	return &verb.Verb{
		Name: "completion", Args: "bash|zsh|fish", Short: "print a script that completes commands, flags and models",
		Long: `The script asks irori itself for every word, so it never goes stale. To have it
in every shell, put the bash line into ~/.bashrc; for zsh any folder of fpath
will do.`,
		Settled: true,
		Examples: []string{
			"source <(irori completion bash)",
			`irori completion zsh > "${fpath[1]}/_irori"`,
			"irori completion fish > ~/.config/fish/completions/irori.fish",
		},
		Run: func(_ context.Context, c *verb.Call) error {
			if err := c.Want(1, 1); err != nil {
				return err
			}
			script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.Args[0]]
			if !ok {
				return verb.Wrong(fmt.Sprintf("there is a script for bash, zsh and fish, not for %q", c.Args[0]), "irori completion bash")
			}
			if self, err := os.Executable(); err == nil {
				if found, err := exec.LookPath("irori"); err != nil || found == "" {
					// Off the PATH it is called by its place.
					script = strings.ReplaceAll(script, "irori __complete", "'"+strings.ReplaceAll(self, "'", `'\''`)+"' __complete")
				}
			}
			_, err := io.WriteString(c.Out, script)
			return err
		},
		Words: verb.First(func(*verb.Call) []string { return []string{"bash", "fish", "zsh"} }),
	}
}
