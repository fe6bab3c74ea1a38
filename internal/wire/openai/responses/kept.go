package responses

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"irori/internal/llm"
	"irori/internal/sse"
	"irori/internal/wire/openai/body"
)

// Items are the request's own input as it is kept: each with an id, made of
// key where the client gave none.
func (r *Request) Items(key string) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(r.input))
	for i, raw := range r.input {
		out = append(out, Named(raw, fmt.Sprintf("%sf%03x", key, i)))
	}
	return out
}

// Named gives an item an id and a type where it has none; other parts stay as
// they are.
func Named(raw json.RawMessage, key string) json.RawMessage {
	var it item
	if json.Unmarshal(raw, &it) != nil {
		return raw
	}
	front := ""
	if it.ID == "" {
		prefix := map[string]string{
			"function_call": "fc_", "function_call_output": "fco_", "custom_tool_call": "ctc_",
			"custom_tool_call_output": "ctco_", "reasoning": "rs_", "compaction": "cmp_",
		}[it.Type]
		if prefix == "" {
			prefix = "msg_"
		}
		front += `"id":"` + prefix + key + `",`
	}
	if it.Type == "" {
		front += `"type":"message",`
	}
	if (it.Type == "" || it.Type == "message") && len(it.Content) > 0 && it.Content[0] == '"' {
		// Readers of kept items wait for a list of parts.
		kind := "input_text"
		if it.Role == string(llm.RoleAssistant) {
			kind = "output_text"
		}
		var parts map[string]json.RawMessage
		if json.Unmarshal(raw, &parts) != nil {
			return raw
		}
		parts["content"] = slices.Concat([]byte(`[{"type":"`+kind+`","text":`), it.Content, []byte(`}]`))
		if b, err := marshal(parts); err == nil {
			raw = b
		}
	}
	if front == "" {
		return raw
	}
	inner := bytes.TrimLeft(raw[1:], " \t\r\n")
	if bytes.HasPrefix(inner, []byte("}")) {
		front = front[:len(front)-1]
	}
	return slices.Concat([]byte("{"+front), inner)
}

// Joined are items as one JSON text.
func Joined(items []json.RawMessage) ([]byte, error) {
	if items == nil {
		items = []json.RawMessage{}
	}
	return marshal(items)
}

// Parted reads what Joined wrote.
func Parted(list []byte) []json.RawMessage {
	var out []json.RawMessage
	if json.Unmarshal(list, &out) != nil {
		return nil
	}
	return out
}

// ItemID is the id of an item.
func ItemID(raw json.RawMessage) string {
	var it struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &it) != nil {
		return ""
	}
	return it.ID
}

// ResponseOf is the id of the response that an item of this id came in, ""
// where the id is none of ours.
func ResponseOf(itemID string) string {
	at := bytes.IndexByte([]byte(itemID), '_')
	if at < 0 || len(itemID) != at+1+keyLength+4 {
		return ""
	}
	return "resp_" + itemID[at+1:at+1+keyLength]
}

// keyLength is the length of Reply.Key.
const keyLength = 32

// Output are the items that a kept response holds.
func Output(response []byte) []json.RawMessage {
	var b struct {
		Output []json.RawMessage `json:"output"`
	}
	if json.Unmarshal(response, &b) != nil {
		return nil
	}
	return b.Output
}

// Ended is a kept response whose work was broken off, as it is told of: failed
// with an error.
func Ended(response []byte, e *llm.Error) []byte {
	return with(response, map[string]any{"status": StatusFailed, "error": failure(e)})
}

// Status is the status of a kept response.
func Status(response []byte) string {
	var b struct {
		Status string `json:"status"`
	}
	if json.Unmarshal(response, &b) != nil {
		return ""
	}
	return b.Status
}

// Working is a kept response whose work goes on.
func Working(response []byte) []byte {
	return with(response, map[string]any{"status": StatusInProgress})
}

// AppendLast appends the event that ends the stream of a kept response, with
// the number seq: for a stream that was not kept.
func AppendLast(dst, response []byte, seq int) []byte {
	status := Status(response)
	if status != StatusCompleted && status != StatusIncomplete && status != StatusFailed {
		return dst
	}
	raw, err := marshal(event{Type: "response." + status, Seq: seq, Response: response})
	if err != nil {
		return dst
	}
	return sse.AppendNamed(dst, "response."+status, raw)
}

// with lays values over the keys of an object.
func with(object []byte, values map[string]any) []byte {
	var m map[string]json.RawMessage
	if json.Unmarshal(object, &m) != nil {
		return object
	}
	for k, v := range values {
		if b, err := marshal(v); err == nil {
			m[k] = b
		}
	}
	out, err := marshal(m)
	if err != nil {
		return object
	}
	return out
}

// Page says which items of a list are wanted.
type Page struct {
	Limit int
	After string
	// Descending is the vendor's default: the newest first.
	Descending bool
}

// EncodeItems writes one page of a list of items.
func EncodeItems(list []json.RawMessage, p Page) ([]byte, error) {
	list = slices.Clone(list)
	if p.Descending {
		slices.Reverse(list)
	}
	if p.After != "" {
		at := slices.IndexFunc(list, func(raw json.RawMessage) bool { return ItemID(raw) == p.After })
		if at < 0 {
			return nil, llm.Errorf(llm.CodeNotFound, "there is no item %q here", body.Short(p.After)).WithParam("after")
		}
		list = list[at+1:]
	}
	more := len(list) > p.Limit
	list = list[:min(len(list), p.Limit)]
	page := struct {
		Object  string            `json:"object"`
		Data    []json.RawMessage `json:"data"`
		FirstID *string           `json:"first_id"`
		LastID  *string           `json:"last_id"`
		HasMore bool              `json:"has_more"`
	}{Object: "list", Data: list, HasMore: more}
	if n := len(list); n > 0 {
		first, last := ItemID(list[0]), ItemID(list[n-1])
		page.FirstID, page.LastID = &first, &last
	}
	return marshal(page)
}

// EncodeDeleted writes the answer to the deletion of a response or of a
// conversation.
func EncodeDeleted(id, object string) ([]byte, error) {
	return marshal(struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Deleted bool   `json:"deleted"`
	}{id, object, true})
}

// EncodeTokens writes the answer of /v1/responses/input_tokens.
func EncodeTokens(n int) []byte {
	return fmt.Appendf(nil, `{"object":"response.input_tokens","input_tokens":%d}`, n)
}
