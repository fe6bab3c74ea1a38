package sets

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/eval/verdict"
	"irori/internal/llm"
)

// put writes files into a folder of their own.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			z := gzip.NewWriter(f)
			_, err = z.Write([]byte(text))
			if err != nil || z.Close() != nil {
				t.Fatal(err)
			}
		} else if _, err = f.WriteString(text); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const shots = `{"exemplars":{"en":{"1":{"q":"Question: 1+1?","a":"Step-by-Step Answer: The answer is 2."}},"ja":{"1":{"q":"問題：1+1は？","a":"ステップごとの答え：答えは2です。"}}}}`

// TestItems makes one item of each set, in the shape that the set has.
func TestItems(t *testing.T) {
	for _, c := range []struct {
		set, file, text string
		id, ask, plain  string
		right, wrong    string
	}{
		{"gsm8k", "x.jsonl", `{"question":"2+3?","answer":"2+3=5\n#### 5"}`, "1", "2+3?\n\nThink", "Question: 1+1?\nStep-by-Step Answer: The answer is 2.\n\nQuestion: 2+3?\nStep-by-Step Answer:", "The answer is 5.", "6"},
		{"mgsm-ja", "x.tsv", "千と千の和は？\t2,000\n", "1", "千と千の和は？\n\n順を", "問題：1+1は？\nステップごとの答え：答えは2です。\n\n問題：千と千の和は？\nステップごとの答え：", "答えは2千です。", "1"},
		{"mgsm-en", "x.tsv", "2+3?\t5\n", "1", "2+3?\n\nThink", "Question: 1+1?\nStep-by-Step Answer: The answer is 2.\n\nQuestion: 2+3?\nStep-by-Step Answer:", "5", "6"},
		{"svamp", "x.json", `[{"ID":"chal-1","Body":"I have 3.","Question":"Half?","Answer":1.5}]`, "chal-1", "I have 3. Half?\n\nThink", "Question: 1+1?\nStep-by-Step Answer: The answer is 2.\n\nQuestion: I have 3. Half?\nStep-by-Step Answer:", "1.5", "1"},
		{"ifeval", "x.jsonl", `{"key":7,"prompt":"Say it.","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`, "7", "Say it.", "Say it.\n\n", "It is", "It, is"},
		{"m-ifeval-ja", "x.jsonl", `{"key":"7","prompt":"言って。","instruction_id_list":["ja:punctuation:no_comma"],"kwargs":[{}]}`, "7", "言って。", "言って。\n\n", "はい。", "はい、そうです。"},
		{"jcommonsenseqa", "x.json", `{"q_id":8,"question":"飛ぶのは？","choice0":"石","choice1":"鳥","choice2":"本","choice3":"魚","choice4":"山","label":1}`, "8",
			"質問：飛ぶのは？\n\n0. 石\n1. 鳥\n", "質問：飛ぶのは？\n選択肢：石、鳥、本、魚、山\n回答：", "1", "石です"},
		{"mmlu-pro", "x.jsonl", `{"question_id":70,"question":"Why?","options":["a","b","c"],"answer":"C","answer_index":2,"category":"law"}`, "70", "Why?\n\nA. a\nB. b\nC. c\n\nThink", "Question: Why?\nOptions:\nA. a\nB. b\nC. c\nAnswer:", "The answer is (C)", "B"},
		{"humaneval", "x.jsonl", `{"task_id":"HumanEval/0","prompt":"def f():\n","entry_point":"f","test":"def check(c): pass","canonical_solution":"  return 1\n"}`, "HumanEval/0",
			"Complete this Python function. Answer with the whole function in one code block.\n\n```python\ndef f():\n```", "def f():\n", "", ""},
	} {
		dir := put(t, map[string]string{c.file: c.text, examplesFile: shots})
		got, err := Load(c.set+"="+filepath.Join(dir, c.file), []string{dir})
		if err != nil {
			t.Errorf("%s: %v", c.set, err)
			continue
		}
		k, it := got[0], got[0].Items[0]
		if k.Name != c.set || k.Version == "" || k.Licence == "" || k.Language == "" || !strings.Contains(k.Source, "a file of one's own") {
			t.Errorf("%s: %+v", c.set, k)
		}
		if it.ID != c.id || !strings.HasPrefix(it.Turns[0].Content, c.ask) || it.Plain != c.plain || it.MaxTokens == 0 {
			t.Errorf("%s: %+v", c.set, it)
		}
		if c.right == "" {
			continue
		}
		for out, want := range map[string]sample.State{c.right: sample.Right, c.wrong: sample.Wrong} {
			v, err := verdict.Of(context.Background(), it, verdict.Answer{Text: &out, Finish: "stop"}, verdict.Outside{})
			if err != nil || v.State != want {
				t.Errorf("%s: %q: %+v %v", c.set, out, v, err)
			}
		}
		if k.Output == task.MultipleChoice {
			losses := make([]float64, len(it.Choices))
			losses[0], losses[len(losses)-1] = 9, 9
			v, err := verdict.Of(context.Background(), it, verdict.Answer{Losses: losses}, verdict.Outside{})
			if err != nil || v.State != map[string]sample.State{"jcommonsenseqa": sample.Right, "mmlu-pro": sample.Wrong}[c.set] {
				t.Errorf("%s: %+v %v", c.set, v, err)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	dir := put(t, map[string]string{
		"gsm8k_test.jsonl.gz": `{"question":"x","answer":"1"}`, "a.jsonl": "{\"question\":\"x\",\"answer\":\"1\"}\n{\"question\":\"x\",\"answer\":\"none\"}", "b.tsv": "x\t1\nx\n",
		"c.json":  "[\n{\"q_id\":1,\"question\":\"x\",\"choice0\":\"a\",\"choice1\":\"b\",\"choice2\":\"c\",\"choice3\":\"d\",\"choice4\":\"e\",\"label\":5}]",
		"d.jsonl": `{"question_id":1,"question":"x","options":["a","b"],"answer":"C","category":"x"}`, "e.jsonl": `{"key":1,"prompt":"x","instruction_id_list":["x:y"],"kwargs":[{}]}`,
		"f.jsonl": "", "g.jsonl.gz": "x",
	})
	if err := os.WriteFile(filepath.Join(dir, "h.jsonl.gz"), []byte("plain"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"gsm8k":                     "is not the known file of gsm8k: its sha256 is ",
		"svamp":                     "the set svamp is not on this machine: its file SVAMP.json is that of arkilpatel/SVAMP",
		"gsm-8k":                    `"gsm-8k" is no suite, set or file of tasks; did you mean gsm8k?`,
		"m_gsm_ja":                  "did you mean mgsm-ja?",
		"gsm8k=DIR/a.jsonl":         `DIR/a.jsonl:2: doc_to_target: gold has no number: "none"`,
		"gsm8k=DIR/none.jsonl":      "there is no file DIR/none.jsonl",
		"mgsm-ja=DIR/b.tsv":         "DIR/b.tsv:2: has 1 columns, not 2",
		"jcommonsenseqa=DIR/c.json": "DIR/c.json:2: label is not a number from 0 to 4: 5",
		"mmlu-pro=DIR/d.jsonl":      `DIR/d.jsonl:1: answer names none of the 2 options: "C"`,
		"ifeval=DIR/e.jsonl":        `DIR/e.jsonl:1: checks: instruction_id_list[0]: no kind "x:y" is known`,
		"ifeval=DIR/a.jsonl":        "DIR/a.jsonl:1: prompt is missing",
		"svamp=DIR/f.jsonl":         "DIR/f.jsonl:1: has no items",
		"gsm8k=DIR/h.jsonl.gz":      "DIR/h.jsonl.gz cannot be unpacked",
	} {
		_, err := Load(strings.ReplaceAll(name, "DIR", dir), []string{dir})
		want = strings.ReplaceAll(want, "DIR", dir)
		if err == nil || !strings.Contains(err.Error(), want) || llm.CodeOf(err) != llm.CodeInvalidRequest && llm.CodeOf(err) != llm.CodeNotFound {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestOwn(t *testing.T) {
	for _, c := range []struct {
		name, text     string
		scorer         task.Scorer
		mark, language string
		right, wrong   string
	}{
		{"a.jsonl", `{"q":"1+1?","a":2}`, task.ByMark, "number", "en", "It is 2", "3"},
		{"a.jsonl", `{"id":"x","question":"一足す一は？","answer":"二個"}`, task.ByMark, "number", "ja", "答えは2です", "3"},
		{"a.csv", "prompt,gold\n\"Capital of Japan?\",Tokyo\n2+2?,4\n", task.ByMark, "exact", "en", "Tokyo.", "Kyoto"},
		{"a.jsonl", `{"q":"As JSON","gold":{"a":1}}`, task.ByMark, "json", "en", `{"a": 1}`, `{"a": 2}`},
		{"a.json", `[{"q":"どれですか","options":["赤","青"],"answer":"B"}]`, task.ByChoice, "choice", "ja", "B", "A"},
		{"a.json", `[{"q":"Which?","choices":["1","0"],"answer":"0"}]`, task.ByChoice, "choice", "en", "B", "A"},
		{"a.jsonl", `{"prompt":"x","instruction_id_list":["punctuation:no_comma"],"kwargs":[{}]}`, task.ByFollow, "", "en", "a", "a,"},
		{"a.jsonl", `{"q":"Say cat","scorer":"checks","checks":[{"kind":"contains","all":["cat"]}]}`, task.ByChecks, "", "en", "cat", "dog"},
		{"a.jsonl", `{"q":"3 %?","a":"3%","mark":"number"}`, task.ByMark, "number", "en", "0.03", "3 of 4"},
	} {
		p := filepath.Join(put(t, map[string]string{c.name: c.text}), c.name)
		got, err := Load(p, nil)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		k, it := got[0], got[0].Items[0]
		if d := cmp.Diff([]any{c.scorer, c.mark, c.language, "a"}, []any{it.Scorer, it.Mark, k.Language, k.Name}); d != "" {
			t.Errorf("%s: %s", c.text, d)
		}
		for out, want := range map[string]sample.State{c.right: sample.Right, c.wrong: sample.Wrong} {
			v, err := verdict.Of(context.Background(), it, verdict.Answer{Text: &out, Finish: "stop"}, verdict.Outside{})
			if err != nil || v.State != want {
				t.Errorf("%s: %q: %+v %v", c.text, out, v, err)
			}
		}
	}
	for text, want := range map[string]string{
		"": "has no rows", `{"x":1}`: "x.jsonl:1: nothing is asked: a row has question, q", `{"q":"x"}`: "x.jsonl:1: nothing says what is right: a row has gold",
		`{"q":"x","a":"` + strings.Repeat("long ", 9) + `"}`:                         "a has 45 characters, which no answer repeats as they are",
		"{\"q\":\"x\",\"a\":\"y\"}\n{\"q\":\"x\",\"a\":[1]}":                         "x.jsonl:1: some rows have objects in a and others do not",
		"{\"q\":\"x\",\"a\":\"y\"}\n\n{\"q\":\"x\"}":                                 "x.jsonl:3: a is missing",
		"{\"q\":\"x\",\"a\":\"y\"}\n{\"q\":[1],\"a\":\"z\"}":                         "x.jsonl:2: q is not a text",
		"{\"id\":1,\"q\":\"x\",\"a\":\"y\"}\n{\"id\":\"1\",\"q\":\"x\",\"a\":\"z\"}": "x.jsonl:2: the id 1 stands in line 1 already",
		`{"q":"x","a":"D","choices":["p","q"]}`:                                      `x.jsonl:1: a names none of the 2 options: "D"`,
		`{"q":"x","a":1,"choices":{"A":"p"}}`:                                        "x.jsonl:1: choices is not a list of 2 to 26 texts",
		`{"q":"x","a":1,"scorer":"nose"}`:                                            `x.jsonl:1: scorer is "nose"; it must be follow`,
		`{"q":"x","a":1,"mark":"nose"}`:                                              `no task "nose" is known`,
	} {
		p := filepath.Join(put(t, map[string]string{"x.jsonl": text}), "x.jsonl")
		if _, err := Load(p, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

// TestPublic reads the public sets where they are on this machine: all items,
// and what is known of some.
func TestPublic(t *testing.T) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	folders := Folders(os.Getenv("IRORI_EVAL_DATA"), wd)
	some := false
	for _, s := range All() {
		if s.Path(folders) == "" {
			continue
		}
		some = true
		k, err := s.Load(folders)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(k.Items) != s.Items || k.Source != s.From {
			t.Errorf("%s has %d items of %s, want %d", s.Name, len(k.Items), k.Source, s.Items)
		}
		ids := map[string]bool{}
		for _, it := range k.Items {
			if ids[it.ID] || len(it.Turns) == 0 || it.Plain == "" {
				t.Errorf("%s: %s", s.Name, it.ID)
			}
			ids[it.ID] = true
			right := plain(it.Gold)
			if it.Scorer != task.ByMark && it.Scorer != task.ByChoice {
				continue
			}
			if it.Mark == "choice" {
				right = "A"
			}
			if v, err := verdict.Of(context.Background(), it, verdict.Answer{Text: &right}, verdict.Outside{}); err != nil || v.State != sample.Right {
				t.Errorf("%s %s: the gold %s is %+v %v", s.Name, it.ID, it.Gold, v, err)
			}
		}
	}
	if !some {
		t.Skip("no public set is on this machine: IRORI_EVAL_DATA")
	}
}

func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// TestAlike holds that sets with the same questions say so of each other.
func TestAlike(t *testing.T) {
	of := map[string][]string{}
	for _, s := range All() {
		of[s.Name] = s.SameAs
		if s.Licence == "" || s.From == "" || s.Items == 0 || len(s.Files) == 0 {
			t.Errorf("%+v", s)
		}
	}
	for a, list := range of {
		for _, b := range list {
			if !strings.Contains(strings.Join(of[b], " "), a) {
				t.Errorf("%s says that it is as %s, and not the other way round", a, b)
			}
		}
	}
}

// FuzzOwn holds that no table makes the reader panic.
func FuzzOwn(f *testing.F) {
	f.Add([]byte(`{"q":"x","a":1}`), "jsonl")
	f.Add([]byte("q,a\n\"x,1\n"), "csv")
	f.Add([]byte(`[{"q":"x","a":"B","choices":["1","2"]}]`), "json")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, b []byte, ext string) {
		if strings.ContainsAny(ext, "/\\\x00") || len(ext) > 8 {
			return
		}
		p := filepath.Join(dir, "x."+ext)
		if os.WriteFile(p, b, 0o644) != nil {
			return
		}
		_, _ = Own(p)
	})
}
