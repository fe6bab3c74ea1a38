package output

import "strings"

// mistralDialect is Mistral's two formats, old and new.
func mistralDialect() dialect {
	return dialect{
		think: map[string]string{"[THINK]": "[/THINK]", "<think>": "</think>"},
		calls: map[string]func(*Parser) callReader{
			"[TOOL_CALLS]": func(*Parser) callReader { return &mistralReader{} },
		},
	}
}

// mistralReader reads [{…}, {…}] or NAME[ARGS]{…}.
type mistralReader struct {
	object *objectReader
	args   *argsReader
	list   bool
	// between says that an object of a list ended.
	between bool
}

func (r *mistralReader) read(p *Parser, final bool) status {
	for {
		st := r.next(p, final)
		if st != done || !r.between {
			return st
		}
	}
}

// next reads up to the end of one object, or the end of the whole.
func (r *mistralReader) next(p *Parser, final bool) status {
	switch {
	case r.args != nil:
		return r.args.read(p, p.args)
	case r.object != nil:
		st := r.object.read(p, final)
		if st == done {
			p.raw = ""
			r.object, r.between = nil, r.list
		}
		return st
	}
	text := p.skipSpace()
	if r.between && r.list && p.calls > 0 {
		p.raw = ""
	}
	if !text {
		return more
	}
	switch c := p.buf[0]; {
	case r.between && c == ',', !r.list && c == '[':
		p.take(1)
		r.list, r.between = true, true
		if c == ',' {
			p.raw = ""
		}
		r.object = &objectReader{}
		return done
	case r.between && c == ']':
		p.take(1)
		r.between = false
		return done
	case r.between:
		return failed
	case c == '{':
		r.object = &objectReader{}
		return r.next(p, final)
	}
	return r.named(p)
}

// named reads NAME[ARGS], or NAME[CALL_ID]ID[ARGS].
func (r *mistralReader) named(p *Parser) status {
	head, _, ok := strings.Cut(p.buf, "[ARGS]")
	name, _, _ := strings.Cut(head, "[CALL_ID]")
	if strings.ContainsAny(head, "{\n ") || ok && name == "" {
		return failed
	}
	if !ok {
		return more
	}
	rest := strings.TrimLeft(p.buf[len(head)+len("[ARGS]"):], " \t\r\n")
	if rest == "" {
		return more
	}
	if rest[0] != '{' {
		return failed
	}
	p.buf = rest
	p.start(name, "")
	r.args = &argsReader{}
	return r.args.read(p, p.args)
}
