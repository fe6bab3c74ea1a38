package archtest

import (
	"slices"
	"strings"
	"testing"
)

// ranks are the lines of the import rule in DESIGN.md, below internal/: a
// package may import only rooms of lines before its own. "wire/*" makes each
// folder below wire a room of its own.
var ranks = [][]string{
	{"unit", "plot"},
	{"llm", "text", "gguf", "safetensors", "hw", "sse", "splice", "gulp", "lines", "proc", "page", "dial"},
	{"tokenizer", "chat", "catalog", "power", "worker", "mend", "tree"},
	{"store", "wire/*"},
	{"engine", "backend/*", "sensor/*", "store/sqlite", "store/postgres"},
	{"cost", "fit", "pool", "access", "reuse"},
	{"route", "eval", "quantize", "tune", "merge", "job"},
	{"lab"},
	{"gateway/*", "telemetry", "dash", "term", "config"},
	{"app"},
}

// apart are packages for tests: they stand outside the lines, and import
// nothing of the module.
var apart = []string{"archtest", "fakellm", "golden", "testreal"}

// allowed are exceptions: importer, imported, and why.
var allowed = map[[2]string]string{}

// place finds the line of a package and its room. Programs come last.
func place(path string) (rank int, room string) {
	if !strings.HasPrefix(path, "internal/") {
		return len(ranks), path
	}
	p := strings.TrimPrefix(path, "internal/")
	rank, length := -1, 0
	for i, line := range ranks {
		for _, name := range line {
			base, each := strings.CutSuffix(name, "/*")
			if p != base && !strings.HasPrefix(p, base+"/") || len(base) < length {
				continue
			}
			rank, length, room = i, len(base), base
			if each && p != base {
				first, _, _ := strings.Cut(p[len(base)+1:], "/")
				room = base + "/" + first
			}
		}
	}
	return rank, room
}

// kin reports whether one package lies below the other.
func kin(a, b string) bool {
	return strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// mayImport returns why a package may not import another, "" where it may.
func mayImport(from, to string) string {
	if why := allowed[[2]string{from, to}]; why != "" {
		return ""
	}
	fromRank, fromRoom := place(from)
	toRank, toRoom := place(to)
	base := strings.TrimPrefix(to, "internal/")
	self := strings.TrimPrefix(from, "internal/")
	engine := self == "engine" || strings.HasPrefix(self, "engine/")
	switch {
	case base == "testreal" || base == "golden" || base == "archtest" || base == "store/storetest":
		return "it is for tests only"
	case base == "fakellm" && from != "cmd/fakellm":
		return "it is for tests and cmd/fakellm only"
	case base == "config" && self != "app" && !strings.HasPrefix(from, "cmd/"):
		return "only app and cmd read the settings"
	case base == "engine/ffi" && !engine && !strings.HasPrefix(from, "bench/"):
		return "only the engine speaks to the libraries"
	case strings.HasPrefix(self, "backend/") && (base == "engine" || strings.HasPrefix(base, "engine/")):
		return "backends reach the engine through the worker's protocol"
	case slices.Contains(apart, self):
		return "it stands outside the lines"
	case base == "fakellm" || fromRank < 0:
		return ""
	case toRank < 0:
		return "it stands on no line"
	case fromRoom == toRoom || kin(from, to):
		return ""
	case toRank > fromRank:
		return "it stands on a later line"
	case toRank == fromRank:
		return "it stands on the same line"
	}
	return ""
}

func TestPlaces(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.path, "internal/")
		if rank, _ := place(p.path); rank < 0 && !slices.Contains(apart, name) {
			t.Errorf("%s stands on no line of the import rule", p.path)
		}
	}
}

func TestImports(t *testing.T) {
	used := map[[2]string]bool{}
	for _, p := range packages(t) {
		for _, f := range p.files {
			for _, to := range f.imports() {
				if allowed[[2]string{p.path, to}] != "" {
					used[[2]string{p.path, to}] = true
				}
				if why := mayImport(p.path, to); why != "" {
					t.Errorf("%s imports %s: %s", f.name, to, why)
				}
			}
			if strings.HasPrefix(p.path, "internal/gateway") && f.outside("github.com/ebitengine/purego") {
				t.Errorf("%s imports purego: the gateway never links libraries", f.name)
			}
		}
	}
	for pair := range allowed {
		if !used[pair] {
			t.Errorf("the exception for %s and %s is used no longer: remove it", pair[0], pair[1])
		}
	}
}

// TestGatewayProcess follows the imports of the parts that run in the
// gateway's process: the libraries must not come in by a detour.
func TestGatewayProcess(t *testing.T) {
	byPath := map[string]*pkg{}
	for _, p := range packages(t) {
		byPath[p.path] = p
	}
	seen := map[string]bool{}
	var follow func(path string)
	follow = func(path string) {
		if seen[path] || byPath[path] == nil {
			return
		}
		seen[path] = true
		for _, f := range byPath[path].files {
			for _, to := range f.imports() {
				follow(to)
			}
		}
	}
	for path := range byPath {
		if strings.HasPrefix(path, "internal/gateway") || strings.HasPrefix(path, "internal/backend") {
			follow(path)
		}
	}
	for path := range seen {
		if strings.HasPrefix(path, "internal/engine") {
			t.Errorf("the gateway reaches %s by its imports", path)
		}
	}
}

// TestMayImport checks the rule itself.
func TestMayImport(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"internal/power", "internal/unit", true},
		{"internal/unit", "internal/llm", false},
		{"internal/llm", "internal/text", false},
		{"internal/wire/openai", "internal/wire/ollama", false},
		{"internal/gateway/oai", "internal/gateway", true},
		{"internal/gateway/oai", "internal/gateway/claude", false},
		{"internal/store/sqlite", "internal/store", true},
		{"internal/store/sqlite", "internal/store/postgres", false},
		{"internal/chat/jinja/method", "internal/chat/jinja/value", true},
		{"internal/backend/embedded", "internal/engine/sample", false},
		{"internal/backend/embedded", "internal/worker", true},
		{"internal/pool", "internal/config", false},
		{"internal/app", "internal/config", true},
		{"cmd/irori", "internal/config", true},
		{"cmd/irori", "internal/engine", true},
		{"cmd/irori", "internal/engine/ffi", false},
		{"bench/bareloop", "internal/engine/ffi", true},
		{"internal/engine", "internal/engine/ffi", true},
		{"internal/app", "internal/testreal", false},
		{"cmd/fakellm", "internal/fakellm", true},
		{"internal/fakellm", "internal/wire/openai", false},
		{"internal/newroom", "internal/llm", true},
		{"internal/app", "internal/newroom", false},
	} {
		if got := mayImport(c.from, c.to); (got == "") != c.ok {
			t.Errorf("%s imports %s: allowed is %v (%q), want %v", c.from, c.to, got == "", got, c.ok)
		}
	}
}
