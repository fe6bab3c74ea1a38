package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"irori/internal/app/running"
	"irori/internal/app/talk"
	"irori/internal/config"
)

// A backend that the running server was started with is known to the other
// commands of its home, as one of the settings is.
func TestBackendOfTheRunningServer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/irori/v1/status" || r.Header.Get(running.Header) != "secret" {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		_, _ = io.WriteString(w, `{"backends":[{"name":"mock","url":"http://127.0.0.1:9"}]}`)
	}))
	defer s.Close()
	e := &Env{Home: t.TempDir(), Config: &config.Config{Backends: map[string]config.Backend{"set": {URL: "http://127.0.0.1:8"}}}}
	for _, runs := range []bool{false, true} {
		if runs {
			release, err := e.lockHome()
			if err != nil {
				t.Fatal(err)
			}
			defer release()
			if err := running.Home(e.Home).Write(&running.Server{URL: s.URL, Token: "secret"}); err != nil {
				t.Fatal(err)
			}
		}
		for ref, want := range map[string]string{"set/m": "http://127.0.0.1:8", "mock/oracle": "http://127.0.0.1:9", "other/m": "", "mock": ""} {
			if ref == "mock/oracle" && !runs {
				want = ""
			}
			if _, address, ok := e.Backend(t.Context(), ref); address != want || ok != (want != "") {
				t.Errorf("%s with a server %v: %q %v", ref, runs, address, ok)
			}
		}
	}
	c, err := e.OpenChat(t.Context(), "mock/oracle", false, nil, talk.Options{})
	if err != nil || c.Model() != "mock/oracle" {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
