package app

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAnswersNameWhoAnswered checks in every dialect, streamed and not, that an
// answer names the model it is from, and not the one that failed before it.
func TestAnswersNameWhoAnswered(t *testing.T) {
	near, far := newCloud(t), newCloud(t)
	near.Models = []string{"weak-model"}
	if err := near.Set("status", "503"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("routes:\n  auto:\n    local: near/weak-model\n    cloud: far/fake-model\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := up(t, UpOptions{Policy: file}, func(e *Env) {
		for name, add := range map[string]string{"near": "near=openai:" + near.url, "far": "far=openai:" + far.url} {
			if err := e.Config.AddBackend(add); err != nil {
				t.Fatal(name, err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range endpoints {
		switch e.path {
		case "/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages":
		default:
			continue // Ollama's clients are told the name they asked for
		}
		if strings.Contains(e.body, `"background":true`) {
			continue
		}
		body := strings.NewReplacer("MODEL", "irori/auto", "TEXT", "say something").Replace(e.body)
		status, header, answer := postTo(t, r.URL+e.path, body)
		if status != http.StatusOK || header.Get("X-Irori-Model") != "fake-model" || strings.Contains(answer, "weak-model") || !strings.Contains(answer, `"model":"fake-model"`) {
			t.Errorf("%s %.80s: %d %s %.400s", e.path, body, status, header.Get("X-Irori-Model"), answer)
		}
		seen[e.path]++
	}
	if len(seen) != 4 {
		t.Errorf("only %v were asked", seen)
	}
}
