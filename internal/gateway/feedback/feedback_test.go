package feedback

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/log"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

// The word of whoever asked counts, and the owner's; to others there is no such
// answer.
func TestWhoseWordCounts(t *testing.T) {
	db, err := sqlite.Open(filepath.Join(t.TempDir(), "o.db"), true)
	if err != nil {
		t.Fatal(err)
	}
	l := log.New(log.Options{Shelf: db})
	t.Cleanup(func() {
		l.Close()
		_ = db.Close()
	})
	for id, key := range map[string]string{"0a": "anna", "0b": "bob", "0f": ""} {
		l.Decided(routed.Entry{ID: id, Key: key, Time: time.Now(), Answered: routed.Strong, Strong: routed.Target{Model: "big"}})
	}
	book := &access.Book{}
	anna, err := book.Create(access.Key{Name: "anna"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	guard := access.NewGuard(access.GuardOptions{Book: book})
	h := &Handlers{Say: l.Say, Fail: func(w http.ResponseWriter, e *llm.Error) {
		status, _ := gateway.Status(e.Code)
		gateway.WriteJSON(w, status, []byte(e.Param+" "+e.Message))
	}}
	h.G = gateway.New(gateway.Options{Keys: []string{"owner"}, Access: guard, Log: slog.New(slog.DiscardHandler)}, h.Routes(), h.Fail)
	srv := httptest.NewServer(h.G.Handler())
	t.Cleanup(srv.Close)
	for _, c := range []struct {
		secret, body string
		status       int
		want         string
	}{
		{"", `{"id":"0a","good":true}`, 401, "key"}, {"wrong", `{"id":"0a","good":true}`, 401, "key"},
		{anna, `{"id":"0a","good":true,"comment":"nice","extra":[1]}`, 200, `{"id":"0a","side":"strong","model":"big","score":1,"replaced":false,"comment_kept":false}`},
		{anna, `{"id":"0a","score":0.25}`, 200, `"score":0.25,"replaced":true`}, {anna, `{"id":"0b","good":true}`, 404, "no answer"},
		{anna, `{"id":"0f","good":true}`, 404, "no answer"}, {anna, `{"id":"0","good":true}`, 404, "no answer"}, {anna, `{"id":"zz","good":true}`, 404, "no answer"},
		{"owner", `{"id":"0b","good":false}`, 200, `"score":0`}, {"owner", `{"id":"0f","score":1}`, 200, `"score":1`},
		{anna, `{"good":true}`, 400, "id id is missing"}, {anna, `{"id":"0a"}`, 400, "score score"}, {anna, `{"id":"0a","score":0,"score":1}`, 400, "score score is there twice"}, {anna, `{"id":"0a","score":2}`, 400, "score score must"},
		{anna, `{"id":"0a","score":1,"good":false}`, 400, "good "}, {anna, `{"id":7}`, 400, "no word on an answer: id must be a text, not a number"}, {anna, `[1]`, 400, "no word on an answer: it must be an object, not a list"},
		{anna, `"good"`, 400, "it must be an object, not a text"}, {anna, `{"id":"0a","good":1}`, 400, "good must be true or false, not a number"},
		{anna, `{"id":"0a","score":1e999}`, 400, "score must be a number that can be kept, not number 1e999"}, {anna, `{"id":"0a","good":true,"comment":{}}`, 400, "comment must be a text, not an object"},
		{anna, `[`, 400, "no word"}, {anna, `{"id":"0a","score":"NaN"}`, 400, "no word"},
	} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, srv.URL+"/v1/feedback", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.secret != "" {
			req.Header.Set("Authorization", "Bearer "+c.secret)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %d %s %v", c.body, resp.StatusCode, b, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(`{"id":"a","score":0.5}`)
	f.Fuzz(func(t *testing.T, s string) {
		if w, err := decode([]byte(s)); err == nil && (w.ID == "" || !(w.Score >= 0 && w.Score <= 1)) {
			t.Errorf("%+v", w)
		}
	})
}
