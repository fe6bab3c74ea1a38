package output

import "strings"

// hermesDialect is Hermes, Qwen 2.5 and 3, and the generic format: JSON in
// <tool_call> tags.
func hermesDialect() dialect {
	return dialect{
		think: thinkTags,
		calls: map[string]func(*Parser) callReader{
			"<tool_call>": func(*Parser) callReader { return &taggedReader{end: "</tool_call>"} },
		},
	}
}

// taggedReader reads a call object and its closing tag. Some models forget the
// tag; the call counts all the same.
type taggedReader struct {
	object objectReader
	end    string
	inside bool
}

func (t *taggedReader) read(p *Parser, final bool) status {
	if !t.inside {
		if st := t.object.read(p, final); st != done {
			return st
		}
		t.inside, p.raw = true, ""
	}
	return closeTag(p, t.end, final)
}

// closeTag drops the tag that ends a call, if it comes.
func closeTag(p *Parser, end string, final bool) status {
	p.skipSpace()
	p.raw = ""
	switch st := p.expect(end); {
	case st == more && !final:
		return more
	case st == more:
		if !strings.HasPrefix(end, p.buf) {
			return done
		}
		p.buf = ""
	}
	p.raw = ""
	return done
}
