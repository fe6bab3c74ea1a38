// Package records reads the ledger of a home folder: what has ended, also while a
// server writes it, and what only its journal knows yet.
//
// It writes nothing, and knows neither what a record means nor who asks.
package records

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/sqlite"
)

// Book is the ledger of a home folder.
type Book struct {
	dir string
	// room says that the disk is full, nil where it is not.
	room func() error
}

// At is the ledger of a home folder; room says that its disk is full, nil where it
// is not. Nothing is opened.
func At(home string, room func() error) *Book {
	return &Book{filepath.Join(home, "ledger"), room}
}

// Path is the file of the ended requests.
func (b *Book) Path() string { return filepath.Join(b.dir, "records.db") }

// Journal is the folder of what is not in that file yet.
func (b *Book) Journal() string { return filepath.Join(b.dir, "journal") }

// Open opens the file for reading, also while a server writes it; nil where
// there is none yet.
func (b *Book) Open() (*sqlite.Store, error) {
	s, err := sqlite.Open(b.Path(), sqlite.Options{ReadOnly: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(err, b.room())
	}
	return s, nil
}

// unreadable says why a ledger cannot be read. SQLite wants room for its log's
// index also to read, and says no more of it than that the disk failed.
func unreadable(err, noRoom error) error {
	if full, ok := errors.AsType[*llm.Error](noRoom); ok {
		return llm.Wrap(full.Code, err, "the ledger cannot be read, and %s", full.Message).WithHint("%s", full.Hint)
	}
	return llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger cannot be read").WithHint("irori doctor")
}

// Settle waits a moment for what has just ended: a server that runs brings it
// into the ledger within a second.
func (b *Book) Settle(ctx context.Context) {
	w, err := b.Waiting(ctx)
	if err != nil || len(w.Ended) == 0 {
		return
	}
	newest := w.Ended[len(w.Ended)-1].ID
	for range 12 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(100 * time.Millisecond):
		}
		w, err := b.Waiting(ctx)
		if err != nil || !slices.ContainsFunc(w.Ended, func(r store.Record) bool { return r.ID == newest }) {
			return
		}
	}
}

// List yields what the ledger holds, oldest first; with a limit, the newest
// so many.
func (b *Book) List(ctx context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		s, err := b.Open()
		if s == nil {
			if err != nil {
				yield(store.Record{}, err)
			}
			return
		}
		defer s.Close()
		if f.Limit == 0 {
			f.OldestFirst = true
			s.List(ctx, f)(yield)
			return
		}
		var newest []store.Record
		for r, err := range s.List(ctx, f) {
			if err != nil {
				yield(r, err)
				return
			}
			newest = append(newest, r)
		}
		for _, r := range slices.Backward(newest) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Waiting tells of the requests that only the journal knows yet.
func (b *Book) Waiting(ctx context.Context) (store.Waiting, error) {
	s, err := b.Open()
	if err != nil {
		return store.Waiting{}, err
	}
	if s != nil {
		defer s.Close()
	}
	w, err := store.ReadWaiting(b.Journal(), func(id string) (bool, error) {
		if s == nil {
			return false, nil
		}
		_, err := s.Get(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return w, llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger's journal cannot be read").WithHint("irori doctor")
	}
	return w, nil
}

// Find finds one record by its id or a beginning that no other has, also
// one that only the journal knows yet: without a status, it has not ended.
func (b *Book) Find(ctx context.Context, id string) (store.Record, error) {
	get := func() (store.Record, error) {
		s, err := b.Open()
		if s == nil || err != nil {
			return store.Record{}, cmp.Or(err, store.ErrNotFound)
		}
		defer s.Close()
		return s.Get(ctx, id)
	}
	r, err := store.Seek(get, func() (store.Record, error) {
		w, err := b.Waiting(ctx)
		if err != nil {
			return store.Record{}, err
		}
		return w.Find(id)
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return r, llm.Errorf(llm.CodeNotFound, "the ledger has no request %q", id).WithHint("irori log")
	case errors.Is(err, store.ErrAmbiguous):
		return r, llm.Errorf(llm.CodeInvalidRequest, "several requests begin with %q", id).WithHint("give more of the id: irori log --json")
	}
	return r, err
}

// Sums adds the ledger up.
func (b *Book) Sums(ctx context.Context, q store.SumQuery) ([]store.Sum, error) {
	s, err := b.Open()
	if s == nil || err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Sums(ctx, q)
}

const (
	followEvery = 300 * time.Millisecond
	// followPage is how many of the newest records are looked at: a request
	// stands in the order of its beginning, so that one which ends late is
	// found behind others.
	followPage = 500
)

// Follow yields what List does, then further records as they end,
// until ctx does.
func (b *Book) Follow(ctx context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		page := f
		page.Limit = followPage
		seen, ok := map[string]bool{}, true
		show := func(recs []store.Record) bool {
			for _, r := range slices.Backward(recs) {
				if ok = ok && yield(r, nil); !ok {
					return false
				}
			}
			return true
		}
		// What is there now is looked at once, so that nothing falls between
		// it and what comes.
		stamp := b.stamp()
		first := f
		if f.Limit > 0 {
			first.Limit = max(f.Limit, followPage)
		}
		recs, seen, err := b.unseen(ctx, first, seen)
		if f.Limit > 0 {
			recs = recs[:min(len(recs), f.Limit)]
		}
		for err == nil && show(recs) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(followEvery):
			}
			// The file is opened only when it changed.
			recs = nil
			if now := b.stamp(); now != stamp {
				stamp = now
				recs, seen, err = b.unseen(ctx, page, seen)
			}
		}
		if err != nil && ctx.Err() == nil {
			yield(store.Record{}, err)
		}
	}
}

// unseen returns the records that are not in seen, newest first, and all those
// looked at now: what leaves the newest page never comes back.
func (b *Book) unseen(ctx context.Context, f store.Filter, seen map[string]bool) (fresh []store.Record, now map[string]bool, err error) {
	now = map[string]bool{}
	s, err := b.Open()
	if s == nil || err != nil {
		return nil, now, err
	}
	defer s.Close()
	for r, err := range s.List(ctx, f) {
		if err != nil {
			return nil, seen, err
		}
		if now[r.ID] = true; !seen[r.ID] {
			fresh = append(fresh, r)
		}
	}
	return fresh, now, nil
}

// stamp changes with the file and with SQLite's log beside it.
func (b *Book) stamp() string {
	var out strings.Builder
	for _, p := range []string{b.Path(), b.Path() + "-wal"} {
		if st, err := os.Stat(p); err == nil {
			out.WriteString(strconv.FormatInt(st.Size(), 10) + st.ModTime().String())
		}
	}
	return out.String()
}
