// Package fetch downloads large files over HTTP so that they arrive whole: in
// parallel ranges that survive a restart, with retries, a check that the file
// did not change on the way, and a SHA-256 at the end.
//
// It knows HTTP and nothing of models, registries or stores.
package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"irori/internal/dial"
	"irori/internal/hw"
	"irori/internal/llm"
)

// Client downloads. The zero value works.
type Client struct {
	// HTTP does the requests; nil takes a client that respects HTTP_PROXY.
	HTTP *http.Client
	// Chunk is the size of a range and Parallel how many are under way at once.
	Chunk    int64
	Parallel int
	// Retries is how often in a row a request may fail without bringing a byte.
	Retries int
	// Backoff is the wait before the first retry; it doubles with each.
	Backoff time.Duration
	// Stall is how long a connection may bring nothing.
	Stall time.Duration
}

// Request says what to download and where to.
type Request struct {
	URL string
	// Header is sent to the URL's own host only, never along a redirect to
	// another one.
	Header http.Header
	// Dest is the file to write; Dest.parts beside it remembers finished ranges.
	Dest string
	// Size and SHA256 are what is expected; -1 and "" where not known.
	Size   int64
	SHA256 string
	// Progress is called with the bytes that are there, never concurrently.
	Progress func(done, total int64)
}

// Result is what arrived.
type Result struct {
	Size   int64
	SHA256 string
	ETag   string
}

// StatusError is an answer with another status than wanted.
type StatusError struct {
	Status int
	URL    string
	// Text is the start of the answer's body.
	Text string
	wait time.Duration
}

// Error names the status and the address, without its query: that of a signed
// address is a secret.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s answered %d %s", withoutQuery(e.URL), e.Status, http.StatusText(e.Status))
}

func withoutQuery(raw string) string {
	before, _, _ := strings.Cut(raw, "?")
	return before
}

// errChanged says that the file behind the address is another one than before.
var errChanged = errors.New("the file changed on the server")

func (c *Client) filled() Client {
	d := *c
	if d.HTTP == nil {
		d.HTTP = DefaultHTTP()
	}
	if d.Chunk <= 0 {
		d.Chunk = 32 << 20
	}
	if d.Parallel <= 0 {
		d.Parallel = 4
	}
	if d.Retries <= 0 {
		d.Retries = 5
	}
	if d.Backoff <= 0 {
		d.Backoff = 500 * time.Millisecond
	}
	if d.Stall <= 0 {
		d.Stall = 60 * time.Second
	}
	return d
}

// DefaultHTTP returns a client that respects the proxy variables and gives up
// on hosts that do not answer.
func DefaultHTTP() *http.Client {
	t := dial.Transport()
	t.ResponseHeaderTimeout = 30 * time.Second
	t.MaxIdleConnsPerHost = 8
	return &http.Client{Transport: t}
}

// guarded returns the client with redirects that drop what was meant for the
// first host only and that never leave TLS.
func guarded(h *http.Client, secret http.Header) *http.Client {
	g := *h
	g.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("stopped after 10 redirects")
		}
		first := via[0].URL
		if first.Scheme == "https" && req.URL.Scheme != "https" {
			return fmt.Errorf("refused a redirect from https to %s", req.URL.Scheme)
		}
		if req.URL.Host != first.Host || req.URL.Scheme != first.Scheme {
			for k := range secret {
				req.Header.Del(k)
			}
			req.Header.Del("Referer")
		}
		return nil
	}
	return &g
}

// Get returns the body of a small resource, at most limit bytes, and the
// answer's headers.
func (c *Client) Get(ctx context.Context, rawURL string, header http.Header, limit int64) ([]byte, http.Header, error) {
	body, got, err := c.read(ctx, rawURL, header, nil, limit+1)
	if err == nil && int64(len(body)) > limit {
		return nil, nil, llm.Errorf(llm.CodeTooLarge, "%s is larger than %d bytes", withoutQuery(rawURL), limit)
	}
	return body, got, err
}

// Beginning returns the first n bytes of a resource, or all of a smaller one.
func (c *Client) Beginning(ctx context.Context, rawURL string, header http.Header, n int64) ([]byte, error) {
	body, _, err := c.read(ctx, rawURL, header, map[string]string{"Range": fmt.Sprintf("bytes=0-%d", n-1)}, n)
	return body, err
}

// read returns at most limit bytes of an answer's body, and its headers.
func (c *Client) read(ctx context.Context, rawURL string, header http.Header, extra map[string]string, limit int64) ([]byte, http.Header, error) {
	d := c.filled()
	var body []byte
	var got http.Header
	err := d.retry(ctx, func() (bool, error) {
		resp, err := d.do(ctx, rawURL, header, extra)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK && (extra == nil || resp.StatusCode != http.StatusPartialContent) {
			return false, statusError(resp)
		}
		body, err = io.ReadAll(io.LimitReader(resp.Body, limit))
		got = resp.Header
		return false, err
	})
	return body, got, wrap(err, rawURL)
}

// GetJSON decodes a small JSON resource into v.
func (c *Client) GetJSON(ctx context.Context, rawURL string, header http.Header, v any) (http.Header, error) {
	body, got, err := c.Get(ctx, rawURL, header, 64<<20)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "%s did not answer with the expected JSON", withoutQuery(rawURL))
	}
	return got, nil
}

// do sends one GET. A stalled connection is cut.
func (c *Client) do(ctx context.Context, rawURL string, header http.Header, extra map[string]string) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, rawURL, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	for k, v := range extra {
		req.Header.Set(k, v)
	}
	req.Header.Set("Accept-Encoding", "identity") // lengths and ranges count plain bytes
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", "irori")
	}
	stalled := fmt.Errorf("no data for %s", c.Stall)
	timer := time.AfterFunc(c.Stall, func() { cancel(stalled) })
	resp, err := guarded(c.HTTP, header).Do(req)
	if err != nil {
		timer.Stop()
		if cause := context.Cause(ctx); cause != nil && errors.Is(cause, stalled) {
			err = stalled
		}
		cancel(nil)
		return nil, err
	}
	resp.Body = &watched{body: resp.Body, timer: timer, after: c.Stall, cancel: cancel, ctx: ctx, stalled: stalled}
	return resp, nil
}

// watched is a body that is cut when nothing comes for a while.
type watched struct {
	body    io.ReadCloser
	timer   *time.Timer
	after   time.Duration
	cancel  context.CancelCauseFunc
	ctx     context.Context
	stalled error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.body.Read(p)
	w.timer.Reset(w.after)
	if err != nil && err != io.EOF && errors.Is(context.Cause(w.ctx), w.stalled) {
		err = w.stalled
	}
	return n, err
}

func (w *watched) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.cancel(nil)
	return err
}

func statusError(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	e := &StatusError{Status: resp.StatusCode, URL: resp.Request.URL.String(), Text: string(text)}
	if s, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && s >= 0 {
		e.wait = min(time.Duration(s)*time.Second, time.Minute)
	}
	return e
}

// passing reports whether trying again can help.
func passing(err error) bool {
	if se, ok := errors.AsType[*StatusError](err); ok {
		return se.Status >= 500 || se.Status == http.StatusTooManyRequests || se.Status == http.StatusRequestTimeout
	}
	if _, ok := errors.AsType[*llm.Error](err); ok {
		return false
	}
	if _, ok := errors.AsType[*dial.Refused](err); ok {
		return false // offline it stays
	}
	if de, ok := errors.AsType[*net.DNSError](err); ok && de.IsNotFound {
		return false // a host without an address has none a second later
	}
	return !errors.Is(err, errChanged) && !errors.Is(err, context.Canceled) && !errors.Is(err, os.ErrPermission)
}

// retry runs f until it succeeds. f says whether it brought bytes; that renews
// its chances, so that a bad line with progress ends at last.
func (c *Client) retry(ctx context.Context, f func() (progress bool, err error)) error {
	for failed := 0; ; {
		progress, err := f()
		if err == nil || !passing(err) || ctx.Err() != nil {
			return err
		}
		if failed++; progress {
			failed = 1
		}
		if failed > c.Retries {
			return err
		}
		wait := c.Backoff << (failed - 1)
		wait = wait/2 + rand.N(wait/2+1)
		if se, ok := errors.AsType[*StatusError](err); ok && se.wait > 0 {
			wait = se.wait
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// wrap gives an error the code that people and scripts see.
func wrap(err error, rawURL string) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*llm.Error](err); ok {
		return err
	}
	if se, ok := errors.AsType[*StatusError](err); ok {
		code := llm.CodeUnreachable
		switch se.Status {
		case http.StatusNotFound, http.StatusGone:
			code = llm.CodeNotFound
		case http.StatusUnauthorized:
			code = llm.CodeUnauthorized
		case http.StatusForbidden:
			code = llm.CodeForbidden
		}
		return llm.Wrap(code, err, "")
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return llm.Wrap(llm.CodeCancelled, err, "download stopped")
	}
	if errors.Is(err, errChanged) {
		return llm.Wrap(llm.CodeCorrupt, err, "%s", withoutQuery(rawURL))
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // its text repeats the address with the query
	}
	if away, ok := errors.AsType[*dial.Refused](err); ok {
		return llm.Errorf(llm.CodeOffline, "%v", away).WithHint("irori list shows what is here; without --offline, IRORI_OFFLINE and offline: true it may be brought")
	}
	host := rawURL
	if u, perr := url.Parse(rawURL); perr == nil {
		host = u.Host
	}
	return llm.Wrap(llm.CodeUnreachable, err, "%s cannot be reached", host).WithHint("check the network, or set HTTPS_PROXY where one is needed")
}

// hashFile returns the SHA-256 and the size of a file.
func hashFile(ctx context.Context, path string) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, &ctxReader{ctx, f})
	return hex.EncodeToString(h.Sum(nil)), n, err
}

type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *ctxReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// meter counts bytes of several ranges and reports their sum.
type meter struct {
	mu          sync.Mutex
	done, total int64
	report      func(done, total int64)
}

func (m *meter) add(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done += n
	if m.report != nil {
		m.report(m.done, m.total)
	}
}

// Download brings the file to req.Dest and returns what arrived. A download
// that was stopped goes on where it was when called again, if the digest is
// known or the server still has the same file.
func (c *Client) Download(ctx context.Context, req Request) (Result, error) {
	d := c.filled()
	var err error
	for range 3 { // a file that changes under way is fetched anew, not forever
		var res Result
		res, err = d.once(ctx, req)
		if err == nil {
			return res, nil
		}
		if !errors.Is(err, errChanged) {
			break
		}
		forget(req.Dest)
	}
	return Result{}, wrap(err, req.URL)
}

func (c *Client) once(ctx context.Context, req Request) (Result, error) {
	p, err := c.probe(ctx, req)
	if err != nil {
		return Result{}, err
	}
	if req.Size >= 0 && p.size >= 0 && p.size != req.Size {
		return Result{}, llm.Errorf(llm.CodeCorrupt, "%s has %d bytes, %d were expected", withoutQuery(req.URL), p.size, req.Size)
	}
	resumed := false
	if p.ranges && p.size > 0 {
		resumed, err = c.ranged(ctx, req, p)
	} else {
		err = c.single(ctx, req)
	}
	if err != nil {
		return Result{}, err
	}
	sum, n, err := hashFile(ctx, req.Dest)
	if err != nil {
		return Result{}, err
	}
	if req.Size >= 0 && n != req.Size {
		forget(req.Dest)
		return Result{}, llm.Errorf(llm.CodeCorrupt, "%s brought %d bytes, %d were expected", withoutQuery(req.URL), n, req.Size)
	}
	if req.SHA256 != "" && sum != req.SHA256 && resumed {
		return Result{}, errChanged // what was there before may be at fault: once more from the start
	}
	if req.SHA256 != "" && sum != req.SHA256 {
		forget(req.Dest)
		return Result{}, llm.Errorf(llm.CodeCorrupt, "%s has sha256 %s, %s was expected", withoutQuery(req.URL), sum, req.SHA256)
	}
	_ = os.Remove(partsPath(req.Dest))
	return Result{Size: n, SHA256: sum, ETag: p.etag}, nil
}

// probed is what one byte told about a file.
type probed struct {
	size   int64 // -1 where the server does not say
	etag   string
	ranges bool
}

func (c *Client) probe(ctx context.Context, req Request) (probed, error) {
	var p probed
	err := c.retry(ctx, func() (bool, error) {
		resp, err := c.do(ctx, req.URL, req.Header, map[string]string{"Range": "bytes=0-0"})
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		p = probed{size: -1, etag: validator(resp.Header)}
		switch resp.StatusCode {
		case http.StatusPartialContent:
			_, _, total, ok := contentRange(resp.Header.Get("Content-Range"))
			p.size, p.ranges = total, ok
			return false, nil
		case http.StatusOK:
			p.size = resp.ContentLength
			return false, nil
		case http.StatusRequestedRangeNotSatisfiable: // an empty file
			return false, nil
		}
		return false, statusError(resp)
	})
	return p, err
}

// validator returns what tells one version of a file from another: a strong
// ETag, else the date of its last change, else "".
func validator(h http.Header) string {
	if e := h.Get("ETag"); e != "" && !strings.HasPrefix(e, "W/") {
		return e
	}
	return h.Get("Last-Modified")
}

// contentRange parses "bytes 5-9/100".
func contentRange(s string) (from, to, total int64, ok bool) {
	if n, err := fmt.Sscanf(s, "bytes %d-%d/%d", &from, &to, &total); err != nil || n != 3 {
		return 0, 0, -1, false
	}
	return from, to, total, from >= 0 && to >= from && total > to
}

// single streams the whole file in one answer; cut off, it begins anew.
func (c *Client) single(ctx context.Context, req Request) error {
	_ = os.Remove(partsPath(req.Dest))
	return c.retry(ctx, func() (bool, error) {
		resp, err := c.do(ctx, req.URL, req.Header, nil)
		if err != nil {
			return false, err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return false, statusError(resp)
		}
		f, err := os.OpenFile(req.Dest, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
		if err != nil {
			return false, unwritten(err)
		}
		defer f.Close()
		m := &meter{total: resp.ContentLength, report: req.Progress}
		if _, err := io.Copy(&counted{w: f, m: m}, resp.Body); err != nil {
			return false, err
		}
		if err := f.Sync(); err != nil {
			return false, unwritten(err)
		}
		return false, nil
	})
}

type counted struct {
	w io.Writer
	m *meter
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.m.add(int64(n))
	if err != nil {
		err = unwritten(err)
	}
	return n, err
}

// unwritten is a failure of this machine's disk: no other try helps.
func unwritten(err error) error {
	if hw.DiskFull(err) {
		return llm.Wrap(llm.CodeNoSpace, err, "")
	}
	return llm.Wrap(llm.CodeInternal, err, "")
}
