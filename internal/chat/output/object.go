package output

import (
	"encoding/json"
	"strings"
)

// objectReader reads a call written as one JSON object with a name and
// arguments, in any order of keys. Arguments that follow the name stream.
type objectReader struct {
	st   objectState
	scan jsonScan
	key  string
	val  strings.Builder
	name string
	// held are arguments that came before the name.
	held    string
	started bool
	// live says that the present value streams.
	live bool
}

type objectState uint8

const (
	objectOpen objectState = iota
	objectKey
	objectFirstKey
	objectInKey
	objectColon
	objectBeforeValue
	objectValue
	objectNext
)

// isArgsKey knows the names under which models write arguments.
func isArgsKey(k string) bool { return k == "arguments" || k == "parameters" || k == "args" }

func isCallKey(k string) bool {
	return k == "name" || isArgsKey(k) || k == "id" || k == "type" || k == "function" || k == "tool_call_id"
}

// advance takes n bytes: silently once fragments went out.
func (o *objectReader) advance(p *Parser, n int) string {
	s := p.take(n)
	if o.started {
		p.raw = ""
	}
	return s
}

// read takes the object up to its closing brace.
func (o *objectReader) read(p *Parser, _ bool) status {
	for {
		if o.st != objectInKey && o.st != objectValue {
			rest := strings.TrimLeft(p.buf, " \t\r\n")
			o.advance(p, len(p.buf)-len(rest))
		}
		if p.buf == "" {
			return more
		}
		switch st := o.step(p); st {
		case done:
			return o.finish(p)
		case failed:
			return failed
		default:
			if p.buf == "" {
				return more
			}
		}
	}
}

// step takes one token; more means that it went on.
func (o *objectReader) step(p *Parser) status {
	c := p.buf[0]
	switch o.st {
	case objectInKey, objectValue:
		return o.value(p)
	case objectOpen:
		if c != '{' {
			return failed
		}
		o.st = objectFirstKey
	case objectKey, objectFirstKey:
		if c == '}' && o.st == objectFirstKey {
			return failed // an empty object is no call
		}
		if c != '"' {
			return failed
		}
		o.st, o.scan = objectInKey, jsonScan{}
		o.val.Reset()
		return more
	case objectColon:
		if c != ':' {
			return failed
		}
		o.st = objectBeforeValue
	case objectBeforeValue:
		return o.beginValue(p, c)
	case objectNext:
		switch c {
		case ',':
			o.st = objectKey
		case '}':
			o.advance(p, 1)
			return done
		default:
			return failed
		}
	}
	o.advance(p, 1)
	return more
}

func (o *objectReader) beginValue(p *Parser, c byte) status {
	o.st, o.scan = objectValue, jsonScan{}
	o.val.Reset()
	o.live = isArgsKey(o.key) && o.name != "" && c == '{' && !o.started
	if o.live {
		p.start(o.name, "")
		o.started = true
	}
	return more
}

// value takes what is there of a key or a value.
func (o *objectReader) value(p *Parser) status {
	n, st := o.scan.scan(p.buf)
	piece := o.advance(p, n)
	if o.live && o.st == objectValue {
		p.args(piece)
	} else {
		o.val.WriteString(piece)
	}
	if st != done {
		return st
	}
	if o.st == objectInKey {
		o.st = objectColon
		if json.Unmarshal([]byte(o.val.String()), &o.key) != nil || !isCallKey(o.key) {
			return failed
		}
		return more
	}
	o.st = objectNext
	return o.endValue()
}

func (o *objectReader) endValue() status {
	text := strings.TrimSpace(o.val.String())
	switch {
	case o.live:
		o.live = false
	case o.key == "name":
		if json.Unmarshal([]byte(text), &o.name) != nil || o.name == "" {
			return failed
		}
	case isArgsKey(o.key):
		var inner string
		if json.Unmarshal([]byte(text), &inner) == nil {
			text = inner // arguments written as JSON inside a string
		}
		if !json.Valid([]byte(text)) {
			return failed
		}
		o.held = text
	}
	return more
}

func (o *objectReader) finish(p *Parser) status {
	if o.started {
		return done
	}
	if o.name == "" {
		return failed
	}
	if o.held == "" || o.held == "null" {
		o.held = "{}"
	}
	p.start(o.name, o.held)
	return done
}
