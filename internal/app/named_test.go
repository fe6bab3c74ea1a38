package app

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"irori/internal/config"
)

// namedHouse serves a policy of routes with two near servers, of which the one
// that comes first by its name is what a route calls a cloud.
func namedHouse(t *testing.T, routes string) (url string, near, far *cloud) {
	t.Helper()
	near, far = newCloud(t), newCloud(t)
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("routes:\n"+routes), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := up(t, UpOptions{Policy: file}, func(e *Env) {
		for name, c := range map[string]*cloud{"near": near, "far": far} {
			if err := e.Config.AddBackend(name + "=openai:" + c.url); err != nil {
				t.Fatal(err)
			}
		}
		// Whoever stands in for the cloud may be sent no more than it.
		if err := e.Config.AddBackend("wide=openai:" + far.url + "/v1"); err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*config.Backend){
			"near": func(b *config.Backend) { b.Failover = []string{"far/other"} },
			"far":  func(b *config.Backend) { b.Pool, b.Failover = "group", []string{"wide"} },
			"wide": func(b *config.Backend) { b.Cloud = true },
		} {
			b := e.Config.Backends[name]
			change(&b)
			e.Config.Backends[name] = b
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	near.sent()
	far.sent()
	return r.URL, near, far
}

const (
	workRoute  = "  work: {local: near/fake-model, cloud: far/fake-model, unknown: cloud}\n"
	otherRoute = "  other: {local: near/fake-model}\n"
)

// TestNoRouteAuto checks what irori/auto, no name and a side stand for where no
// route is called auto: the only one, and of several none.
func TestNoRouteAuto(t *testing.T) {
	for _, c := range []struct{ routes, model, route, says string }{
		{workRoute, "irori/auto", "cloud", ""},
		{workRoute, "", "cloud", ""},
		{workRoute, "irori/cloud", "cloud", ""},
		{workRoute, "irori/local", "local", ""},
		{workRoute + otherRoute, "irori/auto", "", "irori/work, irori/other"},
		{workRoute + otherRoute, "", "", "irori/work, irori/other"},
		{workRoute + otherRoute, "irori/cloud", "", "irori/work, irori/other"},
		{workRoute + otherRoute, "irori/local", "local", ""},
		{workRoute + otherRoute, "irori/work", "cloud", ""},
	} {
		url, near, far := namedHouse(t, c.routes)
		status, header, answer := postTo(t, url+"/v1/chat/completions", `{"model":"`+c.model+`","messages":[{"role":"user","content":"hello"}]}`)
		asked := map[string]bool{"local": strings.Contains(near.sent(), "POST"), "cloud": strings.Contains(far.sent(), "POST")}
		switch {
		case c.says != "":
			if status != http.StatusNotFound || !strings.Contains(answer, c.says) || !strings.Contains(answer, "irori run irori/work") || asked["local"] || asked["cloud"] {
				t.Errorf("%+v: %d %s %v", c, status, answer, asked)
			}
		case status != http.StatusOK || header.Get("X-Irori-Route") != c.route || !asked[c.route] || asked["local"] && asked["cloud"]:
			t.Errorf("%+v: %d %q %v %s", c, status, header.Get("X-Irori-Reason"), asked, answer)
		}
		res, err := http.Get(url + "/v1/models")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		list := string(b)
		if strings.Contains(list, `"irori/auto"`) != (c.routes == workRoute) || !strings.Contains(list, `"irori/work"`) {
			t.Errorf("%q lists %s", c.routes, list)
		}
	}
}

// TestCalledCloud checks on every endpoint that what a route calls a cloud is sent
// nothing private unread, however the model is named.
func TestCalledCloud(t *testing.T) {
	for routes, names := range map[string][]string{
		workRoute:              {"irori/auto", "", "irori/local", "irori/work", "far/fake-model", "FAR/fake-model", "far/FAKE-model", "far/whatever", "group/fake-model", "group/x"},
		workRoute + otherRoute: {"", "irori/auto", "irori/local", "irori/cloud", "irori/other", "irori/work", "far/fake-model", "near/fake-model"},
	} {
		url, _, far := namedHouse(t, routes)
		for _, name := range names {
			for _, e := range endpoints {
				for _, secret := range []string{secretKey, secretMail} {
					body := strings.NewReplacer("MODEL", name, "TEXT", "say "+secret).Replace(e.body)
					status, header, answer := postTo(t, url+e.path, body)
					if strings.Contains(body, "background") && status == http.StatusOK {
						waitFor(t, url, answer)
					}
					if got := far.sent(); strings.Contains(got, secret) || secret == secretKey && strings.Contains(got, "POST") {
						t.Errorf("%q %s: %d (%s) %.200s; it left: %.300s", name, e.path, status, header.Get("X-Irori-Reason"), answer, got)
					}
				}
			}
		}
	}
	// What may leave does, masked, and counts as a cloud's.
	url, _, far := namedHouse(t, workRoute)
	for _, name := range []string{"far/fake-model", "far/whatever", "group/fake-model"} {
		status, header, answer := postTo(t, url+"/v1/chat/completions", `{"model":"`+name+`","messages":[{"role":"user","content":"write to `+secretMail+`"}]}`)
		if got := far.sent(); status != http.StatusOK || header.Get("X-Irori-Route") != "cloud" || !strings.Contains(got, "[[EMAIL_1]]") {
			t.Errorf("%s: %d %v %s; sent %s", name, status, header, answer, got)
		}
	}
	// A route that lets all leave says so of its target too.
	url, _, far = namedHouse(t, strings.Replace(workRoute, "unknown", "privacy: any, unknown", 1))
	if postTo(t, url+"/v1/chat/completions", `{"model":"far/fake-model","messages":[{"role":"user","content":"`+secretMail+`"}]}`); !strings.Contains(far.sent(), secretMail) {
		t.Error("what its owner lets leave does not")
	}
}

// TestOnlyClouds checks that irori/local is refused where all near models are
// called clouds.
func TestOnlyClouds(t *testing.T) {
	url, near, far := namedHouse(t, "  work: {cloud: [far/fake-model, near/fake-model]}\n  other: {cloud: [near/fake-model]}\n")
	for _, name := range []string{"irori/local", "irori/auto", ""} {
		status, _, answer := postTo(t, url+"/v1/chat/completions", `{"model":"`+name+`","messages":[{"role":"user","content":"hello"}]}`)
		if !slices.Contains([]int{http.StatusServiceUnavailable, http.StatusNotFound}, status) || strings.Contains(near.sent()+far.sent(), "POST") {
			t.Errorf("%q: %d %s", name, status, answer)
		}
	}
}

// TestRulesComeFirst checks that no way to demand a cloud gets past the rules of
// the routes that call it one, nor past what its conversation was.
func TestRulesComeFirst(t *testing.T) {
	const rules = "  auto: {local: near/fake-model, cloud: far/fake-model, unknown: cloud, rules: [{when: {contains: Kohaku}, use: local, why: it is confidential}, {when: {contains: weapon}, use: refuse, why: nobody answers that}]}\n"
	url, near, far := namedHouse(t, rules+"  other: {cloud: far/fake-model}\n")
	ask := func(model, text string, header ...string) (int, string) {
		near.sent()
		far.sent()
		status, _, answer := postTo(t, url+"/v1/chat/completions", `{"model":"`+model+`","messages":[{"role":"user","content":"`+text+`"}]}`, header...)
		return status, answer
	}
	for _, c := range []struct {
		model  string
		header []string
	}{{"irori/cloud", nil}, {"irori/auto", []string{"X-Irori-Route", "cloud"}}, {"far/fake-model", nil}, {"far/FAKE-model", nil}, {"far/whatever", nil}, {"group/fake-model", nil}, {"far/fake-model", []string{"X-Irori-Route", "cloud"}}} {
		for text, says := range map[string]string{"of Kohaku": "it is confidential", "a weapon": "nobody answers that", "hello": ""} {
			status, answer := ask(c.model, text, c.header...)
			asked := strings.Contains(far.sent(), "POST")
			if says == "" && (status != http.StatusOK || !asked) || says != "" && (status != http.StatusForbidden || asked || !strings.Contains(answer, says)) {
				t.Errorf("%+v %s: %d %s, the cloud was asked: %v", c, text, status, answer, asked)
			}
		}
	}
	for _, model := range []string{"irori/local", "near/fake-model", "irori/auto"} {
		if status, answer := ask(model, "of Kohaku"); status != http.StatusOK || strings.Contains(far.sent(), "POST") {
			t.Errorf("%s: %d %s", model, status, answer)
		}
	}
	if status, answer := ask("irori/local", "a weapon"); status != http.StatusForbidden || strings.Contains(near.sent(), "POST") {
		t.Errorf("%d %s", status, answer)
	}
	// What is embedded nobody sees here, so nobody can tell that the rules let it.
	status, _, answer := postTo(t, url+"/v1/embeddings", `{"model":"far/fake-model","input":"of Kohaku"}`)
	if status != http.StatusForbidden || !strings.Contains(answer, "the text of such requests is not read") || strings.Contains(far.sent(), "POST") {
		t.Errorf("%d %s", status, answer)
	}
	// A conversation that was private stays so for who names the cloud.
	if status, answer := ask("irori/auto", "it is "+secretKey, "Session-Id", "s"); status != http.StatusOK || strings.Contains(far.sent(), "POST") {
		t.Errorf("%d %s", status, answer)
	}
	for _, model := range []string{"far/fake-model", "group/fake-model", "wide/fake-model"} {
		status, answer := ask(model, "go on", "Session-Id", "s")
		if asked := far.sent(); status < 400 || strings.Contains(asked, "POST") {
			t.Errorf("%s: %d %s; sent %s", model, status, answer, asked)
		} else if strings.HasPrefix(model, "far") && (status != http.StatusForbidden || !strings.Contains(answer, "its conversation is")) {
			t.Errorf("%s: %d %s", model, status, answer)
		}
		if status, answer := ask(model, "go on", "Session-Id", "t"); status != http.StatusOK {
			t.Errorf("%s: %d %s", model, status, answer)
		}
	}
	// Who demands this machine of a cloud's name contradicts himself.
	if status, answer := ask("far/fake-model", "hello", "X-Irori-Route", "local"); status != http.StatusBadRequest || !strings.Contains(answer, "far/fake-model") || strings.Contains(far.sent(), "POST") {
		t.Errorf("%d %s", status, answer)
	}
}
