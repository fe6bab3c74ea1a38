package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
)

// bodyServer answers with the code of the error that reading a body gave.
func bodyServer(t *testing.T) *httptest.Server {
	t.Helper()
	g := &Gateway{o: Options{ReadTimeout: 50 * time.Millisecond, MaxBody: 100}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := g.Body(w, r)
		if err != nil {
			status, _ := Status(llm.CodeOf(err))
			WriteJSON(w, status, []byte(err.Error()))
			return
		}
		WriteJSON(w, http.StatusOK, b)
	}))
	t.Cleanup(srv.Close)
	return srv
}

// A client that stops in the middle of its body is still there: it is told.
func TestStalledBodyIsAnswered(t *testing.T) {
	srv := bodyServer(t)
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

func TestBodyIsBounded(t *testing.T) {
	srv := bodyServer(t)
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
