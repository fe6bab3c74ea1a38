package code

import (
	"regexp"
	"strings"
)

// script finds JavaScript: what is exported is simply defined.
func script(it Item, answer string) (string, bool) {
	defines := definesScript(it.Entry)
	text, ok := chosen(blocks(answer), it, defines)
	if !ok {
		text = answer
		if defines == nil || !defines.MatchString(text) {
			if it.Prompt == "" || strings.TrimSpace(text) == "" || !strings.ContainsAny(text, "}") {
				return "", false
			}
			return it.Prompt + text + "\n", true
		}
		text = onlyScript(text)
	}
	text = exported.ReplaceAllString(text, "$1")
	text = imported.ReplaceAllString(text, "")
	if defines != nil && !defines.MatchString(text) && it.Prompt != "" {
		text = it.Prompt + text
	}
	return text + "\n", strings.TrimSpace(text) != ""
}

var (
	exported = regexp.MustCompile(`(?m)^([ \t]*)export[ \t]+(?:default[ \t]+(?:$|\b))?`)
	imported = regexp.MustCompile(`(?m)^[ \t]*import[ \t].*$`)
)

// definesScript finds the definition of a name, nil where none is asked for.
func definesScript(entry string) *regexp.Regexp {
	if entry == "" {
		return nil
	}
	name := regexp.QuoteMeta(entry)
	return regexp.MustCompile(`(?m)\bfunction\s*\*?\s*` + name + `\b|\b(const|let|var|class)\s+` + name + `\b|^[ \t]*` + name + `\s*=[^=]`)
}

// scriptBegins is how a line begins that is JavaScript and no prose.
var scriptBegins = regexp.MustCompile(`^\s*(//|/\*|\*|[})\];]|(export\s+)?(default\s+)?(async\s+)?function\b|(export\s+)?(const|let|var|class)\s+[\w$\[{]|(if|for|while|switch|try|return|throw|do)\b|import\s|"use strict"|'use strict'|[\w$.]+(\[[^\]]*\])?\s*(=|\()|[\w$.]+(\+\+|--);)`)

// onlyScript leaves out the words of people before and behind.
func onlyScript(text string) string {
	lines := strings.Split(text, "\n")
	from := 0
	for from < len(lines) && (strings.TrimSpace(lines[from]) == "" || !scriptBegins.MatchString(lines[from])) {
		from++
	}
	lines = lines[from:]
	for i, l := range lines {
		if strings.TrimSpace(l) != "" && margin(l) == 0 && !scriptBegins.MatchString(l) {
			lines = lines[:i]
			break
		}
	}
	return strings.Join(lines, "\n")
}
