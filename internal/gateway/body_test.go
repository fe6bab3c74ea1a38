package gateway

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
)

// bodyServer answers with the code of the error that reading a body gave.
func bodyServer(t *testing.T, timeout time.Duration) *httptest.Server {
	t.Helper()
	g := &Gateway{o: Options{ReadTimeout: timeout, MaxBody: 100}}
	srv := httptest.NewServer(g.bound(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := g.Body(w, r)
		if err != nil {
			status, _ := Status(llm.CodeOf(err))
			WriteJSON(w, status, []byte(err.Error()))
			return
		}
		WriteJSON(w, http.StatusOK, b)
	})))
	t.Cleanup(srv.Close)
	return srv
}

// A client that stops in the middle of its body is still there: it is told.
func TestStalledBodyIsAnswered(t *testing.T) {
	srv := bodyServer(t, 50*time.Millisecond)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(b), "50ms") {
		t.Errorf("%d %s %v", resp.StatusCode, b, err)
	}
}

// exchange sends raw bytes and reads the status of the answer.
func exchange(t *testing.T, addr, raw string) int {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// Only so that a broken server fails the test.
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// What a client only announces is answered at once: it never comes here.
func TestAnnouncedBodies(t *testing.T) {
	srv := bodyServer(t, time.Hour)
	for head, want := range map[string]int{
		"Content-Length: 99999999999\r\n\r\n{":                       http.StatusRequestEntityTooLarge,
		"Content-Length: 9999999999\r\nExpect: 100-continue\r\n\r\n": http.StatusRequestEntityTooLarge,
		"Content-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx":       http.StatusBadRequest,
		"Content-Length: 1\r\nContent-Encoding: identity\r\n\r\nx":   http.StatusOK,
	} {
		if got := exchange(t, srv.Listener.Addr().String(), "POST / HTTP/1.1\r\nHost: a\r\n"+head); got != want {
			t.Errorf("%q: %d", head, got)
		}
	}
}

// The server reads what a handler left of a body before it answers: a client
// that sends none must not hold that up for ever.
func TestRefusedBeforeTheBodyIsAnswered(t *testing.T) {
	fail := func(w http.ResponseWriter, e *llm.Error) {
		status, _ := Status(e.Code)
		WriteJSON(w, status, []byte(e.Message))
	}
	g := New(Options{Keys: []string{"k"}, ReadTimeout: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}, []Route{{
		Pattern: "POST /", Fail: fail, Handle: func(http.ResponseWriter, *http.Request) error { return nil },
	}}, fail)
	srv := httptest.NewServer(g.Handler())
	t.Cleanup(srv.Close)
	for head, want := range map[string]int{
		"Host: 127.0.0.1":                 http.StatusUnauthorized,
		"Host: example.com":               http.StatusForbidden,
		"Host: 127.0.0.1\r\nX-Api-Key: k": http.StatusOK,
	} {
		if got := exchange(t, srv.Listener.Addr().String(), "POST / HTTP/1.1\r\n"+head+"\r\nContent-Length: 50\r\n\r\n{"); got != want {
			t.Errorf("%q: %d", head, got)
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	srv := bodyServer(t, time.Minute)
	for n, want := range map[int]int{100: http.StatusOK, 101: http.StatusRequestEntityTooLarge} {
		resp, err := http.Post(srv.URL, "application/json", strings.NewReader(strings.Repeat("a", n)))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%d bytes: %d", n, resp.StatusCode)
		}
	}
}

// A client that ends its side in the middle of its body may still listen: it
// is told, and not with an empty 200.
func TestBodyCutShortIsAnswered(t *testing.T) {
	fail := func(w http.ResponseWriter, e *llm.Error) {
		status, _ := Status(e.Code)
		WriteJSON(w, status, []byte(e.Message))
	}
	var g *Gateway
	g = New(Options{Log: slog.New(slog.DiscardHandler)}, []Route{{
		Pattern: "POST /", Fail: fail, Handle: func(w http.ResponseWriter, r *http.Request) error {
			_, err := g.Body(w, r)
			return err
		},
	}}, fail)
	srv := httptest.NewServer(g.Handler())
	t.Cleanup(srv.Close)
	for _, head := range []string{"Content-Length: 5000\r\n\r\n{\"model\"", "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"model\"\r\n"} {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		// Only so that a broken server fails the test.
		if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "POST / HTTP/1.1\r\nHost: a.localhost\r\n"+head); err != nil {
			t.Fatal(err)
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusBadRequest || string(b) != "the body is cut short after 8 bytes" {
			t.Errorf("%q: %d %q %v", head, resp.StatusCode, b, err)
		}
	}
}
