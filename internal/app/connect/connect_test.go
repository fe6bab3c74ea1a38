package connect

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"irori/internal/llm"
)

var target = Target{URL: "http://127.0.0.1:1616", Model: "irori/auto", Small: "irori/local", Context: 32768}

// folder is a person's home, and what they have in it already.
func folder(t *testing.T, files map[string]string) Places {
	t.Helper()
	home := t.TempDir()
	for name, text := range files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return Places{Home: home, Getenv: func(string) string { return "" }}
}

const codexFile = `# mine
model = "gpt-5" # the usual
approval_policy = "never"
notes = """
[not.a.table]
"""

[features]
web = true

[model_providers.other]
name = "Other"

[mcp_servers."a.b"]
command = "x"
`

func TestCodexKeepsWhatIsThere(t *testing.T) {
	for name, file := range map[string]string{"new": "", "existing": strings.ReplaceAll(codexFile, "[not.a.table]", "not a table"), "own provider": "[model_providers.irori]\nname = \"old\"\nextra = 1\n"} {
		p := folder(t, map[string]string{".codex/config.toml": file})
		plan, err := NewPlan("codex", p, target)
		if err != nil {
			t.Fatal(name, err)
		}
		var before, after map[string]any
		if err := toml.Unmarshal([]byte(file), &before); err != nil {
			t.Fatal(err)
		}
		if err := toml.Unmarshal(plan.Files[0].After, &after); err != nil {
			t.Fatal(name, err)
		}
		provider := after["model_providers"].(map[string]any)["irori"].(map[string]any)
		if after["model"] != "irori/auto" || after["model_provider"] != "irori" || provider["base_url"] != "http://127.0.0.1:1616/v1" ||
			after["features"].(map[string]any)["api_key_model_discovery"] != true || after["model_context_window"] != int64(32768) {
			t.Errorf("%s: %s", name, plan.Files[0].After)
		}
		for key, v := range before {
			if _, ours := map[string]bool{"model": true, "features": true, "model_providers": true}[key]; !ours {
				if d := cmp.Diff(v, after[key]); d != "" {
					t.Errorf("%s: %s: %s", name, key, d)
				}
			}
		}
		if name == "existing" && (!strings.HasPrefix(string(plan.Files[0].After), "# mine\n") || after["features"].(map[string]any)["web"] != true) {
			t.Errorf("%s", plan.Files[0].After)
		}
	}
	// A line in a text that looks like a heading cannot be followed: nothing
	// is written.
	p := folder(t, map[string]string{".codex/config.toml": codexFile})
	if _, err := NewPlan("codex", p, target); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("%v", err)
	}
	p = folder(t, map[string]string{".codex/config.toml": "model = "})
	if _, err := NewPlan("codex", p, target); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("broken TOML: %v", err)
	}
}

// Codex asks for the catalogue of models only where it has a key to send; a
// real one is never written down.
func TestCodexHasAKeyToSend(t *testing.T) {
	for key, want := range map[string]map[string]any{
		"":       {"experimental_bearer_token": "irori", "env_key": nil},
		"secret": {"experimental_bearer_token": nil, "env_key": "IRORI_API_KEY"},
	} {
		with := target
		with.Key = key
		plan, err := NewPlan("codex", folder(t, nil), with)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := toml.Unmarshal(plan.Files[0].After, &got); err != nil {
			t.Fatal(err)
		}
		provider := got["model_providers"].(map[string]any)["irori"].(map[string]any)
		for name, v := range want {
			if provider[name] != v {
				t.Errorf("key %q: %s is %v, want %v", key, name, provider[name], v)
			}
		}
	}
}

// What is set comes in as the file is laid out; of the rest each byte stays.
func TestJSONKeepsLayout(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"one line": {
			`{"z":1.50,"env":{"B":"2","ANTHROPIC_MODEL":"x"},"a":[1, 2]}`,
			`{"z":1.50,"env":{"B":"2","ANTHROPIC_MODEL":"irori/auto","ANTHROPIC_BASE_URL":"http://127.0.0.1:1616",REST},"a":[1, 2]}`,
		},
		"tabs": {
			"{\n\t\"z\" : 1,\n\n\t\"env\": {\n\t\t\"B\": \"2\"\n\t},\n\t\"allow\": [\"x\", \"y\"]\n}",
			"{\n\t\"z\" : 1,\n\n\t\"env\": {\n\t\t\"B\": \"2\",\n\t\t\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:1616\",\n\t\tREST\n\t},\n\t\"allow\": [\"x\", \"y\"]\n}",
		},
		"tabs, nothing there": {
			"{\n\t\"z\": 1\n}\n",
			"{\n\t\"z\": 1,\n\t\"env\": {\n\t\t\"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:1616\",\n\t\tREST\n\t}\n}\n",
		},
		"four blanks, empty": {
			"{\n    \"env\": {},\n    \"z\": 1\n}\n",
			"{\n    \"env\": {\n        \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:1616\",\n        REST\n    },\n    \"z\": 1\n}\n",
		},
		"twice": {
			`{"env":{"A":"1"},"env":{"B":"2"}}`,
			`{"env":{"A":"1"},"env":{"B":"2","ANTHROPIC_BASE_URL":"http://127.0.0.1:1616",REST}}`,
		},
		"new": {"", "{\n  \"env\": {\n    \"ANTHROPIC_BASE_URL\": \"http://127.0.0.1:1616\",\n    REST\n  }\n}\n"},
	} {
		p := folder(t, map[string]string{".claude/settings.json": c.file})
		plan, err := NewPlan("claude", p, target)
		if err != nil {
			t.Fatal(name, err)
		}
		text := string(plan.Files[0].After)
		head, trail, _ := strings.Cut(c.want, "REST")
		if !strings.HasPrefix(text, head) || !strings.HasSuffix(text, trail) || !strings.Contains(text, `"irori/local"`) {
			t.Errorf("%s:\n%q, want\n%q", name, text, c.want)
		}
	}
}

func TestJSONThatCannotBeFollowed(t *testing.T) {
	for _, bad := range []string{"[]", `{"env":3}`, "{} // c", `{"a":`} {
		p := folder(t, map[string]string{".claude/settings.json": bad})
		if _, err := NewPlan("claude", p, target); llm.CodeOf(err) != llm.CodeUnsupported {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestOpencode(t *testing.T) {
	with := target
	with.Key = "secret"
	plan, err := NewPlan("opencode", folder(t, nil), with)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Model, Small_model string
		Provider           map[string]struct {
			Options map[string]string
			Models  map[string]struct{ Limit map[string]int }
		}
	}
	if err := json.Unmarshal(plan.Files[0].After, &got); err != nil {
		t.Fatal(err)
	}
	irori := got.Provider["irori"]
	if got.Model != "irori/irori/auto" || got.Small_model != "irori/irori/local" || irori.Models["irori/auto"].Limit["context"] != 32768 ||
		irori.Options["apiKey"] != "{env:IRORI_API_KEY}" || strings.Contains(string(plan.Files[0].After), "secret") {
		t.Errorf("%s", plan.Files[0].After)
	}
}

func TestYAML(t *testing.T) {
	p := folder(t, map[string]string{
		".aider.conf.yml":        "# mine\nmodel: gpt-4o # old\ndark-mode: true\nread:\n  - A.md\n",
		".continue/config.yaml":  "name: Mine\nmodels:\n    - name: Other\n      provider: ollama\n      model: x\nrules:\n  - short\n",
		".continue2/config.yaml": "models: [{name: Other}]\n",
	})
	plan, err := NewPlan("aider", p, target)
	if err != nil {
		t.Fatal(err)
	}
	text := string(plan.Files[0].After)
	if !strings.HasPrefix(text, "# mine\nmodel: \"openai/irori/auto\" # old\ndark-mode: true\n") || !strings.Contains(text, "openai-api-base: \"http://127.0.0.1:1616/v1\"\n") {
		t.Error(text)
	}
	if plan, err = NewPlan("continue", p, target); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Models []struct{ Name, Provider, Model string }
		Rules  []string
	}
	if err := yaml.Unmarshal(plan.Files[0].After, &got); err != nil || len(got.Models) != 2 || got.Models[0].Model != "irori/auto" || got.Models[1].Name != "Other" || len(got.Rules) != 1 {
		t.Errorf("%v %+v\n%s", err, got, plan.Files[0].After)
	}
	if plan, err = NewPlan("continue", folder(t, nil), target); err != nil || !strings.HasPrefix(string(plan.Files[0].After), "name: Irori\n") {
		t.Errorf("%v %s", err, plan.Files[0].After)
	}
	p.Getenv = func(name string) string {
		if name == "CONTINUE_GLOBAL_DIR" {
			return filepath.Join(p.Home, ".continue2")
		}
		return ""
	}
	if _, err := NewPlan("continue", p, target); llm.CodeOf(err) != llm.CodeUnsupported {
		t.Errorf("a list in brackets: %v", err)
	}
}

// What is not known is not said.
func TestUnknownWindow(t *testing.T) {
	for _, name := range Names() {
		vague := target
		vague.Context = 0
		plan, err := NewPlan(name, folder(t, nil), vague)
		if err != nil {
			t.Fatal(name, err)
		}
		for _, f := range plan.Files {
			for _, word := range []string{"context_window", "limit", "max_input", "contextLength", "MAX_OUTPUT"} {
				if strings.Contains(string(f.After), word) {
					t.Errorf("%s: %s", name, f.After)
				}
			}
		}
	}
}

// Undo restores the bytes that there were, also after connecting twice.
func TestUndo(t *testing.T) {
	for _, name := range Names() {
		p := folder(t, map[string]string{".codex/config.toml": "model = \"a\"\n", ".claude/settings.json": `{ "a" : 1 }`})
		m := Memory{Dir: filepath.Join(t.TempDir(), "connect")}
		all := func() map[string]string {
			out := map[string]string{}
			if err := filepath.WalkDir(p.Home, func(path string, d os.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				b, err := os.ReadFile(path)
				st, serr := d.Info()
				if serr == nil {
					out[path] = st.Mode().String() + string(b)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := all()
		if err := m.Undo(name, false); llm.CodeOf(err) != llm.CodeNotFound {
			t.Errorf("%s: nothing to undo: %v", name, err)
		}
		for _, url := range []string{"http://127.0.0.1:1616", "http://127.0.0.1:1717"} {
			other := target
			other.URL = url
			plan, err := m.Apply(name, func() (*Plan, error) { return NewPlan(name, p, other) })
			if err != nil {
				t.Fatal(name, err)
			}
			if len(plan.Files) == 0 {
				continue
			}
			if b, err := os.ReadFile(plan.Files[0].Path); err != nil || !strings.Contains(string(b), url) || cmp.Equal(before, all()) {
				t.Errorf("%s: %v %s", name, err, b)
			}
		}
		if name == "open-webui" {
			continue // it has no file
		}
		if err := m.Undo(name, false); err != nil {
			t.Fatal(name, err)
		}
		if d := cmp.Diff(before, all()); d != "" {
			t.Errorf("%s: after undo:\n%s", name, d)
		}
	}
}

// What a person changed since is not thrown away.
func TestUndoOfChangedFile(t *testing.T) {
	p := folder(t, map[string]string{".claude/settings.json": `{"a":1}`})
	m := Memory{Dir: t.TempDir()}
	plan, err := m.Apply("claude", func() (*Plan, error) { return NewPlan("claude", p, target) })
	if err != nil {
		t.Fatal(err)
	}
	path := plan.Files[0].Path
	if err := os.WriteFile(path, []byte(`{"mine":2}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Undo("claude", false); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("%v", err)
	}
	if _, err := m.Apply("claude", func() (*Plan, error) { return NewPlan("claude", p, target) }); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("%v", err)
	}
	if err := m.Undo("claude", true); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{path: `{"a":1}`, path + ".before-undo": `{"mine":2}`} {
		if b, err := os.ReadFile(name); err != nil || string(b) != want {
			t.Errorf("%s: %v %s", name, err, b)
		}
	}
}

// A comment behind a value that changes stays; a # in a text begins none.
func TestCommentsStay(t *testing.T) {
	for _, c := range []struct{ client, file, before, after string }{
		{"codex", ".codex/config.toml", "model = \"gpt-5\"   # keep this comment\n", "model = \"irori/auto\"   # keep this comment\n"},
		{"codex", ".codex/config.toml", "model = \"a # b\" # it's \"c\" # d\n", "model = \"irori/auto\" # it's \"c\" # d\n"},
		{"codex", ".codex/config.toml", "model = 'a # b'\n", "model = \"irori/auto\"\n"},
		{"codex", ".codex/config.toml", "\"model\"=\"a\"# b\n", "\"model\"= \"irori/auto\"# b\n"},
		{"codex", ".codex/config.toml", "model = \"a\" # b\r\nx = 1\r\n", "model = \"irori/auto\" # b\r\nx = 1\r\n"},
		{"aider", ".aider.conf.yml", "model: gpt-4o   # keep\n", "model: \"openai/irori/auto\"   # keep\n"},
		{"aider", ".aider.conf.yml", "model: \"a # b\"\n", "model: \"openai/irori/auto\"\n"},
		{"aider", ".aider.conf.yml", "model: a#b # c\n", "model: \"openai/irori/auto\" # c\n"},
		{"aider", ".aider.conf.yml", "model: # none yet\n", "model: \"openai/irori/auto\" # none yet\n"},
	} {
		plan, err := NewPlan(c.client, folder(t, map[string]string{c.file: c.before}), target)
		if err != nil {
			t.Errorf("%q: %v", c.before, err)
			continue
		}
		if text := string(plan.Files[0].After); !strings.HasPrefix(text, c.after) {
			t.Errorf("%q became %q, want %q", c.before, text, c.after)
		}
	}
}

// A link to a file that is not there yet stays one; its target comes and goes.
func TestUndoOfDanglingLink(t *testing.T) {
	for _, to := range []string{"real/deep/none.toml", "other.toml", "up/../third"} {
		p := folder(t, nil)
		link, real := filepath.Join(p.Home, ".codex", "config.toml"), filepath.Join(p.Home, to)
		// up/.. is not where up is: up leads elsewhere.
		for _, dir := range []string{".codex", "away/here"} {
			if err := os.MkdirAll(filepath.Join(p.Home, dir), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("away/here", filepath.Join(p.Home, "up")); err != nil {
			t.Fatal(err)
		}
		if to == "up/../third" {
			real = filepath.Join(p.Home, "away/none.toml")
			if err := os.Symlink("none.toml", filepath.Join(p.Home, "away/third")); err != nil {
				t.Fatal(err)
			}
		}
		// Over a second link, by a path from where the first one is.
		if err := os.Symlink("../second", link); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, filepath.Join(p.Home, "second")); err != nil {
			t.Fatal(err)
		}
		m := Memory{Dir: t.TempDir()}
		for range 2 {
			if _, err := m.Apply("codex", func() (*Plan, error) { return NewPlan("codex", p, target) }); err != nil {
				t.Fatal(to, err)
			}
			if st, err := os.Lstat(real); err != nil || !st.Mode().IsRegular() {
				t.Errorf("%s: the target: %v %v", to, st, err)
			}
		}
		if err := m.Undo("codex", false); err != nil {
			t.Fatal(to, err)
		}
		if got, err := os.Readlink(link); err != nil || got != "../second" {
			t.Errorf("%s: the link leads to %q: %v", to, got, err)
		}
		if _, err := os.Lstat(real); !os.IsNotExist(err) {
			t.Errorf("%s: the target after undo: %v", to, err)
		}
		// The folders that were made for it go too, and no others.
		if _, err := os.Stat(filepath.Join(p.Home, "real")); !os.IsNotExist(err) {
			t.Errorf("%s: the target's folder after undo: %v", to, err)
		}
		if _, err := os.Stat(filepath.Join(p.Home, "away/here")); err != nil {
			t.Errorf("%s: a folder that was there: %v", to, err)
		}
	}
}

// Settings that cannot be changed can still be shown.
func TestPreviewByHand(t *testing.T) {
	for _, c := range []struct{ client, file, text, want string }{
		{"codex", ".codex/config.toml", "features = { a = true }\n", "api_key_model_discovery = true\n"},
		{"codex", ".codex/config.toml", "features.x = true\n", "[model_providers.irori]\n"},
		{"codex", ".codex/config.toml", codexFile, "model = \"irori/auto\"\n"},
		{"codex", ".codex/config.toml", "model = ", "model = \"irori/auto\"\n"},
		{"claude", ".claude/settings.json", "{} // c", "\"ANTHROPIC_BASE_URL\": "},
		{"opencode", ".config/opencode/opencode.json", "{\"provider\": 3}", "\"baseURL\": "},
		{"aider", ".aider.conf.yml", "- a\n", "openai-api-base: "},
		{"continue", ".continue/config.yaml", "models: [{name: Other}]\n", "  - name: \"Irori\"\n"},
		// Not even read.
		{"codex", ".codex/config.toml/folder", "", "model = \"irori/auto\"\n"},
	} {
		p := folder(t, map[string]string{c.file: c.text})
		_, err := NewPlan(c.client, p, target)
		var e *llm.Error
		if !errors.As(err, &e) || e.Code == llm.CodeUnsupported && !strings.HasPrefix(e.Hint, "irori connect "+c.client+" --print ") {
			t.Errorf("%s %q: %v, hint %q", c.client, c.text, err, e.Hint)
		}
		plan, err := Preview(c.client, p, target)
		if err != nil {
			t.Errorf("%s %q: %v", c.client, c.text, err)
			continue
		}
		if f := plan.Files[0]; f.ByHand == "" || !strings.Contains(string(f.After), c.want) || strings.Contains(string(f.After), "approval_policy") {
			t.Errorf("%s %q: by hand %q\n%s", c.client, c.text, f.ByHand, f.After)
		}
	}
	plan, err := Preview("codex", folder(t, map[string]string{".codex/config.toml": "mine = 1\n"}), target)
	if err != nil || plan.Files[0].ByHand != "" || !strings.Contains(string(plan.Files[0].After), "mine = 1\n") {
		t.Errorf("a file that can be changed: %v %+v", err, plan)
	}
}
