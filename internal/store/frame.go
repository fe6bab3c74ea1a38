package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
)

// maxFrame bounds a line of the journal. A record has no text of prompts or
// answers, so a longer line is garbage.
const maxFrame = 1 << 20

// Kind says what an entry of the journal tells.
type Kind string

// The kinds of entries.
const (
	KindOpen  Kind = "open"
	KindClose Kind = "close"
)

// Entry is one line of the journal.
type Entry struct {
	Kind   Kind   `json:"k"`
	Record Record `json:"r"`
	// end is the offset behind the line.
	end int64
}

// FrameError tells of bytes in a journal that are no entry. Reading goes on
// behind them.
type FrameError struct {
	Offset, Length int64
	Reason         string
	// Torn is set at the end of a file: a write that was cut off, which a
	// crash leaves behind and which was never acknowledged.
	Torn bool
}

// Error says where the bytes are and what is wrong with them.
func (e *FrameError) Error() string {
	return fmt.Sprintf("journal: %d bytes at offset %d are no entry: %s", e.Length, e.Offset, e.Reason)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame writes an entry as one line: the checksum in eight hexadecimal
// digits, a space, JSON. JSON has no raw line feeds, so that a reader finds the
// next entry behind any garbage.
func appendFrame(dst []byte, kind Kind, record []byte) []byte {
	start := len(dst)
	dst = append(dst, "00000000 "...)
	dst = append(dst, `{"k":"`...)
	dst = append(dst, kind...)
	dst = append(dst, `","r":`...)
	dst = append(dst, record...)
	dst = append(dst, '}')
	sum := crc32.Checksum(dst[start+9:], castagnoli)
	hex.Encode(dst[start:start+8], []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)})
	return append(dst, '\n')
}

// openHead begins the JSON of an admission, as appendFrame writes it.
var openHead = []byte(`{"k":"` + string(KindOpen) + `",`)

// parseFrame reads a line without its line feed. With endsOnly an admission's
// record stays unread: decoding is most of what reading a journal costs.
func parseFrame(line []byte, endsOnly bool) (Entry, error) {
	if len(line) < 10 || line[8] != ' ' {
		return Entry{}, errors.New("no checksum")
	}
	var sum [4]byte
	if _, err := hex.Decode(sum[:], line[:8]); err != nil {
		return Entry{}, errors.New("no checksum")
	}
	want := uint32(sum[0])<<24 | uint32(sum[1])<<16 | uint32(sum[2])<<8 | uint32(sum[3])
	if crc32.Checksum(line[9:], castagnoli) != want {
		return Entry{}, errors.New("wrong checksum")
	}
	if endsOnly && bytes.HasPrefix(line[9:], openHead) {
		return Entry{Kind: KindOpen}, nil
	}
	var e Entry
	if err := json.Unmarshal(line[9:], &e); err != nil {
		return Entry{}, fmt.Errorf("not an entry: %w", err)
	}
	if e.Record.ID == "" || (e.Kind != KindOpen && e.Kind != KindClose) {
		return Entry{}, errors.New("not an entry: no id or an unknown kind")
	}
	return e, nil
}

// ReadJournal yields the entries of one journal file. Bytes that are no entry
// come as a *FrameError and reading goes on; any other error ends it.
func ReadJournal(r io.Reader) iter.Seq2[Entry, error] { return readJournal(r, false) }

// readJournal is ReadJournal; with endsOnly the records of admissions stay
// empty.
func readJournal(r io.Reader, endsOnly bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		var offset int64
		for {
			line, length, err := readLine(br)
			if err != nil && err != io.EOF {
				yield(Entry{}, err)
				return
			}
			if length == 0 {
				return
			}
			start := offset
			offset += length
			entry, bad := frameOf(line, length, err == io.EOF, endsOnly)
			if bad != nil {
				bad.Offset = start
				if !yield(Entry{end: offset}, bad) {
					return
				}
			} else {
				entry.end = offset
				if !yield(entry, nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
		}
	}
}

func frameOf(line []byte, length int64, eof, endsOnly bool) (Entry, *FrameError) {
	if eof {
		return Entry{}, &FrameError{Length: length, Reason: "cut off", Torn: true}
	}
	if length > maxFrame {
		return Entry{}, &FrameError{Length: length, Reason: "too long"}
	}
	e, err := parseFrame(bytes.TrimSuffix(line, []byte{'\n'}), endsOnly)
	if err != nil {
		return Entry{}, &FrameError{Length: length, Reason: err.Error()}
	}
	return e, nil
}

// readLine returns a line with its line feed and how many bytes it has in the
// file; of a line beyond maxFrame the rest is passed over.
func readLine(br *bufio.Reader) ([]byte, int64, error) {
	var line []byte
	var length int64
	for {
		part, err := br.ReadSlice('\n')
		length += int64(len(part))
		if length <= maxFrame {
			line = append(line, part...)
		}
		if err != bufio.ErrBufferFull {
			return line, length, err
		}
	}
}
