package fakellm

import (
	"encoding/json"
	"net/http"
)

var ollamaChat = dialect{
	blind:       true,
	contentType: "application/x-ndjson",
	streams:     true,
	open:        func(*turn) [][]byte { return nil },
	piece: func(t *turn, _ int, text string) []byte {
		return ollamaLine(t, object{"role": "assistant", "content": raw(text)}, false)
	},
	call: func(t *turn) [][]byte { return [][]byte{ollamaLine(t, ollamaMessage(t), false)} },
	close: func(t *turn) [][]byte {
		return [][]byte{ollamaLine(t, object{"role": "assistant", "content": ""}, true)}
	},
	whole: func(t *turn) any { return ollamaAnswer(t, ollamaMessage(t), true) },
	fail:  func(_ int, message string) any { return object{"error": message} },
}

func ollamaMessage(t *turn) object {
	m := object{"role": "assistant", "content": t.text()}
	if t.tool {
		m["tool_calls"] = []object{{"function": object{"name": t.k.Tool, "arguments": json.RawMessage(t.k.Arguments)}}}
	}
	return m
}

func ollamaAnswer(t *turn, message object, done bool) object {
	a := object{"model": t.model, "created_at": "2023-11-14T22:13:20Z", "message": message, "done": done}
	if !done {
		return a
	}
	a["done_reason"] = "stop"
	if !t.finished {
		a["done_reason"] = "length"
	}
	if t.k.Usage != UsageNone {
		a["prompt_eval_count"], a["eval_count"] = t.prompt, t.tokens() // of caches it says nothing
		a["total_duration"], a["load_duration"], a["prompt_eval_duration"], a["eval_duration"] = 4000000, 1000000, 1000000, 2000000
	}
	return a
}

func ollamaLine(t *turn, message object, done bool) []byte {
	return append(encode(ollamaAnswer(t, message, done)), '\n')
}

func (s *Server) ollamaTags(w http.ResponseWriter, r *http.Request) {
	if _, _, err := s.note(r); err != nil {
		writeJSON(w, http.StatusBadRequest, object{"error": err.Error()})
		return
	}
	list := make([]object, len(s.Models))
	for i, m := range s.Models {
		list[i] = object{"name": m, "model": m, "modified_at": "2023-11-14T22:13:20Z", "size": 1, "digest": "0", "details": object{"format": "gguf", "family": "fake"}}
	}
	writeJSON(w, http.StatusOK, object{"models": list})
}
