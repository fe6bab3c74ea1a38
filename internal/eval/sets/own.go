package sets

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"irori/internal/eval/score"
	"irori/internal/eval/task"
	"irori/internal/eval/task/rows"
)

// The names that people give to what is asked, what is right, and the options.
var (
	questions = []string{"question", "q", "prompt", "input", "instruction", "ask", "問題", "質問"}
	golds     = []string{"gold", "answer", "a", "target", "label", "expected", "reference", "output", "答え", "正解", "解答"}
	optional  = []string{"choices", "options", "選択肢"}
	lettersOf = regexp.MustCompile(`^[A-Za-z]$`)
)

// brief is how many characters an answer has that can be compared as it is
// written.
const brief = 40

// Own makes a task of somebody's own table of questions: JSON a line each, an
// array, or columns. How answers are compared is guessed from the golds, the
// same for all rows; where they do not say, a row's field mark or scorer does.
func Own(p string) (*task.Task, error) {
	b, err := unpacked(p)
	if err != nil {
		return nil, err
	}
	format, _ := rows.Of(p)
	list, err := rows.Read(bytes.NewReader(b), rows.Options{Format: format})
	if err != nil {
		return nil, at(p, err)
	}
	if len(list) == 0 {
		return nil, at(p, &rows.Error{Line: 1, Msg: "has no rows"})
	}
	t := &task.Task{Name: nameOf(p), Version: "0", Family: "own", Source: p, Output: task.GenerateUntil}
	o := &own{t: t, seen: map[string]int{}}
	if o.question = first(list[0], questions); o.question == "" {
		return nil, at(p, fault(list[0], "nothing is asked: a row has %s", strings.Join(questions, ", ")))
	}
	o.gold, o.options = first(list[0], golds), first(list[0], optional)
	if o.gold == o.question {
		o.gold = ""
	}
	if err := o.how(list); err != nil {
		return nil, at(p, err)
	}
	for _, r := range list {
		if err := o.item(r); err != nil {
			return nil, at(p, err)
		}
	}
	t.Language = languageOf(t.Items)
	return t, nil
}

// nameOf is a file's name without what it ends with.
func nameOf(p string) string {
	name := strings.TrimSuffix(filepath.Base(p), ".gz")
	name = strings.TrimSuffix(name, filepath.Ext(name))
	if name == "" {
		return "own"
	}
	return name
}

func first(r rows.Row, names []string) string {
	for _, n := range names {
		if r.Has(n) {
			return n
		}
	}
	return ""
}

// own reads the rows of a table.
type own struct {
	t                       *task.Task
	question, gold, options string
	scorer                  task.Scorer
	mark                    string
	seen                    map[string]int
}

// how says what compares the answers of all rows.
func (o *own) how(list []rows.Row) error {
	r := list[0]
	if r.Has("scorer") || r.Has("mark") {
		return o.said(r)
	}
	switch {
	case r.Has("instruction_id_list"):
		o.scorer = task.ByFollow
	case r.Has("test") && r.Has("entry_point"):
		o.scorer = task.ByCode
	case o.gold == "":
		return fault(r, "nothing says what is right: a row has %s", strings.Join(golds, ", "))
	case o.options != "":
		o.scorer, o.mark, o.t.Output = task.ByChoice, "choice", task.MultipleChoice
	default:
		o.scorer = task.ByMark
		return o.guess(list)
	}
	return nil
}

func (o *own) said(r rows.Row) error {
	if r.Has("mark") {
		mark, err := r.Text("mark")
		o.scorer, o.mark = task.ByMark, mark
		if err != nil {
			return fault(r, "%v", err)
		}
		return nil
	}
	name, err := r.Text("scorer")
	switch o.scorer = task.Scorer(name); o.scorer {
	case task.ByFollow, task.ByCode, task.ByCalls, task.ByChecks, task.ByJudge, task.ByRefusal:
		return nil
	}
	if err == nil {
		err = fmt.Errorf("scorer is %q; it must be follow, code, calls, checks, judge or refusal, or mark is written", name)
	}
	return fault(r, "%v", err)
}

// guess looks at all golds: numbers, objects, short texts.
func (o *own) guess(list []rows.Row) error {
	numbers, objects, texts := 0, 0, 0
	for _, r := range list {
		raw := bytes.TrimSpace(r.Fields[o.gold])
		if len(raw) == 0 || string(raw) == "null" {
			return fault(r, "%s is missing", o.gold)
		}
		s := string(raw)
		_ = json.Unmarshal(raw, &s) // a number stays as it is written
		switch n := utf8.RuneCountInString(s); {
		case raw[0] == '{' || raw[0] == '[':
			objects++
		case number(s):
			numbers++
		case n > brief:
			return fault(r, "%s has %d characters, which no answer repeats as they are: write a field mark (%s) or scorer: judge, or a file of the task",
				o.gold, n, strings.Join(score.Tasks(), ", "))
		default:
			texts++
		}
	}
	switch len(list) {
	case numbers:
		o.mark = "number"
	case objects:
		o.mark = "json"
	case numbers + texts:
		o.mark = "exact"
	default:
		return fault(list[0], "some rows have objects in %s and others do not: write a field mark (%s)", o.gold, strings.Join(score.Tasks(), ", "))
	}
	return nil
}

// around are the signs that may stand around a number that is all of a gold.
const around = " .,+-$¥€£%円個人つ本枚冊台ドル"

// number reports whether a text is one number and nothing else, or ends like
// the answers of GSM8K.
func number(s string) bool {
	if _, last, ok := strings.Cut(s, "####"); ok {
		s = last
	}
	if len(score.Figures(s, true)) != 1 {
		return false
	}
	return strings.Trim(score.Fold(s), around+"0123456789/〇一二三四五六七八九十百千万億兆分の") == ""
}

// item reads one row.
func (o *own) item(r rows.Row) error {
	ask, err := r.Text(o.question)
	if err != nil {
		return fault(r, "%v", err)
	}
	it := task.Item{Scorer: o.scorer, Mark: o.mark, MaxTokens: reasoned, Plain: ask + "\n", PlainStop: []string{"\n\n"}}
	if r.Has("system") {
		system, err := r.Text("system")
		if err != nil {
			return fault(r, "%v", err)
		}
		it.Turns = append(it.Turns, task.Turn{Role: "system", Content: system})
	}
	if o.gold != "" && r.Has(o.gold) {
		it.Gold = r.Fields[o.gold]
	}
	it.Tools, it.Format = r.Fields["tools"], r.Fields["response_format"]
	switch o.scorer {
	case task.ByChoice:
		if ask, err = o.choice(&it, r, ask); err != nil {
			return err
		}
	case task.ByFollow:
		it.Checks, err = both(r, "instruction_id_list", "kwargs")
	case task.ByCode:
		it.Checks, err = both(r, "test", "entry_point")
	case task.ByChecks, task.ByRefusal:
		it.Checks = r.Fields["checks"]
	}
	if err != nil {
		return err
	}
	it.Turns = append(it.Turns, task.Turn{Role: "user", Content: ask})
	it.ID = strconv.Itoa(len(o.t.Items) + 1)
	if id := first(r, []string{"id", "key", "task_id", "q_id", "question_id"}); id != "" {
		it.ID = strings.Trim(string(r.Fields[id]), `"`)
	}
	if line := o.seen[it.ID]; line > 0 {
		return fault(r, "the id %s stands in line %d already", it.ID, line)
	}
	o.seen[it.ID] = r.Line
	return add(o.t, r, it)
}

// choice reads options, and names the right one by its place.
func (o *own) choice(it *task.Item, r rows.Row, ask string) (string, error) {
	var options []string
	if json.Unmarshal(r.Fields[o.options], &options) != nil || len(options) < 2 || len(options) > 26 {
		return "", fault(r, "%s is not a list of 2 to 26 texts", o.options)
	}
	if !r.Has(o.gold) {
		return "", fault(r, "%s is missing", o.gold)
	}
	text := strings.Trim(string(r.Fields[o.gold]), `"`)
	var s string
	if json.Unmarshal(r.Fields[o.gold], &s) == nil {
		text = s
	}
	gold := -1
	for i, c := range options {
		if c == text {
			gold = i
		}
		it.Choices = append(it.Choices, " "+c)
	}
	if n, err := strconv.Atoi(text); gold < 0 && err == nil {
		gold = n
	} else if gold < 0 && lettersOf.MatchString(text) {
		gold = int(strings.ToUpper(text)[0] - 'A')
	}
	if gold < 0 || gold >= len(options) {
		return "", fault(r, "%s names none of the %d options: %.40q; it is the text, the letter, or the place from 0", o.gold, len(options), text)
	}
	it.Gold, it.MaxTokens = json.RawMessage(strconv.Itoa(gold)), named
	return task.Lettered(ask, options, languageOf([]task.Item{{Plain: ask}})), nil
}

// languageOf is ja where most questions have kana, en where none has, and empty
// where some do.
func languageOf(items []task.Item) string {
	kana := 0
	for _, it := range items {
		if strings.ContainsFunc(it.Plain, func(r rune) bool { return r >= 'ぁ' && r <= 'ヿ' }) {
			kana++
		}
	}
	switch {
	case kana == 0:
		return "en"
	case 2*kana > len(items):
		return "ja"
	}
	return ""
}
