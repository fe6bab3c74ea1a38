package verb

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// maxHeld is how much of what is held lies in memory.
const maxHeld = 4 << 20

// Hold keeps what is written to Out from now on back until done is called: it
// goes out where err is nil, and is dropped where it is not, since a failure
// writes no object. done returns err, or why the rest could not be written.
func (c *Call) Hold() (done func(err error) error) {
	out, h := c.Out, &held{max: maxHeld}
	c.Out = h
	return func(err error) error {
		c.Out = out
		if err == nil {
			err = h.copyTo(out)
		}
		return errors.Join(err, h.drop())
	}
}

// held is output that may yet be dropped: what there is more of than max lies in
// a file that goes with it.
type held struct {
	b   bytes.Buffer
	f   *os.File
	max int
}

// Write takes all of it, or says why the file does not.
func (h *held) Write(b []byte) (int, error) {
	if h.f == nil && h.b.Len()+len(b) <= h.max {
		return h.b.Write(b)
	}
	if h.f == nil {
		f, err := os.CreateTemp("", "irori-*")
		if err != nil {
			return 0, err
		}
		h.f = f
		if _, err := h.b.WriteTo(f); err != nil {
			return 0, err
		}
	}
	return h.f.Write(b)
}

func (h *held) copyTo(w io.Writer) error {
	if h.f == nil {
		_, err := h.b.WriteTo(w)
		return err
	}
	if _, err := h.f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(w, h.f)
	return err
}

func (h *held) drop() error {
	if h.f == nil {
		return nil
	}
	return errors.Join(h.f.Close(), os.Remove(h.f.Name()))
}
