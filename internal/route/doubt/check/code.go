package check

import (
	"encoding/json"
	"strings"

	jsparser "github.com/dop251/goja/parser"
)

// mostCode bounds what is parsed: what is longer is believed.
const mostCode = 256 << 10

// programs looks at the fenced code of an answer. Pieces that leave something
// out on purpose are believed.
func programs(text string) string {
	var tag string
	var body strings.Builder
	open := false
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		switch rest, fence := strings.CutPrefix(trimmed, "```"); {
		case fence && !open && !strings.Contains(rest, "`"):
			open, tag = true, strings.ToLower(strings.Trim(rest, " {}."))
			if i := strings.IndexAny(tag, " ,:{"); i >= 0 {
				tag = tag[:i]
			}
			body.Reset()
		case fence && open && rest == "":
			open = false
			if why := parses(tag, body.String()); why != "" {
				return why
			}
		case open:
			body.WriteString(line)
		}
	}
	if open {
		return "a block of code never ends"
	}
	return ""
}

func parses(language, code string) string {
	if len(code) > mostCode || strings.TrimSpace(code) == "" {
		return ""
	}
	if language == "go" || language == "golang" {
		return goCode(code)
	}
	if leavesOut(code) {
		return ""
	}
	switch language {
	case "json":
		if !json.Valid([]byte(code)) && !jsonLike(code) {
			return "the JSON in the answer cannot be read"
		}
	case "js", "javascript":
		return jsCode(code)
	case "python", "py", "python3":
		if why := pythonCode(code); why != "" {
			return "the Python in the answer cannot be read: " + why
		}
	}
	return ""
}

// leavesOut reports a line that stands for what is not shown.
func leavesOut(code string) bool {
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(line)
		if line == "..." || line == "…" || strings.HasPrefix(line, "... ") || strings.HasPrefix(line, "<") && strings.HasSuffix(line, ">") {
			return true
		}
	}
	return false
}

// jsonLike reports JSON with comments, or several texts line by line.
func jsonLike(code string) bool {
	if strings.Contains(code, "//") || strings.Contains(code, "/*") || strings.Contains(code, "...") {
		return true
	}
	for line := range strings.Lines(strings.TrimSpace(code)) {
		if !json.Valid([]byte(line)) {
			return false
		}
	}
	return true
}

// jsCode leaves alone what the parser does not know: modules, markup, types.
func jsCode(code string) string {
	for line := range strings.Lines(code) {
		line = strings.TrimSpace(line)
		for _, mark := range []string{"import ", "export ", "await ", "interface ", "type ", "return ", "<"} {
			if strings.HasPrefix(line, mark) && mark != "return " || mark == "return " && strings.HasPrefix(line, "return <") {
				return ""
			}
		}
		if strings.Contains(line, "await ") {
			return ""
		}
	}
	if _, err := jsparser.ParseFile(nil, "", code, 0); err != nil {
		// A body of a function, or a bare object, is shown as often.
		for _, around := range [][2]string{{"(function(){\n", "\n})"}, {"(", "\n)"}, {"({", "\n})"}} {
			if _, err := jsparser.ParseFile(nil, "", around[0]+strings.TrimRight(code, "; \n")+around[1], 0); err == nil {
				return ""
			}
		}
		return "the JavaScript in the answer cannot be read"
	}
	return ""
}

// pythonCode reads strings, comments and brackets: the cheap part of parsing,
// and the part that an answer that broke off or lost itself gets wrong.
func pythonCode(code string) string {
	if strings.Contains(code, ">>>") {
		return ""
	}
	var open []byte
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch c {
		case '#':
			for i+1 < len(code) && code[i+1] != '\n' {
				i++
			}
		case '\'', '"':
			end := pythonString(code, i)
			if end < 0 {
				return "a string never ends"
			}
			i = end
		case '(', '[', '{':
			open = append(open, c)
		case ')', ']', '}':
			if len(open) == 0 || open[len(open)-1] != map[byte]byte{')': '(', ']': '[', '}': '{'}[c] {
				return "a bracket closes what was not open"
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		return "a bracket is never closed"
	}
	return ""
}

// pythonString returns where the string that begins at i ends, −1 for nowhere.
// A backslash keeps a quote in raw strings too.
func pythonString(code string, i int) int {
	quote := code[i]
	three := strings.Repeat(string(quote), 3)
	long := strings.HasPrefix(code[i:], three)
	j := i + 1
	if long {
		j = i + 3
	}
	for ; j < len(code); j++ {
		switch {
		case code[j] == '\\':
			j++
		case long && strings.HasPrefix(code[j:], three):
			return j + 2
		case !long && code[j] == quote:
			return j
		case !long && code[j] == '\n':
			return -1
		}
	}
	return -1
}
