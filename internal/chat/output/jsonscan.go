package output

import "strings"

// jsonScan follows one JSON value byte by byte. It checks the structure and
// the strings' ends, which is what decides where the value stops; numbers and
// words are checked for their letters only.
type jsonScan struct {
	stack []byte // { or [ around
	state scanState
	esc   bool
}

type scanState uint8

const (
	scanValue    scanState = iota
	scanFirst              // a value or the end of a list
	scanKey                // a key
	scanFirstKey           // a key or the end of an object
	scanColon
	scanNext // a comma or an end
	scanString
	scanKeyString
	scanScalar
	scanDone
)

const maxNesting = 256

// next takes the byte c. used is false when the value ended before c.
func (j *jsonScan) next(c byte) (used, ok bool) {
	switch j.state {
	case scanString, scanKeyString:
		j.inString(c)
		return true, c >= 0x20
	case scanScalar:
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || strings.IndexByte("+-.E", c) >= 0 {
			return true, true
		}
		j.ended()
		if j.state == scanDone {
			return false, true
		}
	}
	if c == ' ' || c == '\t' || c == '\n' || c == '\r' {
		return true, true
	}
	return true, j.structure(c)
}

func (j *jsonScan) inString(c byte) {
	switch {
	case j.esc:
		j.esc = false
	case c == '\\':
		j.esc = true
	case c == '"' && j.state == scanKeyString:
		j.state = scanColon
	case c == '"':
		j.ended()
	}
}

func (j *jsonScan) structure(c byte) bool {
	switch j.state {
	case scanColon:
		j.state = scanValue
		return c == ':'
	case scanNext:
		return j.after(c)
	case scanKey, scanFirstKey:
		if c == '"' {
			j.state = scanKeyString
			return true
		}
		return c == '}' && j.state == scanFirstKey && j.pop()
	case scanFirst:
		if c == ']' {
			return j.pop()
		}
	}
	return j.value(c)
}

func (j *jsonScan) value(c byte) bool {
	switch {
	case c == '{' || c == '[':
		j.stack = append(j.stack, c)
		j.state = scanFirstKey
		if c == '[' {
			j.state = scanFirst
		}
		return len(j.stack) <= maxNesting
	case c == '"':
		j.state = scanString
	case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f' || c == 'n':
		j.state = scanScalar
	default:
		return false
	}
	return true
}

func (j *jsonScan) after(c byte) bool {
	top := j.stack[len(j.stack)-1]
	switch {
	case c == ',' && top == '{':
		j.state = scanKey
	case c == ',':
		j.state = scanValue
	case c == '}' && top == '{', c == ']' && top == '[':
		return j.pop()
	default:
		return false
	}
	return true
}

func (j *jsonScan) pop() bool {
	j.stack = j.stack[:len(j.stack)-1]
	j.ended()
	return true
}

// ended notes the end of a value inside what is around it.
func (j *jsonScan) ended() {
	j.state = scanNext
	if len(j.stack) == 0 {
		j.state = scanDone
	}
}

// scan takes bytes of s up to the end of the value. It returns how many, and
// done, more or failed.
func (j *jsonScan) scan(s string) (int, status) {
	for i := range len(s) {
		used, ok := j.next(s[i])
		if !ok {
			return i, failed
		}
		if !used {
			return i, done
		}
		if j.state == scanDone {
			return i + 1, done
		}
	}
	return len(s), more
}

// argsReader streams one JSON value as the arguments of a call. Before begin
// was called nothing is emitted.
type argsReader struct {
	scan jsonScan
}

// read streams the value through emit.
func (a *argsReader) read(p *Parser, emit func(string)) status {
	n, st := a.scan.scan(p.buf)
	piece := p.buf[:n]
	p.buf = p.buf[n:]
	if piece != "" {
		emit(piece)
	}
	return st
}
