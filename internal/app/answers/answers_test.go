package answers

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/gateway/resp"
	"irori/internal/store"
	"irori/internal/store/body"
	"irori/internal/wire/openai/responses"
)

func TestSealOutlivesTheServer(t *testing.T) {
	home := t.TempDir()
	open := func() *resp.Handlers {
		h := &resp.Handlers{}
		k, err := Open(t.Context(), home, time.Hour, slog.New(slog.DiscardHandler), h)
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		return h
	}
	sealed := open().Seal.Close("a summary")
	again := open().Seal
	if text, err := again.Open(sealed); err != nil || text != "a summary" {
		t.Errorf("the next server reads %q (%v)", text, err)
	}
	for _, forged := range []string{"", "a summary", sealed[:len(sealed)-2], strings.Replace(sealed, "compaction.1.", "compaction.1.A", 1)} {
		if _, err := again.Open(forged); err == nil {
			t.Errorf("%q is taken", forged)
		}
	}
	if st, err := os.Stat(filepath.Join(home, "responses", "seal.key")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the secret can be read by others: %v (%v)", st.Mode(), err)
	}
}

func TestUndoneWorkFails(t *testing.T) {
	home, h := t.TempDir(), &resp.Handlers{}
	k, err := Open(t.Context(), home, time.Hour, slog.New(slog.DiscardHandler), h)
	if err != nil {
		t.Fatal(err)
	}
	a := &store.Answer{ID: "resp_1", Created: time.Now(), Expires: time.Now().Add(time.Hour), Pending: true, Body: []byte(`{"id":"resp_1","status":"queued"}`)}
	if err := h.Kept.Put(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	// A server that is killed closes nothing; the file is the same.
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	next := &resp.Handlers{}
	if k, err = Open(t.Context(), home, time.Hour, slog.New(slog.DiscardHandler), next); err != nil {
		t.Fatal(err)
	}
	got, err := next.Kept.Get(t.Context(), "", "resp_1")
	if err != nil || got.Pending || responses.Status(got.Body) != responses.StatusFailed || !strings.Contains(string(got.Body), "the server ended") {
		t.Errorf("it is %s, pending %v (%v)", got.Body, got.Pending, err)
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := Forget(t.Context(), home, body.Which{ID: "1"}); n != 1 || err != nil {
		t.Errorf("%d are forgotten (%v)", n, err)
	}
	// Who keeps nothing has nothing left.
	none := &resp.Handlers{}
	if k, err = Open(t.Context(), home, 0, slog.New(slog.DiscardHandler), none); err != nil || k.Close() != nil || none.Kept != nil {
		t.Errorf("kept: %v (%v)", none.Kept, err)
	}
	if n, err := Forget(t.Context(), home, body.Which{}); n != 0 || err != nil {
		t.Errorf("of no file %d are forgotten (%v)", n, err)
	}
	if _, err := os.Stat(filepath.Join(home, "responses", "answers.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}
