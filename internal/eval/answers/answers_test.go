package answers

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"irori/internal/llm"
)

// scored runs lines through a task and writes the results as lines.
func scored(t *testing.T, task, lines string, items *Items) (string, error) {
	t.Helper()
	list, err := Score(t.Context(), task, "f.jsonl", strings.NewReader(lines), items)
	var b strings.Builder
	for _, s := range list {
		out, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(out, '\n'))
	}
	return b.String(), err
}

func TestScore(t *testing.T) {
	for _, c := range []struct{ task, in, want string }{
		{"gsm8k", "\xef\xbb\xbf" + `{"id":7,"output":"The answer is 18.","gold":"#### 18","kwargs":3,"choices":{"a":1}}

{"id":"b","output":"?","gold":18}
{"gold":18,"output":null,"id":"7"}`, `{"id":7,"state":"right","parsed":18}
{"id":"b","state":"unparsed","parsed":null}
{"id":"7","state":"failed","parsed":null}
`},
		{"jcommonsenseqa", `{"id":1,"output":"空港","gold":1,"choices":["駅","空港"]}`, `{"id":1,"state":"right","parsed":"1"}` + "\n"},
		{"ifeval", `{"id":1,"output":"**\"a, b\"**","instruction_id_list":["startend:quotation","en:punctuation:no_comma"],"kwargs":[{},{"n":null}]}
{"id":2,"output":"a","gold":{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}}
{"id":3,"output":null,"gold":{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}}
{"id":4,"output":"<think>a, b</think>a","gold":{"instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}}`, `{"id":1,"strict":[false,false],"loose":[true,false]}
{"id":2,"strict":[true],"loose":[true]}
{"id":3,"strict":[false],"loose":[false]}
{"id":4,"strict":[true],"loose":[true]}
`},
	} {
		got, err := scored(t, c.task, c.in, nil)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s", c.task, err, got)
		}
	}
}

func TestMalformed(t *testing.T) {
	set, err := read("set", strings.NewReader(`{"key":5,"instruction_id_list":["ja:letters:kanji"],"kwargs":[{}]}`))
	if err != nil {
		t.Fatal(err)
	}
	good := `{"id":1,"output":"1","gold":1}` + "\n"
	for _, c := range []struct{ task, in, want string }{
		{"gsm8k", good + "\n{", "f.jsonl:3: is no JSON: unexpected end of JSON input"},
		{"gsm8k", good + `[1]`, "f.jsonl:2: is a list, where an object is wanted"},
		{"gsm8k", good + "\n" + good, "f.jsonl:3: id: is 1, which line 1 has already"},
		{"gsm8k", `{"id":true,"output":"1","gold":1}`, "f.jsonl:1: id: is neither a string nor a number"},
		{"gsm8k", `{"output":"1","gold":1}`, "f.jsonl:1: id: is missing"},
		{"gsm8k", `{"id":{},"output":"1","gold":1}`, "f.jsonl:1: id: is neither a string nor a number"},
		{"gsm8k", `{"id":1,"gold":1}`, "f.jsonl:1: output: is missing"},
		{"gsm8k", `{"id":1,"output":["1"],"gold":1}`, "f.jsonl:1: output: is not a string"},
		{"gsm8k", `{"id":1,"output":"1"}`, "f.jsonl:1: gold: gold is missing"},
		{"gsm8k", `{"id":1,"output":"1","gold":"none"}`, `f.jsonl:1: gold: gold has no number: "none"`},
		{"ifeval", `{"id":1,"output":"1","instruction_id_list":"a"}`, "f.jsonl:1: instruction_id_list: is a string, which is of the wrong type"},
		{"ifeval", `{"id":1,"output":"1","instruction_id_list":["x:y"],"kwargs":[{}]}`, `f.jsonl:1: instruction_id_list[0]: no kind "x:y" is known`},
		{"m-ifeval-ja", `{"id":6,"output":"1"}`, "f.jsonl:1: id: no item of set has the key 6"},
		{"m-ifeval-ja", `{"id":"5","output":"1"}`, "f.jsonl:1: the item of the set: kwargs[0]: ja:letters:kanji: kanji_limit is missing"},
		{"smell", "", `no task "smell" is known`},
	} {
		_, err := scored(t, c.task, c.in, set)
		if err == nil || err.Error() != c.want || llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("%s: %v, want %s", c.in, err, c.want)
		}
	}
	if _, err := scored(t, "ifeval", `{"id":1,"output":"1"}`, nil); err == nil || !strings.Contains(err.Error(), "f.jsonl:1: instruction_id_list: is missing") {
		t.Error(err)
	}
}

func TestItems(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "en_input_data.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(`{"key":5,"prompt":"x","instruction_id_list":["en:punctuation:no_comma"],"kwargs":[{}]}`))
	if err != nil || z.Close() != nil || f.Close() != nil {
		t.Fatal(err)
	}
	found, err := Find("ifeval", t.TempDir(), dir)
	if err != nil || found == nil {
		t.Fatal(found, err)
	}
	for _, id := range []string{`5`, `"5"`} {
		got, err := scored(t, "ifeval", `{"id":`+id+`,"output":"a, b","gold":"none of ours"}`, found)
		if want := `{"id":` + id + `,"strict":[false],"loose":[false]}` + "\n"; err != nil || got != want {
			t.Errorf("%s %v", got, err)
		}
	}
	if other, err := Find("m-ifeval-ja", dir); other != nil || err != nil {
		t.Error(other, err)
	}
	if near := Near(filepath.FromSlash("/a/b")); len(near) != 6 || near[2] != filepath.FromSlash("/a/data/eval") {
		t.Error(near)
	}
	for _, path := range []string{filepath.Join(dir, "none"), t.TempDir()} {
		if _, err := Open("ifeval", path); llm.CodeOf(err) != llm.CodeNotFound {
			t.Errorf("%s: %v", path, err)
		}
	}
	for in, want := range map[string]string{
		`{"instruction_id_list":["a"]}`: "s:1: key: is missing",
		`{"key":1}`:                     "s:1: instruction_id_list: is missing",
		`{"key":1,"kwargs":[1]}`:        "s:1: kwargs: is a number, which is of the wrong type",
		`{`:                             "s:1: is no JSON: unexpected end of JSON input",
	} {
		if _, err := read("s", strings.NewReader(in)); err == nil || err.Error() != want {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestSums(t *testing.T) {
	list, err := Score(t.Context(), "gsm8k", "f", strings.NewReader(`{"id":1,"output":"1","gold":1}
{"id":2,"output":"2","gold":1}
{"id":3,"output":"","gold":1}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := Sums("gsm8k", list); len(got) != 3 || got[0] != (Sum{"right", 1, 3}) || got[2] != (Sum{"unparsed", 1, 3}) {
		t.Error(got)
	}
	list, err = Score(t.Context(), "ifeval", "f", strings.NewReader(`{"id":1,"output":"x\n\"a, b\"","instruction_id_list":["startend:quotation","punctuation:no_comma"],"kwargs":[{},{}]}
{"id":2,"output":"x\n\"a\"","instruction_id_list":["startend:quotation"],"kwargs":[{}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sum{{"instructions, strict", 0, 3}, {"instructions, loose", 3, 3}, {"answers, strict", 0, 2}, {"answers, loose", 2, 2}}
	for i, s := range Sums("ifeval", list) {
		if s != want[i] {
			t.Errorf("%v, want %v", s, want[i])
		}
	}
}

// FuzzScore holds that no file makes the reader panic.
func FuzzScore(f *testing.F) {
	f.Add(`{"id":1,"output":"1","gold":1}`)
	f.Add(`{"id":1,"output":"1","instruction_id_list":["ja:keywords:frequency"],"kwargs":[{"keyword":"1","frequency":1,"relation":"以上"}]}`)
	f.Add("[]\n\xff")
	f.Fuzz(func(t *testing.T, s string) {
		for _, task := range Tasks() {
			if Programs(task) {
				continue // what a line asks for would be run
			}
			_, _ = Score(t.Context(), task, "f", strings.NewReader(s), nil)
		}
	})
}
