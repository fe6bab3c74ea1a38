package responses

import (
	"bytes"
	"encoding/json"
	"fmt"

	"irori/internal/llm"
	"irori/internal/wire/openai/body"
)

// Conversation is one that was made: its object, and the items it begins
// with.
type Conversation struct {
	ID    string
	Body  []byte
	Items []json.RawMessage
}

type conversationBody struct {
	ID        string          `json:"id"`
	Object    string          `json:"object"`
	CreatedAt int64           `json:"created_at"`
	Metadata  json.RawMessage `json:"metadata"`
}

// DecodeConversation reads the body of POST /v1/conversations, which may be
// empty, into a conversation whose ids are made of key.
func DecodeConversation(data []byte, key string, now int64) (*Conversation, error) {
	var b struct {
		Items    json.RawMessage   `json:"items"`
		Metadata map[string]string `json:"metadata"`
	}
	if len(bytes.TrimSpace(data)) > 0 {
		if err := body.Decode(data, &b); err != nil {
			return nil, err
		}
	}
	c := &Conversation{ID: "conv_" + key}
	meta, err := metadata(b.Metadata)
	if err != nil {
		return nil, err
	}
	if c.Items, err = keptItems(b.Items, key); err != nil {
		return nil, err
	}
	c.Body, err = marshal(conversationBody{ID: c.ID, Object: "conversation", CreatedAt: now, Metadata: meta})
	return c, err
}

// UpdateConversation lays the metadata of a body over a conversation's object.
func UpdateConversation(object, data []byte) ([]byte, error) {
	var b struct {
		Metadata map[string]string `json:"metadata"`
	}
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	meta, err := metadata(b.Metadata)
	if err != nil {
		return nil, err
	}
	return with(object, map[string]any{"metadata": meta}), nil
}

// DecodeItems reads the body of POST /v1/conversations/{id}/items.
func DecodeItems(data []byte, key string) ([]json.RawMessage, error) {
	var b struct {
		Items json.RawMessage `json:"items"`
	}
	if err := body.Decode(data, &b); err != nil {
		return nil, err
	}
	if body.Absent(b.Items) {
		return nil, body.Invalid("items", "items is missing")
	}
	return keptItems(b.Items, key)
}

// keptItems reads items that are kept: what a model could not read is refused
// when it is added, not when it is asked for.
func keptItems(raw json.RawMessage, key string) ([]json.RawMessage, error) {
	if body.Absent(raw) {
		return nil, nil
	}
	var list []json.RawMessage
	if err := body.Read(raw, &list, "items"); err != nil {
		return nil, err
	}
	for i, one := range list {
		var it item
		at := place("items", i)
		if len(one) == 0 || one[0] != '{' {
			return nil, body.Wrong(at, "an object", one)
		}
		if err := body.Read(one, &it, at); err != nil {
			return nil, err
		}
		switch it.Type {
		case "", "message":
			if it.Role == "" {
				return nil, body.Invalid("items", "%s.role is missing", at)
			}
			if _, err := content(it.Content, at+".content"); err != nil {
				return nil, err
			}
		case "item_reference":
			return nil, llm.Errorf(llm.CodeUnsupported, "%s names another item", at).WithParam("items").WithHint("send the item itself")
		}
		list[i] = Named(one, fmt.Sprintf("%s%04x", key, i))
	}
	return list, nil
}
