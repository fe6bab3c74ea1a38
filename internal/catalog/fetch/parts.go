package fetch

import (
	"encoding/json"
	"os"
	"sync"
)

// parts is the sidecar of a download: which ranges are on disk.
type parts struct {
	URL   string `json:"url"`
	ETag  string `json:"etag"`
	Size  int64  `json:"size"`
	Chunk int64  `json:"chunk"`
	Done  []bool `json:"done"`

	mu   sync.Mutex
	path string
}

func partsPath(dest string) string { return dest + ".parts" }

// forget removes a download that cannot be used.
func forget(dest string) {
	_ = os.Remove(partsPath(dest))
	_ = os.Remove(dest)
}

// loadParts returns the sidecar beside dest if it is about the same version of
// the same file, else a new one. Without a validator from the server nothing
// tells versions apart, so that nothing is kept.
func loadParts(dest, url string, p probed, chunk int64) *parts {
	fresh := &parts{URL: withoutQuery(url), ETag: p.etag, Size: p.size, Chunk: chunk, Done: make([]bool, (p.size+chunk-1)/chunk), path: partsPath(dest)}
	b, err := os.ReadFile(partsPath(dest))
	if err != nil || p.etag == "" {
		return fresh
	}
	var old parts
	st, err := os.Stat(dest)
	if err != nil || json.Unmarshal(b, &old) != nil {
		return fresh
	}
	if old.URL != fresh.URL || old.ETag != p.etag || old.Size != p.size || st.Size() != p.size || old.Chunk <= 0 || int64(len(old.Done)) != (p.size+old.Chunk-1)/old.Chunk {
		return fresh
	}
	fresh.Chunk, fresh.Done = old.Chunk, old.Done
	return fresh
}

func (s *parts) bounds(i int) (from, to int64) {
	from = int64(i) * s.Chunk
	return from, min(from+s.Chunk, s.Size)
}

func (s *parts) bytesDone() int64 {
	var n int64
	for i, ok := range s.Done {
		if ok {
			from, to := s.bounds(i)
			n += to - from
		}
	}
	return n
}

// finish records a range after its bytes are safe on disk.
func (s *parts) finish(i int, f *os.File) error {
	if err := f.Sync(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Done[i] = true
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	tmp := s.path + ".new"
	if err := os.WriteFile(tmp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, s.path)
}

// Done returns how many bytes of a stopped download are there, by its sidecar.
func Done(dest string) int64 {
	var s parts
	b, err := os.ReadFile(partsPath(dest))
	if err != nil || json.Unmarshal(b, &s) != nil || s.Chunk <= 0 || int64(len(s.Done)) != (s.Size+s.Chunk-1)/s.Chunk {
		return 0
	}
	return s.bytesDone()
}
