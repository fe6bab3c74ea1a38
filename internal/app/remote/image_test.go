package remote

import (
	"strings"
	"testing"
	"time"

	"irori/internal/gateway"
	"irori/internal/store"
)

// forgetful keeps no models.
type forgetful struct{}

func (forgetful) Loaded() []gateway.LoadedModel { return nil }

func (forgetful) Keep(string, *time.Duration) {}

const (
	pixel   = "iVBORw0KGgoAAAANSUhEUgAA"
	address = "https://pictures.example/a.png"
)

// asks are requests of each dialect with an image in it, whole or by its
// address; Ollama's has no addresses.
var asks = []struct{ path, whole, by string }{
	{
		"/v1/chat/completions", `{"model":"up/m","messages":[{"role":"user","content":[{"type":"text","text":"which?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pixel + `"}}]}]}`,
		`{"model":"up/m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"` + address + `"}}]}]}`,
	},
	{
		"/v1/messages", `{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"` + pixel + `"}}]}]}`,
		`{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"` + address + `"}}]}]}`,
	},
	{
		"/v1/responses", `{"model":"up/m","store":false,"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,` + pixel + `"}]}]}`,
		`{"model":"up/m","store":false,"input":[{"role":"user","content":[{"type":"input_image","image_url":"` + address + `"}]}]}`,
	},
	{"/api/chat", `{"model":"up/m","stream":false,"messages":[{"role":"user","content":"which?","images":["` + pixel + `"]}]}`, ""},
}

// record is that of a request which was answered whole; an empty one where
// there is none.
func (h *house) record() *store.Record {
	select {
	case r := <-h.books.done:
		return r
	default:
		return &store.Record{}
	}
}

// An image of any client's reaches any server that takes it, as the server
// wants it; an address is passed on where the server fetches, refused where it
// does not, and never fetched here.
func TestImages(t *testing.T) {
	wanted := map[string]struct {
		whole  string
		fetchs bool
	}{
		"openai":    {`{"type":"image_url","image_url":{"url":"data:image/png;base64,` + pixel + `"}}`, true},
		"anthropic": {`"source":{"type":"base64","media_type":"image/png","data":"` + pixel + `"}`, true},
		"ollama":    {`"images":["` + pixel + `"]`, false},
		"gemini":    {`"inlineData":{"mimeType":"image/png","data":"` + pixel + `"}`, false},
	}
	for kind, want := range wanted {
		h := newHouse(t, kind)
		sent := func() string {
			var all []string
			for _, r := range h.fake.Requests() {
				all = append(all, string(r.Body))
			}
			h.fake.Forget()
			return strings.Join(all, "\n")
		}
		for _, a := range asks {
			status, _, text := h.post(t, a.path, a.whole, 0)
			got := sent()
			if kind == "openai" {
				// Its members may stand in another order.
				want.whole = `data:image/png;base64,` + pixel
			}
			if r := h.record(); status != 200 || r.Status != store.StatusOK || !strings.Contains(got, want.whole) {
				t.Errorf("%s to %s: %d %s, sent %s", a.path, kind, status, text, got)
			}
			if a.by == "" {
				continue
			}
			status, _, text = h.post(t, a.path, a.by, 0)
			r, got := h.record(), sent()
			if want.fetchs && (status != 200 || !strings.Contains(got, address)) {
				t.Errorf("%s to %s: %d %s, sent %s", a.path, kind, status, text, got)
			}
			if !want.fetchs && (status != 400 || got != "" || r.ErrorCode != "unsupported" || !strings.Contains(text, "an image by its address is not supported") || !strings.Contains(text, "send the image in base64")) {
				t.Errorf("%s to %s: %d %s, sent %s", a.path, kind, status, text, got)
			}
			status, _, text = h.post(t, a.path, strings.Replace(a.by, address, "file:///etc/passwd", 1), 0)
			if r := h.record(); status != 400 || r.ErrorCode != "invalid_request" || sent() != "" {
				t.Errorf("%s to %s: %d %s", a.path, kind, status, text)
			}
		}
	}
}

// What a tool shows reaches a server whose tools' results are words only.
func TestImagesOfTools(t *testing.T) {
	h := newHouse(t, "openai")
	status, _, text := h.post(t, "/v1/messages", `{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"look"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"see","input":{}},{"type":"tool_use","id":"t2","name":"say","input":{}}]},
		{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":"here"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"`+pixel+`"}}]},{"type":"tool_result","tool_use_id":"t2","content":"said"}]}]}`, 0)
	<-h.books.done
	body := string(h.fake.Requests()[0].Body)
	tool, user := strings.LastIndex(body, `"role":"tool"`), strings.LastIndex(body, `"role":"user"`)
	if status != 200 || tool < 0 || user < tool || strings.Index(body, pixel) < strings.Index(body, `"said"`) {
		t.Errorf("%d %s, sent %s", status, text, body)
	}
}
