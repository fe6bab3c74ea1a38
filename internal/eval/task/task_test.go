package task

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

// from opens files of a map.
func from(files map[string]string) Open {
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return func(p string) (io.ReadCloser, error) { return m.Open(p) }
}

const sums = `task: sums
task_alias: Sums
language: ja
family: arithmetic
licence: Apache-2.0
metadata: {version: 1.2, note: "x"}
dataset: sums.jsonl
output_type: generate_until
description: "計算してください。"
doc_to_text: "問題：{{ question }}\n答え："
doc_to_chat: question
doc_to_target: answer
mark: number
num_fewshot: 1
fewshot_config:
  samples:
    - {question: 1と1の和は？, answer: 2}
generation_kwargs:
  until: ["\n\n"]
  max_gen_toks: 64
`

func TestParse(t *testing.T) {
	got, err := Parse("t/sums.yaml", []byte(sums), from(map[string]string{"t/sums.jsonl": `{"id":"a","question":"2と3の和は？","answer":"5","template":"sum"}

{"question":"万の2倍は？","answer":"2万"}
`}))
	if err != nil {
		t.Fatal(err)
	}
	turns := func(q string) []Turn {
		return []Turn{{"system", "計算してください。"}, {"user", "1と1の和は？"}, {"assistant", "2"}, {"user", q}}
	}
	plain := "計算してください。\n\n問題：1と1の和は？\n答え： 2\n\n問題："
	want := []*Task{{
		Name: "sums", Alias: "Sums", Version: "1.2", Family: "arithmetic", Language: "ja", Output: GenerateUntil, Licence: "Apache-2.0",
		Items: []Item{
			{ID: "a", Template: "sum", Scorer: ByMark, Mark: "number", Turns: turns("2と3の和は？"), Plain: plain + "2と3の和は？\n答え：", Gold: json.RawMessage(`"5"`), MaxTokens: 64, Stop: []string{"\n\n"}},
			{ID: "19c5b3ac1b4f", Scorer: ByMark, Mark: "number", Turns: turns("万の2倍は？"), Plain: plain + "万の2倍は？\n答え：", Gold: json.RawMessage(`"2万"`), MaxTokens: 64, Stop: []string{"\n\n"}},
		},
	}}
	want[0].Items[1].ID = got[0].Items[1].ID
	if len(got[0].Items[1].ID) != 12 {
		t.Error(got[0].Items[1].ID)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestChoices(t *testing.T) {
	const head = "task: c\noutput_type: multiple_choice\ndoc_to_text: \"Q: {{q}}\\nA:\"\ndoc_to_chat: q\n"
	for name, c := range map[string]struct {
		text, ask, gold string
		choices         []string
	}{
		"a field": {head + "doc_to_choice: options\ndoc_to_target: label\nitems:\n - {q: Which?, options: [red, blue], label: 1}\n",
			"Which?\n\nA. red\nB. blue\n\nAnswer with the letter of the right option only.", "1", []string{" red", " blue"}},
		"a template": {head + "language: ja\ndoc_to_choice: \"{{ [a, b ~ '!'] }}\"\ndoc_to_target: \"{{ ['x', 'y'].index(k) }}\"\ntarget_delimiter: ''\nitems:\n - {q: どれ？, a: 赤, b: 青, k: y}\n",
			"どれ？\n\nA. 赤\nB. 青!\n\n正しい選択肢の記号だけを答えてください。", "1", []string{"赤", "青!"}},
		"letters":  {head + "doc_to_choice: [A, B]\ndoc_to_target: answer\nitems:\n - {q: \"x\\nA. red\\nB. blue\", answer: B}\n", "x\nA. red\nB. blue", "1", []string{" A", " B"}},
		"a text":   {head + "doc_to_choice: [yes, no]\ndoc_to_target: answer\nitems:\n - {q: x, answer: \"no\"}\n", "x\n\nA. yes\nB. no\n\nAnswer with the letter of the right option only.", "1", []string{" yes", " no"}},
		"the same": {head + "doc_to_choice: ['{{a}}', b]\ndoc_to_target: 0\nitems:\n - {q: x, a: 1}\n", "x\n\nA. {{a}}\nB. b\n\nAnswer with the letter of the right option only.", "0", []string{" {{a}}", " b"}},
	} {
		got, err := Parse("c.yaml", []byte(c.text), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		it := got[0].Items[0]
		if d := cmp.Diff([]any{c.ask, c.gold, c.choices, ByChoice, "choice"}, []any{it.Turns[0].Content, string(it.Gold), it.Choices, it.Scorer, it.Mark}); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestWhatElse(t *testing.T) {
	files := map[string]string{
		"d/_base.yaml": "output_type: loglikelihood_rolling\ndoc_to_target: text\nmetric_list: [{metric: bits_per_byte}]\nitems: [{text: abc}]\ntask: base\n",
		"d/x.csv":      "q,a\n\"1, 2\",3\n4,5\n",
		"d/y.json":     "{\"v\": 1, \"rows\": [\n {\"q\": \"x\",\n  \"a\": 1},\n {\"q\": \"y\", \"a\": 2}]}",
		"d/z.tsv":      "q\ta\n\"quoted\t7\n",
	}
	got, err := Parse("d/a.yaml", []byte("include: _base.yaml\ntask: a\n"), from(files))
	if err != nil || got[0].Items[0].Plain != "abc" || got[0].Items[0].Scorer != ByLoss || got[0].Name != "a" {
		t.Errorf("%v %+v", err, got)
	}
	got, err = Parse("d/a.yaml", []byte("include: _base.yaml\ntask: a\ndoc_to_text: \"\"\n"), from(files))
	if err != nil || got[0].Items[0].Plain != "abc" || got[0].Items[0].Turns != nil {
		t.Errorf("%v %+v", err, got)
	}
	for file, want := range map[string]string{"x.csv": "1, 2 4", "y.json": "x y", "z.tsv": `"quoted`} {
		got, err := Parse("d/a.yaml", []byte("task: a\ndataset_path: json\ndataset_kwargs: {data_files: {test: "+file+"}}\ndoc_to_text: q\ndoc_to_target: a\nmark: number\n"), from(files))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		var qs []string
		for _, it := range got[0].Items {
			qs = append(qs, it.Plain)
		}
		if strings.Join(qs, " ") != want {
			t.Errorf("%s: %q", file, qs)
		}
	}
	got, err = Parse("a.yaml", []byte(`- task: a
  items: [{q: 1, t: [{type: function, function: {name: f}}], c: [{kind: json}]}]
  doc_to_text: "{{ q }}{% if x is defined %}{{ x }}{% endif %}"
  tools: t
  checks: c
  response_format: {type: json_object}
  scorer: checks
  filter_list: [{name: n, filter: [{function: regex, regex_pattern: "(\\d+)", group_select: -1}, {function: take_first}]}]
  metric_list: [{metric: exact_match, ignore_case: true}]
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	it := got[0].Items[0]
	if it.Plain != "1" || string(it.Tools) != `[{"type":"function","function":{"name":"f"}}]` || string(it.Checks) != `[{"kind":"json"}]` || string(it.Format) != `{"type":"json_object"}` ||
		it.Scorer != ByChecks || !it.Read.Case || it.Read.Patterns[0] != (Pattern{`(\d+)`, -1}) || it.PlainStop[0] != "\n\n" {
		t.Errorf("%+v", it)
	}
}

func TestFaults(t *testing.T) {
	const good = "task: a\ndoc_to_text: q\ndoc_to_target: a\nmark: number\n"
	const items = "items: [{q: x, a: 1}]\n"
	for text, want := range map[string]string{
		"task: a\nnum_fewshots: 3\n":                           "a.yaml:2: key num_fewshots is not known; did you mean num_fewshot?",
		"task: a\nthing: 3\n":                                  "a.yaml:2: key thing is not known",
		"task: a\nprocess_docs: x\n":                           "a.yaml:2: key process_docs cannot be used here: it names a function of Python",
		"task: a\ndoc_to_text: !function utils.x\n":            "a.yaml:2: key doc_to_text is a function of Python, which cannot be run here",
		"task: a\n\ntask: b\n":                                 "a.yaml:3: key task stands in line 1 already",
		"doc_to_text: x\n":                                     "a.yaml:1: key task is missing",
		"task: [a]\n":                                          "a.yaml:1: key task must be a text, not a list",
		"task: a b\n":                                          `a.yaml:1: key task is "a b"; take letters, digits, dots, dashes and underscores`,
		good:                                                   "a.yaml:1: key dataset is missing: where the items are; or items, the items themselves",
		good + "dataset: none.jsonl\n":                         "a.yaml:5: key dataset: none.jsonl cannot be opened: file does not exist",
		good + "dataset: d.jsonl\n":                            "d.jsonl:3: field q is missing (doc_to_text)",
		good + "dataset: e.jsonl\n":                            "e.jsonl:2: is not a JSON object",
		good + "dataset: f.jsonl\n":                            "f.jsonl:1: unexpected end of JSON input",
		good + "dataset: g.jsonl\n":                            `g.jsonl:2: doc_to_target: gold has no number: "none"`,
		good + "dataset: h.jsonl\n":                            "h.jsonl:2: field id: 1 stands in line 1 already",
		good + "dataset: i.txt\n":                              "a.yaml:5: key dataset: i.txt is of no format that is known; name it .jsonl, .json, .tsv, .csv or .parquet, each also with .gz",
		good + "dataset: j.json\n":                             "j.json:3: field a is missing (doc_to_target)",
		good + "dataset: k.tsv\n":                              "k.tsv:3: has 3 columns, not 2",
		good + "items:\n - {q: x, a: 1}\n - 3\n":               "a.yaml:7: key items must be a list of keys with values, not of \"3\"",
		good + "items:\n - {q: x, a: 1}\n - q: y\n":            "a.yaml:7: field a is missing (doc_to_target)",
		good + "items:\n - {q: ' ', a: 1}\n":                   "a.yaml:6: the question is empty (doc_to_text)",
		good + items + "num_fewshot: 2\n":                      "a.yaml:6: key num_fewshot is 2, but there are no examples: write fewshot_config.samples",
		good + items + "num_fewshot: two\n":                    `a.yaml:6: key num_fewshot must be a whole number from 0 to 64, not "two"`,
		good + items + "num_fewshot: 1.5\n":                    `a.yaml:6: key num_fewshot must be a whole number from 0 to 64, not "1.5"`,
		good + items + "generation_kwargs:\n  until: {a: 1}\n": "a.yaml:7: key generation_kwargs.until must be a text or a list of texts, not keys with values",
		good + items + "generation_kwargs:\n  top: 1\n":        "a.yaml:7: key generation_kwargs.top is not known",
		good + items + "output_type: generate\n":               `a.yaml:6: key output_type must be generate_until, multiple_choice, loglikelihood, loglikelihood_rolling or left out, not "generate"`,
		good + items + "metric_list:\n - metric: bleu\n":       `a.yaml:7: key metric_list.metric must be exact_match, acc, acc_norm, perplexity, word_perplexity, byte_perplexity, bits_per_byte or left out, not "bleu"`,
		good + items + "filter_list: [{filter: [{function: regex, regex_pattern: '(?=x)'}]}]\n":                            "a.yaml:6: key filter_list.filter.regex_pattern cannot be used: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
		"task: a\n" + items + "doc_to_text: q\ndoc_to_target: a\n":                                                         "a.yaml:1: key scorer is missing: nothing says how answers are scored; write scorer, mark or metric_list",
		"task: a\n" + items + "doc_to_text: who?\n":                                                                        `a.yaml:3: key doc_to_text is neither a field's name nor a template with {{ }}: "who?"`,
		"task: a\n" + items + "doc_to_text: '{{ q '\n":                                                                     "a.yaml:3: key doc_to_text: tag is never closed",
		"task: a\n" + items + "mark: number\ndoc_to_target: a\ndoc_to_text: '{{ q[0] + r }}'\n":                            "a.yaml:2: field r is missing (doc_to_text)",
		"task: a\n" + items + "mark: number\ndoc_to_target: a\ndoc_to_text: '{{ q + 1 }}'\n":                               `a.yaml:2: doc_to_text: unsupported operand type(s) for +: 'str' and 'int'`,
		"task: a\n" + items + "scorer: follow\ndoc_to_text: q\nchecks: {instruction_id_list: [x], kwargs: [{}]}\n":         `a.yaml:5: key checks: instruction_id_list[0]: no kind "x" is known`,
		"task: a\n" + items + "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: a\ndoc_to_choice: [x]\n":       "a.yaml:6: key doc_to_choice gives 1 options; there must be 2 to 26",
		"task: a\n" + items + "output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: 2\ndoc_to_choice: [x, y]\n":    "a.yaml:5: key doc_to_target names none of the 2 options: 2",
		"task: a\n" + items + "scorer: checks\ndoc_to_text: q\nchecks: [{kind: any, of: [{kind: length, unit: words}]}]\n": "a.yaml:5: key checks: checks[0]: any: checks[0][0]: length: least and most are missing",
		"task: a\n" + items + "scorer: calls\ndoc_to_text: q\ndoc_to_target: q\n":                                          "a.yaml:2: doc_to_target: gold is neither a list of calls nor an object with any or calls",
		"task: a\n" + items + "scorer: refusal\ndoc_to_text: q\ndoc_to_target: a\n":                                        "a.yaml:2: doc_to_target: gold is neither true nor false, whether refusing is right: 1",
		// What all items share is at fault at its key, what one has at the item.
		good + items + "tools: [{type: function}]\n":                                     "a.yaml:6: key tools has no function with a name in place 1: {type: function, function: {name: …}}",
		good + "tools: t\nitems: [{q: x, a: 1, t: 3}]\n":                                 "a.yaml:6: tools is no list of functions",
		good + items + "response_format: {type: yaml}\n":                                 `a.yaml:6: key response_format has the type "yaml", which is not text, json_object or json_schema`,
		good + items + "response_format: {type: json_schema}\n":                          "a.yaml:6: key response_format lacks json_schema.schema",
		good + items + "response_format: [1]\n":                                          "a.yaml:6: key response_format is not keys with values",
		"task: a\n" + items + "scorer: code\ndoc_to_text: q\nchecks: {entry_point: f}\n": "a.yaml:5: key checks lacks test, what is run after the answer",
		"task: a\n" + items + "scorer: code\ndoc_to_text: q\nchecks: {test: f}\n":        "a.yaml:5: key checks lacks entry_point, the function that is asked for",
		"task: a\n" + items + "scorer: code\ndoc_to_text: q\nchecks: {language: C}\n":    `a.yaml:5: key checks has the language "C", which is not python or javascript`,
		"task: a\n" + items + "scorer: code\ndoc_to_text: q\nchecks: 3\n":                "a.yaml:5: key checks is not keys with texts: entry_point and test",
		good + items + "checks: [{kind: json}]\n":                                        "a.yaml:6: key checks goes with scorer: checks, follow, code or refusal, not mark",
		good + items + "doc_to_choice: [x, y]\n":                                         "a.yaml:6: key doc_to_choice goes with output_type: multiple_choice",
		good + items + "doc_to_choice: [x, y]\noutput_type: multiple_choice\n":           "a.yaml:4: key mark is number, which names no option; leave it out, or write choice",
		good + items + "output_type: loglikelihood\nscorer: judge\n":                     "a.yaml:4: key mark goes with scorer: mark, not judge",
		"task: a\n" + items + "doc_to_text: q\ndoc_to_target: a\nscorer: loss\n":         "a.yaml:5: key scorer: loss goes with output_type: loglikelihood",
		"task: a\n" + items + "doc_to_target: ''\noutput_type: loglikelihood_rolling\n":  `a.yaml:3: key doc_to_target is neither a field's name nor a template with {{ }}: ""`,
		"task: a\n" + items + "doc_to_text: ''\ndoc_to_target: a\nmark: number\n":        `a.yaml:3: key doc_to_text is neither a field's name nor a template with {{ }}: ""`,
		good + items + "language: fr\n":                                                  `a.yaml:6: key language must be ja, en or left out, not "fr"`,
		good + items + "generation_kwargs: {until: ['x', '']}\n":                         "a.yaml:6: key generation_kwargs.until has an empty text, which would end every answer",
		good + items + "generation_kwargs: {do_sample: true}\n":                          "a.yaml:6: key generation_kwargs.do_sample is true, but there is no generation_kwargs.temperature: how freely words are drawn would be the server's choice",
		good + items + "fewshot_split: [1]\n":                                            "a.yaml:6: key fewshot_split must be a text, not a list",
		good + items + "fewshot_config:\n  samples: none.jsonl\n":                        "a.yaml:7: key fewshot_config.samples: none.jsonl cannot be opened: file does not exist",
		good + items + "fewshot_config:\n  samples: [3]\n":                               "a.yaml:7: key fewshot_config.samples must be a list of keys with values, not of \"3\"",
		good + items + "filter_list: [{filter: [{function: regex}]}]\n":                  "a.yaml:6: key filter_list.filter.regex_pattern is missing",
		good + "items: []\n":       "a.yaml:5: key items has no item",
		good + "items: none.csv\n": "a.yaml:5: key items: none.csv cannot be opened: file does not exist",
		good + "dataset_path: json\ndataset_kwargs:\n  data_files: none.csv\n":    "a.yaml:7: key dataset_kwargs.data_files: none.csv cannot be opened: file does not exist",
		good + "dataset_path: json\ndataset_kwargs: {data_files: {a: x, b: y}}\n": "a.yaml:6: key dataset_kwargs.data_files is missing: the path of a split's file, which test_split names",
		good + "include: none.yaml\n":                                             "a.yaml:5: key include: none.yaml cannot be opened: file does not exist",
		good + "include: list.yaml\n":                                             "a.yaml:5: key include: list.yaml holds a list, not keys with values",
		"include: base.yaml\n":                                                    `base.yaml:3: key num_fewshot must be a whole number from 0 to 64, not "many"`,
		"a: [1":                                                                   "a.yaml:1: sequence end token ']' not found",
		"a: *x\n":                                                                 "a.yaml:1: *x stands for nothing that comes before it",
		"---\ntask: a\n---\ntask: b":                                              "a.yaml:4: the file holds more than one document; only the first would count",
		"":                                                                        "a.yaml:1: the file holds no task",
		"x":                                                                       "a.yaml:1: a task must be keys with values, not \"x\"",
		"- " + strings.ReplaceAll(good+items, "\n", "\n  ") + "\n- " + strings.ReplaceAll(good+items, "\n", "\n  "): "a.yaml:7: key task: a is the name of the task at a.yaml:1 too",
		"include: loop.yaml\n":      "loop.yaml:1: key include must be the path of one file, not more than 5 deep",
		strings.Repeat("[", 1<<20):  "a.yaml:1: is nested more than 200 deep",
		strings.Repeat("- ", 1<<20): "a.yaml:1: is nested more than 200 deep",
		"a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n": "a.yaml:7: the file's aliases stand for too much",
	} {
		_, err := Parse("a.yaml", []byte(text), from(map[string]string{
			"d.jsonl": "\xef\xbb\xbf{\"q\":\"x\",\"a\":1}\n\n{\"a\":1}", "e.jsonl": "{\"q\":\"x\",\"a\":1}\n[1]", "f.jsonl": "{", "g.jsonl": "{\"q\":\"x\",\"a\":1}\n{\"q\":\"x\",\"a\":\"none\"}",
			"h.jsonl": "{\"id\":1,\"q\":\"x\",\"a\":1}\n{\"id\":\"1\",\"q\":\"x\",\"a\":1}", "i.txt": "", "j.json": "[\n{\"q\":\"x\",\"a\":1},\n{\"q\":\"x\"}\n]", "k.tsv": "q\ta\nx\t1\nx\t1\t2\n",
			"loop.yaml": "include: loop.yaml\n", "list.yaml": "[1]", "base.yaml": "task: a\n\nnum_fewshot: many\n",
		}))
		if err == nil || err.Error() != want || llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Errorf("%.200q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.yaml": sums, "sums.jsonl": `{"question":"x","answer":1}`, "_b.yml": "x", "sub/c.yml": strings.Replace(sums, "task: sums", "task: other", 1), "sub/sums.jsonl": `{"question":"y","answer":1}`} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Load(dir)
	if err != nil || len(got) != 2 || got[0].Name != "sums" || got[1].Items[0].Turns[3].Content != "y" {
		t.Fatal(err, got)
	}
	if a, b := Digest(got[0]), Digest(got[1]); len(a) != 64 || a == b {
		t.Error(a, b)
	}
	turned := *got[0]
	turned.Items = append([]Item{{ID: "new"}}, got[0].Items...)
	before := Digest(&turned)
	turned.Items[0], turned.Items[1] = turned.Items[1], turned.Items[0]
	if Digest(&turned) != before {
		t.Error("the order counts")
	}
	if turned.Items[0].MaxTokens++; Digest(&turned) == before {
		t.Error("the length does not count")
	}
	twice := filepath.Join(dir, "sub", "d.yaml")
	if err := os.WriteFile(twice, []byte("items: [{question: x, answer: 1}]\n"+strings.Replace(sums, "dataset: sums.jsonl\n", "", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	want := filepath.ToSlash(twice) + ":2: key task: sums is the name of the task at " + filepath.ToSlash(filepath.Join(dir, "a.yaml")) + ":1 too"
	if _, err := Load(dir); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := Load(filepath.Join(dir, "none")); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
	if _, err := Load(t.TempDir()); llm.CodeOf(err) != llm.CodeNotFound {
		t.Error(err)
	}
}

// FuzzParse holds that no file of a stranger makes the reader panic, and that
// whatever is refused is refused with a place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(sums), []byte(`{"question":"x","answer":1}`))
	f.Add([]byte("task: a\noutput_type: multiple_choice\ndoc_to_text: '{{q}}'\ndoc_to_choice: [a, b]\ndoc_to_target: 0\nitems: [{q: &x 1}, {q: *x, <<: {q: 2}}]\n"), []byte("a\tb"))
	f.Add([]byte("? a\n: !!set {b}\n- c: |\n   d\n%YAML\n"), []byte("[{}]"))
	f.Fuzz(func(t *testing.T, text, data []byte) {
		tasks, err := Parse("a.yaml", text, func(p string) (io.ReadCloser, error) {
			if p == "a.yaml" {
				return nil, fs.ErrNotExist
			}
			return io.NopCloser(strings.NewReader(string(data))), nil
		})
		if err != nil && llm.CodeOf(err) != llm.CodeInvalidRequest {
			t.Error(err)
		}
		for _, k := range tasks {
			if len(Digest(k)) != 64 {
				t.Error("no sum")
			}
		}
	})
}

// TestAnswerDigest: other words are the same question while its name and its
// answer stay.
func TestAnswerDigest(t *testing.T) {
	of := func(text, answer string) string {
		got, err := Parse("a.yaml", []byte("task: a\ndoc_to_text: \"{{ q }} "+text+"\"\ndoc_to_target: a\nmark: number\nitems: [{id: 1, q: x, a: "+answer+"}]\n"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return AnswerDigest(got[0])
	}
	if of("x", "3") != of("please", "3") || of("x", "3") == of("x", "4") {
		t.Error("what is asked counts, or what is right does not")
	}
}
