package sets

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"irori/internal/eval/task"
	"irori/internal/eval/task/rows"
	"irori/internal/llm"
)

// saying is how a set is asked in a language.
type saying struct{ question, answer, step, think, code, letter string }

var sayings = map[string]saying{
	"en": {"Question: ", "Answer:", "Step-by-Step Answer:", "Think step by step, and end with “The answer is NUMBER.”",
		"Complete this Python function. Answer with the whole function in one code block.",
		"Think step by step, and end with “The answer is (X)”, where X is the letter of the right option."},
	"ja": {"問題：", "答え：", "ステップごとの答え：", "順を追って考え、最後に「答えは（数）です。」と書いてください。",
		"次の Python の関数を完成させてください。関数の全体を一つのコードブロックで答えてください。",
		"最も適切な選択肢の番号だけを答えてください。"},
}

// reasoned is how long an answer with its reasons may be, programmed a
// program, and written a text.
const (
	reasoned   = 512
	programmed = 640
	written    = 1280
	named      = 32
)

const examplesFile = "mgsm_exemplars_en_ja.json"

// examples are the worked examples of MGSM where they are at hand: those of
// GSM8K, in both languages.
func examples(language string, folders []string) ([]Shot, error) {
	for _, dir := range folders {
		p := filepath.Join(dir, examplesFile)
		b, err := os.ReadFile(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", p)
		}
		var file struct {
			Exemplars map[string]map[string]struct{ Q, A string } `json:"exemplars"`
		}
		if err := json.Unmarshal(b, &file); err != nil {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:1: %v", p, err)
		}
		var out []Shot
		for i := 1; ; i++ {
			e, ok := file.Exemplars[language][strconv.Itoa(i)]
			if !ok {
				return out, nil
			}
			out = append(out, Shot(e))
		}
	}
	return nil, nil
}

// worked writes a question with examples before it, as text to be continued.
func worked(lang, question string, shots []Shot) (string, []string) {
	w := sayings[lang]
	var b strings.Builder
	for _, s := range shots {
		b.WriteString(s.Q + "\n" + s.A + "\n\n")
	}
	b.WriteString(w.question + question + "\n" + w.step)
	return b.String(), []string{"\n\n", strings.TrimSpace(w.question)}
}

// gsm8k makes items of a question and an answer: those of GSM8K end with #### and
// the number, those of MGSM are one.
func gsm8k(s *Set, list []rows.Row, shots []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.GenerateUntil}
	for i, r := range list {
		q, err := r.Text("question")
		if err != nil {
			return nil, fault(r, "%v", err)
		}
		gold := r.Fields["answer"]
		if !r.Has("answer") {
			gold = r.Fields["answer_number"] // as MGSM is handed out in Parquet
		}
		it := task.Item{ID: strconv.Itoa(i + 1), Scorer: task.ByMark, Mark: s.Name, Gold: gold, MaxTokens: reasoned}
		it.Turns = asked(q + "\n\n" + sayings[s.Language].think)
		it.Plain, it.PlainStop = worked(s.Language, q, shots)
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func asked(text string) []task.Turn { return []task.Turn{{Role: "user", Content: text}} }

// add takes an item that can be scored.
func add(t *task.Task, r rows.Row, it task.Item) error {
	if err := task.Valid(it); err != nil {
		return fault(r, "%v", err)
	}
	t.Items = append(t.Items, it)
	return nil
}

func svamp(s *Set, list []rows.Row, shots []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.GenerateUntil}
	for _, r := range list {
		v, err := texts(r, "ID", "Body", "Question")
		if err != nil {
			return nil, err
		}
		q := v[1] + " " + v[2]
		it := task.Item{ID: v[0], Scorer: task.ByMark, Mark: "svamp", Gold: r.Fields["Answer"], MaxTokens: reasoned}
		it.Turns = asked(q + "\n\n" + sayings["en"].think)
		it.Plain, it.PlainStop = worked("en", q, shots)
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// texts are fields that must be there.
func texts(r rows.Row, names ...string) ([]string, error) {
	var out []string
	for _, n := range names {
		s, err := r.Text(n)
		if err != nil {
			return nil, fault(r, "%v", err)
		}
		out = append(out, s)
	}
	return out, nil
}

// humaneval makes items of functions that are begun. Where plain text ends is as
// published: what follows a function at the left edge is not part of it.
func humaneval(s *Set, list []rows.Row, _ []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.GenerateUntil}
	for _, r := range list {
		v, err := texts(r, "task_id", "prompt", "entry_point", "test")
		if err != nil {
			return nil, err
		}
		checks, err := json.Marshal(map[string]string{"language": "python", "prompt": v[1], "entry_point": v[2], "test": v[3]})
		if err != nil {
			return nil, fault(r, "%v", err)
		}
		it := task.Item{ID: v[0], Scorer: task.ByCode, Checks: checks, Gold: r.Fields["canonical_solution"], MaxTokens: programmed}
		it.Turns = asked(sayings[s.Language].code + "\n\n```python\n" + strings.TrimRight(v[1], "\n") + "\n```")
		it.Plain, it.PlainStop = v[1], []string{"\nclass ", "\ndef ", "\n#", "\nif ", "\nprint("}
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func ifeval(_ *Set, list []rows.Row, _ []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.GenerateUntil}
	for _, r := range list {
		prompt, err := r.Text("prompt")
		if err != nil {
			return nil, fault(r, "%v", err)
		}
		if !r.Has("key") {
			return nil, fault(r, "key is missing")
		}
		it := task.Item{ID: strings.Trim(string(r.Fields["key"]), `"`), Scorer: task.ByFollow, MaxTokens: written, Turns: asked(prompt), Plain: prompt + "\n\n"}
		if it.Checks, err = both(r, "instruction_id_list", "kwargs"); err != nil {
			return nil, err
		}
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// both is an object of some of a row's fields.
func both(r rows.Row, names ...string) (json.RawMessage, error) {
	m := map[string]json.RawMessage{}
	for _, n := range names {
		if !r.Has(n) {
			return nil, fault(r, "%s is missing", n)
		}
		m[n] = r.Fields[n]
	}
	return json.Marshal(m)
}

// jcommonsenseqa numbers its options from 0, as its labels do.
func jcommonsenseqa(_ *Set, list []rows.Row, _ []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.MultipleChoice}
	for _, r := range list {
		v, err := texts(r, "question", "choice0", "choice1", "choice2", "choice3", "choice4")
		if err != nil {
			return nil, err
		}
		if !r.Has("q_id") {
			return nil, fault(r, "q_id is missing")
		}
		var label int
		if json.Unmarshal(r.Fields["label"], &label) != nil || label < 0 || label > 4 {
			return nil, fault(r, "label is not a number from 0 to 4: %.40s", r.Fields["label"])
		}
		it := task.Item{ID: string(r.Fields["q_id"]), Scorer: task.ByChoice, Mark: "jcommonsenseqa", Gold: r.Fields["label"], MaxTokens: named, Choices: v[1:]}
		var b strings.Builder
		b.WriteString("質問：" + v[0] + "\n")
		for i, c := range v[1:] {
			fmt.Fprintf(&b, "\n%d. %s", i, c)
		}
		it.Turns = asked(b.String() + "\n\n" + sayings["ja"].letter)
		it.Plain = "質問：" + v[0] + "\n選択肢：" + strings.Join(v[1:], "、") + "\n回答："
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// mmluPro makes items of the rows of MMLU-Pro, which have three to ten options.
func mmluPro(_ *Set, list []rows.Row, _ []Shot) (*task.Task, error) {
	t := &task.Task{Output: task.MultipleChoice}
	for _, r := range list {
		v, err := texts(r, "question", "answer", "category")
		if err != nil {
			return nil, err
		}
		if !r.Has("question_id") {
			return nil, fault(r, "question_id is missing")
		}
		var options []string
		if json.Unmarshal(r.Fields["options"], &options) != nil || len(options) < 2 || len(options) > 26 {
			return nil, fault(r, "options is not a list of 2 to 26 texts")
		}
		gold := -1
		if len(v[1]) == 1 {
			gold = int(v[1][0]) - 'A'
		}
		if gold < 0 || gold >= len(options) {
			return nil, fault(r, "answer names none of the %d options: %.40q", len(options), v[1])
		}
		index := gold
		if r.Has("answer_index") && (json.Unmarshal(r.Fields["answer_index"], &index) != nil || index != gold) {
			return nil, fault(r, "answer %s and answer_index %.40s name two options", v[1], r.Fields["answer_index"])
		}
		it := task.Item{
			ID: strings.Trim(string(r.Fields["question_id"]), `"`), Scorer: task.ByChoice, Mark: "choice", Gold: json.RawMessage(strconv.Itoa(gold)),
			MaxTokens: reasoned * 2, PlainStop: []string{"\n\n", "Question:"},
		}
		var b strings.Builder
		for i, o := range options {
			fmt.Fprintf(&b, "\n%c. %s", 'A'+i, o)
			it.Choices = append(it.Choices, " "+string(rune('A'+i)))
		}
		it.Turns = asked(v[0] + "\n" + b.String() + "\n\n" + sayings["en"].letter)
		it.Plain = "Question: " + v[0] + "\nOptions:" + b.String() + "\nAnswer:"
		if err := add(t, r, it); err != nil {
			return nil, err
		}
	}
	return t, nil
}
