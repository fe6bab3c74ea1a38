// Package journal writes a run into its folder: run.json, and samples.jsonl to which
// each sample is appended and synced before it counts. What was cut off by a
// crash is found and taken away when the folder is opened again.
//
// It does not know what the samples are of.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"irori/internal/eval/run"
	"irori/internal/eval/sample"
	"irori/internal/llm"
	"irori/internal/proc"
)

// The names of the files.
const (
	RunFile     = "run.json"
	SamplesFile = "samples.jsonl"
	// heldFile has the answers that wait for a judge.
	heldFile = "held.jsonl"
	lockFile = "run.lock"
)

// maxLine bounds a line of samples.
const maxLine = 64 << 20

// Journal is a run that is being written. Its methods may be called from
// anywhere at any time.
type Journal struct {
	Dir string

	mu            sync.Mutex
	lock          *os.File
	samples, held *os.File
	done          map[run.Key]bool
	kept          []sample.Sample
	waiting       []sample.Sample
}

// Create begins a run in a folder that is empty or not there.
func Create(dir string, r *sample.Run) (*Journal, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, RunFile)); err == nil {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s already holds a run", dir).WithHint("irori measure run --resume %s", dir)
		}
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is not empty", dir).WithHint("give --out a folder that is not there yet")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, llm.Wrap(llm.CodeInternal, err, "the folder of the run cannot be made").WithHint("give --out a folder that can be written")
	}
	f, err := open(dir)
	if err != nil {
		return nil, err
	}
	if err := f.Write(r); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Resume opens a run to go on with it.
func Resume(dir string) (*Journal, *sample.Run, error) {
	r, err := Read(dir)
	if err != nil {
		return nil, nil, err
	}
	f, err := open(dir)
	return f, r, err
}

// Read reads the description of a run.
func Read(dir string) (*sample.Run, error) {
	path := filepath.Join(dir, RunFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "%s holds no run: there is no %s", dir, RunFile)
	}
	if err != nil {
		return nil, err
	}
	r := &sample.Run{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, llm.Wrap(llm.CodeCorrupt, err, "%s cannot be read", path)
	}
	if r.Schema > sample.SchemaVersion {
		return nil, llm.Errorf(llm.CodeUnsupported, "%s has version %d; this program knows %d", path, r.Schema, sample.SchemaVersion)
	}
	return r, nil
}

func open(dir string) (_ *Journal, err error) {
	f := &Journal{Dir: dir, done: map[run.Key]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	if f.lock, err = os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		return nil, err
	}
	free, err := proc.TryLock(f.lock)
	if err != nil {
		return nil, err
	}
	if !free {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "another process is writing the run in %s", dir).WithHint("wait until it has ended, or interrupt it")
	}
	if f.samples, f.kept, err = journal(filepath.Join(dir, SamplesFile)); err != nil {
		return nil, err
	}
	if f.held, f.waiting, err = journal(filepath.Join(dir, heldFile)); err != nil {
		return nil, err
	}
	for i := range f.kept {
		k := run.KeyOf(&f.kept[i])
		if f.done[k] {
			return nil, llm.Errorf(llm.CodeCorrupt, "%s: item %s of task %s stands there twice", f.samples.Name(), k.Item, k.Task)
		}
		f.done[k] = true
	}
	// What was judged waits no longer.
	f.waiting = slices.DeleteFunc(f.waiting, func(s sample.Sample) bool { return f.done[run.KeyOf(&s)] })
	for i := range f.waiting {
		f.done[run.KeyOf(&f.waiting[i])] = true
	}
	return f, syncDir(dir)
}

// journal opens a file of samples to append to. A last line that was not
// written whole is cut off: its question was never counted.
func journal(path string) (*os.File, []sample.Sample, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, nil, err
	}
	list, end, err := scan(path, f)
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.Seek(end, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, list, nil
}

// scan reads whole lines, and returns where they end.
func scan(name string, in io.Reader) (list []sample.Sample, end int64, err error) {
	r := bufio.NewReaderSize(in, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return list, end, nil
		}
		if err != nil {
			return nil, 0, err
		}
		if len(line) > maxLine {
			return nil, 0, llm.Errorf(llm.CodeCorrupt, "%s:%d: the line is longer than %d bytes", name, n, maxLine)
		}
		if len(bytes.TrimSpace(line)) > 0 {
			var s sample.Sample
			if err := json.Unmarshal(line, &s); err != nil {
				if _, next := r.Peek(1); errors.Is(next, io.EOF) {
					// A file system may have kept the end of a line whose
					// beginning it lost.
					return list, end, nil
				}
				return nil, 0, llm.Wrap(llm.CodeCorrupt, err, "%s:%d", name, n)
			}
			if s.Schema > sample.SchemaVersion {
				return nil, 0, llm.Errorf(llm.CodeUnsupported, "%s:%d has version %d; this program knows %d", name, n, s.Schema, sample.SchemaVersion)
			}
			list = append(list, s)
		}
		end += int64(len(line))
	}
}

// Close gives the folder to others.
func (f *Journal) Close() error {
	var errs []error
	for _, x := range []*os.File{f.samples, f.held, f.lock} {
		if x != nil {
			errs = append(errs, x.Close())
		}
	}
	return errors.Join(errs...)
}

// Write writes run.json, whole or not at all.
func (f *Journal) Write(r *sample.Run) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(f.Dir, RunFile)
	tmp, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err = tmp.Write(append(b, '\n')); err == nil {
		err = tmp.Sync()
	}
	if err := errors.Join(err, tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(f.Dir)
}

// Done reports whether a job was asked and its answer kept.
func (f *Journal) Done(k run.Key) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.done[k]
}

// Kept are the samples so far.
func (f *Journal) Kept() []sample.Sample {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.kept)
}

// Waiting are the samples that wait for a judge.
func (f *Journal) Waiting() []sample.Sample {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.waiting)
}

// Keep appends a sample. Once it returns, the sample outlives a crash.
func (f *Journal) Keep(s sample.Sample) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := run.KeyOf(&s)
	i := slices.IndexFunc(f.waiting, func(w sample.Sample) bool { return run.KeyOf(&w) == k })
	if f.done[k] && i < 0 {
		return fmt.Errorf("item %s of task %s was kept before", k.Item, k.Task)
	}
	if err := add(f.samples, &s); err != nil {
		return err
	}
	if i >= 0 {
		f.waiting = slices.Delete(f.waiting, i, i+1)
	}
	f.done[k] = true
	f.kept = append(f.kept, s)
	return nil
}

// Hold keeps an answer until a judge has said something of it and Keep has
// taken it.
func (f *Journal) Hold(s sample.Sample) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := run.KeyOf(&s)
	if f.done[k] {
		return fmt.Errorf("item %s of task %s was kept before", k.Item, k.Task)
	}
	if err := add(f.held, &s); err != nil {
		return err
	}
	f.done[k] = true
	f.waiting = append(f.waiting, s)
	return nil
}

// Finish ends a run: nothing waits any more.
func (f *Journal) Finish() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) > 0 {
		return fmt.Errorf("%d answers wait for a judge", len(f.waiting))
	}
	return os.Remove(f.held.Name())
}

// add writes a line. What cannot be written whole is taken back.
func add(to *os.File, s *sample.Sample) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err
	}
	at, err := to.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err = to.Write(b.Bytes()); err == nil {
		err = to.Sync()
	}
	if err == nil {
		return nil
	}
	_, back := to.Seek(at, io.SeekStart)
	return errors.Join(err, to.Truncate(at), back)
}

// syncDir makes the names in a folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Windows cannot do this, and keeps names without.
	_ = d.Sync()
	return d.Close()
}
