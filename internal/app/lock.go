package app

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"irori/internal/llm"
	"irori/internal/proc"
)

// Running describes a server that runs on a home.
type Running struct {
	URL     string    `json:"url"`
	PID     int       `json:"pid"`
	Model   string    `json:"model"`
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	// Token lets the owner of the home control the server.
	Token string `json:"token"`
}

func (e *Env) lockPath() string   { return filepath.Join(e.Home, "server.lock") }
func (e *Env) serverPath() string { return filepath.Join(e.Home, "server.json") }

// lockHome takes the home for one server. The lock goes with the process,
// however it ends.
func (e *Env) lockHome() (release func(), err error) {
	if err := e.makeHome(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(e.lockPath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the home folder %s cannot be used", e.Home).WithHint("%s", hintWritable)
	}
	ok, err := proc.TryLock(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !ok {
		r, rerr := e.readRunning()
		where := "another server"
		if rerr == nil {
			where = fmt.Sprintf("a server (process %d, %s)", r.PID, r.URL)
		}
		return nil, errors.Join(llm.Errorf(llm.CodeInvalidRequest, "%s already runs on %s", where, e.Home).
			WithHint("irori stop, or set IRORI_HOME to another folder"), f.Close())
	}
	// Closing gives the lock back.
	return func() { _ = f.Close() }, nil
}

func (e *Env) writeRunning(r *Running) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	tmp := e.serverPath() + ".tmp"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, e.serverPath())
}

func (e *Env) readRunning() (*Running, error) {
	b, err := os.ReadFile(e.serverPath())
	if err != nil {
		return nil, err
	}
	r := &Running{}
	return r, json.Unmarshal(b, r)
}

// FindRunning returns the server that runs on this home, nil where none does.
func (e *Env) FindRunning() (*Running, error) {
	f, err := os.OpenFile(e.lockPath(), os.O_RDWR, 0o600)
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) {
		// Some file systems lock only what can be written, so this comes second.
		f, err = os.Open(e.lockPath())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	free, err := proc.TryLock(f)
	if err != nil || free {
		return nil, err
	}
	r, err := e.readRunning()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeUnavailable, "a server is starting on %s", e.Home).WithHint("wait a moment and try again")
	}
	return r, err
}

func newToken() string {
	var b [16]byte
	// crypto/rand never fails on the platforms that are built for.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// control calls an endpoint of a running server that only its owner may use.
func (r *Running) control(ctx context.Context, method, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set(controlHeader, r.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return llm.Wrap(llm.CodeUnreachable, err, "the server at %s does not answer", r.URL).WithHint("irori doctor")
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		var body struct {
			Error struct{ Message, Code, Hint string }
		}
		if err := json.NewDecoder(resp.Body).Decode(&body); err == nil && body.Error.Message != "" {
			msg, _, _ := strings.Cut(body.Error.Message, " (hint: ")
			return &llm.Error{Code: llm.Code(body.Error.Code), Message: msg, Hint: body.Error.Hint}
		}
		return llm.Errorf(llm.CodeUnavailable, "the server answered %s", resp.Status).WithHint("irori doctor")
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// Status asks the server what it is doing.
func (r *Running) Status(ctx context.Context) (*Status, error) {
	s := &Status{}
	return s, r.control(ctx, http.MethodGet, "/irori/v1/status", s)
}

// LoadedModels are the names of the models in the memory of the server that
// runs on this home. A server that does not answer has none.
func (e *Env) LoadedModels(ctx context.Context) map[string]bool {
	r, err := e.FindRunning()
	if r == nil || err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	s, err := r.Status(ctx)
	if err != nil {
		return nil
	}
	out := map[string]bool{}
	for _, m := range s.Models {
		out[m.Model] = true
	}
	return out
}

// Unload asks the server to give a model up. It reports whether this lifted a
// quarantine.
func (r *Running) Unload(ctx context.Context, model string) (lifted bool, err error) {
	var u unloaded
	err = r.control(ctx, http.MethodPost, "/irori/v1/unload?model="+queryEscape(model), &u)
	return u.Lifted, err
}

// Stop asks the server to end after what runs, and waits until it has.
func (e *Env) Stop(ctx context.Context, r *Running) error {
	if err := r.control(ctx, http.MethodPost, "/irori/v1/stop", nil); err != nil {
		return err
	}
	for {
		again, err := e.FindRunning()
		if err == nil && (again == nil || again.PID != r.PID) {
			return nil
		}
		select {
		case <-ctx.Done():
			return llm.Errorf(llm.CodeTimeout, "the server (process %d) has not ended", r.PID).WithHint("irori stop --wait 5m")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
