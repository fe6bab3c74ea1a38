package responses

import (
	"strings"
	"testing"
)

// BenchmarkStream writes the stream of an answer in 64 pieces, to a request
// with as many tools as codex sends.
func BenchmarkStream(b *testing.B) {
	tool := `{"type":"function","name":"NAME","description":"` + strings.Repeat("what it does ", 150) + `","parameters":{"type":"object","properties":{"a":{"type":"string"}}}}`
	var tools []string
	for _, n := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		tools = append(tools, strings.Replace(tool, "NAME", n, 1))
	}
	body := []byte(`{"stream":true,"store":false,"tools":[` + strings.Join(tools, ",") + `],` + say + `}`)
	b.ReportAllocs()
	for b.Loop() {
		q, err := Decode(body)
		if err != nil {
			b.Fatal(err)
		}
		a := NewAnswer(q, Reply{Key: key, Model: "m"}, true)
		var buf []byte
		for range 64 {
			buf = a.Append(buf[:0], words(" word"))
		}
		a.Last(a.Finish(buf[:0], nil, nil, 1))
	}
}
