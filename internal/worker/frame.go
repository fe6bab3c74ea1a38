package worker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Protocol is the version of the frames. Both ends are the same binary, so a
// difference means that two builds were mixed.
const Protocol = 1

// Kind tells frames apart.
type Kind uint8

// The kinds of frames. Those above KindHello go from worker to gateway.
const (
	// KindLoad carries a Load: the first frame to a worker.
	KindLoad Kind = iota + 1
	// KindSubmit carries a Submit.
	KindSubmit
	// KindCancel carries a Call without a body: stop that request.
	KindCancel
	// KindEmbed, KindTokenize and KindPing carry a Call and are answered by
	// a KindReply with the same id.
	KindEmbed
	KindTokenize
	KindPing
	// KindClose asks the worker to exit once nothing runs.
	KindClose
	// KindRank carries a Call too.
	KindRank

	// KindHello carries a Hello, before anything is loaded.
	KindHello Kind = iota + 64
	// KindReady carries a Ready: the model is loaded.
	KindReady
	// KindStep carries a Step in binary.
	KindStep
	// KindReply carries a Reply.
	KindReply
	// KindFatal carries a Failure: the worker gives up.
	KindFatal
	// KindNote carries a Note for the log.
	KindNote
)

// MaxFrame bounds a frame: a prompt or a batch of vectors fits, a length that
// is garbage does not.
const MaxFrame = 256 << 20

// Writer writes frames. It is safe for concurrent use.
type Writer struct {
	mu  sync.Mutex
	w   io.Writer
	buf []byte
}

// NewWriter makes a Writer.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write sends one frame with one system call.
func (w *Writer) Write(k Kind, body []byte) error {
	if len(body) > MaxFrame {
		return fmt.Errorf("a frame of %d bytes is over the limit of %d", len(body), MaxFrame)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf = binary.LittleEndian.AppendUint32(w.buf[:0], uint32(len(body)))
	w.buf = append(w.buf, byte(k))
	w.buf = append(w.buf, body...)
	_, err := w.w.Write(w.buf)
	if cap(w.buf) > 1<<20 {
		w.buf = nil
	}
	return err
}

// WriteJSON sends v as the body of a frame.
func (w *Writer) WriteJSON(k Kind, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.Write(k, b)
}

// Reader reads frames.
type Reader struct {
	r   *bufio.Reader
	buf []byte
}

// NewReader makes a Reader.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, 64<<10)} }

// ErrFrame says that the other end sent what is not a frame.
var ErrFrame = errors.New("the worker pipe carried something that is not a frame")

// Read returns the next frame. The body is valid until the next Read.
func (r *Reader) Read() (Kind, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(binary.LittleEndian.Uint32(head[:4]))
	if n > MaxFrame {
		return 0, nil, fmt.Errorf("%w: length %d", ErrFrame, n)
	}
	if cap(r.buf) < n || cap(r.buf) > 1<<20 && n < 1<<16 {
		r.buf = make([]byte, max(n, 4096))
	}
	r.buf = r.buf[:n]
	if _, err := io.ReadFull(r.r, r.buf); err != nil {
		return 0, nil, fmt.Errorf("%w: cut in the middle", ErrFrame)
	}
	return Kind(head[4]), r.buf, nil
}
