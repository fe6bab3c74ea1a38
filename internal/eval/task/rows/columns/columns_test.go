package columns

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

type row struct {
	ID      int64    `parquet:"question_id"`
	Text    string   `parquet:"question,snappy"`
	Options []string `parquet:"options,list"`
	Bare    []int32  `parquet:"bare"`
	Score   *float64 `parquet:"score,optional"`
	Small   float32  `parquet:"small"`
	Yes     bool     `parquet:"yes"`
	Bytes   []byte   `parquet:"bytes"`
	Choices struct {
		Text  []string `parquet:"text,list"`
		Label string   `parquet:"label"`
	} `parquet:"choices"`
}

func written(t testing.TB, rows []row) []byte {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b, parquet.MaxRowsPerRowGroup(2))
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func some() []row {
	half := .5
	a := row{ID: 1 << 53, Text: "問い<1>", Options: []string{"a", "b"}, Bare: []int32{3}, Score: &half, Small: .1, Yes: true, Bytes: []byte{0xff}}
	a.Choices.Text, a.Choices.Label = []string{"x"}, "L"
	return []row{a, {ID: 2, Options: []string{"c"}}, {ID: 3}}
}

func TestRead(t *testing.T) {
	var got []string
	err := Read(written(t, some()), Limits{10, 1 << 20}, func(n int, raw json.RawMessage) error {
		if n != len(got)+1 {
			t.Error(n)
		}
		got = append(got, strings.ReplaceAll(strings.ReplaceAll(string(raw), "\\u003c", "<"), "\\u003e", ">"))
		return nil
	})
	want := []string{
		`{"bare":[3],"choices":{"label":"L","text":["x"]},"options":["a","b"],"question":"問い<1>","question_id":9007199254740992,"score":0.5,"small":0.1,"yes":true}`,
		`{"bare":[],"bytes":"","choices":{"label":"","text":[]},"options":["c"],"question":"","question_id":2,"score":null,"small":0,"yes":false}`,
		`{"bare":[],"bytes":"","choices":{"label":"","text":[]},"options":[],"question":"","question_id":3,"score":null,"small":0,"yes":false}`,
	}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v\n got %s\nwant %s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBounds(t *testing.T) {
	b := written(t, some())
	for want, c := range map[string]struct {
		b []byte
		l Limits
	}{
		"there are more than 2 rows":   {b, Limits{2, 1 << 20}},
		"has more than 0 MiB":          {b, Limits{10, 100}},
		"cannot be read as Parquet":    {[]byte("PAR1 no"), Limits{10, 1}},
		"cannot be read as Parquet: ":  {b[:len(b)/2], Limits{10, 1}},
		"cannot be read as Parquet:  ": {nil, Limits{10, 1}},
	} {
		if err := Read(c.b, c.l, func(int, json.RawMessage) error { return nil }); err == nil || !strings.HasPrefix(err.Error(), strings.TrimRight(want, ": ")) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzRead holds that no bytes of a stranger make the reader panic.
func FuzzRead(f *testing.F) {
	f.Add(written(f, some()))
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = Read(b, Limits{100, 1 << 16}, func(_ int, raw json.RawMessage) error {
			if !json.Valid(raw) {
				t.Error(string(raw))
			}
			return nil
		})
	})
}
