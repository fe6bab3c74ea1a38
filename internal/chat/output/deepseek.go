package output

import "strings"

const (
	deepseekSep = "<｜tool▁sep｜>"
	deepseekEnd = "<｜tool▁call▁end｜>"
)

// deepseekDialect is DeepSeek V3 and R1, with fenced JSON, and V3.1.
func deepseekDialect() dialect {
	return dialect{
		think: thinkTags,
		calls: map[string]func(*Parser) callReader{
			"<｜tool▁call▁begin｜>": func(*Parser) callReader { return &deepseekReader{} },
		},
		drop: []string{"<｜tool▁calls▁begin｜>", "<｜tool▁calls▁end｜>", "<｜tool▁outputs▁begin｜>"},
	}
}

// deepseekReader reads NAME sep {…} end, or function sep NAME newline and a
// fenced block.
type deepseekReader struct {
	args  argsReader
	stage uint8 // 0 head, 1 arguments, 2 end
	fence bool
}

func (r *deepseekReader) read(p *Parser, final bool) status {
	if r.stage == 0 {
		if st := r.head(p); st != done {
			return st
		}
		r.stage = 1
	}
	if r.stage == 1 {
		if st := r.args.read(p, p.args); st != done {
			return st
		}
		r.stage = 2
	}
	if r.fence {
		p.skipSpace()
		if st := p.expect("```"); st == more && !final {
			return more
		}
		r.fence = false
	}
	return closeTag(p, deepseekEnd, final)
}

// head finds the name and the place where the arguments begin.
func (r *deepseekReader) head(p *Parser) status {
	name, rest, ok := strings.Cut(p.buf, deepseekSep)
	if !ok {
		if strings.ContainsAny(p.buf[:len(p.buf)-partial(p.buf, deepseekSep)], "\n<") {
			return failed
		}
		return more
	}
	if name = strings.TrimSpace(name); name == "function" {
		if name, rest, ok = strings.Cut(rest, "\n"); !ok {
			if strings.Contains(name, "<") {
				return failed
			}
			return more
		}
		name = strings.TrimSpace(name)
	}
	rest = strings.TrimLeft(rest, " \t\r\n")
	const open = "```json"
	if strings.HasPrefix(rest, open) {
		r.fence = true
		rest = strings.TrimLeft(rest[len(open):], " \t\r\n")
	} else if strings.HasPrefix(open, rest) {
		return more
	}
	switch {
	case name == "" || strings.ContainsAny(name, "\n<"):
		return failed
	case rest == "":
		return more
	case rest[0] != '{':
		return failed
	}
	p.buf = rest
	p.start(name, "")
	return done
}
