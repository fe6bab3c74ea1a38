//go:build unix

package main_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"

	"irori/internal/testreal"
)

// TestE2EResponses keeps answers of two keys apart, goes on from them, breaks
// off work in the background with the whole server, and forgets.
func TestE2EResponses(t *testing.T) {
	const path = "/v1/responses"
	home := testreal.Home(t)
	s := up(t, home)
	anna, bob := newKey(t, home, "anna"), newKey(t, home, "bob")
	ask := func(more object) object {
		o := object{"model": "irori/local", "input": "himitsu", "max_output_tokens": 4}
		for k, v := range more {
			o[k] = v
		}
		return o
	}
	first := s.post(t, path, ask(nil), "X-Api-Key", anna)
	accounted(t, first)
	id, _ := first.body["id"].(string)
	if id != "resp_"+first.Header.Get("X-Irori-Id") {
		t.Errorf("the response is %s, the request %s", id, first.Header.Get("X-Irori-Id"))
	}
	if r := record(t, home, first.Header.Get("X-Irori-Id")); r["api"] != "responses" || r["key"] != "anna" || digNumber(r, "output_tokens") != digNumber(first.body, "usage", "output_tokens") {
		t.Errorf("the ledger has %v, the answer %s", r, first.raw)
	}
	next := s.post(t, path, ask(object{"previous_response_id": id}), "X-Api-Key", anna)
	if now, then := digNumber(next.body, "usage", "input_tokens"), digNumber(first.body, "usage", "input_tokens"); now <= then {
		t.Errorf("going on has a prompt of %v tokens, the beginning one of %v", now, then)
	}
	for key, want := range map[string]int{anna: http.StatusOK, bob: http.StatusNotFound} {
		if r := s.ask(t, http.MethodGet, path+"/"+id, "", "X-Api-Key", key); r.StatusCode != want {
			t.Errorf("GET: %d %s, want %d", r.StatusCode, r.raw, want)
		}
		if r := s.ask(t, http.MethodPost, path, text(ask(object{"previous_response_id": id})), "X-Api-Key", key); r.StatusCode != want {
			t.Errorf("going on: %d %s, want %d", r.StatusCode, r.raw, want)
		}
	}
	undone := s.post(t, path, ask(object{"background": true, "max_output_tokens": 4000}), "X-Api-Key", anna)
	if err := s.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	s = up(t, home)
	left, _ := undone.body["id"].(string)
	if r := s.ask(t, http.MethodGet, path+"/"+left, "", "X-Api-Key", anna); r.body["status"] != "failed" || !strings.Contains(string(r.raw), "the server ended") {
		t.Errorf("what was broken off is %d %s", r.StatusCode, r.raw)
	}
	if _, errs, status := try(t, home, "forget", "--key", "anna"); status != 0 {
		t.Fatal(errs)
	}
	if r := s.ask(t, http.MethodGet, path+"/"+id, "", "X-Api-Key", anna); r.StatusCode != http.StatusNotFound {
		t.Errorf("what is forgotten: %d %s", r.StatusCode, r.raw)
	}
}
