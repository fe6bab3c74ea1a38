package code

import (
	"regexp"
	"slices"
	"strings"
)

// definesCheck finds the function that HumanEval's tests are.
var definesCheck = regexp.MustCompile(`(?m)^def check\(`)

// glued is a function right behind a string, which is no Python: JHumanEval
// lost the lines between them in one of its items.
var glued = regexp.MustCompile(`(?m)^("""|''')(def )`)

// Extract finds the program in an answer, completed by what the item began.
func Extract(it Item, answer string) (string, bool) {
	answer = strings.ReplaceAll(strings.ReplaceAll(answer, "\r\n", "\n"), "\u00a0", " ")
	it.Prompt, answer = glued.ReplaceAllString(it.Prompt, "$1\n\n$2"), glued.ReplaceAllString(answer, "$1\n\n$2")
	switch it.Language {
	case JavaScript:
		return script(it, answer)
	case "":
		it.Language = Python
	}
	if text, ok := chosen(blocks(answer), it, definesPython(it.Entry)); ok {
		return it.completed(text, true)
	}
	return it.completed(answer, false)
}

// block is a fenced part of an answer.
type block struct{ tag, text string }

// fence opens or closes a block.
var fence = regexp.MustCompile("^ {0,3}(```+|~~~+)[ \t]*([^`]*)$")

// blocks are the fenced parts; one that never ends goes on to the end.
func blocks(answer string) []block {
	var out []block
	var open string
	var lines []string
	var tag string
	flush := func() { out = append(out, block{tag, strings.Join(lines, "\n")}) }
	for line := range strings.SplitSeq(answer, "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case open == "" && m != nil:
			open, tag, lines = m[1], strings.ToLower(firstWord(m[2])), nil
		case open != "" && m != nil && m[1][0] == open[0] && len(m[1]) >= len(open) && strings.TrimSpace(m[2]) == "":
			flush()
			open = ""
		case open != "":
			lines = append(lines, line)
		}
	}
	if open != "" {
		flush()
	}
	return out
}

func firstWord(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), " ")
	return strings.Trim(s, "{}.")
}

// tags are what blocks of a language are called.
var tags = map[Language][]string{
	Python:     {"python", "py", "python3", "python2", "py3", "ipython", "pycon", ""},
	JavaScript: {"javascript", "js", "node", "nodejs", "mjs", "ecmascript", "jsx", "typescript", "ts", ""},
}

// chosen is the block that counts: the last one that defines what was asked
// for, since whoever corrects himself does so below; else the first of the
// language.
func chosen(all []block, it Item, defines *regexp.Regexp) (string, bool) {
	first, found := "", false
	for i := len(all) - 1; i >= 0; i-- {
		b := all[i]
		if strings.TrimSpace(b.text) == "" {
			continue
		}
		if defines != nil && defines.MatchString(b.text) {
			return b.text, true
		}
		if slices.Contains(tags[it.Language], b.tag) {
			first, found = b.text, true
		}
	}
	return first, found
}

// definesPython finds the definition of a function, nil where none is asked
// for.
func definesPython(entry string) *regexp.Regexp {
	if entry == "" {
		return nil
	}
	return regexp.MustCompile(`(?m)^[ \t]*(async[ \t]+)?(def|class)[ \t]+` + regexp.QuoteMeta(entry) + `\b|^[ \t]*` + regexp.QuoteMeta(entry) + `[ \t]*=[^=]`)
}

// completed puts what the item began before an answer that is a whole function
// or the rest of one. Fenced is text without words of people around it.
func (it Item) completed(text string, fenced bool) (string, bool) {
	if strings.TrimSpace(text) == "" {
		return "", false
	}
	if d := definesPython(it.Entry); d == nil || d.MatchString(text) {
		if !fenced {
			text = onlyCode(text)
		}
		if strings.TrimSpace(text) == "" {
			return "", false
		}
		return it.before() + dedented(text), true
	}
	if it.Prompt == "" {
		if fenced {
			return dedented(text), true
		}
		text = onlyCode(text)
		return text, strings.TrimSpace(text) != ""
	}
	if !fenced && !looksLikeBody(text) {
		return "", false
	}
	return it.Prompt + it.continued(text), true
}

// before is what an item begins with, up to the function that is asked for:
// imports, and functions that it may call.
func (it Item) before() string {
	if it.Entry == "" {
		return ""
	}
	at := regexp.MustCompile(`(?m)^(@.*\n)*(async +)?def ` + regexp.QuoteMeta(it.Entry) + `\b`).FindStringIndex(it.Prompt)
	if at == nil {
		return ""
	}
	return it.Prompt[:at[0]]
}

// ends are what a body does not begin a line with: behind it a model that only
// continues has gone on to something else.
var ends = []string{"\nclass", "\ndef", "\n#", "\nif", "\nprint", "\n```", "\nassert", "\n\"\"\"", "\n'''"}

// continued is the rest of a function, with the margin that it needs.
func (it Item) continued(text string) string {
	if body := it.unindented(text); body != "" {
		return body
	}
	return "\n" + cut(text)
}

func cut(text string) string {
	at := len(text)
	for _, e := range ends {
		if i := strings.Index(text, e); i >= 0 {
			at = min(at, i)
		}
	}
	return text[:at] + "\n"
}

// unindented gives a body its margin where its first line has none, "" where
// it has: some servers trim answers, and some models write bodies at the
// margin.
func (it Item) unindented(text string) string {
	text = strings.TrimLeft(text, "\n")
	lines := strings.Split(text, "\n")
	if lines[0] == "" || lines[0][0] == ' ' || lines[0][0] == '\t' || !endsLine(it.Prompt) {
		return ""
	}
	next := -1 // the margin of the next line, none where it is the only one
	for _, l := range lines[1:] {
		if strings.TrimSpace(l) != "" {
			next = margin(l)
			break
		}
	}
	opens := strings.HasSuffix(strings.TrimRight(lines[0], " \t"), ":")
	// Behind a line that opens a block the next stands further in.
	trimmed := next > 4 || next == 4 && !opens
	if trimmed {
		return "\n    " + cut(text)
	}
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			lines[i] = "    " + l
		}
	}
	return "\n" + strings.Join(lines, "\n") + "\n"
}

// endsLine reports whether a prompt ends where a body begins on a line of its
// own.
func endsLine(prompt string) bool {
	return strings.TrimSpace(prompt[strings.LastIndexByte(prompt, '\n')+1:]) == "" || strings.HasSuffix(strings.TrimSpace(prompt), `"""`) || strings.HasSuffix(strings.TrimSpace(prompt), `'''`)
}

func margin(l string) int {
	n := 0
	for _, c := range l {
		switch c {
		case ' ':
			n++
		case '\t':
			n += 4
		default:
			return n
		}
	}
	return n
}

// dedented takes the margin off that all lines have.
func dedented(text string) string {
	lines := strings.Split(text, "\n")
	least := -1
	for _, l := range lines {
		if strings.TrimSpace(l) == "" {
			continue
		}
		n := len(l) - len(strings.TrimLeft(l, " \t"))
		if least < 0 || n < least {
			least = n
		}
	}
	if least <= 0 {
		return text
	}
	for i, l := range lines {
		lines[i] = l[min(least, len(l)):]
	}
	return strings.Join(lines, "\n")
}

// begins is how a line at the margin begins that is Python and no prose.
var begins = regexp.MustCompile(`^(@|#|"""|'''|[)\]}]|(from|import)\s+\w+|(async\s+)?def\s|class\s+\w+\s*[:(]|(if|elif|while|for|else|except|with)\b.*:|(try|finally)\s*:|match\b.*:\s*$|(return|raise|assert|del|global|nonlocal|pass|break|continue|yield|await)\b|[\w.]+(\s*,\s*[\w.]+)+\s*=[^=]|[A-Za-z_][\w.]*(\[[^\]]*\])?(\s*:\s*[\w\[\], .]+)?\s*([-+*/%&|^@]|//|\*\*|<<|>>)?=|[A-Za-z_][\w.]*\()`)

// onlyCode leaves out the words of people before and behind a program that is
// not fenced.
func onlyCode(text string) string {
	lines := strings.Split(text, "\n")
	from := slices.IndexFunc(lines, func(l string) bool {
		return strings.TrimSpace(l) != "" && begins.MatchString(strings.TrimLeft(l, " \t"))
	})
	if from < 0 {
		return ""
	}
	lines = lines[from:]
	base := margin(lines[0])
	open := "" // within a string of several lines
	for i, l := range lines {
		if open == "" && i > 0 && strings.TrimSpace(l) != "" && margin(l) <= base && !begins.MatchString(strings.TrimLeft(l, " \t")) {
			lines = lines[:i]
			break
		}
		open = within(open, l)
	}
	return strings.Join(lines, "\n")
}

// within follows strings of three quotes over a line.
func within(open, l string) string {
	for i := 0; i+3 <= len(l); i++ {
		q := l[i : i+3]
		switch {
		case open == "" && l[i] == '#':
			return open
		case open == "" && (q == `"""` || q == `'''`):
			open = q
			i += 2
		case open == q:
			open = ""
			i += 2
		}
	}
	return open
}

// looksLikeBody tells the rest of a function from prose.
func looksLikeBody(text string) bool {
	for l := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(l) == "" {
			continue
		}
		return l[0] == ' ' || l[0] == '\t' || begins.MatchString(l)
	}
	return false
}
