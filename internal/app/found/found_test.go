package found

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEngines(t *testing.T) {
	answer := func(text string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }))
		t.Cleanup(s.Close)
		return s
	}
	is, other, away := answer(`{"version":"0.9.1"}`), answer(`<html>`), httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound))
	defer away.Close()
	places := []place{
		{Engine{"A", "a", "ollama", is.URL, ""}, "/v", "version", "version"},
		{Engine{"B", "b", "vllm", other.URL, ""}, "/v", "version", "version"},
		{Engine{"C", "c", "vllm", away.URL, ""}, "/v", "version", "version"},
		{Engine{"D", "d", "vllm", "http://127.0.0.1:1", ""}, "/v", "version", "version"},
	}
	if got := engines(t.Context(), places, nil); len(got) != 1 || got[0] != (Engine{"A", "a", "ollama", is.URL, "0.9.1"}) {
		t.Errorf("%+v", got)
	}
	for _, own := range []string{is.URL + "/v1", strings.TrimPrefix(is.URL, "http://"), strings.Replace(is.URL, "127.0.0.1", "localhost", 1), strings.Replace(is.URL, "http://127.0.0.1", "0.0.0.0", 1)} {
		if got := engines(t.Context(), places, []string{own}); got != nil {
			t.Errorf("%s is known: %+v", own, got)
		}
	}
	if got := engines(t.Context(), places, []string{strings.Replace(is.URL, "127.0.0.1", "10.0.0.1", 1)}); len(got) != 1 {
		t.Errorf("another machine's is not this one: %+v", got)
	}
}

// Only this machine is asked.
func TestUsualPlacesAreHere(t *testing.T) {
	for _, p := range usual {
		if port(p.URL) == "" || !strings.HasPrefix(p.URL, "http://127.0.0.1:") {
			t.Error(p.URL)
		}
	}
}
