package task

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"irori/internal/eval/score"
	"irori/internal/tree"
	"irori/internal/tree/form"
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
	file        string
	top, nameAt *tree.Node // the task itself, and its name
	task        Task

	description                   string
	text, target, chat            *words
	choice, tools, format, checks *words
	fewshot                       int
	samples                       []*tree.Node
	samplesFrom                   source
	chatExamples                  bool
	between, before               string // fewshot_delimiter, target_delimiter
	until                         []string
	maxTokens                     int
	scorer                        Scorer
	mark                          string
	read                          *Reading
	norm                          bool
	data                          source
	inline                        []*tree.Node
}

// source is a file of rows, and the key that names it.
type source struct {
	path, key string
	at        *tree.Node
}

// path is a key that names a file of rows.
func pathOf(f *form.Form, key string) source {
	return source{f.Text(key), f.At + key, f.Get(key)}
}

// specOf reads the keys of one task.
func specOf(file string, n *tree.Node) (*spec, error) {
	f := &form.Form{File: file, Node: n, What: "a task", Hint: hint}
	f.Known(known, refused)
	s := &spec{file: file, top: n, between: "\n\n", before: " ", chatExamples: true}
	s.task.Name, s.task.Alias = f.Text("task"), f.Text("task_alias")
	if f.Err == nil && s.task.Name == "" {
		f.Blame(n, "key task is missing")
	} else if f.Err == nil && !validName(s.task.Name) {
		f.Blame(f.Get("task"), "key task is %q; take letters, digits, dots, dashes and underscores", s.task.Name)
	}
	s.nameAt = f.Get("task")
	f.Texts("tag") // labels that group tasks elsewhere
	s.task.Language, s.task.Family = form.OneOf(f, "language", "ja", "en"), f.Text("family")
	s.task.Licence, s.task.Source, s.task.SameAs = f.Text("licence"), f.Text("source"), f.Texts("same_as")
	s.task.Output = form.OneOf(f, "output_type", GenerateUntil, MultipleChoice, Loglikelihood, LoglikelihoodRolling)
	if s.task.Output == "" {
		s.task.Output = GenerateUntil
	}
	s.description = f.Text("description")
	if n := f.Get("doc_to_text"); n == nil || n.Kind != tree.Text || n.Text != "" || s.task.Output != LoglikelihoodRolling {
		// A text that is weighed as a whole stands behind nothing, as tasks
		// elsewhere say by an empty text.
		s.text = wordsOf(f, "doc_to_text")
	}
	s.target, s.chat, s.choice = wordsOf(f, "doc_to_target"), wordsOf(f, "doc_to_chat"), wordsOf(f, "doc_to_choice")
	s.tools, s.format, s.checks = given(f, "tools"), given(f, "response_format"), given(f, "checks")
	if d := f.Get("fewshot_delimiter"); d != nil {
		s.between = f.Text("fewshot_delimiter")
	}
	if d := f.Get("target_delimiter"); d != nil {
		s.before = f.Text("target_delimiter")
	}
	if n := f.Whole("repeats", 1, 1, 1); n != 1 && f.Err == nil {
		f.Blame(f.Get("repeats"), "key repeats: repeats are asked for where a run is made")
	}
	s.metadata(f)
	s.dataset(f)
	s.examples(f)
	s.generation(f)
	s.scoring(f)
	s.complete(f)
	return s, f.Err
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
func given(f *form.Form, key string) *words {
	n := f.Get(key)
	if n == nil {
		return nil
	}
	if n.Kind == tree.Text {
		return wordsOf(f, key)
	}
	raw, err := n.JSON()
	if err != nil {
		f.Blame(n, "key %s%s: %v", f.At, key, err)
	}
	return &words{key: f.At + key, at: n, same: raw}
}

func (s *spec) metadata(f *form.Form) {
	if m := f.Below("metadata"); m != nil {
		// Whatever else stands there describes the task to people.
		s.task.Version = m.Word("version")
		f.Take(m)
	}
	if s.task.Version == "" {
		s.task.Version = "0"
	}
}

// dataset finds where the items are: beside the file, in it, or where lm-eval
// keeps the names of local files.
func (s *spec) dataset(f *form.Form) {
	s.data = pathOf(f, "dataset")
	if n := f.Get("items"); n != nil {
		switch {
		case n.Kind == tree.Text:
			s.data = pathOf(f, "items")
		case n.Kind != tree.List:
			f.Must(n, "items", "a list, or the path of a file")
		default:
			if s.inline = n.Items; s.inline == nil {
				f.Blame(n, "key items has no item")
			}
		}
	}
	split := ""
	for _, k := range []string{"test_split", "validation_split", "training_split"} {
		if v := f.Text(k); split == "" {
			split = v
		}
	}
	f.Text("dataset_name")
	fewshotSplit := f.Text("fewshot_split")
	path := f.Text("dataset_path")
	kw := f.Below("dataset_kwargs")
	if kw == nil {
		if path != "" && f.Err == nil {
			f.Blame(f.Get("dataset_path"), "key dataset_path: nothing is downloaded; write dataset: with the path of a file, or dataset_path: json with dataset_kwargs.data_files")
		}
		return
	}
	kw.Known([]string{"data_files", "encoding", "trust_remote_code"}, nil)
	if path != "json" && path != "csv" && kw.Err == nil {
		kw.Blame(kw.Node, "key dataset_kwargs goes with dataset_path: json or csv")
	}
	files := kw.Get("data_files")
	pick := func(n *tree.Node, key string) source {
		if n == nil {
			kw.Blame(files, "key %s%s is missing: the path of a split's file, which test_split names", kw.At, strings.TrimSuffix(key, "."))
			return source{}
		}
		if n.Kind == tree.List && len(n.Items) == 1 {
			n = n.Items[0]
		}
		if n.Kind != tree.Text {
			kw.Must(n, key, "the path of one file")
		}
		return source{n.Text, kw.At + key, n}
	}
	if files != nil && files.Kind == tree.Keys {
		if split == "" && len(files.Pairs) == 1 {
			split = files.Pairs[0].Key
		}
		s.data = pick(files.Get(split), "data_files."+split)
		if v := fewshotSplit; v != "" && v != split {
			s.samplesFrom = pick(files.Get(v), "data_files."+v)
		}
	} else if files != nil {
		s.data = pick(files, "data_files")
	}
	f.Take(kw)
}

func (s *spec) examples(f *form.Form) {
	s.fewshot = f.Whole("num_fewshot", 0, 64, 0)
	c := f.Below("fewshot_config")
	if c != nil {
		c.Known([]string{"samples", "sampler", "split", "chat"}, map[string]string{"doc_to_text": "examples are written as questions are", "doc_to_target": "examples are written as questions are"})
		form.OneOf(c, "sampler", "first_n", "default")
		c.Text("split")
		s.chatExamples = c.Truth("chat", true)
		if n := c.Get("samples"); n != nil {
			switch {
			case n.Kind == tree.Text && !strings.HasPrefix(n.Tag, "!"):
				s.samplesFrom = pathOf(c, "samples")
			case n.Kind != tree.List:
				c.Must(n, "samples", "a list, or the path of a file")
			default:
				s.samples = n.Items
			}
		}
		f.Take(c)
	}
	if f.Err != nil || s.fewshot == 0 {
		return
	}
	switch at := f.Get("num_fewshot"); {
	case s.samples == nil && s.samplesFrom.path == "":
		f.Blame(at, "key num_fewshot is %d, but there are no examples: write fewshot_config.samples", s.fewshot)
	case s.samplesFrom.path == "" && len(s.samples) < s.fewshot:
		f.Blame(at, "key num_fewshot is %d, but fewshot_config.samples has %d", s.fewshot, len(s.samples))
	}
}

func (s *spec) generation(f *form.Form) {
	s.maxTokens = 256
	if s.task.Output == MultipleChoice {
		s.maxTokens = 32
	}
	g := f.Below("generation_kwargs")
	if g == nil {
		return
	}
	g.Known([]string{"until", "max_gen_toks", "temperature", "do_sample"}, nil)
	s.until = g.Texts("until")
	switch {
	case g.Err != nil:
	case len(s.until) > 16:
		g.Blame(g.Get("until"), "key generation_kwargs.until has %d texts; 16 are the most", len(s.until))
	case slices.Contains(s.until, ""):
		g.Blame(g.Get("until"), "key generation_kwargs.until has an empty text, which would end every answer")
	}
	s.maxTokens = g.Whole("max_gen_toks", 1, 1<<20, s.maxTokens)
	s.task.Temperature = g.Decimal("temperature", 0, 10)
	sample := g.Truth("do_sample", s.task.Temperature != nil && *s.task.Temperature > 0)
	if sample && s.task.Temperature == nil {
		g.Blame(g.Get("do_sample"), "key generation_kwargs.do_sample is true, but there is no generation_kwargs.temperature: how freely words are drawn would be the server's choice")
	}
	if !sample {
		s.task.Temperature = nil
	}
	f.Take(g)
}

// scoring reads who scores: our own keys, or what lm-eval's metrics mean.
func (s *spec) scoring(f *form.Form) {
	s.scorer = form.OneOf(f, "scorer", ByMark, ByFollow, ByCode, ByCalls, ByChecks, ByJudge, ByRefusal, ByChoice, ByLoss)
	s.mark = form.OneOf(f, "mark", score.Tasks()...)
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
			f.Blame(s.top, "key scorer is missing: nothing says how answers are scored; write scorer, mark or metric_list")
		}
	}
	switch {
	case s.scorer == ByMark && s.mark == "":
		f.Blame(s.top, "key mark is missing: what compares the answers")
	case s.scorer == ByChoice && s.mark == "":
		s.mark = "choice"
	case s.scorer == ByChoice && !slices.Contains([]string{"choice", "jcommonsenseqa", "mmlu-pro"}, s.mark):
		f.Blame(s.near(f, "mark"), "key mark is %s, which names no option; leave it out, or write choice", s.mark)
	case s.mark != "" && s.scorer != ByMark && s.scorer != ByChoice && f.Err == nil && f.Get("mark") != nil:
		f.Blame(f.Get("mark"), "key mark goes with scorer: mark, not %s", s.scorer)
	}
}

// metrics are those of lm-eval that can be computed of a run's records.
func (s *spec) metrics(f *form.Form) {
	n := f.Get("metric_list")
	if n == nil {
		return
	}
	if n.Kind != tree.List {
		f.Must(n, "metric_list", "a list")
		return
	}
	for _, item := range n.Items {
		m := &form.Form{File: f.File, At: "metric_list.", Node: item, What: "a task", Hint: hint}
		m.Known([]string{"metric", "aggregation", "higher_is_better", "ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"}, nil)
		name := form.OneOf(m, "metric", "exact_match", "acc", "acc_norm", "perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte")
		if name == "" && m.Err == nil {
			m.Blame(item, "key metric_list.metric is missing")
		}
		m.Word("aggregation")
		m.Truth("higher_is_better", true)
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
		f.Take(m)
	}
}

// loosely reads what an exact match may pass over.
func (s *spec) loosely(m *form.Form) {
	r := Reading{Case: m.Truth("ignore_case", false), Punctuation: m.Truth("ignore_punctuation", false), Numbers: m.Truth("ignore_numbers", false), Ignore: m.Texts("regexes_to_ignore")}
	for _, p := range r.Ignore {
		if _, err := regexp.Compile(p); err != nil {
			m.Blame(m.Get("regexes_to_ignore"), "key metric_list.regexes_to_ignore: %v", err)
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
func (s *spec) filters(f *form.Form) {
	n := f.Get("filter_list")
	if n == nil {
		return
	}
	if n.Kind != tree.List || len(n.Items) > 1 {
		f.Must(n, "filter_list", "a list of one: an answer is read in one way")
		return
	}
	for _, item := range n.Items {
		p := &form.Form{File: f.File, At: "filter_list.", Node: item, What: "a task", Hint: hint}
		p.Known([]string{"name", "filter"}, nil)
		steps := p.Get("filter")
		if p.Err == nil && (steps == nil || steps.Kind != tree.List) {
			p.Blame(item, "key filter_list.filter must be a list")
		}
		if p.Err != nil {
			f.Take(p)
			return
		}
		for _, step := range steps.Items {
			s.step(p, step)
		}
		f.Take(p)
	}
}

func (s *spec) step(p *form.Form, n *tree.Node) {
	c := &form.Form{File: p.File, At: "filter_list.filter.", Node: n, What: "a task", Hint: hint}
	c.Known([]string{"function", "regex_pattern", "group_select", "fallback"}, nil)
	switch form.OneOf(c, "function", "regex", "take_first", "remove_whitespace", "lowercase") {
	case "regex":
		pattern := c.Text("regex_pattern")
		if _, err := regexp.Compile(pattern); err != nil {
			c.Blame(c.Get("regex_pattern"), "key filter_list.filter.regex_pattern cannot be used: %v", err)
		} else if pattern == "" {
			c.Blame(n, "key filter_list.filter.regex_pattern is missing")
		}
		r := s.reading()
		r.Patterns = append(r.Patterns, Pattern{pattern, c.Whole("group_select", -1, 1000, 0)})
	case "lowercase":
		s.reading().Case = true
	case "":
		c.Blame(n, "key filter_list.filter.function is missing")
	}
	p.Take(c)
}

// complete refuses a task that lacks what its kind needs.
func (s *spec) complete(f *form.Form) {
	if f.Err != nil {
		return
	}
	lacks := func(key, why string) { f.Blame(s.top, "key %s is missing: %s", key, why) }
	wants := s.scorer == ByMark || s.scorer == ByCalls || s.scorer == ByJudge || s.scorer == ByRefusal || s.scorer == ByChoice || s.task.Output == Loglikelihood
	switch {
	case s.data.path == "" && s.inline == nil:
		lacks("dataset", "where the items are; or items, the items themselves")
	case s.data.path != "" && s.inline != nil:
		f.Blame(s.top, "keys dataset and items: the items are in one place only")
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
	case s.checks != nil && !slices.Contains(checked, s.scorer):
		f.Blame(s.checks.at, "key checks goes with scorer: checks, follow, code or refusal, not %s", s.scorer)
	case s.choice != nil && s.task.Output != MultipleChoice:
		f.Blame(s.choice.at, "key doc_to_choice goes with output_type: multiple_choice")
	}
	for _, w := range []*words{s.text, s.chat} {
		if w != nil && w.same != nil {
			f.Blame(w.at, "key %s is the same for all items", w.key)
		}
	}
	goes := GenerateUntil
	switch {
	case s.scorer == ByChoice:
		goes = MultipleChoice
	case s.scorer == ByLoss && s.task.Output != GenerateUntil && s.task.Output != MultipleChoice:
		goes = s.task.Output
	case s.scorer == ByLoss:
		goes = Loglikelihood
	}
	if s.task.Output != goes {
		f.Blame(s.near(f, "scorer"), "key scorer: %s goes with output_type: %s", s.scorer, goes)
	}
}

// checked are the scorers that read Item.Checks.
var checked = []Scorer{ByChecks, ByFollow, ByCode, ByRefusal}

// near is where a key stands, or the task where it was left out.
func (s *spec) near(f *form.Form, key string) *tree.Node {
	if n := f.Get(key); n != nil {
		return n
	}
	return s.top
}

// rawOf is a key's value for an item, nil where there is no such key.
func rawOf(w *words, r itemRow) (json.RawMessage, error) {
	if w == nil {
		return nil, nil
	}
	return w.raw(r.Row)
}
