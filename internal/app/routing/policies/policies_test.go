package policies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/llm"
	"irori/internal/route/policy"
)

// A target that is not here, and a model under two names, are refused by line and
// key.
func TestCheck(t *testing.T) {
	models := map[string]string{"irori/local": "hf/small", "small": "hf/small", "hf/small": "hf/small", "big": "hf/big"}
	missing := Missing([]string{"up"}, func(name string) error {
		if models[name] == "" {
			return llm.Errorf(llm.CodeModelNotFound, "no")
		}
		return nil
	})
	is := func(name string) string {
		if m := models[name]; m != "" {
			return m
		}
		return name
	}
	for _, c := range []struct{ local, cloud, says string }{
		{"[irori/local, big]", "[up/m, up/n]", ""},
		{"[small, hf/small]", "up/m", "p:3: key routes.auto.local: hf/small is the model that line 3 names as small"},
		{"[small, irori/local]", "up/m", "p:3: key routes.auto.local: irori/local is the model that line 3 names as small"},
		{"[big]", "[up/m, other/m]", "p:4: key routes.auto.cloud: no backend is called other"},
		{"[tiny]", "up/m", "p:3: key routes.auto.local: tiny is not here"},
		{"[up/m]", "up/m", "p:4: key routes.auto.cloud names up/m, which key routes.auto.local names too"},
		{"[big]", "[up/m, up/m]", "p:4: key routes.auto.cloud names up/m twice"},
	} {
		p, err := policy.Parse("p", []byte("routes:\n  auto:\n    local: "+c.local+"\n    cloud: "+c.cloud+"\n    shadow: {share: 0.1, judge: up/m}\n"))
		if err == nil {
			err = Check(p, missing, is)
		}
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
			t.Errorf("%s, %s: %v", c.local, c.cloud, err)
		}
	}
	// What irori/local is may be a server's model, which is then on both sides.
	p, err := policy.Parse("p", []byte("routes:\n  auto:\n    local: irori/local\n    cloud: up/m\n"))
	if err != nil {
		t.Fatal(err)
	}
	models["irori/local"] = "up/m"
	if err := Check(p, missing, is); err == nil || !strings.HasPrefix(err.Error(), "p:4: key routes.auto.cloud: up/m is the model that line 3 names as irori/local") {
		t.Error(err)
	}
}

// A policy that is named must be there; one that is not need not.
func TestLoad(t *testing.T) {
	home := t.TempDir()
	if p, err := Load(home, ""); p != nil || err != nil {
		t.Error(p, err)
	}
	if _, err := Load(home, filepath.Join(home, "other.yaml")); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(home, DefaultFile), []byte("routes: {auto: {local: a}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := Load(home, ""); err != nil || p.Route("auto") == nil {
		t.Error(p, err)
	}
}
