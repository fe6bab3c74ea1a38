package term

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// CallName is how this program can be typed: name where the shell finds that,
// else the path that the program was called by.
func CallName(name string) string {
	if _, err := exec.LookPath(name); err == nil {
		return name
	}
	if !strings.ContainsAny(os.Args[0], " \t'\"\\$&;()") {
		return os.Args[0]
	}
	return "'" + strings.ReplaceAll(os.Args[0], "'", `'\''`) + "'"
}

var reCommand = regexp.MustCompile(`(^|[\s(;:,"'<→])irori ([a-z]+)`)

// Typed turns the commands in a text for people, which are written for a shell
// that finds the program, into what can be typed: call stands for its name
// before each word that is one of its verbs.
func Typed(text, call string, verb func(string) bool) string {
	var b strings.Builder
	last := 0
	for _, m := range reCommand.FindAllStringSubmatchIndex(text, -1) {
		if verb(text[m[4]:m[5]]) {
			b.WriteString(text[last:m[3]])
			b.WriteString(call)
			last = m[4] - 1
		}
	}
	return b.String() + text[last:]
}
