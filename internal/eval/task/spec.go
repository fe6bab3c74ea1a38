package task

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"irori/internal/eval/score"
	"irori/internal/eval/task/tree"
)

// known are the keys of a task; the second list is our own.
var known = append([]string{
	"task", "task_alias", "tag", "include", "dataset_path", "dataset_name", "dataset_kwargs", "test_split", "validation_split", "training_split",
	"fewshot_split", "output_type", "description", "doc_to_text", "doc_to_target", "doc_to_choice", "num_fewshot", "fewshot_config",
	"fewshot_delimiter", "target_delimiter", "generation_kwargs", "metric_list", "filter_list", "metadata", "repeats",
}, "dataset", "items", "language", "family", "scorer", "mark", "licence", "source", "tools", "response_format", "checks", "doc_to_chat", "same_as")

// refused are keys of lm-eval that change what is asked or scored in ways that
// cannot be kept here.
var refused = map[string]string{
	"process_docs": "it names a function of Python", "process_results": "it names a function of Python", "custom_dataset": "it names a function of Python",
	"class": "it names a class of Python", "doc_to_image": "questions are texts", "doc_to_audio": "questions are texts", "use_prompt": "prompts are written with doc_to_text",
	"group": "a group is a file with a list of tasks", "should_decontaminate": "nothing is decontaminated", "doc_to_decontamination_query": "nothing is decontaminated",
	"unsafe_code": "code runs in a sandbox of its own", "gen_prefix": "answers are not begun for the model", "weight_by_size": "figures of tasks are weighted by items",
}

// spec is a task's file.
type spec struct {
	file string
	line int
	task Task

	description                   string
	text, target, chat            *words
	choice, tools, format, checks *words
	fewshot                       int
	samples                       []*tree.Node
	samplesFrom                   string
	chatExamples                  bool
	between, before               string // fewshot_delimiter, target_delimiter
	until                         []string
	maxTokens                     int
	scorer                        Scorer
	mark                          string
	read                          *Reading
	norm                          bool
	data                          string
	inline                        []*tree.Node
}

// specOf reads the keys of one task.
func specOf(file string, n *tree.Node) (*spec, error) {
	f := &form{file: file, n: n}
	f.known(known, refused)
	s := &spec{file: file, line: n.Line, between: "\n\n", before: " ", chatExamples: true}
	s.task.Name, s.task.Alias = f.text("task"), f.text("task_alias")
	if f.err == nil && s.task.Name == "" {
		f.fail(n.Line, "key task is missing")
	} else if f.err == nil && !validName(s.task.Name) {
		f.fail(f.get("task").Line, "key task is %q; take letters, digits, dots, dashes and underscores", s.task.Name)
	}
	f.texts("tag") // labels that group tasks elsewhere
	s.task.Language, s.task.Family = f.text("language"), f.text("family")
	s.task.Licence, s.task.Source, s.task.SameAs = f.text("licence"), f.text("source"), f.texts("same_as")
	s.task.Output = oneOf(f, "output_type", GenerateUntil, MultipleChoice, Loglikelihood, LoglikelihoodRolling)
	if s.task.Output == "" {
		s.task.Output = GenerateUntil
	}
	s.description = f.text("description")
	s.text, s.target, s.chat, s.choice = f.wordsOf("doc_to_text"), f.wordsOf("doc_to_target"), f.wordsOf("doc_to_chat"), f.wordsOf("doc_to_choice")
	s.tools, s.format, s.checks = f.given("tools"), f.given("response_format"), f.given("checks")
	if d := f.get("fewshot_delimiter"); d != nil {
		s.between = f.text("fewshot_delimiter")
	}
	if d := f.get("target_delimiter"); d != nil {
		s.before = f.text("target_delimiter")
	}
	if n := f.whole("repeats", 1, 1, 1); n != 1 && f.err == nil {
		f.fail(f.get("repeats").Line, "key repeats: repeats are asked for where a run is made")
	}
	s.metadata(f)
	s.dataset(f)
	s.examples(f)
	s.generation(f)
	s.scoring(f)
	s.complete(f)
	return s, f.err
}

// validName reports whether a task can be called so: at most 100 letters,
// digits, points, lines and dashes, the first a letter or a digit. A bounded
// repetition of such classes would take megabytes as a pattern.
func validName(s string) bool {
	n := 0
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsNumber(r) && (n == 0 || !strings.ContainsRune("._-", r)) {
			return false
		}
		n++
	}
	return 0 < n && n <= 100
}

// given is a key that holds a value for all items, or names a field.
func (f *form) given(key string) *words {
	n := f.get(key)
	if n == nil {
		return nil
	}
	if n.Kind == tree.Text {
		return f.wordsOf(key)
	}
	raw, err := n.JSON()
	if err != nil {
		f.fail(n.Line, "key %s%s: %v", f.at, key, err)
	}
	return &words{key: f.at + key, line: n.Line, same: raw}
}

func (s *spec) metadata(f *form) {
	if m := f.below("metadata"); m != nil {
		// Whatever else stands there describes the task to people.
		s.task.Version = m.word("version")
		f.take(m)
	}
	if s.task.Version == "" {
		s.task.Version = "0"
	}
}

// dataset finds where the items are: beside the file, in it, or where lm-eval
// keeps the names of local files.
func (s *spec) dataset(f *form) {
	s.data = f.text("dataset")
	if n := f.get("items"); n != nil {
		switch {
		case n.Kind == tree.Text:
			s.data = n.Text
		case n.Kind != tree.List:
			f.must(n, "items", "a list, or the path of a file")
		default:
			s.inline = n.Items
		}
	}
	split := ""
	for _, k := range []string{"test_split", "validation_split", "training_split"} {
		if v := f.text(k); split == "" {
			split = v
		}
	}
	f.text("dataset_name")
	path := f.text("dataset_path")
	kw := f.below("dataset_kwargs")
	if kw == nil {
		if path != "" && f.err == nil {
			f.fail(f.get("dataset_path").Line, "key dataset_path: nothing is downloaded; write dataset: with the path of a file, or dataset_path: json with dataset_kwargs.data_files")
		}
		return
	}
	kw.known([]string{"data_files", "encoding", "trust_remote_code"}, nil)
	if path != "json" && path != "csv" && kw.err == nil {
		kw.fail(kw.n.Line, "key dataset_kwargs goes with dataset_path: json or csv")
	}
	files := kw.get("data_files")
	pick := func(n *tree.Node, key string) string {
		if n == nil {
			return ""
		}
		if n.Kind == tree.List && len(n.Items) == 1 {
			n = n.Items[0]
		}
		if n.Kind != tree.Text {
			kw.must(n, key, "the path of one file")
		}
		return n.Text
	}
	if files != nil && files.Kind == tree.Keys {
		if split == "" && len(files.Pairs) == 1 {
			split = files.Pairs[0].Key
		}
		s.data = pick(files.Get(split), "data_files."+split)
		if v := f.text("fewshot_split"); v != "" && v != split {
			s.samplesFrom = pick(files.Get(v), "data_files."+v)
		}
	} else {
		s.data = pick(files, "data_files")
	}
	f.take(kw)
}

func (s *spec) examples(f *form) {
	s.fewshot = f.whole("num_fewshot", 0, 64, 0)
	c := f.below("fewshot_config")
	if c != nil {
		c.known([]string{"samples", "sampler", "split", "chat"}, map[string]string{"doc_to_text": "examples are written as questions are", "doc_to_target": "examples are written as questions are"})
		oneOf(c, "sampler", "first_n", "default")
		s.chatExamples = c.truth("chat", true)
		if n := c.get("samples"); n != nil {
			switch {
			case n.Kind == tree.Text && !strings.HasPrefix(n.Tag, "!"):
				s.samplesFrom = n.Text
			case n.Kind != tree.List:
				c.must(n, "samples", "a list, or the path of a file")
			default:
				s.samples = n.Items
			}
		}
		f.take(c)
	}
	if f.err != nil || s.fewshot == 0 {
		return
	}
	switch line := f.get("num_fewshot").Line; {
	case s.samples == nil && s.samplesFrom == "":
		f.fail(line, "key num_fewshot is %d, but there are no examples: write fewshot_config.samples", s.fewshot)
	case s.samplesFrom == "" && len(s.samples) < s.fewshot:
		f.fail(line, "key num_fewshot is %d, but fewshot_config.samples has %d", s.fewshot, len(s.samples))
	}
}

func (s *spec) generation(f *form) {
	s.maxTokens = 256
	if s.task.Output == MultipleChoice {
		s.maxTokens = 32
	}
	g := f.below("generation_kwargs")
	if g == nil {
		return
	}
	g.known([]string{"until", "max_gen_toks", "temperature", "do_sample"}, nil)
	s.until = g.texts("until")
	if len(s.until) > 16 && g.err == nil {
		g.fail(g.get("until").Line, "key generation_kwargs.until has %d texts; 16 are the most", len(s.until))
	}
	s.maxTokens = g.whole("max_gen_toks", 1, 1<<20, s.maxTokens)
	s.task.Temperature = g.decimal("temperature", 0, 10)
	sample := g.truth("do_sample", s.task.Temperature != nil && *s.task.Temperature > 0)
	if !sample {
		s.task.Temperature = nil
	}
	f.take(g)
}

// scoring reads who scores: our own keys, or what lm-eval's metrics mean.
func (s *spec) scoring(f *form) {
	s.scorer = oneOf(f, "scorer", ByMark, ByFollow, ByCode, ByCalls, ByChecks, ByJudge, ByRefusal, ByChoice, ByLoss)
	s.mark = oneOf(f, "mark", score.Tasks()...)
	s.metrics(f)
	s.filters(f)
	if s.scorer == "" {
		switch {
		case s.task.Output == MultipleChoice:
			s.scorer = ByChoice
		case s.task.Output != GenerateUntil:
			s.scorer = ByLoss
		case s.mark != "":
			s.scorer = ByMark
		default:
			f.fail(s.line, "nothing says how answers are scored: write scorer, mark or metric_list")
		}
	}
	switch {
	case s.scorer == ByMark && s.mark == "":
		f.fail(s.line, "key mark is missing: what compares the answers")
	case s.scorer == ByChoice && s.mark == "":
		s.mark = "choice"
	case s.mark != "" && s.scorer != ByMark && s.scorer != ByChoice && f.err == nil && f.get("mark") != nil:
		f.fail(f.get("mark").Line, "key mark goes with scorer: mark, not %s", s.scorer)
	}
}

// metrics are those of lm-eval that can be computed of a run's records.
func (s *spec) metrics(f *form) {
	n := f.get("metric_list")
	if n == nil {
		return
	}
	if n.Kind != tree.List {
		f.must(n, "metric_list", "a list")
		return
	}
	for _, item := range n.Items {
		m := &form{file: f.file, at: "metric_list.", n: item}
		m.known([]string{"metric", "aggregation", "higher_is_better", "ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"}, nil)
		name := oneOf(m, "metric", "exact_match", "acc", "acc_norm", "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte")
		if name == "" && m.err == nil {
			m.fail(item.Line, "key metric_list.metric is missing")
		}
		m.word("aggregation")
		m.truth("higher_is_better", true)
		switch name {
		case "exact_match":
			if s.mark == "" && (s.scorer == "" || s.scorer == ByMark) {
				s.mark = "exact"
			}
			s.loosely(m)
		case "acc_norm":
			s.norm = true
		case "acc":
			if s.task.Output == GenerateUntil && s.mark == "" && s.scorer == "" {
				s.mark = "choice"
			}
		}
		f.take(m)
	}
}

// loosely reads what an exact match may pass over.
func (s *spec) loosely(m *form) {
	r := Reading{Case: m.truth("ignore_case", false), Punctuation: m.truth("ignore_punctuation", false), Numbers: m.truth("ignore_numbers", false), Ignore: m.texts("regexes_to_ignore")}
	for _, p := range r.Ignore {
		if _, err := regexp.Compile(p); err != nil {
			m.fail(m.get("regexes_to_ignore").Line, "key metric_list.regexes_to_ignore: %v", err)
		}
	}
	if r.Case || r.Punctuation || r.Numbers || r.Ignore != nil {
		s.reading().Case, s.read.Punctuation, s.read.Numbers, s.read.Ignore = r.Case, r.Punctuation, r.Numbers, r.Ignore
	}
}

func (s *spec) reading() *Reading {
	if s.read == nil {
		s.read = &Reading{}
	}
	return s.read
}

// filters read the one pipeline that takes the answer out of the output.
func (s *spec) filters(f *form) {
	n := f.get("filter_list")
	if n == nil {
		return
	}
	if n.Kind != tree.List || len(n.Items) > 1 {
		f.must(n, "filter_list", "a list of one: an answer is read in one way")
		return
	}
	for _, item := range n.Items {
		p := &form{file: f.file, at: "filter_list.", n: item}
		p.known([]string{"name", "filter"}, nil)
		steps := p.get("filter")
		if p.err == nil && (steps == nil || steps.Kind != tree.List) {
			p.fail(item.Line, "key filter_list.filter must be a list")
		}
		if p.err != nil {
			f.take(p)
			return
		}
		for _, step := range steps.Items {
			s.step(p, step)
		}
		f.take(p)
	}
}

func (s *spec) step(p *form, n *tree.Node) {
	c := &form{file: p.file, at: "filter_list.filter.", n: n}
	c.known([]string{"function", "regex_pattern", "group_select", "fallback"}, nil)
	switch oneOf(c, "function", "regex", "take_first", "remove_whitespace", "lowercase") {
	case "regex":
		pattern := c.text("regex_pattern")
		if _, err := regexp.Compile(pattern); err != nil || pattern == "" {
			c.fail(n.Line, "key filter_list.filter.regex_pattern cannot be used: %v", err)
		}
		r := s.reading()
		r.Patterns = append(r.Patterns, Pattern{pattern, c.whole("group_select", -1, 1000, 0)})
	case "lowercase":
		s.reading().Case = true
	case "":
		c.fail(n.Line, "key filter_list.filter.function is missing")
	}
	p.take(c)
}

// complete refuses a task that lacks what its kind needs.
func (s *spec) complete(f *form) {
	if f.err != nil {
		return
	}
	lacks := func(key, why string) { f.fail(s.line, "key %s is missing: %s", key, why) }
	wants := s.scorer == ByMark || s.scorer == ByCalls || s.scorer == ByJudge || s.scorer == ByRefusal || s.scorer == ByChoice || s.task.Output == Loglikelihood
	switch {
	case s.data == "" && s.inline == nil:
		lacks("dataset", "where the items are; or items, the items themselves")
	case s.data != "" && s.inline != nil:
		f.fail(s.line, "keys dataset and items: the items are in one place only")
	case s.text == nil && s.task.Output != LoglikelihoodRolling:
		lacks("doc_to_text", "what is asked")
	case s.target == nil && wants:
		lacks("doc_to_target", "the right answer")
	case s.target == nil && s.task.Output == LoglikelihoodRolling && s.text == nil:
		lacks("doc_to_target", "the text that is read")
	case s.choice == nil && s.task.Output == MultipleChoice:
		lacks("doc_to_choice", "the options")
	case s.checks == nil && (s.scorer == ByFollow || s.scorer == ByChecks || s.scorer == ByCode):
		lacks("checks", "what an answer is checked for")
	case s.fewshot > 0 && s.target == nil:
		lacks("doc_to_target", "examples have answers")
	case s.scorer == ByChoice && s.task.Output != MultipleChoice:
		f.fail(s.line, "key scorer: choice goes with output_type: multiple_choice")
	}
	for _, w := range []*words{s.text, s.chat} {
		if w != nil && w.same != nil {
			f.fail(w.line, "key %s is the same for all items", w.key)
		}
	}
	if slices.Contains([]Scorer{ByFollow, ByChecks}, s.scorer) && s.task.Output != GenerateUntil {
		f.fail(s.line, "key scorer: %s goes with output_type: generate_until", s.scorer)
	}
}

// rawOf is a key's value for an item, nil where there is no such key.
func rawOf(w *words, r itemRow) (json.RawMessage, error) {
	if w == nil {
		return nil, nil
	}
	return w.raw(r.Row)
}
