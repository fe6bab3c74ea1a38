package output

import (
	"regexp"
	"strings"
)

// The tags of DeepSeek's markup language.
const (
	dsmlInvoke    = "<｜DSML｜invoke"
	dsmlParam     = "<｜DSML｜parameter"
	dsmlParamEnd  = "</｜DSML｜parameter>"
	dsmlInvokeEnd = "</｜DSML｜invoke>"
)

// dsmlDialect is DeepSeek V3.2 and V4: calls in tags, each parameter with a
// word on whether its value is text.
func dsmlDialect() dialect {
	return dialect{
		think: thinkTags,
		calls: map[string]func(*Parser) callReader{dsmlInvoke: func(*Parser) callReader { return &dsmlReader{} }},
		drop: []string{
			"<｜DSML｜function_calls>", "</｜DSML｜function_calls>", "<｜DSML｜tool_calls>", "</｜DSML｜tool_calls>",
		},
	}
}

// dsmlReader reads name="NAME">, parameters, and the end.
type dsmlReader struct {
	stage  dsmlStage
	params int
	// text says that the present value is a text, which streams.
	text bool
}

type dsmlStage uint8

const (
	dsmlName dsmlStage = iota
	dsmlBetween
	dsmlKey
	dsmlValue
	dsmlClosed
)

var (
	dsmlNamed = regexp.MustCompile(`^\s*name="([^"<>\n]+)"\s*$`)
	dsmlTyped = regexp.MustCompile(`^\s*name="([^"<>\n]+)"(?:\s+string="(true|false)")?\s*$`)
)

func (r *dsmlReader) read(p *Parser, _ bool) status {
	for r.stage != dsmlClosed {
		if st := r.step(p); st != done {
			return st
		}
	}
	return done
}

func (r *dsmlReader) step(p *Parser) status {
	switch r.stage {
	case dsmlName, dsmlKey:
		return r.attributes(p)
	case dsmlBetween:
		p.skipSpace()
		p.raw = ""
		if st := p.expect(dsmlInvokeEnd); st != failed {
			if st == done {
				p.args("}")
				p.raw, r.stage = "", dsmlClosed
			}
			return st
		}
		st := p.expect(dsmlParam)
		if st == done {
			r.stage = dsmlKey
		}
		return st
	}
	return r.value(p)
}

// attributes reads what stands in a tag behind its name.
func (r *dsmlReader) attributes(p *Parser) status {
	in, _, ok := strings.Cut(p.buf, ">")
	if strings.ContainsAny(in, "\n<") {
		return failed
	}
	if !ok {
		return more
	}
	p.take(len(in) + 1)
	if r.stage == dsmlName {
		m := dsmlNamed.FindStringSubmatch(in)
		if m == nil {
			return failed
		}
		p.start(m[1], "{")
		r.stage = dsmlBetween
		return done
	}
	m := dsmlTyped.FindStringSubmatch(in)
	if m == nil {
		return failed
	}
	p.raw = ""
	if r.params > 0 {
		p.args(", ")
	}
	r.params++
	p.args(`"` + escapeJSON(m[1]) + `": `)
	if r.text = m[2] != "false"; r.text {
		p.args(`"`)
	}
	r.stage = dsmlValue
	return done
}

// value reads up to the end of a parameter.
func (r *dsmlReader) value(p *Parser) status {
	value, rest, ok := strings.Cut(p.buf, dsmlParamEnd)
	if !ok {
		if r.text {
			n := len(p.buf) - partial(p.buf, dsmlParamEnd)
			p.args(escapeJSON(p.buf[:n]))
			p.buf = p.buf[n:]
		}
		return more
	}
	p.buf = rest
	if r.text {
		p.args(escapeJSON(value) + `"`)
	} else {
		p.args(literalJSON(value))
	}
	r.stage = dsmlBetween
	return done
}
