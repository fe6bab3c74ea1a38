// Package kept is where the bodies of requests lie in a home, for the server
// that keeps them and for the commands that show and forget them.
package kept

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"path/filepath"
	"time"

	"irori/internal/llm"
	"irori/internal/store/body"
	"irori/internal/store/sqlite"
)

func file(home string) string { return filepath.Join(home, "bodies.db") }

// Keeper is a server's.
type Keeper struct {
	*body.Keeper
	db *sqlite.Bodies
}

// Open opens the file for a server.
func Open(home string, log *slog.Logger) (*Keeper, error) {
	db, err := sqlite.OpenBodies(file(home), true)
	if err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "what is kept of requests cannot be opened").WithHint("ls -l %s", file(home))
	}
	return &Keeper{Keeper: body.NewKeeper(db, log), db: db}, nil
}

// Close ends it after what is on its way.
func (k *Keeper) Close() error {
	k.Keeper.Close()
	return k.db.Close()
}

// with opens the file for one command; nothing kept is no error.
func with(home string, f func(*sqlite.Bodies) error) error {
	db, err := sqlite.OpenBodies(file(home), false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return llm.Wrap(llm.CodeInternal, err, "what is kept of requests cannot be read").WithHint("ls -l %s", file(home))
	}
	return errors.Join(f(db), db.Close())
}

// Get returns what is kept of a request.
func Get(ctx context.Context, home, id string) (*body.Body, error) {
	var b *body.Body
	err := with(home, func(db *sqlite.Bodies) (err error) {
		b, err = db.Get(ctx, id)
		return err
	})
	if b != nil && !b.Expires.After(time.Now()) {
		b = nil // a server that runs deletes it
	}
	if b == nil && err == nil || errors.Is(err, body.ErrNone) {
		return nil, llm.Errorf(llm.CodeNotFound, "nothing is kept of the request %s", id).WithHint("irori keys set NAME --keep full keeps what comes from then on")
	}
	return b, err
}

// Read hands what is kept to a function, the oldest first. Where nothing ever
// was, it is not called.
func Read(ctx context.Context, home string, w body.Which, f func(iter.Seq2[*body.Body, error]) error) error {
	return with(home, func(db *sqlite.Bodies) error {
		return f(func(yield func(*body.Body, error) bool) {
			for b, err := range db.List(ctx, w) {
				over := err == nil && !b.Expires.After(time.Now()) // a server that runs deletes it
				if !over && !yield(b, err) {
					return
				}
			}
		})
	})
}

// Forget deletes what is kept, and says of how many requests that was.
func Forget(ctx context.Context, home string, w body.Which) (int, error) {
	n := 0
	err := with(home, func(db *sqlite.Bodies) (err error) {
		n, err = db.Forget(ctx, w)
		return err
	})
	return n, err
}
