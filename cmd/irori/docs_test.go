package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"irori/internal/term/verb"
)

// typable yields the irori lines of a page's shell blocks, as words.
func typable(t *testing.T, page string) [][]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/" + page)
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`'([^']*)'|(\S+)`)
	var out [][]string
	inside := false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
			continue
		}
		rest, ok := strings.CutPrefix(line, "bin/irori ")
		if !inside || !ok {
			continue
		}
		var words []string
		for _, m := range word.FindAllStringSubmatch(rest, -1) {
			words = append(words, m[1]+m[2])
		}
		out = append(out, words)
	}
	return out
}

// The page on keys works as it is typed, from its first line to its last.
func TestKeysPageInOrder(t *testing.T) {
	for _, lang := range []string{"en", "ja"} {
		t.Setenv("IRORI_HOME", t.TempDir())
		n := 0
		for _, words := range typable(t, lang+"/keys.md") {
			if words[0] != "keys" && words[0] != "forget" {
				continue // wants a server's records
			}
			var out, told bytes.Buffer
			if n++; dispatch(t.Context(), words, verb.Streams{In: nil, Out: &out, Err: &told}) != 0 {
				t.Errorf("%s: %q: %s", lang, words, &told)
			}
		}
		if n < 8 {
			t.Errorf("%s: only %d lines", lang, n)
		}
	}
}

// What one page removes is not removed again, there or on another.
func TestPagesRemoveOnce(t *testing.T) {
	for _, lang := range []string{"en", "ja"} {
		named, gone := map[string]bool{}, 0
		for _, page := range []string{"getting-started", "models", "troubleshooting"} {
			for _, words := range typable(t, lang+"/"+page+".md") {
				switch {
				case words[0] == "alias" || words[0] == "pull":
					named[words[1]] = true
				case words[0] == "rm" && words[1] != "--unused":
					if gone++; !named[words[1]] {
						t.Errorf("%s/%s: %q is not there", lang, page, words)
					}
					delete(named, words[1])
				}
			}
		}
		if gone == 0 {
			t.Errorf("%s: no page shows rm", lang)
		}
	}
}
