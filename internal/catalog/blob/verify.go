package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/llm"
)

// Paths returns where the engine finds the files of a model that have a role,
// after a look at size and time. For a model in several files the first is
// enough.
func (s *Store) Paths(m Manifest, role Role) ([]string, error) {
	var out []string
	split := slices.ContainsFunc(m.Files, func(f File) bool { return f.Role == RoleShard })
	for _, f := range m.Files {
		if f.Role != role {
			continue
		}
		if err := s.look(m, f); err != nil {
			return nil, err
		}
		path := s.filePath(f)
		// Only parts of one model look for each other by their names.
		if split && (role == RoleModel || role == RoleShard) {
			path = filepath.Join(s.linkDir(m.Name), f.Name)
		}
		out = append(out, path)
	}
	return out, nil
}

// Look tells whether all files of a model are there as they were recorded, by
// their sizes and times; they are not read.
func (s *Store) Look(m Manifest) error {
	for _, f := range m.Files {
		if err := s.look(m, f); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) look(m Manifest, f File) error {
	st, err := os.Stat(s.filePath(f))
	switch {
	case err != nil:
		return llm.Wrap(llm.CodeModelNotFound, err, "a file of %s is gone", m.Name).WithHint("%s", m.repair())
	case st.Size() != f.Size:
		return llm.Errorf(llm.CodeCorrupt, "%s of %s has %d bytes; %d were recorded", f.Name, m.Name, st.Size(), f.Size).WithHint("%s", m.repair())
	case f.ModTime.IsZero():
		return llm.Errorf(llm.CodeCorrupt, "%s of %s was found damaged", f.Name, m.Name).WithHint("%s", m.repair())
	case !st.ModTime().Equal(f.ModTime):
		return llm.Errorf(llm.CodeCorrupt, "%s of %s changed since it was recorded", f.Name, m.Name).WithHint("irori show --verify %s", m.Name)
	}
	return nil
}

// repair is what brings a model back that is cut, changed or gone.
func (m Manifest) repair() string {
	if m.Accepted {
		return "irori pull " + m.Name + " --accept-terms"
	}
	return "irori pull " + m.Name
}

// Verify hashes every file of a name anew. Where all are as they were
// recorded, it says so in the manifest, with the files' times, and returns the
// names of those whose times had changed. A damaged file is marked, so that it
// is not loaded and the next pull fetches it again.
func (s *Store) Verify(ctx context.Context, name string, progress func(done, total int64)) (renewed []string, err error) {
	m, err := s.Get(name)
	if err != nil {
		return nil, err
	}
	was := m
	m.Files = slices.Clone(m.Files)
	var done int64
	for i := range m.Files {
		f := &m.Files[i]
		path := s.filePath(*f)
		// The time from before the reading: a change meanwhile shows later.
		st, err := os.Stat(path)
		var sum string
		var n int64
		if err == nil {
			sum, n, err = Hash(ctx, path, func(n int64) {
				if progress != nil {
					progress(done+n, m.Size())
				}
			})
		}
		if ctx.Err() != nil {
			return nil, llm.Wrap(llm.CodeCancelled, ctx.Err(), "the check was stopped")
		}
		if err != nil {
			return nil, llm.Wrap(llm.CodeCorrupt, err, "%s of %s cannot be read", f.Name, m.Name).WithHint("%s", m.repair())
		}
		if n != f.Size || "sha256:"+sum != f.Digest {
			f.ModTime = time.Time{}
			// Where the mark cannot be written, the damage is still the news.
			_ = s.recordTimes(was, m)
			return nil, llm.Errorf(llm.CodeCorrupt, "%s of %s is damaged: %d bytes of sha256 %s; %d of %s were recorded", f.Name, m.Name, n, sum, f.Size, strings.TrimPrefix(f.Digest, "sha256:")).
				WithHint("%s", m.repair())
		}
		if done += n; !f.ModTime.Equal(st.ModTime()) {
			f.ModTime = st.ModTime()
			renewed = append(renewed, f.Name)
		}
	}
	m.Verified = time.Now().UTC()
	if err := s.recordTimes(was, m); err != nil && len(renewed) > 0 {
		return nil, err // without the times, the files cannot be used
	}
	return renewed, nil
}

// recordTimes writes m, which differs from what is on the disk in times only,
// and the same times into the other manifests that share its blobs. A pull that
// came between has written times of its own, and those stand.
func (s *Store) recordTimes(was, m Manifest) error {
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	now, err := s.read(m.Name)
	if err != nil {
		return fmt.Errorf("the model was removed meanwhile: %w", err)
	}
	if !slices.EqualFunc(now.Files, was.Files, sameRecord) {
		return llm.Errorf(llm.CodeUnavailable, "%s was pulled anew while it was checked", m.Name).WithHint("irori show --verify %s", m.Name)
	}
	return errors.Join(writeJSON(s.manifestPath(m.Name), m), s.share(m))
}

// sameRecord reports whether two manifests say the same of a file.
func sameRecord(a, b File) bool {
	return a.Name == b.Name && a.Digest == b.Digest && a.Path == b.Path && a.ModTime.Equal(b.ModTime)
}

// share brings the times of m's blobs into the other manifests that name them:
// one file has one time. The store's lock must be held.
func (s *Store) share(m Manifest) error {
	all, err := s.List()
	if err != nil {
		return err
	}
	for _, o := range all {
		changed := false
		for i := range o.Files {
			f := &o.Files[i]
			j := slices.IndexFunc(m.Files, func(x File) bool { return x.Digest == f.Digest && x.Path == f.Path })
			if o.Name != m.Name && j >= 0 && !f.ModTime.Equal(m.Files[j].ModTime) {
				f.ModTime, changed = m.Files[j].ModTime, true
			}
		}
		if !changed {
			continue
		}
		// Another time is another file: its links lead to the old one.
		if err := s.link(o); err != nil {
			return err
		}
		if err := writeJSON(s.manifestPath(o.Name), o); err != nil {
			return err
		}
	}
	return nil
}

// Sound reports whether a blob of that size is there and what its digest says.
// One that no manifest knows with the time that it has is read; if it is
// damaged it goes, so that a pull fetches it again. A size below 0 is not
// known.
func (s *Store) Sound(ctx context.Context, digest string, size int64) (bool, error) {
	if !s.Has(digest, size) {
		return false, nil
	}
	path := s.BlobPath(digest)
	st, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if s.vouched(digest, st) {
		return true, nil
	}
	sum, _, err := Hash(ctx, path, nil)
	if err != nil {
		return false, err
	}
	if "sha256:"+sum == digest {
		return true, nil
	}
	unlock, err := s.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	if now, err := os.Stat(path); err == nil && !os.SameFile(st, now) {
		return true, nil // another pull brought it anew meanwhile
	}
	// A server that has the file open keeps what it has.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	return false, nil
}

// vouched reports whether a manifest knows the blob of a digest with the size
// and the time that its file has: then it was sound, and nothing changed.
func (s *Store) vouched(digest string, st os.FileInfo) bool {
	all, err := s.List()
	if err != nil {
		return false
	}
	for _, m := range all {
		for _, f := range m.Files {
			if f.Digest == digest && f.Path == "" && f.ModTime.Equal(st.ModTime()) && f.Size == st.Size() {
				return true
			}
		}
	}
	return false
}

// Regular refuses what cannot be read to an end: a device, a pipe, a socket.
func Regular(path string, st os.FileInfo) error {
	if st.Mode().IsRegular() {
		return nil
	}
	what := "no regular file"
	switch mode := st.Mode(); {
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%s is %s, and a model is a file", path, what).
		WithHint("name a GGUF file, or a folder with one: irori pull file:/PATH/TO/MODEL.gguf")
}

// Hash returns the SHA-256 and the size of a regular file; progress gets the
// bytes read so far.
func Hash(ctx context.Context, path string, progress func(done int64)) (sum string, n int64, err error) {
	// Before it is opened: the opening of a pipe waits for its other end.
	st, err := os.Stat(path)
	if err == nil {
		err = Regular(path, st)
	}
	if err != nil {
		return "", 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", n, err
		}
		k, err := f.Read(buf)
		h.Write(buf[:k])
		n += int64(k)
		if progress != nil {
			progress(n)
		}
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), n, nil
		}
		if err != nil {
			return "", n, err
		}
	}
}
