//go:build accept

package chat

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestEveryTemplateTakesEveryConversation renders all known templates with
// conversations that many of them refuse as they stand.
func TestEveryTemplateTakesEveryConversation(t *testing.T) {
	dir := os.Getenv("IRORI_JINJA_TEMPLATES")
	files, _ := filepath.Glob(filepath.Join(dir, "*.jinja"))
	if dir == "" || len(files) == 0 {
		t.Skip("IRORI_JINJA_TEMPLATES is set by tools/jinja2/run.sh")
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f)
		tm, err := Compile(Options{Name: name, Source: string(src), BOS: "<BOS>", EOS: "<EOS>"})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%-60s %-12s %+v %+v", name, tm.Format(), tm.Caps(), tm.quirks)
		for _, c := range conversations() {
			in := Input{Messages: c.msgs, Tools: c.tools, AddGenerationPrompt: true, Now: time.Unix(1e9, 0)}
			out, err := tm.Render(in)
			if err != nil {
				t.Errorf("%s / %s: %v", name, c.name, err)
				continue
			}
			for _, w := range c.words {
				ascii := strings.Trim(strconv.QuoteToASCII(w), `"`)
				if !contains(out, w) && !contains(out, ascii) {
					t.Errorf("%s / %s: %q is missing", name, c.name, w)
				}
			}
		}
	}
}
