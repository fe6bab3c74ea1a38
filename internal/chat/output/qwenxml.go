package output

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"irori/internal/llm"
)

// qwenXMLDialect is Qwen3-Coder and its followers: parameters in tags, their
// values as plain text whose type the tool's schema tells.
func qwenXMLDialect() dialect {
	return dialect{
		think: thinkTags,
		calls: map[string]func(*Parser) callReader{
			"<tool_call>": func(*Parser) callReader { return &xmlReader{wrapped: true} },
			"<function=":  func(*Parser) callReader { return &xmlReader{stage: xmlName} },
		},
	}
}

type xmlStage uint8

const (
	xmlOpen xmlStage = iota
	xmlName
	xmlBetween
	xmlKey
	xmlLead
	xmlValue
	xmlClose
)

const xmlParamEnd = "</parameter>"

type xmlReader struct {
	stage   xmlStage
	wrapped bool
	name    string
	params  int
	// text says that the present value is a string, which streams.
	text bool
	// json reads a call of the older shape instead.
	json *taggedReader
}

func (r *xmlReader) read(p *Parser, final bool) status {
	for {
		if r.json != nil {
			return r.json.read(p, final)
		}
		if r.stage == xmlClose {
			if r.wrapped {
				return closeTag(p, "</tool_call>", final)
			}
			return done
		}
		if st := r.step(p); st != done {
			return st
		}
	}
}

// step finishes one stage.
func (r *xmlReader) step(p *Parser) status {
	switch r.stage {
	case xmlOpen:
		if !p.skipSpace() {
			return more
		}
		if p.buf[0] == '{' {
			r.json = &taggedReader{end: "</tool_call>"}
			return done
		}
		return r.after(p, "<function=", xmlName)
	case xmlName:
		return r.readName(p)
	case xmlBetween:
		p.skipSpace()
		p.raw = ""
		if st := r.after(p, "</function>", xmlClose); st != failed {
			if st == done {
				p.args("}")
				p.raw = ""
			}
			return st
		}
		return r.after(p, "<parameter=", xmlKey)
	case xmlKey:
		return r.readKey(p)
	case xmlLead:
		if p.buf == "" {
			return more
		}
		p.buf = strings.TrimPrefix(p.buf, "\n")
		r.stage = xmlValue
		return done
	}
	return r.readValue(p)
}

func (r *xmlReader) after(p *Parser, tag string, next xmlStage) status {
	st := p.expect(tag)
	if st == done {
		r.stage = next
	}
	return st
}

// upTo takes a name that ends at a closing bracket.
func upTo(p *Parser) (string, status) {
	name, rest, ok := strings.Cut(p.buf, ">")
	if strings.ContainsAny(name, "\n<") {
		return "", failed
	}
	if !ok {
		return "", more
	}
	p.take(len(p.buf) - len(rest))
	if name = strings.TrimSpace(name); name == "" {
		return "", failed
	}
	return name, done
}

func (r *xmlReader) readName(p *Parser) status {
	name, st := upTo(p)
	if st == done {
		r.name, r.stage = name, xmlBetween
		p.start(name, "{")
	}
	return st
}

func (r *xmlReader) readKey(p *Parser) status {
	key, st := upTo(p)
	if st != done {
		return st
	}
	p.raw = ""
	sep := ""
	if r.params > 0 {
		sep = ", "
	}
	r.params++
	r.text = isTextParam(p.opts.Tools, r.name, key)
	p.args(sep + `"` + escapeJSON(key) + `": `)
	if r.text {
		p.args(`"`)
	}
	r.stage = xmlLead
	return done
}

func (r *xmlReader) readValue(p *Parser) status {
	value, rest, ok := strings.Cut(p.buf, xmlParamEnd)
	if !ok {
		if r.text {
			keep := max(partial(p.buf, xmlParamEnd), partial(p.buf, "\n"+xmlParamEnd))
			n := len(p.buf) - keep
			p.args(escapeJSON(p.buf[:n]))
			p.buf = p.buf[n:]
		}
		return more
	}
	value = strings.TrimSuffix(value, "\n")
	p.buf = rest
	if r.text {
		p.args(escapeJSON(value) + `"`)
	} else {
		p.args(literalJSON(value))
	}
	r.stage = xmlBetween
	return done
}

// literalJSON writes a value that is not a string: JSON as it is, Python's
// words as JSON's, and anything else as a string after all.
func literalJSON(s string) string {
	t := strings.TrimSpace(s)
	switch t {
	case "True":
		return "true"
	case "False":
		return "false"
	case "None":
		return "null"
	}
	if json.Valid([]byte(t)) {
		return t
	}
	return `"` + escapeJSON(s) + `"`
}

// escapeJSON escapes s for the inside of a JSON string.
func escapeJSON(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	out := strings.TrimSuffix(b.String(), "\n")
	return out[1 : len(out)-1]
}

// isTextParam says whether a tool's schema lets a parameter be a string, as
// it does where it says nothing.
func isTextParam(tools []llm.Tool, name, key string) bool {
	for _, t := range tools {
		if t.Name != name {
			continue
		}
		var schema struct {
			Properties map[string]struct{ Type any }
		}
		if json.Unmarshal(t.Parameters, &schema) != nil {
			return true
		}
		switch typ := schema.Properties[key].Type.(type) {
		case string:
			return typ == "string"
		case []any:
			return slices.Contains(typ, any("string"))
		}
		return true
	}
	return true
}
