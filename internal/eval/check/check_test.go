package check

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	const source = "2024年4月、田中さんは東京で70,000円の自転車を買い、3年間毎日乗った。"
	for _, c := range []struct {
		check, answer string
		want          bool
	}{
		{`{"kind":"contains","all":["Cat","dog"]}`, "A DOG and a cat", true},
		{`{"kind":"contains","all":["Cat"],"case":true}`, "a cat", false},
		{`{"kind":"contains","all":["art"]}`, "a party", false},
		{`{"kind":"contains","all":["call*"]}`, "She called", true},
		{`{"kind":"contains","all":["call"]}`, "She called", false},
		{`{"kind":"contains","all":["7"]}`, "17", false},
		{`{"kind":"contains","all":["7"]}`, "７個", true},
		{`{"kind":"contains","any":["a b","x","y"],"least":2}`, "A  b, y", true},
		{`{"kind":"contains","any":["a b","x","y"],"least":2}`, "A b", false},
		{`{"kind":"excludes","any":["very","とても"]}`, "every one", true},
		{`{"kind":"excludes","any":["very","とても"]}`, "とてもよい", false},
		{`{"kind":"excludes","any":["Monday"],"but":["from Monday"]}`, "Moved from **Monday** to Friday", true},
		{`{"kind":"excludes","any":["Monday"],"but":["from Monday"]}`, "Moved from Friday to Monday", false},
		{`{"kind":"excludes","any":["Monday"],"but":["from Monday"]}`, "Moved from Monday, so it is Monday", false},
		{`{"kind":"excludes","any":["x"],"but":["not x", "not x and x"]}`, "It is not x and x", true},
		{`{"kind":"matches","pattern":"(?m)^- "}`, "x\n- y", true},
		{`{"kind":"matches","pattern":"a","most":1}`, "aa", false},
		{`{"kind":"equals","any":["東京","Tokyo"]}`, "「ＴＯＫＹＯ」。", true},
		{`{"kind":"equals","any":"東京"}`, "東京です", false},
		{`{"kind":"order","of":["first","second"]}`, "Second is not first, second is", true},
		{`{"kind":"order","of":["first","second"]}`, "second, first", false},
		{`{"kind":"starts","with":["Dear"]}`, " Dear John", true},
		{`{"kind":"ends","with":["です。","ます。"]}`, "はい。そうです。", true},
		{`{"kind":"ends","with":"です。"}`, "そうである。", false},
		{`{"kind":"length","unit":"characters","most":5}`, "あい うえ お\n", true},
		{`{"kind":"length","unit":"characters","most":5}`, "あいうえおか", false},
		{`{"kind":"length","unit":"words","least":3,"most":3}`, "It isn’t", true},
		{`{"kind":"length","unit":"sentences","least":2,"most":2}`, "Dr. Smith left. He came back.", true},
		{`{"kind":"length","unit":"sentences","least":2,"most":2}`, "「はい。」と言った。\nそして帰った", false},
		{`{"kind":"length","unit":"sentences","least":2,"most":2}`, "今日は雨だ。明日は晴れる！", true},
		{`{"kind":"length","unit":"lines","most":2}`, "a\n\nb\n", true},
		{`{"kind":"length","unit":"paragraphs","least":2}`, "a\nb\n\nc", true},
		{`{"kind":"length","unit":"bullets","least":3,"most":3}`, "次の三点\n・一\n２．二\n③ 三", true},
		{`{"kind":"length","unit":"bullets","least":1}`, "-5 is low", false},
		{`{"kind":"shorter","ratio":0.5}`, "田中さんは自転車を買った。", true},
		{`{"kind":"shorter","ratio":0.2}`, "田中さんは自転車を買った。", false},
		{`{"kind":"language","is":"ja"}`, "これは日本語の文です。", true},
		{`{"kind":"language","is":"ja"}`, "This is a sentence in English.", false},
		{`{"kind":"language","is":"ja"}`, "今日は天気がいいです。今天天气很好我们去公园。", false},
		{`{"kind":"language","is":"ja"}`, "这个问题很简单、これは説明です。他们也这样说です。", false},
		{`{"kind":"language","is":"en"}`, "This is a sentence in English.", true},
		{`{"kind":"json"}`, "Here: {\"a\": 1}", true},
		{`{"kind":"json","bare":true}`, "Here: {\"a\": 1}", false},
		{`{"kind":"json","schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}`, `{"a": 1}`, true},
		{`{"kind":"json","schema":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}}`, `{"a": "1"}`, false},
		{`{"kind":"json"}`, "none", false},
		{`{"kind":"numbers","all":[70000,"3"]}`, "7万円と三年間", true},
		{`{"kind":"numbers","all":[70000,3]}`, "7万円", false},
		{`{"kind":"no_new_numbers"}`, "1. 2024年に7万円で買った\n2. 3年乗った", true},
		{`{"kind":"no_new_numbers"}`, "2025年に買った", false},
		{`{"kind":"copies","most":12}`, "田中さんは東京で自転車を買った", true},
		{`{"kind":"copies","most":6}`, "田中さんは東京で自転車を買った", false},
		{`{"kind":"similar","to":["The cat sat on the mat.","A cat was on the mat."],"least":0.6}`, "The cat sat on a mat", true},
		{`{"kind":"similar","to":"The cat sat on the mat.","least":0.6}`, "Dogs bark at night.", false},
		{`{"kind":"mark","mark":"number","gold":70000}`, "答えは7万円です。", true},
		{`{"kind":"mark","mark":"number","gold":70000}`, "答えは8万円です。", false},
		{`{"kind":"follow","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`, "a b", true},
		{`{"kind":"follow","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`, "a, b", false},
		{`{"kind":"any","of":[{"kind":"contains","all":["a"]},{"kind":"contains","all":["b"]}]}`, "b", true},
		{`{"kind":"not","of":[{"kind":"contains","all":["a"]},{"kind":"contains","all":["b"]}]}`, "b", false},
		{`{"kind":"not","of":[{"kind":"contains","all":["a"]}]}`, " ", false},
	} {
		raw, err := json.Marshal(map[string]any{"source": source, "all": []any{json.RawMessage(c.check)}})
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(raw)
		if err != nil {
			t.Errorf("%s: %v", c.check, err)
			continue
		}
		if got := s.Mark(c.answer); !reflect.DeepEqual(got, []bool{c.want}) {
			t.Errorf("%s on %q is %v", c.check, c.answer, got)
		}
	}
}

func TestNew(t *testing.T) {
	for in, want := range map[string]string{
		`[]`: "checks: there are none", `{"all":[],"x":1}`: `checks: unknown field "x"`, `[1]`: "checks[0] is not an object with a kind", `[{}]`: "checks[0]: kind is missing",
		`[{"kind":"contains","all":["a"]},{"kind":"smell"}]`:               `checks[1]: no kind "smell" is known; there are any, contains, copies`,
		`[{"kind":"contains"}]`:                                            "checks[0]: contains: all and any are missing",
		`[{"kind":"contains","all":["a"],"al":1}]`:                         "checks[0]: contains: al is not known",
		`[{"kind":"contains","all":[1]}]`:                                  "checks[0]: contains: all is not a list of texts",
		`[{"kind":"contains","any":["a"],"least":2}]`:                      "checks[0]: contains: least goes with any",
		`[{"kind":"length","unit":"pages","most":1}]`:                      `checks[0]: length: unit is "pages"; it must be characters`,
		`[{"kind":"length","unit":"words","least":3,"most":2}]`:            "checks[0]: length: least is 3 and most 2",
		`[{"kind":"copies","most":3}]`:                                     "checks[0]: copies: there is no source",
		`[{"kind":"matches","pattern":"("}]`:                               "checks[0]: matches: pattern: error parsing regexp",
		`[{"kind":"json","schema":{"type":"thing"}}]`:                      "checks[0]: json: schema: ",
		`[{"kind":"json","schema":{"$ref":"file:///etc/passwd"}}]`:         "cannot resolve remote schemas",
		`[{"kind":"numbers","all":["x"]}]`:                                 `checks[0]: numbers: all: "x" is not a number`,
		`[{"kind":"mark","mark":"number","gold":"x"}]`:                     "checks[0]: mark: gold has no number",
		`[{"kind":"any","of":[{"kind":"contains","all":["a"]},{}]}]`:       "checks[0]: any: checks[0][1]: kind is missing",
		`[` + strings.Repeat(`{"kind":"json"},`, 100) + `{"kind":"json"}]`: "checks[100]: there are more than 100 checks",
	} {
		if _, err := New(json.RawMessage(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s: %v, want %s", in, err, want)
		}
	}
	if k := Kinds(); len(k) != 19 || !slices.IsSorted(k) {
		t.Error(len(k), k)
	}
}

// TestLikeness checks the figure against ones worked out by hand: with one run
// of one character, F is that of characters; the same text gives 1.
func TestLikeness(t *testing.T) {
	for _, c := range []struct {
		s, r string
		want float64
	}{{"ab c", "A bc", 1}, {"x", "y", 0}, {"", "y", 0}, {"a", "ab", 5 * 0.5 / (4 + 0.5)}, {"ab", "a", 5 * 0.5 / (4*0.5 + 1)}} {
		if got := Likeness(c.s, c.r); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%q to %q is %v, want %v", c.s, c.r, got, c.want)
		}
	}
}

// FuzzNew holds that no description makes the reader panic, nor an answer what
// it made.
func FuzzNew(f *testing.F) {
	f.Add(`{"source":"x","all":[{"kind":"copies","most":3},{"kind":"any","of":[{"kind":"json","schema":{}}]}]}`, "x")
	f.Add(`[{"kind":"follow","instruction_id_list":["ja:keywords:frequency"],"kwargs":[{}]}]`, "x")
	f.Fuzz(func(t *testing.T, raw, answer string) {
		if s, err := New(json.RawMessage(raw)); err == nil {
			s.Failed(s.Mark(answer))
		}
	})
}
