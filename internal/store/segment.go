package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// file is what a segment needs of an open file.
type file interface {
	io.WriteCloser
	io.ReaderAt
	Truncate(size int64) error
	Sync() error
}

// segment is one file of the journal. Entries up to size are whole; those up
// to taken are in the Store.
type segment struct {
	path   string
	number uint64
	f      file
	size   int64
	taken  int64
	// ends are the ends behind known, as they were written. Where that is as
	// far as taken, they need not be read.
	ends  []Record
	known int64
	// spare is where ends were that are in the Store by now, for the next.
	spare []Record
	// named is when the file was last seen under its name.
	named time.Time
	// dirty is set while bytes may not have reached the disk.
	dirty bool
}

const segmentSuffix = ".journal"

func segmentPath(dir string, number uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%012d%s", number, segmentSuffix))
}

// listSegments returns the numbers of the journal files in dir, in order.
func listSegments(dir string) ([]uint64, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint64
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), segmentSuffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseUint(name, 10, 64); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// createFile makes a new file for appending.
func createFile(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// diskFile syncs data without the file's times, where the system can.
type diskFile struct{ *os.File }

// Sync brings the bytes to the disk.
func (d diskFile) Sync() error { return syncData(d.File) }

// append writes whole frames. After a failed write the file is cut back to
// its last whole entry, so that it can be used again when the disk has space;
// broken is true where even that failed.
func (s *segment) append(frames []byte) (broken bool, err error) {
	n, err := s.f.Write(frames)
	if err == nil && n < len(frames) {
		err = io.ErrShortWrite
	}
	if err == nil {
		s.size += int64(len(frames))
		s.dirty = true
		return false, nil
	}
	if n > 0 {
		if terr := s.f.Truncate(s.size); terr != nil {
			return true, errors.Join(err, terr)
		}
	}
	return false, err
}

// inPlace tells whether the file still has its name: bytes appended to a
// removed file would be gone with the process.
func (s *segment) inPlace() bool {
	d, ok := s.f.(diskFile)
	if !ok {
		return true
	}
	if !linked(d.File) {
		return false
	}
	// Under another name they are not lost, so that the name itself is looked
	// for now and then only: that takes as long as the writing.
	now := time.Now()
	if now.Sub(s.named) < nameEvery {
		return true
	}
	s.named = now
	here, err := d.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(s.path)
	return err == nil && os.SameFile(here, there)
}

// maxEnds bounds what waits in memory for a Store that is away.
const maxEnds = 4096

// ended keeps an end that was just appended. One that is not known any more
// (rec is nil) must be read, and with it all that came since known.
func (s *segment) ended(rec *Record) {
	if rec == nil || len(s.ends) == maxEnds {
		s.ends, s.known = nil, -1
	}
	if s.known >= 0 {
		s.ends = append(s.ends, *rec)
	}
}

// fresh hands over the ends that are not taken yet, or says that they must be
// read.
func (s *segment) fresh() ([]Record, bool) {
	if s.known != s.taken {
		return nil, false
	}
	ends := s.ends
	s.ends, s.known, s.spare = s.spare, s.size, nil
	return ends, true
}

// maxSpare bounds the room that is kept for ends to come.
const maxSpare = 256

// free takes the room of ends back that nobody needs any more.
func (s *segment) free(ends []Record) {
	if cap(ends) <= maxSpare {
		clear(ends)
		s.spare = ends[:0]
	}
}

// tookTo notes how far the Store has the ends. Once it has all that was
// written, the next ones are known again.
func (s *segment) tookTo(offset int64) {
	s.taken = offset
	if s.known != offset && offset == s.size {
		s.ends, s.known = nil, offset
	}
}

func (s *segment) sync() error {
	if !s.dirty {
		return nil
	}
	s.dirty = false
	return s.f.Sync()
}

// reader reads what is not yet taken into the Store.
func (s *segment) reader() io.Reader {
	return io.NewSectionReader(s.f, s.taken, s.size-s.taken)
}
