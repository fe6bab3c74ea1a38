// Package answers opens what a home keeps of answers: the file they are in, for
// how long they stay, and the secret that seals compactions.
//
// It knows files and times, and nothing of what is kept.
package answers

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"irori/internal/gateway/resp"
	"irori/internal/llm"
	"irori/internal/store/body"
	sqlite "irori/internal/store/sqlite/answers"
)

// Answers is what is kept of answers.
type Answers struct {
	store *sqlite.Store
	log   *slog.Logger
	every time.Duration
	done  chan struct{}
	stop  context.CancelFunc
}

// folder is where it lies.
func folder(home string) string { return filepath.Join(home, "responses") }

func file(home string) string { return filepath.Join(folder(home), "answers.db") }

// Open opens what a home keeps, and gives it to h. keep is how long an answer
// stays; 0 keeps none, and takes away what was kept.
func Open(ctx context.Context, home string, keep time.Duration, log *slog.Logger, h *resp.Handlers) (*Answers, error) {
	h.Log = log
	dir := folder(home)
	hint := "ls -ld " + dir
	seal, err := openSeal(filepath.Join(dir, "seal.key"))
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the secret for compactions cannot be read or made").WithHint("%s", hint)
	}
	h.Seal = seal
	path := file(home)
	if keep == 0 {
		return nil, forget(path)
	}
	k := &Answers{log: log, every: min(keep, time.Hour), done: make(chan struct{})}
	if k.store, err = sqlite.Open(path, time.Now); err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the kept answers cannot be opened").WithHint("%s", hint)
	}
	h.Kept, h.For = k.store, keep
	if err := h.Recover(ctx); err != nil {
		return nil, errors.Join(llm.Wrap(llm.CodeInternal, err, "the kept answers cannot be read").WithHint("%s", hint), k.store.Close())
	}
	// It ends by Close: the last answers are kept while the server stops.
	ctx, k.stop = context.WithCancel(context.WithoutCancel(ctx))
	go k.expire(ctx)
	return k, nil
}

// Forget takes away kept answers, beside a server that may run, and says how
// many there were.
func Forget(ctx context.Context, home string, w body.Which) (n int, err error) {
	path := file(home)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	s, err := sqlite.Open(path, time.Now)
	if err != nil {
		return 0, llm.Wrap(llm.CodeInternal, err, "the kept answers cannot be opened").WithHint("ls -l %s", path)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	gone, err := s.Forget(ctx, w)
	return int(gone), err
}

// forget takes the file away, with its log.
func forget(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return llm.Wrap(llm.CodeInternal, err, "the kept answers cannot be removed").WithHint("rm %s", path)
		}
	}
	return nil
}

// openSeal reads the secret, making it where there is none.
func openSeal(path string) (*resp.Seal, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, resp.SealKey)
		// crypto/rand ends the process where it fails.
		_, _ = rand.Read(key)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		err = os.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return nil, err
	}
	return resp.NewSeal(key)
}

// expire takes away what is over, now and then.
func (k *Answers) expire(ctx context.Context) {
	defer close(k.done)
	for {
		n, err := k.store.Expire(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			k.log.Error("kept answers that are over could not be removed", "err", err)
		case n > 0:
			k.log.Info("kept answers are over and removed", "answers", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(k.every):
		}
	}
}

// Close ends it. Nil has nothing to end.
func (k *Answers) Close() error {
	if k == nil {
		return nil
	}
	k.stop()
	<-k.done
	return k.store.Close()
}
