package rows

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	for _, c := range []struct {
		format Format
		text   string
		want   string // line and row, or the error
	}{
		{Lines, "\xef\xbb\xbf{\"a\":1}\n\n {\"a\":2}", `1{"a":1} 3{"a":2}`},
		{Lines, "{\"a\":1}\nnull", "2 is not a JSON object"},
		{Lines, "{\"a\":\"\xff\"}", "1 is not UTF-8"},
		{JSON, "[{\"a\":1},\n\n{\"a\":2}]", `1{"a":1} 3{"a":2}`},
		{JSON, "{\"v\":1,\n\"rows\":[\n{\"a\":1}]}", `3{"a":1}`},
		{JSON, "{\"a\":1}\n{\"a\":2}", `1{"a":1} 2{"a":2}`},
		{JSON, "{\"a\":1}", `1{"a":1}`},
		{JSON, "[{\"a\":1},\n3]", "2 is not a JSON object"},
		{JSON, "[{\"a\":1},", "1 the file ends within the array"},
		{JSON, " ", ""},
		{TSV, "a\tb\r\n1\t\"x\n\n2\ty\n", `2{"a":"1","b":"\"x"} 4{"a":"2","b":"y"}`},
		{TSV, "a\tb\n1\n", "2 has 1 columns, not 2"},
		{CSV, "a,b\n\"1\n2\",x\n3,y\n", `2{"a":"1\n2","b":"x"} 4{"a":"3","b":"y"}`},
		{CSV, "a,b\n\"1,x", `2 extraneous or missing " in quoted-field`},
		{"", "x", "1 is of no format that is known; name it .jsonl, .json, .tsv, .csv or .parquet, each also with .gz"},
	} {
		got := ""
		list, err := Read(strings.NewReader(c.text), Options{Format: c.format})
		for _, r := range list {
			got += " " + string(rune('0'+r.Line)) + string(r.Raw)
		}
		if e, ok := err.(*Error); ok {
			got = " " + string(rune('0'+e.Line)) + " " + e.Msg
		} else if err != nil {
			t.Errorf("%q: %v", c.text, err)
		}
		if strings.TrimPrefix(got, " ") != c.want {
			t.Errorf("%s %q is%s, want %s", c.format, c.text, got, c.want)
		}
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte("1\tx\n"))
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	list, err := Read(bytes.NewReader(b.Bytes()), Options{Format: TSV, Packed: true, Columns: []string{"a", "b"}})
	if err != nil || len(list) != 1 || string(list[0].Raw) != `{"a":"1","b":"x"}` {
		t.Error(list, err)
	}
	for _, packed := range []string{"x", b.String()[:b.Len()-6]} {
		if _, err := Read(strings.NewReader(packed), Options{Format: TSV, Packed: true}); err == nil {
			t.Errorf("%q was unpacked", packed)
		}
	}
	for name, want := range map[string]Format{"a.JSONL.gz": Lines, `c:\x\a.tsv`: TSV, "a.ndjson": Lines, "a.txt": "", "gz": ""} {
		if f, _ := Of(name); f != want {
			t.Errorf("%s is %q", name, f)
		}
	}
}

// FuzzRead holds that no table makes the reader panic, and that what it refuses
// has a line.
func FuzzRead(f *testing.F) {
	f.Add("{\"a\":[{\"b\":1}]}", 1)
	f.Add("a\tb\n1\t2", 2)
	f.Add("a,b\n\"1\"\"\",2", 3)
	f.Fuzz(func(t *testing.T, s string, n int) {
		list, err := Read(strings.NewReader(s), Options{Format: []Format{Lines, JSON, TSV, CSV}[n&3], Packed: n&4 > 0})
		if e, ok := err.(*Error); err != nil && (!ok || e.Line < 1) {
			t.Error(err)
		}
		for _, r := range list {
			if r.Line < 1 || r.Fields == nil {
				t.Error(r)
			}
		}
	})
}
