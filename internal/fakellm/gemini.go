package fakellm

import (
	"encoding/json"
	"net/http"
	"strings"
)

var geminiContent = dialect{
	contentType: "text/event-stream",
	many:        true,
	reads:       true,
	open:        func(*turn) [][]byte { return nil },
	piece: func(t *turn, _ int, text string) []byte {
		return sse("", encode(geminiBody(t, []object{geminiCandidate(t, object{"text": raw(text)}, "")}, false)))
	},
	call: func(t *turn) [][]byte {
		// A call comes whole.
		return [][]byte{sse("", encode(geminiBody(t, []object{geminiCandidate(t, geminiCall(t), "")}, false)))}
	},
	close: func(t *turn) [][]byte {
		var list []object
		for t.choice = range t.choices {
			list = append(list, geminiCandidate(t, object{"text": ""}, geminiFinish(t)))
		}
		return [][]byte{sse("", encode(geminiBody(t, list, true)))}
	},
	whole: func(t *turn) any {
		var list []object
		for t.choice = range t.choices {
			p := object{"text": t.text()}
			if t.tool {
				p = geminiCall(t)
			}
			list = append(list, geminiCandidate(t, p, geminiFinish(t)))
		}
		return geminiBody(t, list, true)
	},
	fail: func(status int, message string) any {
		kinds := map[int]string{400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}
		return object{"error": object{"code": status, "message": message, "status": kinds[status]}}
	},
	read: readGemini,
}

// gemini answers a path that ends with a model and, behind a colon, what it is
// to do.
func (s *Server) gemini(w http.ResponseWriter, r *http.Request) {
	switch _, what, _ := strings.Cut(r.PathValue("what"), ":"); what {
	case "generateContent", "streamGenerateContent":
		s.generate(geminiContent)(w, r)
	default:
		writeJSON(w, http.StatusNotFound, geminiContent.fail(http.StatusNotFound, "no such method"))
	}
}

// readGemini reads a request in the words of the others.
func readGemini(r *http.Request, body []byte) (asked, error) {
	var b struct {
		Contents json.RawMessage `json:"contents"`
		Tools    []struct {
			Functions []json.RawMessage `json:"functionDeclarations"`
		} `json:"tools"`
		Generation struct {
			Most  *int `json:"maxOutputTokens"`
			Count *int `json:"candidateCount"`
		} `json:"generationConfig"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return asked{}, err
	}
	model, what, _ := strings.Cut(r.PathValue("what"), ":")
	stream := what == "streamGenerateContent"
	a := asked{Model: model, Stream: &stream, N: b.Generation.Count, MaxTokens: b.Generation.Most, Messages: b.Contents}
	for _, t := range b.Tools {
		a.Tools = append(a.Tools, t.Functions...)
	}
	return a, nil
}

func geminiCandidate(t *turn, p object, finish string) object {
	c := object{"index": t.choice, "content": object{"role": "model", "parts": []object{p}}}
	if finish != "" {
		c["finishReason"] = finish
	}
	return c
}

func geminiCall(t *turn) object {
	return object{"functionCall": object{"id": t.id("call"), "name": t.k.Tool, "args": json.RawMessage(t.k.Arguments)}, "thoughtSignature": "c2lnbmVk"}
}

func geminiFinish(t *turn) string {
	if !t.finished {
		return "MAX_TOKENS"
	}
	return "STOP"
}

func geminiBody(t *turn, candidates []object, last bool) object {
	b := object{"candidates": candidates, "modelVersion": t.model, "responseId": "fake-1"}
	if t.k.Usage != UsageNone && last {
		cached, _ := t.cached()
		u := object{"promptTokenCount": t.prompt, "candidatesTokenCount": t.tokens(), "totalTokenCount": t.prompt + t.tokens()}
		if cached > 0 {
			u["cachedContentTokenCount"] = cached
		}
		b["usageMetadata"] = u
	}
	return b
}

func (s *Server) geminiModels(w http.ResponseWriter, r *http.Request) {
	if _, _, err := s.note(r); err != nil {
		writeJSON(w, http.StatusBadRequest, geminiContent.fail(http.StatusBadRequest, err.Error()))
		return
	}
	list := make([]object, len(s.Models))
	for i, m := range s.Models {
		list[i] = object{"name": "models/" + m, "displayName": m, "inputTokenLimit": 1048576, "outputTokenLimit": 65536, "supportedGenerationMethods": []string{"generateContent", "countTokens"}}
	}
	writeJSON(w, http.StatusOK, object{"models": list})
}
