package output

import "strings"

const (
	harmonyChannel = "<|channel|>"
	harmonyMessage = "<|message|>"
)

// harmonyEnds end the body of a message; some begin the next header.
var harmonyEnds = []string{"<|end|>", "<|call|>", "<|return|>", "<|start|>", harmonyChannel}

// harmonyReader reads the whole output of a model that speaks in channels:
// header, body, header, body. The prompt has ended with the role, so that the
// output begins inside a header.
type harmonyReader struct {
	inBody bool
	kind   harmonyKind
	// began says that the first header was told from plain text.
	began bool
}

type harmonyKind uint8

const (
	harmonyText harmonyKind = iota
	harmonyReasoning
	harmonyArgs
)

func (r *harmonyReader) read(p *Parser, final bool) status {
	for {
		st := more
		if r.inBody {
			st = r.body(p, final)
		} else {
			st = r.header(p, final)
		}
		if st != done {
			return st
		}
	}
}

// header reads up to the message marker. Text that begins no header is an
// answer without channels.
func (r *harmonyReader) header(p *Parser, final bool) status {
	if !r.began && !beginsHeader(p.buf, final && (!p.cut || len(p.buf) < 2)) {
		r.began, r.inBody, r.kind = true, true, harmonyText
		return done
	}
	head, rest, ok := strings.Cut(p.buf, harmonyMessage)
	if !ok {
		if final { // a header without a body says nothing
			p.buf = ""
		}
		return more
	}
	p.buf = rest
	r.began, r.inBody = true, true
	r.kind = harmonyText
	channel := ""
	if _, after, ok := strings.Cut(head, harmonyChannel); ok {
		channel = after
	}
	if _, to, ok := strings.Cut(head, "to="); ok && p.tools {
		name, _, _ := strings.Cut(to, "<|")
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		if name = strings.TrimPrefix(name, "functions."); name != "" {
			p.start(name, "")
			r.kind = harmonyArgs
			return done
		}
	}
	if strings.HasPrefix(strings.TrimSpace(channel), "analysis") {
		r.kind, p.fresh = harmonyReasoning, true
	} else {
		p.fresh = true
	}
	p.space = ""
	return done
}

// beginsHeader reports whether s may be the beginning of a header.
func beginsHeader(s string, final bool) bool {
	for _, m := range []string{harmonyChannel, "<|start|>", " to=", "assistant<|channel|>", harmonyMessage} {
		if strings.HasPrefix(s, m) || !final && strings.HasPrefix(m, s) {
			return true
		}
	}
	return false
}

func (r *harmonyReader) body(p *Parser, final bool) status {
	at, marker := -1, ""
	for _, m := range harmonyEnds {
		if i := strings.Index(p.buf, m); i >= 0 && (at < 0 || i < at) {
			at, marker = i, m
		}
	}
	if at < 0 {
		// A character less at the end of arguments that were cut is no loss.
		n := len(p.buf) - p.held(final && (!p.cut || r.kind != harmonyArgs), harmonyEnds...)
		r.emit(p, p.buf[:n])
		if p.buf = p.buf[n:]; final {
			p.buf = ""
		}
		return more
	}
	r.emit(p, p.buf[:at])
	p.buf = p.buf[at:]
	if marker != harmonyChannel {
		p.buf = p.buf[len(marker):]
	}
	if r.kind == harmonyText && !p.fresh {
		p.emitText(p.space)
	}
	p.space = ""
	r.inBody = false
	return done
}

func (r *harmonyReader) emit(p *Parser, s string) {
	if s == "" {
		return
	}
	switch r.kind {
	case harmonyReasoning:
		p.reason(s)
	case harmonyArgs:
		p.args(s)
	default:
		p.text(s)
	}
}
