package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline is what a document has in common with its twin in the other
// language: the levels of its headings and its code.
type outline struct {
	Levels []int
	Code   []string
}

func outlineOf(t *testing.T, path string) outline {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var o outline
	code, in := "", false
	for line := range strings.SplitSeq(string(b), "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			if in {
				o.Code = append(o.Code, code)
			}
			code, in = line, !in
		case in:
			code += "\n" + line
		case strings.HasPrefix(line, "#"):
			o.Levels = append(o.Levels, len(line)-len(strings.TrimLeft(line, "#")))
		}
	}
	return o
}

var link = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestEnglishAndJapaneseAreEquals keeps the guides at parity, and their links
// alive.
func TestEnglishAndJapaneseAreEquals(t *testing.T) {
	root := filepath.Join("..", "..", "docs")
	names := map[string]bool{}
	for _, lang := range []string{"en", "ja"} {
		files, err := filepath.Glob(filepath.Join(root, lang, "*.md"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", lang, err)
		}
		for _, f := range files {
			names[filepath.Base(f)] = true
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllStringSubmatch(string(b), -1) {
				if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
					t.Errorf("%s links to %s, which is not there", f, m[1])
				}
			}
		}
	}
	for n := range names {
		en, ja := outlineOf(t, filepath.Join(root, "en", n)), outlineOf(t, filepath.Join(root, "ja", n))
		if d := cmp.Diff(en, ja); d != "" {
			t.Errorf("%s differs: %s", n, d)
		}
	}
}

// TestModelsThatAreMeasuredAreHere: what a document measures it brings here
// first, under the name that it is measured by; make up brings the first model.
func TestModelsThatAreMeasuredAreHere(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/en/measuring.md", "../../docs/ja/measuring.md"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		here, measured := map[string]bool{}, 0
		for line := range strings.Lines(string(raw)) {
			words := strings.Fields(line)
			switch {
			case strings.HasPrefix(line, "make up"):
				here["smollm2-135m-instruct"] = true
			case strings.HasPrefix(line, "bin/irori pull "):
				here[words[2]] = true
			case strings.HasPrefix(line, "bin/irori measure run "), strings.HasPrefix(line, "bin/irori measure load "):
				for _, w := range words[3:] {
					if strings.HasPrefix(w, "--") {
						break
					}
					if measured++; !here[w] {
						t.Errorf("%s measures %s, which nothing brought here", path, w)
					}
				}
			}
		}
		if measured == 0 {
			t.Errorf("%s measures nothing", path)
		}
	}
}
