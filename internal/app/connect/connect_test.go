package connect

import (
	"encoding/json"
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

func TestJSONKeepsOrder(t *testing.T) {
	p := folder(t, map[string]string{".claude/settings.json": `{"z":1.50,"env":{"B":"2","ANTHROPIC_MODEL":"x"},"a":[1, 2]}`})
	plan, err := NewPlan("claude", p, target)
	if err != nil {
		t.Fatal(err)
	}
	text := string(plan.Files[0].After)
	if !strings.HasPrefix(text, "{\n  \"z\": 1.50,\n  \"env\": {\n    \"B\": \"2\",\n    \"ANTHROPIC_MODEL\": \"irori/auto\",") || !strings.Contains(text, `"ANTHROPIC_DEFAULT_HAIKU_MODEL": "irori/local"`) {
		t.Error(text)
	}
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
	if !strings.HasPrefix(text, "# mine\nmodel: \"openai/irori/auto\"\ndark-mode: true\n") || !strings.Contains(text, "openai-api-base: \"http://127.0.0.1:1616/v1\"\n") {
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
