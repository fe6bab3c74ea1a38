package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"irori/internal/dial"
	"irori/internal/llm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a file server that can be told to misbehave.
type place struct {
	mu     sync.Mutex
	body   []byte
	etag   string
	plain  bool                      // no ranges
	before func(r *http.Request) int // a status to answer with, or 0
	cut    int                       // bytes after which each of the next cuts answers breaks off
	cuts   int
	ranges atomic.Int64
	bytes  atomic.Int64
	at     sync.WaitGroup // answers being written
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.at.Add(1)
	defer p.at.Done()
	if p.before != nil {
		if s := p.before(r); s != 0 {
			w.WriteHeader(s)
			return
		}
	}
	p.mu.Lock()
	body, etag, cut := p.body, p.etag, 0
	if p.cuts > 0 && r.Header.Get("Range") != "bytes=0-0" {
		p.cuts--
		cut = p.cut
	}
	p.mu.Unlock()
	if p.plain {
		r.Header.Del("Range")
	}
	if r.Header.Get("Range") != "" {
		p.ranges.Add(1)
	}
	w.Header().Set("ETag", etag)
	out := &cutWriter{ResponseWriter: w, left: -1, p: p}
	if cut > 0 {
		out.left = cut
	}
	http.ServeContent(out, r, "f", time.Time{}, bytes.NewReader(body))
}

type cutWriter struct {
	http.ResponseWriter
	left int
	p    *place
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if c.left >= 0 && len(b) > c.left {
		n, _ := c.ResponseWriter.Write(b[:c.left])
		c.p.bytes.Add(int64(n))
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	if c.left >= 0 {
		c.left -= len(b)
	}
	n, err := c.ResponseWriter.Write(b)
	c.p.bytes.Add(int64(n))
	return n, err
}

func start(t *testing.T, size int) (*place, *httptest.Server, *Client) {
	t.Helper()
	p := &place{body: make([]byte, size), etag: `"one"`}
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(p.body)
	s := httptest.NewServer(p)
	tr := &http.Transport{}
	t.Cleanup(func() { tr.CloseIdleConnections(); s.Close() })
	return p, s, &Client{HTTP: &http.Client{Transport: tr}, Chunk: 10_000, Parallel: 3, Retries: 3, Backoff: time.Millisecond, Stall: 2 * time.Second}
}

func sum(b []byte) string { h := sha256.Sum256(b); return hex.EncodeToString(h[:]) }

func check(t *testing.T, dest string, want []byte, res Result, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(dest)
	if err != nil || !bytes.Equal(got, want) || res.SHA256 != sum(want) || res.Size != int64(len(want)) {
		t.Fatalf("%d bytes of %d, %v, %+v", len(got), len(want), err, res)
	}
	if _, err := os.Stat(partsPath(dest)); err == nil {
		t.Error("the sidecar stayed")
	}
}

func TestDownload(t *testing.T) {
	tests := []struct {
		name string
		size int
		with func(p *place)
	}{
		{"in ranges", 95_000, func(*place) {}},
		{"exactly one chunk", 10_000, func(*place) {}},
		{"one byte", 1, func(*place) {}},
		{"empty", 0, func(*place) {}},
		{"without ranges", 95_000, func(p *place) { p.plain = true }},
		{"cut connections", 95_000, func(p *place) { p.cut, p.cuts = 900, 90 }},
		{"cut without ranges", 95_000, func(p *place) { p.plain, p.cut, p.cuts = true, 3000, 2 }},
		{"without validator", 95_000, func(p *place) { p.etag = "" }},
		{"busy at first", 30_000, func(p *place) {
			var n atomic.Int64
			p.before = func(*http.Request) int {
				if n.Add(1) <= 2 {
					return http.StatusServiceUnavailable
				}
				return 0
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, s, c := start(t, tt.size)
			tt.with(p)
			dest := filepath.Join(t.TempDir(), "f")
			var last int64
			res, err := c.Download(t.Context(), Request{URL: s.URL, Dest: dest, Size: int64(tt.size), SHA256: sum(p.body), Progress: func(done, total int64) { last = done }})
			check(t, dest, p.body, res, err)
			if tt.size > 0 && !p.plain && last != int64(tt.size) {
				t.Errorf("progress ended at %d of %d", last, tt.size)
			}
		})
	}
}

// A stopped download goes on where it was; one whose file changed begins anew.
func TestResume(t *testing.T) {
	for _, changed := range []bool{false, true} {
		t.Run(fmt.Sprint("changed ", changed), func(t *testing.T) {
			p, s, c := start(t, 200_000)
			dest := filepath.Join(t.TempDir(), "f")
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Download(ctx, Request{URL: s.URL, Dest: dest, Size: -1, Progress: func(done, _ int64) {
				if done > 120_000 {
					cancel()
				}
			}})
			if llm.CodeOf(err) != llm.CodeCancelled {
				t.Fatalf("stopped with %v", err)
			}
			before := Done(dest)
			if before == 0 {
				t.Fatal("nothing was kept")
			}
			if changed {
				p.mu.Lock()
				p.body, p.etag = bytes.Repeat([]byte("new "), 50_000), `"two"`
				p.mu.Unlock()
			}
			p.at.Wait() // what the stopped one asked for is written, and not counted below
			p.bytes.Store(0)
			res, err := c.Download(t.Context(), Request{URL: s.URL, Dest: dest, Size: -1})
			check(t, dest, p.body, res, err)
			if got := p.bytes.Load(); !changed && got > 200_000-before+1 {
				t.Errorf("%d bytes came again, %d were there", got, before)
			}
		})
	}
}

// What a single range brought before the stop is kept too: a small model is
// one range, and a slow line brings little of several.
func TestResumeWithinARange(t *testing.T) {
	p, s, c := start(t, 200_000)
	c.Chunk, c.Parallel = 1<<20, 1
	dest := filepath.Join(t.TempDir(), "f")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	// The one range breaks off, and the stop comes before it is asked again.
	p.cut, p.cuts = 150_000, 1
	var n atomic.Int64
	p.before = func(*http.Request) int {
		if n.Add(1) == 3 {
			cancel()
			return http.StatusServiceUnavailable
		}
		return 0
	}
	_, err := c.Download(ctx, Request{URL: s.URL, Dest: dest, Size: -1})
	before := Done(dest)
	if err == nil || before != 150_000 {
		t.Fatalf("stopped with %v, %d bytes are kept", err, before)
	}
	p.bytes.Store(0)
	res, err := c.Download(t.Context(), Request{URL: s.URL, Dest: dest, Size: -1, SHA256: sum(p.body)})
	check(t, dest, p.body, res, err)
	if got := p.bytes.Load(); got != 200_000-before+1 {
		t.Errorf("%d bytes came, %d were missing", got, 200_000-before)
	}
}

// Where the digest is known, no validator is needed to go on, nor the same
// address; what was kept and is wrong is fetched anew, once.
func TestResumeByDigest(t *testing.T) {
	for _, how := range []string{"kept", "elsewhere", "damaged", "wrong"} {
		t.Run(how, func(t *testing.T) {
			p, s, c := start(t, 200_000)
			p.etag = ""
			want := sum(p.body)
			dest := filepath.Join(t.TempDir(), "f")
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Download(ctx, Request{URL: s.URL, Dest: dest, Size: -1, SHA256: want, Progress: func(done, _ int64) {
				if done > 120_000 {
					cancel()
				}
			}})
			before := Done(dest)
			if llm.CodeOf(err) != llm.CodeCancelled || before == 0 {
				t.Fatalf("stopped with %v, %d bytes are kept", err, before)
			}
			p.at.Wait()
			p.bytes.Store(0)
			url, most := s.URL, 200_000-before+2
			switch how {
			case "elsewhere":
				url += "/other"
				p.etag = `"own"`
			case "damaged":
				most += 200_000
				if err := os.WriteFile(dest, make([]byte, 200_000), 0o644); err != nil {
					t.Fatal(err)
				}
			case "wrong":
				p.body = bytes.Repeat([]byte("new "), 50_000)
			}
			res, err := c.Download(t.Context(), Request{URL: url, Dest: dest, Size: -1, SHA256: want})
			if how == "wrong" {
				if llm.CodeOf(err) != llm.CodeCorrupt || p.bytes.Load() > 400_000 {
					t.Errorf("%v after %d bytes", err, p.bytes.Load())
				}
				return
			}
			check(t, dest, p.body, res, err)
			if got := p.bytes.Load(); got > most {
				t.Errorf("%d bytes came, %d were there", got, before)
			}
		})
	}
}

// A sidecar that says more than its file has is not believed.
func TestALyingSidecar(t *testing.T) {
	p, s, c := start(t, 30_000)
	dest := filepath.Join(t.TempDir(), "f")
	for _, have := range []string{"[10000,10000,20000]", "[10000,-1,5]", "[10000]"} {
		if err := os.WriteFile(dest, make([]byte, 30_000), 0o644); err != nil {
			t.Fatal(err)
		}
		side := fmt.Sprintf(`{"url":%q,"etag":"\"one\"","size":30000,"chunk":10000,"have":%s}`, s.URL, have)
		if err := os.WriteFile(partsPath(dest), []byte(side), 0o644); err != nil {
			t.Fatal(err)
		}
		if n := Done(dest); n != 0 {
			t.Errorf("%s counts as %d bytes", have, n)
		}
		res, err := c.Download(t.Context(), Request{URL: s.URL, Dest: dest, Size: -1})
		check(t, dest, p.body, res, err)
	}
}

// The file changes between two ranges: what was fetched before is dropped.
func TestChangeUnderWay(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		t.Run(fmt.Sprint("ignores If-Range ", deaf), func(t *testing.T) { changeUnderWay(t, deaf) })
	}
}

func changeUnderWay(t *testing.T, deaf bool) {
	p, s, c := start(t, 100_000)
	c.Parallel = 1
	var n atomic.Int64
	p.before = func(r *http.Request) int {
		if deaf {
			r.Header.Del("If-Range")
		}
		if n.Add(1) == 4 {
			p.mu.Lock()
			p.body, p.etag = bytes.Repeat([]byte("B"), 100_000), `"two"`
			p.mu.Unlock()
		}
		return 0
	}
	dest := filepath.Join(t.TempDir(), "f")
	res, err := c.Download(t.Context(), Request{URL: s.URL, Dest: dest, Size: -1})
	check(t, dest, bytes.Repeat([]byte("B"), 100_000), res, err)
}

// The token goes to the host it is for and to no other, also where that one is
// the same machine on another port.
func TestTokenStaysHome(t *testing.T) {
	cdn, cdnServer, _ := start(t, 50_000)
	var leaked atomic.Bool
	cdn.before = func(r *http.Request) int {
		if r.Header.Get("Authorization") != "" || r.Header.Get("Referer") != "" {
			leaked.Store(true)
		}
		return 0
	}
	p, s, c := start(t, 0)
	p.before = nil
	var missing atomic.Bool
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			missing.Store(true)
		}
		http.Redirect(w, r, cdnServer.URL+"/x?sig=1", http.StatusFound)
	}))
	defer front.Close()
	_ = s
	dest := filepath.Join(t.TempDir(), "f")
	res, err := c.Download(t.Context(), Request{URL: front.URL, Dest: dest, Size: -1, Header: http.Header{"Authorization": {"Bearer secret"}}})
	check(t, dest, cdn.body, res, err)
	if leaked.Load() || missing.Load() {
		t.Errorf("leaked %v, missing at home %v", leaked.Load(), missing.Load())
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name string
		with func(p *place, r *Request)
		want llm.Code
	}{
		{"wrong hash", func(_ *place, r *Request) { r.SHA256 = strings.Repeat("0", 64) }, llm.CodeCorrupt},
		{"wrong size", func(_ *place, r *Request) { r.Size = 7 }, llm.CodeCorrupt},
		{"not there", func(p *place, _ *Request) { p.before = func(*http.Request) int { return 404 } }, llm.CodeNotFound},
		{"gated", func(p *place, _ *Request) { p.before = func(*http.Request) int { return 401 } }, llm.CodeUnauthorized},
		{"forbidden", func(p *place, _ *Request) { p.before = func(*http.Request) int { return 403 } }, llm.CodeForbidden},
		{"always broken", func(p *place, _ *Request) { p.before = func(*http.Request) int { return 502 } }, llm.CodeUnreachable},
		{"nobody there", func(_ *place, r *Request) { r.URL = "http://127.0.0.1:1/?secret=1" }, llm.CodeUnreachable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, s, c := start(t, 30_000)
			r := Request{URL: s.URL, Dest: filepath.Join(t.TempDir(), "f"), Size: -1}
			tt.with(p, &r)
			_, err := c.Download(t.Context(), r)
			if llm.CodeOf(err) != tt.want {
				t.Errorf("got %v (%s), want %s", err, llm.CodeOf(err), tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the query: %v", err)
			}
		})
	}
}

func TestStallIsCut(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "some")
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	defer close(release)
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := &Client{HTTP: &http.Client{Transport: tr}, Retries: 1, Backoff: time.Millisecond, Stall: 50 * time.Millisecond}
	_, _, err := c.Get(t.Context(), s.URL, nil, 100)
	if llm.CodeOf(err) != llm.CodeUnreachable || !strings.Contains(err.Error(), "no data for") {
		t.Errorf("got %v", err)
	}
}

func TestGetIsBounded(t *testing.T) {
	_, s, c := start(t, 5000)
	if _, _, err := c.Get(t.Context(), s.URL, nil, 100); llm.CodeOf(err) != llm.CodeTooLarge {
		t.Errorf("got %v", err)
	}
	if _, _, err := c.Get(t.Context(), s.URL, nil, 5000); err != nil {
		t.Error(err)
	}
	if _, ok := errors.AsType[*llm.Error](fmt.Errorf("x: %w", llm.Errorf(llm.CodeInternal, "y"))); !ok {
		t.Error("wrapping")
	}
}

// The beginning is what was asked for, from a server with ranges and without.
func TestBeginning(t *testing.T) {
	for _, plain := range []bool{false, true} {
		p, s, c := start(t, 100_000)
		p.plain = plain
		for _, n := range []int{1000, 200_000} {
			b, err := c.Beginning(t.Context(), s.URL, nil, int64(n))
			if err != nil || !bytes.Equal(b, p.body[:min(n, len(p.body))]) {
				t.Error(plain, n, len(b), err)
			}
		}
		p.at.Wait()
		p.before = func(*http.Request) int { return http.StatusNotFound }
		if _, err := c.Beginning(t.Context(), s.URL, nil, 10); llm.CodeOf(err) != llm.CodeNotFound {
			t.Error(err)
		}
	}
}

// What is refused offline is refused a second later too.
func TestRefusedIsNotTriedAgain(t *testing.T) {
	err := &url.Error{Op: "Get", URL: "https://outside.invalid", Err: &net.OpError{Op: "dial", Err: &dial.Refused{Address: "outside.invalid:443"}}}
	if passing(err) {
		t.Error("it is tried again")
	}
}
