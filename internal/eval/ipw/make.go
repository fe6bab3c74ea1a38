package ipw

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/eval/topic"
	"irori/internal/llm"
)

// Tolerance is how far a row's own figures may lie apart.
const Tolerance = 0.02

// Flag is a row that contradicts itself.
type Flag struct {
	Where string `json:"where"`
	Model string `json:"model"`
	// Figure is ipw or ipj: Given is what the row says, or what follows of its
	// joules, Computed what accuracy over watts, or over watts times seconds,
	// gives.
	Figure   string  `json:"figure"`
	Given    float64 `json:"given"`
	Computed float64 `json:"computed"`
}

// Read makes a run of the records in a file or a folder.
func Read(path string, command []string) (sample.Run, []sample.Sample, []Flag, error) {
	list, err := records(path)
	if err != nil {
		return sample.Run{}, nil, nil, err
	}
	if len(list) == 0 {
		return sample.Run{}, nil, nil, llm.Errorf(llm.CodeInvalidRequest, "%s has no record", path).WithHint("irori help measure")
	}
	m := &maker{seen: map[string]int{}, targets: map[string]bool{}, machines: map[string]string{}, tasks: map[string]*questions{}, flags: []Flag{}}
	m.run = sample.Run{
		Schema: sample.SchemaVersion, ID: "ipw-" + strings.TrimSuffix(filepath.Base(filepath.Clean(path)), filepath.Ext(path)), Title: "IPW: " + filepath.Base(filepath.Clean(path)),
		Command: command, Seed: 1, Suite: "ipw", Settings: map[string]string{}, Expected: map[string]int{},
		Notes: []string{"imported from records of the intelligence-per-watt harness: nothing of it was measured here"},
	}
	for i := range list {
		m.record(&list[i])
	}
	m.finish()
	return m.run, m.samples, m.flags, nil
}

// questions are those of one data set.
type questions struct {
	items int
	all   []string
}

type maker struct {
	run      sample.Run
	samples  []sample.Sample
	flags    []Flag
	seen     map[string]int
	targets  map[string]bool
	machines map[string]string
	tasks    map[string]*questions
	// marked says that any answer was marked right, judged that there is more
	// than the mark that every record has.
	marked, judged bool
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// record makes a sample for each model that was asked.
func (m *maker) record(x *record) {
	task := x.Dataset.text("dataset_name", "dataset", "name", "config")
	if task == "" {
		task = "ipw"
	}
	q := m.tasks[task]
	if q == nil {
		q = &questions{}
		m.tasks[task] = q
	}
	sha := digest(x.Problem)
	item := x.Dataset.text("id", "uid", "question_id", "query_id")
	if item == "" {
		item = sha[:16]
	}
	m.seen[task+"\x00"+item]++
	if n := m.seen[task+"\x00"+item]; n > 1 {
		item = fmt.Sprintf("%s-%d", item, n)
	}
	q.items++
	q.all = append(q.all, sha+digest(x.Answer))
	for _, model := range slices.Sorted(maps.Keys(x.Metrics)) {
		t := x.Metrics[model]
		if t == nil || t.object == nil {
			continue
		}
		m.target(model, t.object)
		s := sample.Sample{Schema: sample.SchemaVersion, Target: model, Pass: "quality", Order: len(m.samples), Task: task, Item: item, Family: task, PromptSHA: sha}
		if x.Subject != "" {
			s.Family = x.Subject
		}
		if id, ok := topic.Find(x.Dataset.text("category", "anon_category", "economic_category")); ok {
			s.Domain = id
		}
		m.answer(&s, x.Answers[model], t.object)
		m.figures(&s, t.object)
		m.check(x, model, t.object, &s)
		m.samples = append(m.samples, s)
		m.run.Expected[model+"/quality"]++
	}
}

// answer reads what was said and how it was judged.
func (m *maker) answer(s *sample.Sample, said any, t object) {
	text, _ := said.(string)
	if text == "" {
		text = t.text("lm_response")
	}
	if text != "" {
		s.Output, s.ResponseSHA = &text, digest(text)
		n := len([]rune(text))
		s.Tokens.Characters = &n
	}
	verdict := t.at("evaluation.is_correct", "evaluation.correct", "evaluation_metrics.is_correct", "evaluation_metrics.correct")
	_, evaluated := t["evaluation"]
	if verdict == nil && !evaluated {
		verdict = t.at("lm_correctness")
	} else {
		m.judged = true
	}
	switch v := verdict.(type) {
	case bool:
		s.State = sample.Wrong
		if v {
			s.State, m.marked = sample.Right, true
		}
	case float64:
		s.State = sample.Wrong
		if v >= 1 {
			s.State, m.marked = sample.Right, true
		}
	default:
		s.State = sample.Unscored
		if evaluated {
			s.State = sample.JudgeUnparsed
		}
	}
	if text == "" && s.State != sample.Right {
		s.State, s.Why = sample.Failed, "the record has no answer"
	}
}

// figures reads time, tokens and energy.
func (m *maker) figures(s *sample.Sample, t object) {
	s.Latency.TTFT = t.number("latency_metrics.time_to_first_token_seconds", "latency.time_to_first_token_seconds", "latency.ttft_s")
	s.Latency.Total = t.number("latency_metrics.total_query_seconds", "latency.total_query_seconds", "latency.total_s")
	s.Tokens.Prompt = t.count("token_metrics.input", "token.input", "tokens.input")
	s.Tokens.Output = t.count("token_metrics.output", "token.output", "tokens.output")
	basis, joules, watts := rails(t)
	if joules == nil && watts == nil {
		return
	}
	e := &sample.Energy{Method: "measured", Basis: basis, Power: watts}
	if joules != nil {
		e.Full = *joules
		e.Prefill = t.number("phase_metrics.prefill_energy_j", "phase.prefill_energy_j")
		e.Decode = t.number("phase_metrics.decode_energy_j", "phase.decode_energy_j")
		// The mean power of a question is its joules over its seconds.
		if s.Latency.Total != nil {
			p := *joules / *s.Latency.Total
			e.Power = &p
		}
	}
	s.Energy = e
}

// rails chooses the rails that a row's energy is of. Where a chip's GPU is a
// part of it, the whole chip counts, if both its joules and its watts are known;
// a card of its own is what its own sensor says.
func rails(t object) (basis string, joules, watts *float64) {
	gpuJ := t.number("energy_metrics.per_query_joules", "energy.per_query_joules", "energy_metrics.gpu_per_query_joules", "energy.gpu_per_query_joules")
	gpuW := t.number("power_metrics.gpu.per_query_watts.avg", "power.gpu.per_query_watts.avg")
	socJ := t.number("energy_metrics.soc_per_query_joules", "energy.soc_per_query_joules")
	socW := t.number("power_metrics.soc.per_query_watts.avg", "power.soc.per_query_watts.avg")
	named := t.text("energy_metrics.basis", "energy.basis")
	whole := named == "soc" || named == "" && strings.Contains(strings.ToLower(t.text("gpu_info.name", "gpu_info.vendor")), "apple")
	if whole && socJ != nil && socW != nil {
		return "soc", socJ, socW
	}
	if named == "soc" && socJ == nil && socW == nil {
		// The row says what its only figures are of.
		return "soc", gpuJ, gpuW
	}
	return "gpu", gpuJ, gpuW
}

// check computes a row's metrics anew.
func (m *maker) check(x *record, model string, t object, s *sample.Sample) {
	acc := 0.0
	if s.State == sample.Right {
		acc = 1
	}
	_, joules, watts := rails(t)
	seconds := s.Latency.Total
	flag := func(figure string, given, computed float64) {
		if math.Abs(given-computed) > Tolerance*math.Abs(computed) {
			m.flags = append(m.flags, Flag{x.at, model, figure, given, computed})
		}
	}
	if watts != nil {
		if given, ok := t.at("efficiency_metrics.ipw", "efficiency.ipw", "efficiency.intelligence_per_watt", "efficiency.accuracy_per_watt").(float64); ok && given >= 0 {
			flag("ipw", given, acc/(*watts))
		}
	}
	if watts == nil || seconds == nil {
		return
	}
	if given, ok := t.at("efficiency_metrics.ipj", "efficiency.ipj", "efficiency.intelligence_per_joule", "efficiency.accuracy_per_joule").(float64); ok && given >= 0 {
		flag("ipj", given, acc/(*watts**seconds))
	} else if joules != nil && math.Abs(*joules-*watts**seconds) > Tolerance**watts**seconds {
		m.flags = append(m.flags, Flag{x.at, model, "ipj", 1 / *joules, 1 / (*watts * *seconds)})
	}
}

// target takes a model in, with the machine that its record names.
func (m *maker) target(model string, t object) {
	if m.targets[model] {
		return
	}
	m.targets[model] = true
	gpu, cpu := t.text("gpu_info.name"), t.text("system_info.cpu_brand", "system_info.cpu")
	name := t.text("system_info.host_name", "gpu_info.name")
	if name == "" {
		name = "unknown"
	}
	key := strings.Join([]string{name, gpu, cpu}, "\x00")
	if _, ok := m.machines[key]; !ok {
		id := fmt.Sprintf("m%d", len(m.machines)+1)
		m.machines[key] = id
		machine := sample.Machine{ID: id, Name: name, Processor: cpu, System: t.text("system_info.os_name")}
		if gpu != "" {
			machine.GPUs = []string{gpu}
		}
		m.run.Machines = append(m.run.Machines, machine)
	}
	m.run.Targets = append(m.run.Targets, sample.Target{ID: model, Model: model, Requested: model, Backend: "ipw", Where: "local", Streams: 1, Chat: true, Machine: m.machines[key]})
}

// finish pins the questions and says what was found.
func (m *maker) finish() {
	for _, name := range slices.Sorted(maps.Keys(m.tasks)) {
		q := m.tasks[name]
		slices.Sort(q.all)
		m.run.Tasks = append(m.run.Tasks, sample.TaskRef{Name: name, Version: "ipw", Family: name, Items: q.items, SHA256: digest(strings.Join(q.all, "\n"))})
	}
	slices.SortFunc(m.run.Targets, func(a, b sample.Target) int { return strings.Compare(a.ID, b.ID) })
	if !m.marked && !m.judged {
		m.run.Notes = append(m.run.Notes, "no answer is marked right: perhaps nobody has scored these records yet")
	}
	if n := len(m.flags); n > 0 {
		m.run.Notes = append(m.run.Notes, fmt.Sprintf("%d rows contradict themselves by more than 2 %%: accuracy over watts, or watts times seconds, is not what they say", n))
	}
}
