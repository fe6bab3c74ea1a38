package shield

import (
	"bytes"
	"encoding/json"
	"strings"

	"irori/internal/llm"
)

// member is a string or a number of a JSON text; name is that of the nearest
// member around it, empty for a name itself.
type member struct{ name, value string }

// longNumber is how many digits a number has that may be somebody's.
const longNumber = 7

// members are the strings and long numbers of a JSON text.
func members(b []byte) (out []member) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	// The names of the members that are open; an array has that around it.
	type open struct {
		object, value bool // value says that a member's value comes next
		name          string
	}
	stack := []open{{}}
	for {
		t, err := d.Token()
		if err != nil {
			return out // the body was read without fault before
		}
		top := &stack[len(stack)-1]
		switch v := t.(type) {
		case json.Delim:
			switch v {
			case '{', '[':
				top.value = false
				stack = append(stack, open{object: v == '{', name: top.name})
			default:
				stack = stack[:len(stack)-1]
			}
			continue
		case string:
			if top.object && !top.value {
				top.name, top.value = v, true
				out = append(out, member{"", v})
				continue
			}
			out = append(out, member{top.name, v})
		case json.Number:
			if len(v) >= longNumber {
				out = append(out, member{top.name, string(v)})
			}
		}
		top.value = false
	}
}

// identifies reports whether a member holds what a program made to tell things
// apart.
func identifies(name string) bool {
	switch name {
	case "id", "user", "prompt_cache_key", "safety_identifier":
		return true
	}
	return strings.HasSuffix(name, "_id")
}

// seals reports whether a member holds what only a provider can read.
func seals(name string) bool {
	return name == "signature" || name == "encrypted_content" || name == "thoughtSignature"
}

// pictured reports whether a text is a picture of the request, whole or without
// what stands before its bytes.
func pictured(req *llm.Request, s string) bool {
	if len(s) < 64 {
		return false
	}
	for _, m := range req.Messages {
		for _, p := range m.Parts {
			if p.Type == llm.PartImage && strings.HasSuffix(p.URL, s) {
				return true
			}
		}
	}
	return false
}
