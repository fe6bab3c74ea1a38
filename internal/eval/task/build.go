package task

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"irori/internal/eval/calls"
	"irori/internal/eval/check"
	"irori/internal/eval/follow"
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/score"
	"irori/internal/eval/task/rows"
)

// maxItems bounds a task; maxPrompt what one item asks.
const (
	maxItems  = 100_000
	maxPrompt = 1 << 20
)

// itemRow is an item with the file that it stands in.
type itemRow struct {
	rows.Row
	file string
}

func (r itemRow) wrong(format string, args ...any) error {
	return wrong(r.file, r.Line, format, args...)
}

// build makes the items of a task.
func (s *spec) build(items, examples []itemRow) (*Task, error) {
	t := s.task
	switch {
	case len(items) == 0:
		return nil, wrong(s.file, s.top.Line, "key dataset: task %s has no items", t.Name)
	case len(items) > maxItems:
		return nil, wrong(s.file, s.top.Line, "key dataset: task %s has %d items; %d are the most", t.Name, len(items), maxItems)
	case len(examples) < s.fewshot:
		return nil, wrong(s.file, s.top.Line, "key num_fewshot is %d, but there are %d examples", s.fewshot, len(examples))
	}
	var shots []shot
	for _, r := range examples[:s.fewshot] {
		sh, err := s.shot(r)
		if err != nil {
			return nil, r.wrong("%v", err)
		}
		shots = append(shots, sh)
	}
	seen := map[string]int{}
	for _, r := range items {
		it, err := s.item(r, shots)
		if err != nil {
			return nil, s.blame(r, err)
		}
		if first := seen[it.ID]; first > 0 && r.Has("id") {
			return nil, r.wrong("field id: %s stands in line %d already", it.ID, first)
		} else if first > 0 {
			// The same question twice without names: the second is told apart.
			for n := 2; seen[it.ID] > 0; n++ {
				it.ID = strings.SplitN(it.ID, "-", 2)[0] + "-" + strconv.Itoa(n)
			}
		}
		seen[it.ID] = r.Line
		t.Items = append(t.Items, it)
	}
	return &t, nil
}

// amiss is what is wrong with the value of a key.
type amiss struct {
	key string
	error
}

// blame says where a fault is: at the item, or at the key that says the same
// for all items.
func (s *spec) blame(r itemRow, err error) error {
	a, ok := errors.AsType[*amiss](err)
	if !ok {
		return r.wrong("%v", err)
	}
	for _, w := range []*words{s.target, s.choice, s.tools, s.format, s.checks} {
		if w != nil && w.key == a.key && w.same != nil {
			return wrong(cmp.Or(w.at.File, s.file), w.at.Line, "key %v", err)
		}
	}
	return r.wrong("%v", err)
}

// shot is an example: what is asked, and what is answered.
type shot struct{ plain, ask, answer, say string }

func (s *spec) shot(r itemRow) (shot, error) {
	text, ask, err := s.question(r)
	if err != nil {
		return shot{}, err
	}
	sh := shot{plain: text, ask: ask}
	if s.task.Output != MultipleChoice {
		sh.answer, err = s.target.string(r.Row)
		sh.say = strings.TrimSpace(sh.answer)
		return sh, err
	}
	options, gold, err := s.options(r)
	if err != nil {
		return sh, err
	}
	sh.answer, sh.ask, sh.say = options[gold], Lettered(ask, options, s.task.Language), options[gold]
	if sh.ask != ask {
		sh.say = letter(gold)
	}
	return sh, nil
}

// question is what is asked, as text to be continued and as a message.
func (s *spec) question(r itemRow) (text, ask string, err error) {
	if s.text == nil {
		return "", "", nil
	}
	if text, err = s.text.string(r.Row); err != nil {
		return "", "", err
	}
	ask = text
	if s.chat != nil {
		if ask, err = s.chat.string(r.Row); err != nil {
			return "", "", err
		}
	}
	switch {
	case strings.TrimSpace(ask) == "":
		return "", "", fmt.Errorf("the question is empty (%s)", s.text.key)
	case len(text) > maxPrompt || len(ask) > maxPrompt:
		return "", "", fmt.Errorf("the question has more than %d KiB", maxPrompt>>10)
	}
	return text, strings.TrimSpace(ask), nil
}

// options are the texts of a multiple choice, and which of them is right.
func (s *spec) options(r itemRow) ([]string, int, error) {
	list, err := s.choice.list(r.Row)
	if err != nil {
		return nil, 0, err
	}
	if len(list) < 2 || len(list) > 26 {
		return nil, 0, s.choice.amiss(" gives %d options; there must be 2 to 26", len(list))
	}
	for i, o := range list {
		if strings.TrimSpace(o) == "" || slices.Contains(list[:i], o) {
			return nil, 0, s.choice.amiss(" has option %d empty or twice", i+1)
		}
	}
	raw, err := s.target.raw(r.Row)
	if err != nil {
		return nil, 0, err
	}
	gold := plainText(raw)
	// A number counts options from 0 unless it is one of them as a text.
	i := slices.Index(list, gold)
	if n, err := strconv.Atoi(strings.TrimSpace(gold)); err == nil && (i < 0 || raw[0] != '"') {
		i = n
	}
	if i < 0 && len(strings.TrimSpace(gold)) == 1 {
		if c := strings.ToUpper(strings.TrimSpace(gold))[0]; c >= 'A' && c <= 'Z' {
			i = int(c - 'A')
		}
	}
	if i < 0 || i >= len(list) {
		return nil, 0, s.target.amiss(" names none of the %d options: %.60s", len(list), gold)
	}
	return list, i, nil
}

func letter(i int) string { return string(rune('A' + i)) }

// Lettered adds options to a question that does not list them: options that
// are labels themselves stand in its text.
func Lettered(ask string, options []string, language string) string {
	if Labels(options) {
		return ask
	}
	var b strings.Builder
	b.WriteString(ask)
	b.WriteString("\n")
	for i, o := range options {
		fmt.Fprintf(&b, "\n%s. %s", letter(i), strings.TrimSpace(o))
	}
	if language == "ja" {
		b.WriteString("\n\n正しい選択肢の記号だけを答えてください。")
	} else {
		b.WriteString("\n\nAnswer with the letter of the right option only.")
	}
	return b.String()
}

// labels are what options are labelled with, in order.
var labels = []string{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789", "123456789", "アイウエオカキクケコ", "①②③④⑤⑥⑦⑧⑨⑩"}

// Labels reports whether options are labels of options that the question lists:
// A, B, C, or 1, 2, 3 and so on.
func Labels(options []string) bool {
	var b strings.Builder
	for _, o := range options {
		if o = strings.TrimSpace(o); utf8.RuneCountInString(o) != 1 {
			return false
		}
		b.WriteString(o)
	}
	return slices.ContainsFunc(labels, func(l string) bool { return strings.HasPrefix(l, b.String()) })
}

// item makes one item.
func (s *spec) item(r itemRow, shots []shot) (Item, error) {
	text, ask, err := s.question(r)
	if err != nil {
		return Item{}, err
	}
	it := Item{Scorer: s.scorer, Mark: s.mark, MaxTokens: s.maxTokens, Stop: s.until, Read: s.read, Normalise: s.norm}
	if r.Has("template") {
		if it.Template, err = r.Text("template"); err != nil {
			return it, fmt.Errorf("field %w", err)
		}
	}
	if s.task.Output == MultipleChoice {
		options, gold, err := s.options(r)
		if err != nil {
			return it, err
		}
		ask = Lettered(ask, options, s.task.Language)
		it.Gold = json.RawMessage(strconv.Itoa(gold))
		for _, o := range options {
			it.Choices = append(it.Choices, s.before+o)
		}
	} else if s.target != nil {
		if it.Gold, err = s.target.raw(r.Row); err != nil {
			return it, err
		}
	}
	for _, v := range []struct {
		w  *words
		to *json.RawMessage
	}{{s.tools, &it.Tools}, {s.format, &it.Format}, {s.checks, &it.Checks}} {
		if *v.to, err = rawOf(v.w, r); err != nil {
			return it, err
		}
	}
	if err := sent(it); err != nil {
		return it, err
	}
	s.ask(&it, text, ask, shots)
	switch s.task.Output {
	case Loglikelihood:
		if plainText(it.Gold) == "" {
			return it, s.target.amiss(" is empty: there is nothing to weigh")
		}
		it.Choices = []string{s.before + plainText(it.Gold)}
	case LoglikelihoodRolling:
		if it.Plain == "" {
			it.Plain = plainText(it.Gold)
		}
		if it.Plain == "" {
			return it, fault("doc_to_target", " is empty: there is no text to weigh")
		}
	case GenerateUntil:
		if len(s.until) == 0 {
			it.PlainStop = stops(s.between)
		}
	}
	if it.ID, err = idOf(r, text+"\x00"+ask+"\x00"+it.Plain); err != nil {
		return it, err
	}
	return it, Valid(it)
}

func fault(key, format string, args ...any) error {
	return &amiss{key, fmt.Errorf(key+format, args...)}
}

func (w *words) amiss(format string, args ...any) error { return fault(w.key, format, args...) }

// sent refuses what no server would take in a request.
func sent(it Item) error {
	var tools []struct {
		Type     string
		Function struct{ Name string }
	}
	if it.Tools != nil {
		if json.Unmarshal(it.Tools, &tools) != nil || len(tools) == 0 {
			return fault("tools", " is no list of functions")
		}
		for i, t := range tools {
			if t.Type != "function" || t.Function.Name == "" {
				return fault("tools", " has no function with a name in place %d: {type: function, function: {name: …}}", i+1)
			}
		}
	}
	var format struct {
		Type   string
		Schema struct{ Schema json.RawMessage } `json:"json_schema"`
	}
	switch {
	case it.Format == nil:
	case json.Unmarshal(it.Format, &format) != nil:
		return fault("response_format", " is not keys with values")
	case !slices.Contains([]string{"text", "json_object", "json_schema"}, format.Type):
		return fault("response_format", " has the type %q, which is not text, json_object or json_schema", format.Type)
	case format.Type == "json_schema" && !isObject(format.Schema.Schema):
		return fault("response_format", " lacks json_schema.schema")
	}
	return nil
}

func isObject(raw json.RawMessage) bool {
	return strings.HasPrefix(strings.TrimSpace(string(raw)), "{")
}

// program refuses a check of code that could run nothing.
func program(checks json.RawMessage) error {
	var c struct {
		Language string
		Entry    string `json:"entry_point"`
		Tests    string `json:"test"`
	}
	switch err := json.Unmarshal(checks, &c); {
	case err != nil:
		return fault("checks", " is not keys with texts: entry_point and test")
	case !slices.Contains([]string{"", "python", "javascript"}, c.Language):
		return fault("checks", " has the language %q, which is not python or javascript", c.Language)
	case c.Entry == "":
		return fault("checks", " lacks entry_point, the function that is asked for")
	case strings.TrimSpace(c.Tests) == "":
		return fault("checks", " lacks test, what is run after the answer")
	}
	return nil
}

// stops is the text before a next question, where there is one.
func stops(between string) []string {
	if between == "" {
		return nil
	}
	return []string{between}
}

// ask writes the question both ways, the examples before it.
func (s *spec) ask(it *Item, text, ask string, shots []shot) {
	var b strings.Builder
	b.WriteString(s.description)
	if s.description != "" && strings.TrimRight(s.description, " \n\t") == s.description {
		b.WriteString(s.between)
	}
	if d := strings.TrimSpace(s.description); d != "" {
		it.Turns = append(it.Turns, Turn{"system", d})
	}
	for _, sh := range shots {
		b.WriteString(sh.plain + s.before + sh.answer + s.between)
		if s.chatExamples {
			it.Turns = append(it.Turns, Turn{"user", sh.ask}, Turn{"assistant", sh.say})
		}
	}
	b.WriteString(text)
	it.Plain = b.String()
	if ask != "" {
		it.Turns = append(it.Turns, Turn{"user", ask})
	}
}

// idOf is an item's own name, or a short sum of what it asks: inserting another
// item before it changes neither.
func idOf(r itemRow, asked string) (string, error) {
	if !r.Has("id") {
		sum := sha256.Sum256([]byte(asked))
		return hex.EncodeToString(sum[:6]), nil
	}
	raw := r.Fields["id"]
	id := plainText(raw)
	if raw[0] == '{' || raw[0] == '[' || strings.TrimSpace(id) == "" || len(id) > 200 {
		return "", errors.New("field id is neither a short text nor a number")
	}
	return id, nil
}

// Refusing reads the gold of an item of refusals: true or "refuse" where
// refusing is right, false or "answer" where an answer is.
func Refusing(gold json.RawMessage) (bool, error) {
	switch strings.TrimSpace(string(gold)) {
	case "true", `"refuse"`:
		return true, nil
	case "false", `"answer"`:
		return false, nil
	}
	return false, fmt.Errorf("gold is neither true nor false, whether refusing is right: %.40s", gold)
}

// Valid refuses what no answer could be scored by.
func Valid(it Item) error {
	switch it.Scorer {
	case ByMark:
		if _, err := score.Mark(it.Mark, score.Item{Gold: it.Gold}); err != nil {
			return fault("doc_to_target", ": %w", err)
		}
	case ByFollow:
		var asked struct {
			IDs    []string    `json:"instruction_id_list"`
			Kwargs []rule.Args `json:"kwargs"`
		}
		if err := json.Unmarshal(it.Checks, &asked); err != nil {
			return fault("checks", ": %w", err)
		}
		if _, err := follow.New(asked.IDs, asked.Kwargs); err != nil {
			return fault("checks", ": %w", err)
		}
	case ByChecks:
		if _, err := check.New(it.Checks); err != nil {
			return fault("checks", ": %w", err)
		}
	case ByCode:
		return program(it.Checks)
	case ByCalls:
		if _, err := calls.New(it.Gold); err != nil {
			return fault("doc_to_target", ": %w", err)
		}
	case ByRefusal:
		if _, err := Refusing(it.Gold); err != nil {
			return fault("doc_to_target", ": %w", err)
		}
		if len(it.Checks) > 0 {
			if _, err := check.New(it.Checks); err != nil {
				return fault("checks", ": %w", err)
			}
		}
	}
	return nil
}
