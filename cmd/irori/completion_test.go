package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"irori/internal/app/running"
	"irori/internal/term/verb"
)

// What is in a server's memory can be taken out of it, and was asked.
func TestCompletionOfModelsInMemory(t *testing.T) {
	home := t.TempDir()
	t.Setenv("IRORI_HOME", home)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/irori/v1/status" && r.Header.Get(running.Header) == "secret" {
			_, _ = io.WriteString(w, `{"models":[{"model":"smol"},{"model":"large"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	release, err := running.Home(home).Lock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	if err := running.Home(home).Write(&running.Server{URL: server.URL, PID: 1, Token: "secret"}); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"stop ": "large smol", "stop s": "smol", "stop smol ": "", "log --model ": "large smol", "log --model=s": "--model=smol",
	} {
		var out, told bytes.Buffer
		status := dispatch(t.Context(), append([]string{"__complete", "--"}, strings.Split(line, " ")...), verb.Streams{In: nil, Out: &out, Err: &told})
		if got := strings.Join(strings.Fields(out.String()), " "); status != 0 || got != want || told.Len() != 0 {
			t.Errorf("%q gives %q, want %q (%d %s)", line, got, want, status, &told)
		}
	}
}
