package sysfs

import (
	"bytes"
	"fmt"
	"strconv"
	"time"
)

const (
	// trustedAfter is how many readings in a row must have been quick, and
	// quick how long one takes at most. Some drivers ask a chip on a bus first.
	trustedAfter = 3
	quick        = 200 * time.Microsecond
	// slow is how long a reading takes that ends the trust.
	slow = 2 * time.Millisecond
)

// Gauge is a file with a whole number that is read many times a second. One
// goroutine at a time may read it.
//
// A file that always answers at once is read without telling the runtime that
// the program is in the kernel: telling it wakes a thread that watches for long
// calls, which costs more than the reading.
type Gauge struct {
	path  string
	z     []byte
	buf   [64]byte
	trust int
	// now is the clock, to tell what is quick.
	now func() time.Time
}

// NewGauge does not open the file: what is at the path may be replaced.
func NewGauge(path string) *Gauge {
	return &Gauge{path: path, z: append([]byte(path), 0), now: time.Now}
}

// Number reads the number.
func (g *Gauge) Number() (int64, error) {
	start := g.now()
	n, err := g.read()
	switch took := g.now().Sub(start); {
	case err != nil || took > slow:
		g.trust = 0
	case took > quick:
		g.trust = min(g.trust, trustedAfter)
	default:
		g.trust++
	}
	if err != nil {
		return 0, err
	}
	text := bytes.TrimSpace(g.buf[:n])
	if v, ok := digits(text); ok {
		return v, nil
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", g.path, err)
	}
	return v, nil
}

func (g *Gauge) read() (int, error) {
	// A path with a zero byte in it is another's.
	if g.trust >= trustedAfter && bytes.IndexByte(g.z, 0) == len(g.z)-1 {
		if n, ok := readQuickly(g.z, g.buf[:]); ok {
			return n, nil
		}
	}
	return read(g.path, g.buf[:])
}

// digits is a number of digits only, without the text that a parser wants.
func digits(text []byte) (v int64, ok bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	return v, true
}
