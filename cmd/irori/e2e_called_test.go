//go:build unix

package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/testreal"
)

// TestE2ECalledCloud has a route call a model of this machine a cloud, by another
// name: it is none for irori/local, and sent nothing private, however it is named.
func TestE2ECalledCloud(t *testing.T) {
	home := testreal.Home(t)
	if _, errs, status := try(t, home, "alias", "me/strong", testreal.ModelName); status != 0 {
		t.Fatal(errs)
	}
	file := filepath.Join(home, "routes.yaml")
	if err := os.WriteFile(file, []byte("routes:\n  far: {cloud: me/strong}\n  here: {local: irori/local}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := up(t, home, "--policy", file)
	const secret = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	for _, c := range []struct {
		model, text, route string
		status             int
		says               string
	}{
		{"irori/local", "hello", "", http.StatusServiceUnavailable, "which a route calls a cloud"},
		{"irori/here", "hello", "", http.StatusServiceUnavailable, "which a route calls a cloud"},
		{"irori/auto", "hello", "", http.StatusNotFound, "irori/far, irori/here"},
		{"me/strong", "hello", "cloud", http.StatusOK, ""},
		{testreal.ModelName, "hello", "cloud", http.StatusOK, ""},
		{"irori/far", "hello", "cloud", http.StatusOK, ""},
		{"me/strong", "the key " + secret, "", http.StatusBadRequest, "does not leave this machine"},
		{testreal.ModelName, "the key " + secret, "", http.StatusBadRequest, "does not leave this machine"},
		{"irori/far", "the key " + secret, "", http.StatusForbidden, "does not leave this machine"},
	} {
		body := text(object{"model": c.model, "max_tokens": 4, "messages": []object{{"role": "user", "content": c.text}}})
		res, err := http.Post(s.url+"/v1/chat/completions", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		reason := res.Header.Get("X-Irori-Reason")
		if res.StatusCode != c.status || !strings.Contains(string(b), c.says) || c.route != "" && (res.Header.Get("X-Irori-Route") != c.route || !strings.HasPrefix(reason, c.route+": ")) {
			t.Errorf("%s, %s: %d %q %s", c.model, c.text, res.StatusCode, reason, b)
		}
	}
}
