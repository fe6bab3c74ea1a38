package suite

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// format asks for JSON of the shape of a right answer: the same members in the
// same order, each of the type that it has there. A member that is null there
// may be text.
func format(gold json.RawMessage) (json.RawMessage, error) {
	s, err := schema(json.NewDecoder(bytes.NewReader(gold)))
	if err != nil {
		return nil, err
	}
	return plainJSON(map[string]any{
		"type":        "json_schema",
		"json_schema": map[string]any{"name": "answer", "strict": true, "schema": json.RawMessage(s)},
	})
}

// schema describes the next value of a decoder.
func schema(d *json.Decoder) (string, error) {
	t, err := d.Token()
	if err != nil {
		return "", err
	}
	switch t := t.(type) {
	case nil:
		return `{"type":["string","null"]}`, nil
	case string:
		return `{"type":"string"}`, nil
	case bool:
		return `{"type":"boolean"}`, nil
	case float64:
		return `{"type":"integer"}`, nil
	case json.Delim:
		if t == '[' {
			return array(d)
		}
		return object(d)
	}
	return "", fmt.Errorf("unexpected %v", t)
}

// array describes an array by its first element.
func array(d *json.Decoder) (string, error) {
	first := `{}`
	for i := 0; d.More(); i++ {
		s, err := schema(d)
		if err != nil {
			return "", err
		}
		if i == 0 {
			first = s
		}
	}
	_, err := d.Token()
	return `{"type":"array","items":` + first + `}`, err
}

func object(d *json.Decoder) (string, error) {
	var members, names []byte
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return "", err
		}
		name, err := plainJSON(t)
		if err != nil {
			return "", err
		}
		s, err := schema(d)
		if err != nil {
			return "", err
		}
		if len(names) > 0 {
			members, names = append(members, ','), append(names, ',')
		}
		members = append(append(append(members, name...), ':'), s...)
		names = append(names, name...)
	}
	_, err := d.Token()
	return fmt.Sprintf(`{"type":"object","properties":{%s},"required":[%s],"additionalProperties":false}`, members, names), err
}
