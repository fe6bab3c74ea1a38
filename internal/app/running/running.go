// Package running finds the server that runs on a home folder, and speaks to it
// as the home's owner.
//
// It knows the lock, the file beside it and how a server stops. What there is
// to ask a server is package app's.
package running

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

	"irori/internal/dial"
	"irori/internal/llm"
	"irori/internal/proc"
)

// Header carries the token of server.json.
const Header = "X-Irori-Control"

// Server describes a server that runs on a home.
type Server struct {
	URL     string    `json:"url"`
	PID     int       `json:"pid"`
	Model   string    `json:"model"`
	Started time.Time `json:"started"`
	Version string    `json:"version"`
	// Token lets the owner of the home control the server.
	Token string `json:"token"`
	// Stopping is set once the server takes no more requests: until then it
	// lets those go on that run.
	Stopping time.Time `json:"stopping,omitzero"`
}

// Home is a home folder.
type Home string

func (h Home) lockPath() string   { return filepath.Join(string(h), "server.lock") }
func (h Home) serverPath() string { return filepath.Join(string(h), "server.json") }

// Lock takes the home for one server. The lock goes with the process,
// however it ends.
func (h Home) Lock() (release func(), err error) {
	f, err := os.OpenFile(h.lockPath(), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the home folder %s cannot be used", h).WithHint("set IRORI_HOME to a folder that can be written")
	}
	ok, err := proc.TryLock(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !ok {
		r, rerr := h.read()
		if rerr == nil && !r.Stopping.IsZero() {
			return nil, errors.Join(r.Leaving(llm.CodeUnavailable).WithHint("irori stop waits until it has ended; then irori up"), f.Close())
		}
		where := "another server"
		if rerr == nil {
			where = fmt.Sprintf("a server (process %d, %s)", r.PID, r.URL)
		}
		return nil, errors.Join(llm.Errorf(llm.CodeInvalidRequest, "%s already runs on %s", where, h).
			WithHint("irori stop, or set IRORI_HOME to another folder"), f.Close())
	}
	// A server that was killed left its own, and its address is nobody's.
	if err := h.Gone(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Closing gives the lock back.
	return func() { _ = f.Close() }, nil
}

// Write says who runs on the home, to those who ask.
func (h Home) Write(r *Server) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	tmp := h.serverPath() + ".tmp"
	if err := os.WriteFile(tmp, append(b, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, h.serverPath())
}

// Gone takes away what Write said.
func (h Home) Gone() error {
	if err := os.Remove(h.serverPath()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (h Home) read() (*Server, error) {
	b, err := os.ReadFile(h.serverPath())
	if err != nil {
		return nil, err
	}
	r := &Server{}
	return r, json.Unmarshal(b, r)
}

// Find returns the server that runs on this home, nil where none does.
func (h Home) Find() (*Server, error) {
	f, err := os.OpenFile(h.lockPath(), os.O_RDWR, 0o600)
	if errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission) {
		// Some file systems lock only what can be written, so this comes second.
		f, err = os.Open(h.lockPath())
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
	r, err := h.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeUnavailable, "a server is starting on %s", h).WithHint("wait a moment and try again")
	}
	return r, err
}

// Serving returns the server that answers on this home, nil where none
// does; it is an error that it is stopping.
func (h Home) Serving() (*Server, error) {
	r, err := h.Find()
	if err == nil && r != nil && !r.Stopping.IsZero() {
		return nil, r.Leaving(llm.CodeUnreachable)
	}
	return r, err
}

// Leaving is why a server that is stopping does not answer.
func (r *Server) Leaving(code llm.Code) *llm.Error {
	until := ""
	if !r.Stopping.IsZero() {
		until = "; what runs may go on until " + r.Stopping.Local().Format(time.TimeOnly)
	}
	return llm.Errorf(code, "the server (process %d) is stopping, and takes no more requests%s", r.PID, until).
		WithHint("irori stop waits until it has ended")
}

// NewToken makes the secret of a server's owner.
func NewToken() string {
	var b [16]byte
	// crypto/rand never fails on the platforms that are built for.
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Control calls an endpoint of a running server that only its owner may use.
func (r *Server) Control(ctx context.Context, method, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.URL+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set(Header, r.Token)
	resp, err := dial.Client.Do(req)
	if errors.Is(err, errRefused) {
		// Whoever holds the lock listens until it stops.
		gone := r.Leaving(llm.CodeUnreachable)
		gone.Err = errRefused
		return gone
	}
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

// Stop asks the server to end after what runs, and waits until it has, whoever
// asked first.
func (h Home) Stop(ctx context.Context, r *Server) error {
	if r.Stopping.IsZero() {
		if err := r.Control(ctx, http.MethodPost, "/irori/v1/stop", nil); err != nil && !errors.Is(err, errRefused) {
			return err
		}
	}
	for {
		again, err := h.Find()
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
