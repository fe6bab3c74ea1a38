package blob

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// PruneAge is how old a blob that nothing refers to must be to go unasked. A
// pull pins its blobs; the hour is for what a person puts there by hand.
const PruneAge = time.Hour

// Prune removes the blobs of that age that nothing refers to: what a process
// left that was killed between the file and the manifest that names it. It
// returns the bytes that this freed.
func (s *Store) Prune(age time.Duration) (freed int64, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "blobs"))
	if err != nil || len(entries) == 0 {
		return 0, nil // there is no store yet, or nothing in it
	}
	unlock, err := s.lock()
	if err != nil {
		return 0, err
	}
	defer unlock()
	keep, err := s.needed()
	if keep == nil {
		return 0, err
	}
	for _, e := range entries {
		digest := strings.Replace(e.Name(), "-", ":", 1)
		st, err := e.Info()
		if err != nil || checkDigest(digest) != nil || keep[digest] || !st.Mode().IsRegular() || time.Since(st.ModTime()) < age {
			continue
		}
		if err := os.Remove(s.BlobPath(digest)); err != nil {
			return freed, err
		}
		freed += st.Size()
	}
	return freed, nil
}

// PrunePartials removes the downloads that were stopped and that nobody goes
// on with now. It returns the bytes that this freed.
func (s *Store) PrunePartials() (freed int64, err error) {
	paths, err := filepath.Glob(filepath.Join(s.dir, "partial", "*"))
	if err != nil {
		return 0, err
	}
	// A download has files beside it that begin with its name.
	keys := map[string][]string{}
	for _, p := range paths {
		key, _, _ := strings.Cut(filepath.Base(p), ".")
		keys[key] = append(keys[key], p)
	}
	for key, files := range keys {
		n, err := s.prunePartial(filepath.Join(s.dir, "partial", key), files)
		if freed += n; err != nil {
			return freed, err
		}
	}
	return freed, nil
}

// prunePartial removes one download, if its lock is free.
func (s *Store) prunePartial(path string, files []string) (freed int64, err error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() && time.Since(st.ModTime()) < PruneAge {
		return 0, nil // a package manager's folder has no lock
	}
	l, err := lockFile(path+".lock", false)
	if err != nil {
		return 0, nil // somebody is at it
	}
	defer func() { _ = os.Remove(path + ".lock"); l.unlock() }()
	for _, f := range files {
		freed += treeSize(f)
		if err := os.RemoveAll(f); err != nil {
			return freed, err
		}
	}
	return freed, nil
}

// treeSize is what the files at a path hold; what cannot be read counts
// nothing.
func treeSize(path string) (n int64) {
	_ = filepath.WalkDir(path, func(_ string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		if st, err := d.Info(); err == nil {
			n += onDisk(st)
		}
		return nil
	})
	return n
}
