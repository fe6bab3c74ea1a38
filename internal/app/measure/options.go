package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"irori/internal/eval/run/journal"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// Options say what is run.
type Options struct {
	// Models are references: MODEL, MODEL:QUANT, BACKEND/MODEL.
	Models []string
	// On names suites, sets and files of tasks.
	On []string
	// Streams are how many questions are under way at once, a target each.
	Streams []int
	// Limit bounds the questions; 0 asks all. Repeats is how often each is
	// asked.
	Limit, Repeats int
	Seed           uint64
	// Temperature is that of all questions; nil leaves it to their tasks.
	Temperature *float64
	// MaxTokens bounds answers beyond what their tasks say; 0 does not.
	MaxTokens int
	// Chat is auto, yes or no.
	Chat string
	// Choices is how multiple choices are asked: likelihood takes the option
	// that the model finds likeliest, letter asks for its letter. A text to be
	// continued is always asked for likelihoods.
	Choices string
	// Latency is how many questions are asked one at a time beside the
	// quality pass; 0 is no such pass.
	Latency int
	// Judge is the model that judges; "" is none.
	Judge string
	// KeepOutputs keeps the answers with their samples.
	KeepOutputs bool

	// Title, Out and Resume name the run and its folder.
	Title, Out, Resume string
	// Strict refuses a machine that is not quiet.
	Strict bool
	// Command is what was typed.
	Command []string
}

// Defaults are the options of a run of which nothing was said.
func Defaults() Options {
	return Options{Streams: []int{8}, Repeats: 1, Seed: 1, Chat: "auto", Choices: "likelihood", KeepOutputs: true}
}

// fields are the options that make a run what it is, by the names of their
// flags: a run is only gone on with under the same ones.
func (o *Options) fields() []field {
	return []field{
		{"models", words(&o.Models)}, {"on", words(&o.On)}, {"streams", whole(&o.Streams)},
		{"limit", number(&o.Limit)}, {"repeats", number(&o.Repeats)},
		{"seed", text(&o.Seed, func(v uint64) string { return strconv.FormatUint(v, 10) }, func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })},
		{"temperature", text(&o.Temperature, func(v *float64) string {
			if v == nil {
				return byTask
			}
			return strconv.FormatFloat(*v, 'g', -1, 64)
		}, func(s string) (*float64, error) {
			if s == byTask {
				return nil, nil
			}
			v, err := strconv.ParseFloat(s, 64)
			return &v, err
		})},
		{"max-tokens", number(&o.MaxTokens)},
		{"chat", text(&o.Chat, func(s string) string { return s }, func(s string) (string, error) { return s, nil })},
		{"choices", text(&o.Choices, func(s string) string { return s }, func(s string) (string, error) { return s, nil })},
		{"latency-items", number(&o.Latency)},
		{"judge", text(&o.Judge, func(s string) string { return s }, func(s string) (string, error) { return s, nil })},
		{"keep-outputs", text(&o.KeepOutputs, strconv.FormatBool, strconv.ParseBool)},
	}
}

type field struct {
	name string
	value
}

// value writes and reads an option.
type value struct {
	get func() string
	set func(string) error
}

func text[T any](v *T, format func(T) string, parse func(string) (T, error)) value {
	return value{func() string { return format(*v) }, func(s string) (err error) {
		*v, err = parse(s)
		return err
	}}
}

func number(v *int) value { return text(v, strconv.Itoa, strconv.Atoi) }

func words(v *[]string) value {
	return text(v, func(l []string) string { return strings.Join(l, ",") }, func(s string) ([]string, error) { return strings.Split(s, ","), nil })
}

func whole(v *[]int) value {
	return text(v, func(l []int) string {
		out := make([]string, len(l))
		for i, n := range l {
			out[i] = strconv.Itoa(n)
		}
		return strings.Join(out, ",")
	}, Streams)
}

// Streams reads numbers of streams, 1,8.
func Streams(s string) ([]int, error) {
	var out []int
	for w := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(w))
		if err != nil || n < 1 || n > 1024 || slices.Contains(out, n) {
			return nil, fmt.Errorf("%q is no list of different numbers from 1 to 1024", s)
		}
		out = append(out, n)
	}
	return out, nil
}

// byTask is the temperature of a run whose tasks ask for their own.
const byTask = "by task"

// settleTemperature says 0 for all where no task asks for any.
func (o *Options) settleTemperature(tasks []*task.Task) {
	if o.Temperature == nil && !slices.ContainsFunc(tasks, func(t *task.Task) bool { return t.Temperature != nil }) {
		o.Temperature = new(float64)
	}
}

// settings are the options as run.json has them.
func (o *Options) settings() map[string]string {
	out := map[string]string{}
	for _, f := range o.fields() {
		out[f.name] = f.get()
	}
	return out
}

// Stored are the options of a run that is gone on with, and its own title and
// folder.
func Stored(dir string, r *sample.Run) (Options, error) {
	o := Defaults()
	for _, f := range o.fields() {
		if err := f.set(r.Settings[f.name]); err != nil {
			return o, llm.Wrap(llm.CodeCorrupt, err, "%s: the setting %s of the run", dir, f.name)
		}
	}
	o.Title, o.Resume = r.Title, dir
	return o, nil
}

// changed tells what keeps a run from being gone on with: what it asks, whom,
// or how is no longer what it was.
func changed(was, is *sample.Run) []string {
	var out []string
	differ := func(what, a, b string) {
		if a != b {
			out = append(out, fmt.Sprintf("%s was %s and is %s", what, orNone(a), orNone(b)))
		}
	}
	for _, name := range slices.Sorted(keys(was.Settings, is.Settings)) {
		a, b := was.Settings[name], is.Settings[name]
		if name == "on" { // runs of before kept paths as they were typed
			a, b = strings.Join(placed(strings.Split(a, ",")), ","), strings.Join(placed(strings.Split(b, ",")), ",")
		}
		differ("the setting "+name, a, b)
	}
	tasks := map[string]string{}
	for _, t := range was.Tasks {
		tasks[t.Name] = t.SHA256
	}
	for _, t := range is.Tasks {
		if sum, ok := tasks[t.Name]; ok && sum != t.SHA256 {
			out = append(out, fmt.Sprintf("the questions of task %s are others", t.Name))
		} else if !ok {
			out = append(out, fmt.Sprintf("task %s was not among the run's", t.Name))
		}
		delete(tasks, t.Name)
	}
	for name := range keys(tasks) {
		out = append(out, fmt.Sprintf("task %s is not there any more", name))
	}
	targets := map[string]sample.Target{}
	for _, t := range was.Targets {
		targets[t.ID] = t
	}
	for _, t := range is.Targets {
		w, ok := targets[t.ID]
		if !ok {
			out = append(out, fmt.Sprintf("target %s was not among the run's", t.ID))
			continue
		}
		differ("the file of "+t.ID, w.Digest, t.Digest)
		differ("whether "+t.ID+" is asked in its chat template", strconv.FormatBool(w.Chat), strconv.FormatBool(t.Chat))
		differ("the machine of "+t.ID, w.Machine, t.Machine)
	}
	return out
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// keys yields the keys of maps, each once.
func keys[V any](maps ...map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		seen := map[string]bool{}
		for _, m := range maps {
			for k := range m {
				if !seen[k] && !yield(k) {
					return
				}
				seen[k] = true
			}
		}
	}
}

// Resumed are the options of the run in o.Resume: those of the run, but for
// what was said.
func Resumed(o Options, said map[string]bool) (Options, error) {
	r, err := journal.Read(o.Resume)
	if err != nil {
		return o, err
	}
	was, err := Stored(o.Resume, r)
	if err != nil {
		return o, err
	}
	is := o.settings()
	for _, f := range was.fields() {
		if said[f.name] {
			if err := f.set(is[f.name]); err != nil {
				return o, err
			}
		}
	}
	was.Strict, was.Command = o.Strict, o.Command
	return was, nil
}
