package policies

import (
	"math"
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
	}, func(name string) (string, string) {
		if name == "up/nosuch" {
			return "up/nosuch is not a model of up", ""
		}
		return "", ""
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
		{"[big]", "[up/m, up/nosuch]", "p:4: key routes.auto.cloud: up/nosuch is not a model of up"},
		{"[up/nosuch]", "up/m", "p:3: key routes.auto.local: up/nosuch is not a model of up"},
		{"[tiny]", "up/m", "p:3: key routes.auto.local: tiny is not here"},
		{"[up/m]", "up/m", "p:4: key routes.auto.cloud names up/m, which key routes.auto.local names too"},
		{"[big]", "[up/m, up/m]", "p:4: key routes.auto.cloud names up/m twice"},
	} {
		p, err := policy.Parse("p", []byte("routes:\n  auto:\n    local: "+c.local+"\n    cloud: "+c.cloud+"\n    shadow: {share: 0.1, judge: up/m}\n"))
		if err == nil {
			err = Check(p, Here{Missing: missing, Is: is})
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
	if err := Check(p, Here{Missing: missing, Is: is}); err == nil || !strings.HasPrefix(err.Error(), "p:4: key routes.auto.cloud: up/m is the model that line 3 names as irori/local") {
		t.Error(err)
	}
}

// A quality that no audits can promise is refused, unless a calibration was given
// that promises it.
func TestReach(t *testing.T) {
	there := Here{Missing: func(string) (string, string) { return "", "" }, Is: func(name string) string { return name }}
	given := there
	given.Given = func(alpha, delta float64) bool { return math.Abs(alpha-.001) < 1e-9 && math.Abs(delta-.1) < 1e-9 }
	for _, c := range []struct {
		keys, says string
		h          Here
	}{
		{"quality: 0.996", "", there},
		// 1 − 0.025^(1/1000): the walk that begins at 40 % of 2,500.
		{"quality: 0.9963", "", there},
		{"quality: 0.9964", "p:5: key routes.auto.quality can never be met: with key confidence at 0.9 the half of the last 5000 audits that is calibrated on promises 0.9963 at most, even without an error; 0.9964 would take about 51", there},
		{"quality: 0.999", "p:5: key routes.auto.quality can never be met: ", there},
		{"quality: 0.9999999", "p:5: key routes.auto.quality can never be met: ", given},
		{"quality: 0.999", "", given},
		{"quality: 0.996\n    confidence: 0.999", "p:5: key routes.auto.quality can never be met: with key confidence at 0.999 the half of the last 5000 audits that is calibrated on promises 0.9917 at most", there},
	} {
		p, err := policy.Parse("p", []byte("routes:\n  auto:\n    local: a\n    cloud: up/m\n    "+c.keys+"\n"))
		if err == nil {
			err = Check(p, c.h)
		}
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.HasPrefix(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.keys, err)
		}
	}
}

// What will hardly do what was meant is said.
func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		keys, says string
		given      bool
	}{
		{"quality: 0.9", "p:5: key routes.auto.quality: no promise will ever come", false},
		{"quality: 0.9", "", true},
		{"quality: 0.9\n    shadow: {share: 0}", "p:5: key routes.auto.quality: no promise will ever come", false},
		{"quality: 0.9\n    shadow: {share: 0.1, budget: 5k tokens/day}", "", false},
		{"shadow: {share: 1}", "p:2: key routes.auto.shadow audits 100 % of the answers and has no budget", false},
		{"shadow: {share: 1}\n    budget: 5k tokens/day", "", false},
	} {
		p, err := policy.Parse("p", []byte("routes:\n  auto:\n    local: a\n    cloud: up/m\n    "+c.keys+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(Doubts(p, func(float64, float64) bool { return c.given }), "\n")
		if c.says == "" && got != "" || !strings.HasPrefix(got, c.says) {
			t.Errorf("%s: %q", c.keys, got)
		}
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
