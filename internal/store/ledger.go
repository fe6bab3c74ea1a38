package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"irori/internal/llm"
)

// LedgerOptions says where a Ledger keeps its journal and records.
type LedgerOptions struct {
	// Dir is the journal's folder; it is made where it is missing. Nothing
	// else may write there: a lock on it is the caller's.
	Dir string
	// Store takes the ended records. The caller closes it, after Shutdown.
	Store Store
	// Log tells of trouble; nil is silent.
	Log *slog.Logger

	// create makes a segment's file; tests let it fail.
	create func(path string) (file, error)
}

// Ledger writes one record per admitted request. It is safe for concurrent
// use.
//
// An entry is in the operating system's hands when Open or Close returns, so
// a crash of the process loses nothing; it is on the disk (fdatasync) within a
// second, and before Shutdown returns, so a crash of the machine loses at most
// the last second. Entries leave the journal only after the Store has
// committed them.
type Ledger struct {
	dir    string
	store  Store
	log    *slog.Logger
	create func(path string) (file, error)

	mu sync.Mutex
	// segments are the journal's files, oldest first; the last one is
	// appended to while active is set.
	segments []*segment
	active   bool
	next     uint64
	// open are the admitted requests that have not ended.
	open map[string]admission
	// owed are ends that could not be written yet. Each belongs to an
	// admission that was acknowledged.
	owed    map[string][]byte
	waiting int64
	oldest  time.Time
	// frame is the entry that is written, kept for its room.
	frame   []byte
	dead    bool
	failing error

	wake chan struct{}
	stop chan struct{}
	done chan struct{}
}

type admission struct {
	record []byte
	// segment is the file that holds the admission.
	segment uint64
}

// LedgerStats says how far the Store is behind the journal.
type LedgerStats struct {
	// Open requests have been admitted and have not ended.
	Open int
	// Waiting records have ended and are not in the Store yet, the oldest
	// of them for Lag.
	Waiting int64
	Lag     time.Duration
	// JournalBytes is the size of the journal's files.
	JournalBytes int64
	// Err is why the last write failed; nil when all is well.
	Err error
}

// OpenLedger opens the journal, brings what a crash left behind to its end
// (an open request becomes an error "interrupted"), and starts the writer.
func OpenLedger(o LedgerOptions) (*Ledger, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.create == nil {
		o.create = createFile
	}
	l := &Ledger{
		dir: o.Dir, store: o.Store, log: o.Log, create: o.create,
		open: map[string]admission{}, owed: map[string][]byte{},
		wake: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the ledger's folder: %w", err)
	}
	if err := l.replay(); err != nil {
		return nil, err
	}
	go l.run()
	return l, nil
}

// Open records an admission. An error means that it is not safe and that the
// request must not be served; the next call tries afresh.
func (l *Ledger) Open(rec *Record) error {
	if rec.ID == "" {
		return &llm.Error{Code: llm.CodeInternal, Message: "a record without an id cannot be admitted"}
	}
	opened := *rec
	opened.Status = ""
	data, _, err := encode(&opened)
	if err != nil {
		return &llm.Error{Code: llm.CodeInternal, Message: "the record cannot be written", Err: err}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return unavailable(errors.New("the ledger is closed"))
	}
	if err := l.append(KindOpen, data); err != nil {
		return unavailable(err)
	}
	l.open[rec.ID] = admission{record: data, segment: l.last().number}
	// The writer brings it to the disk.
	l.signal()
	return nil
}

// Close records the end of a request. When it cannot be written, Close says
// so and the ledger keeps trying until Shutdown; a crash before it succeeds
// leaves the request "interrupted".
func (l *Ledger) Close(rec *Record) error {
	data, rec, err := encode(rec)
	if err != nil {
		return &llm.Error{Code: llm.CodeInternal, Message: "the record cannot be written", Err: err}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead {
		return unavailable(errors.New("the ledger is closed"))
	}
	err = l.close(rec, data)
	l.signal()
	if err != nil {
		return unavailable(err)
	}
	return nil
}

// close writes an end, or keeps it as owed. The caller holds mu.
func (l *Ledger) close(rec *Record, data []byte) error {
	id := rec.ID
	delete(l.open, id)
	if l.waiting == 0 && len(l.owed) == 0 {
		l.oldest = time.Now()
	}
	if err := l.append(KindClose, data); err != nil {
		l.owed[id] = data
		return err
	}
	l.last().ended(rec)
	delete(l.owed, id)
	l.waiting++
	return nil
}

// Stats says how the ledger is doing.
func (l *Ledger) Stats() LedgerStats {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := LedgerStats{Open: len(l.open), Waiting: l.waiting + int64(len(l.owed)), Err: l.failing}
	if s.Waiting > 0 {
		s.Lag = time.Since(l.oldest)
	}
	for _, seg := range l.segments {
		s.JournalBytes += seg.size
	}
	return s
}

// Shutdown brings what has ended into the Store, syncs the journal and stops
// the writer. Requests still open stay in the journal.
func (l *Ledger) Shutdown(ctx context.Context) error {
	l.mu.Lock()
	first := !l.dead
	l.dead = true
	l.mu.Unlock()
	if first {
		close(l.stop)
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !first {
		return l.failing
	}
	for _, seg := range l.segments {
		l.failing = errors.Join(l.failing, seg.sync(), seg.f.Close())
	}
	// A journal that holds nothing would only be replayed for nothing.
	if l.failing == nil && l.waiting == 0 && len(l.open) == 0 && len(l.owed) == 0 {
		for _, seg := range l.segments {
			if err := os.Remove(seg.path); !errors.Is(err, os.ErrNotExist) {
				l.failing = errors.Join(l.failing, err)
			}
		}
	}
	l.segments, l.active = nil, false
	return l.failing
}

// append writes one entry to the active segment, making one where there is
// none. The caller holds mu.
func (l *Ledger) append(kind Kind, data []byte) error {
	if l.active && !l.last().inPlace() {
		l.log.Error("the ledger's journal was removed while in use", "path", l.last().path)
		l.active = false
	}
	if !l.active {
		if err := l.addSegment(); err != nil {
			return l.failed(err)
		}
	}
	seg := l.last()
	l.frame = appendFrame(l.frame[:0], kind, data)
	broken, err := seg.append(l.frame)
	if broken {
		l.active = false
	}
	if err != nil {
		return l.failed(err)
	}
	return nil
}

// failed keeps and tells an error of the journal, once while it lasts. The
// caller holds mu.
func (l *Ledger) failed(err error) error {
	if l.failing == nil {
		l.log.Error("the ledger cannot be written", "error", err)
	}
	l.failing = err
	l.signal()
	return err
}

// addSegment starts a new file. Admissions that an older file holds stay
// there until that file is removed. The caller holds mu.
func (l *Ledger) addSegment() error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	number := max(l.next, 1)
	path := segmentPath(l.dir, number)
	f, err := l.create(path)
	if err != nil {
		return err
	}
	l.next = number + 1
	l.segments = append(l.segments, &segment{path: path, number: number, f: f})
	l.active = true
	return syncDir(l.dir)
}

func (l *Ledger) last() *segment { return l.segments[len(l.segments)-1] }

func (l *Ledger) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func unavailable(err error) error {
	return &llm.Error{
		Code: llm.CodeLedgerUnavailable,
		Hint: "free space on the disk of IRORI_HOME, or make it writable", RetryAfter: 5 * time.Second, Err: err,
	}
}
