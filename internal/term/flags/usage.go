package flags

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// width is how wide help is laid out: what any terminal has.
const width = 80

// Usage tells of each flag, with the name of its value.
func Usage(w io.Writer, f *flag.FlagSet) {
	fmt.Fprintln(w, "\nflags:")
	f.VisitAll(func(x *flag.Flag) {
		name, text := x.Name, x.Usage
		if arg, rest := flagArg(x); arg != "" {
			name, text = name+" "+arg, rest
		}
		if !slices.Contains([]string{"", "false", "0s", "0"}, x.DefValue) {
			text += " (default " + x.DefValue + ")"
		}
		fmt.Fprintf(w, "  --%-21s %s\n", name, strings.Join(wrap(text, width-26), "\n"+strings.Repeat(" ", 26)))
	})
}

// flagArg is what stands for a flag's value, in capitals, and the rest of its
// text: the value's name stands in front of it in back quotes.
func flagArg(x *flag.Flag) (arg, text string) {
	arg, text = flag.UnquoteUsage(x)
	return strings.ToUpper(arg), strings.TrimPrefix(text, arg+" ")
}

// wrap breaks a text into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
