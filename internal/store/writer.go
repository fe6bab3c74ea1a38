package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"irori/internal/llm"
)

const (
	// settle is how long entries gather before they are synced and the ends
	// among them go to the Store together. With the commit behind it, it
	// stays far below the promised second.
	settle = 200 * time.Millisecond
	// retryEvery is how soon a failed Store or journal is tried again.
	retryEvery = time.Second
	// batchSize is how many records go into one transaction.
	batchSize = 1024
	// rotateBytes is how large a journal file may grow.
	rotateBytes = 1 << 20
	// putTimeout bounds one transaction, so that Shutdown ends.
	putTimeout = 10 * time.Second
)

// run is the writer: it sleeps while nothing happens.
func (l *Ledger) run() {
	defer close(l.done)
	// The last pass takes what ended before Shutdown.
	defer l.pass()
	for {
		select {
		case <-l.stop:
			return
		case <-l.wake:
			if !l.pause(settle) {
				return
			}
		case <-l.rest():
		}
		if !l.pass() && !l.pause(retryEvery) {
			return
		}
	}
}

// pause waits and reports false when the ledger stops meanwhile.
func (l *Ledger) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.stop:
		return false
	}
}

// rest fires when work is left over that nothing wakes the writer for.
func (l *Ledger) rest() <-chan time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting > 0 || len(l.owed) > 0 {
		return time.After(retryEvery)
	}
	return nil
}

// pass writes what is owed, syncs, brings ends into the Store and removes
// files that are done. It reports whether all of it worked.
func (l *Ledger) pass() bool {
	err := errors.Join(l.payOwed(), l.syncAll(), l.takeAll())
	if err == nil {
		err = l.tidy()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil && l.failing != nil {
		l.log.Info("the ledger can be written again")
	}
	if err != nil && l.failing == nil {
		l.log.Error("the ledger is behind", "error", err)
	}
	l.failing = err
	return err == nil
}

func (l *Ledger) payOwed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, data := range l.owed {
		if err := l.append(KindClose, data); err != nil {
			return err
		}
		l.last().ended(nil)
		delete(l.owed, id)
		l.waiting++
	}
	return nil
}

// syncAll brings the journal to the disk. The lock is not held while the disk
// works, so that admissions do not wait for it.
func (l *Ledger) syncAll() error {
	l.mu.Lock()
	var dirty []*segment
	for _, seg := range l.segments {
		if seg.dirty {
			seg.dirty = false
			dirty = append(dirty, seg)
		}
	}
	l.mu.Unlock()
	var errs error
	for _, seg := range dirty {
		if err := seg.f.Sync(); err != nil {
			errs = errors.Join(errs, err)
			l.mu.Lock()
			// What a failed sync left in the file is unsure: nothing more
			// is appended to it.
			if l.active && l.last() == seg {
				l.active = false
			}
			l.mu.Unlock()
		}
	}
	return errs
}

// takeAll brings all ended records into the Store.
func (l *Ledger) takeAll() error {
	for {
		w := l.untaken()
		if w.seg == nil {
			return nil
		}
		if err := w.into(l); err != nil {
			return err
		}
	}
}

// work is what a segment has that is not in the Store: the ends as they were
// written up to size, or a reader over its entries.
type work struct {
	seg  *segment
	ends []Record
	size int64
	r    io.Reader
}

// untaken returns the work of the first segment that has some.
func (l *Ledger) untaken() (w work) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, seg := range l.segments {
		if seg.taken < seg.size {
			w = work{seg: seg, size: seg.size}
			var known bool
			if w.ends, known = seg.fresh(); !known {
				w.r = seg.reader()
			}
			return w
		}
	}
	return w
}

// into brings the work into the Store. Ends that are given twice, because a
// later batch failed, do no harm there.
func (w work) into(l *Ledger) error {
	if w.r != nil {
		return l.take(w.seg, w.r)
	}
	for batch := range slices.Chunk(w.ends, batchSize) {
		if err := l.keep(batch); err != nil {
			return err
		}
	}
	l.taken(w.seg, len(w.ends), w.size)
	l.mu.Lock()
	defer l.mu.Unlock()
	w.seg.free(w.ends)
	return nil
}

func (l *Ledger) take(seg *segment, r io.Reader) error {
	base := seg.taken
	batch := make([]Record, 0, 16)
	var end int64
	for e, err := range readJournal(r, true) {
		var bad *FrameError
		switch {
		case errors.As(err, &bad):
			l.log.Warn("garbage in the ledger's journal is passed over", "path", seg.path, "error", err)
		case err != nil:
			return err
		case e.Kind == KindClose:
			batch = append(batch, e.Record)
		}
		end = e.end
		if len(batch) == batchSize {
			if err := l.put(seg, batch, base+end); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return l.put(seg, batch, base+end)
}

// put commits a batch and notes that the segment is taken up to offset.
func (l *Ledger) put(seg *segment, batch []Record, offset int64) error {
	if len(batch) > 0 {
		if err := l.keep(batch); err != nil {
			return err
		}
	}
	l.taken(seg, len(batch), offset)
	return nil
}

// keep commits a batch.
func (l *Ledger) keep(batch []Record) error {
	ctx, cancel := context.WithTimeout(context.Background(), putTimeout)
	defer cancel()
	if err := l.store.Put(ctx, batch); err != nil {
		return fmt.Errorf("put records: %w", err)
	}
	return nil
}

// taken notes that the Store has n more ends, those of seg up to offset.
func (l *Ledger) taken(seg *segment, n int, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seg.tookTo(offset)
	l.waiting = max(0, l.waiting-int64(n))
	l.oldest = time.Now()
}

// tidy removes files whose entries are all in the Store. Admissions that are
// still open are written again first, to the active file.
func (l *Ledger) tidy() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active && l.last().taken == l.last().size && l.last().size >= rotateBytes {
		l.active = false
	}
	for len(l.segments) > 0 {
		seg := l.segments[0]
		if (l.active && seg == l.last()) || seg.taken < seg.size {
			return nil
		}
		if err := l.carryOver(seg); err != nil {
			return err
		}
		if err := seg.f.Close(); err != nil {
			l.log.Warn("closing a journal file", "path", seg.path, "error", err)
		}
		l.segments = l.segments[1:]
		if err := os.Remove(seg.path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// carryOver writes the admissions of seg that are still open to the active
// segment and syncs it. The caller holds mu.
func (l *Ledger) carryOver(seg *segment) error {
	moved := false
	for id, a := range l.open {
		if a.segment != seg.number {
			continue
		}
		if err := l.append(KindOpen, a.record); err != nil {
			return err
		}
		l.open[id] = admission{record: a.record, segment: l.last().number}
		moved = true
	}
	if moved {
		return l.last().sync()
	}
	return nil
}

// replay reads what an earlier process left. Its ends go to the Store in the
// ordinary way; its open requests are ended as interrupted.
func (l *Ledger) replay() error {
	numbers, err := listSegments(l.dir)
	if err != nil {
		return fmt.Errorf("the ledger's folder: %w", err)
	}
	for _, n := range numbers {
		l.next = n + 1
		if err := l.replaySegment(n); err != nil {
			return err
		}
	}
	left := l.open
	l.open = map[string]admission{}
	for id, a := range left {
		var rec Record
		if err := json.Unmarshal(a.record, &rec); err != nil {
			return fmt.Errorf("replay of %s: %w", id, err)
		}
		rec.Status, rec.ErrorCode = StatusError, string(llm.CodeInterrupted)
		data, err := json.Marshal(&rec)
		if err != nil {
			return fmt.Errorf("replay of %s: %w", id, err)
		}
		// Where it cannot be written it is owed and tried again.
		_ = l.close(&rec, data)
	}
	if len(left) > 0 {
		l.log.Warn("requests were open when the last process ended", "interrupted", len(left))
	}
	l.signal()
	return nil
}

func (l *Ledger) replaySegment(number uint64) error {
	path := segmentPath(l.dir, number)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("the ledger's journal: %w", err)
	}
	seg := &segment{path: path, number: number, f: diskFile{f}, dirty: true, known: -1}
	for e, err := range ReadJournal(io.NewSectionReader(f, 0, math.MaxInt64)) {
		var bad *FrameError
		switch {
		case errors.As(err, &bad) && bad.Torn:
			// A write that was cut off was never acknowledged; it is left
			// behind size and goes away with the file.
			l.log.Info("the ledger's journal ends in a torn entry", "path", path, "bytes", bad.Length)
			continue
		case errors.As(err, &bad):
			// Reported when it is taken.
		case err != nil:
			return errors.Join(fmt.Errorf("the ledger's journal: %w", err), f.Close())
		case e.Kind == KindOpen:
			data, err := json.Marshal(&e.Record)
			if err != nil {
				return errors.Join(err, f.Close())
			}
			l.open[e.Record.ID] = admission{record: data, segment: number}
		default:
			delete(l.open, e.Record.ID)
			l.waiting++
		}
		seg.size = e.end
	}
	l.segments = append(l.segments, seg)
	if l.waiting > 0 {
		l.oldest = time.Now()
	}
	return nil
}
