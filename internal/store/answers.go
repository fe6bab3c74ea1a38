package store

import (
	"context"
	"errors"
	"time"
)

// ErrNoAnswer says that no answer of that id is kept for that key.
var ErrNoAnswer = errors.New("no such answer")

// Answer is what a client asked to be kept until it comes back for it: bodies,
// which the ledger never has. It can be deleted, and goes by itself.
type Answer struct {
	ID string
	// Key is the name of the key that it was made with, "" without one. What
	// belongs to another key is not there.
	Key string
	// Previous is the id of the answer that this one goes on from.
	Previous         string
	Created, Expires time.Time
	// Pending says that the work is not done.
	Pending bool
	// Input is what was asked, Body the answer, Events its stream where a
	// client may come back for that.
	Input, Body, Events []byte
}

// Answers keeps answers. It is safe for concurrent use; what has expired is
// not there.
type Answers interface {
	// Put keeps an answer, in place of an older one with its id. Those that
	// it goes on from stay as long as it does.
	Put(ctx context.Context, a *Answer) error
	// Get returns one, or ErrNoAnswer.
	Get(ctx context.Context, key, id string) (*Answer, error)
	// Chain returns one and all that it goes on from, the oldest first, or
	// ErrNoAnswer where one of them is gone.
	Chain(ctx context.Context, key, id string) ([]Answer, error)
	// Delete takes one away, or returns ErrNoAnswer.
	Delete(ctx context.Context, key, id string) error
	// Pending returns those of all keys whose work was not done.
	Pending(ctx context.Context) ([]Answer, error)
}
