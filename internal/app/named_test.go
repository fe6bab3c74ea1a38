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
