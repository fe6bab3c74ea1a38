package pair

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"irori/internal/eval/sample"
)

// differs lists what two targets differ in.
func differs(a, b Side) []string {
	out := []string{}
	for _, d := range []struct{ what, a, b string }{
		{"model", a.Target.Model, b.Target.Model}, {"quantization", a.Target.Quantization, b.Target.Quantization},
		{"backend", a.Target.Backend, b.Target.Backend}, {"engine", a.Target.Engine, b.Target.Engine},
		{"streams", fmt.Sprint(a.Target.Streams), fmt.Sprint(b.Target.Streams)}, {"machine", machine(a), machine(b)},
		{"label", a.Target.Label, b.Target.Label},
	} {
		if d.a != d.b {
			out = append(out, d.what)
		}
	}
	return out
}

// machine is the name of the machine that a side ran on.
func machine(s Side) string {
	for _, m := range s.Run.Machines {
		if m.ID == s.Target.Machine {
			return m.Name
		}
	}
	return s.Target.Machine
}

// common are the tasks that both runs asked in the same version; the notes name
// those that are left out. Two prompts that are told apart by their labels may
// ask the same questions in other words.
func common(a, b Side) (map[string]bool, []string) {
	digest, drawn, answers := map[string]string{}, map[string]*float64{}, map[string]string{}
	for _, t := range a.Run.Tasks {
		digest[t.Name], drawn[t.Name], answers[t.Name] = t.SHA256, t.Temperature, t.AnswersSHA256
	}
	out := map[string]bool{}
	var notes, unlike, warmer, alone []string
	for _, t := range b.Run.Tasks {
		sha, ok := digest[t.Name]
		delete(digest, t.Name)
		switch {
		case !ok:
			alone = append(alone, t.Name)
		case !alike(drawn[t.Name], t.Temperature):
			warmer = append(warmer, t.Name)
		case sha != t.SHA256 && t.AnswersSHA256 != "" && t.AnswersSHA256 == answers[t.Name]:
			notes = append(notes, t.Name+" "+otherPrompts)
			out[t.Name] = true
		case sha != t.SHA256 && a.Target.Label == b.Target.Label:
			unlike = append(unlike, t.Name)
		default:
			if sha != t.SHA256 {
				notes = append(notes, t.Name+" is not worded alike: the labels tell them apart")
			}
			out[t.Name] = true
		}
	}
	for name := range digest {
		alone = append(alone, name)
	}
	slices.Sort(alone)
	if len(unlike) > 0 {
		notes = append(notes, "left out, for its questions differ: "+strings.Join(unlike, ", "))
	}
	if len(warmer) > 0 {
		notes = append(notes, "left out, for it was asked at another temperature: "+strings.Join(warmer, ", "))
	}
	if len(alone) > 0 {
		notes = append(notes, "left out, for only one of both asked it: "+strings.Join(alone, ", "))
	}
	return out, notes
}

// otherPrompts is said of a task whose questions were put in other words.
const otherPrompts = "was asked with other prompts: its ids and right answers are the same"

// prompts says what two sides were asked in, where that differs.
func prompts(a, b Side, notes []string) (differ bool, more []string) {
	if a.Target.Chat != b.Target.Chat {
		form := map[bool]string{true: "in its chat template", false: "as text to be continued"}
		more = append(more, "the prompts differ: a was asked "+form[a.Target.Chat]+", b "+form[b.Target.Chat])
	}
	return more != nil || slices.ContainsFunc(notes, func(n string) bool { return strings.HasSuffix(n, otherPrompts) }), more
}

// questions tells of each task which questions it asks. One that was answered
// in two languages is one piece of evidence.
func questions(a, b Side, tasks map[string]bool) (asked map[string]asking, notes []string) {
	same := map[string][]string{}
	for _, run := range []*sample.Run{&a.Run, &b.Run} {
		for _, t := range run.Tasks {
			for _, o := range t.SameAs {
				if tasks[t.Name] && tasks[o] && o != t.Name {
					same[t.Name], same[o] = append(same[t.Name], o), append(same[o], t.Name)
				}
			}
		}
	}
	asked = map[string]asking{}
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		if asked[name].first != "" {
			continue
		}
		all := []string{name}
		asked[name] = asking{name, len(same[name]) > 0}
		for i := 0; i < len(all); i++ {
			for _, o := range same[all[i]] {
				if asked[o].first == "" {
					asked[o] = asking{name, true}
					all = append(all, o)
				}
			}
		}
		if len(all) > 1 {
			slices.Sort(all)
			notes = append(notes, "one question each, for they ask the same ones: "+strings.Join(all, ", "))
		}
	}
	return asked, notes
}

// alike compares what may be unknown.
func alike(a, b *float64) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// asking says which questions a task asks: those of the first by name of the
// tasks that ask the same.
type asking struct {
	first  string
	shared bool
}

// question is an item's ID; where tasks share it without the name of its set:
// HumanEval/7 and JHumanEval/7 are one.
func (a asking) question(id string) string {
	if !a.shared {
		return id
	}
	return id[strings.LastIndexByte(id, '/')+1:]
}

// SettingsThatMatter are those that change what a model answers.
var SettingsThatMatter = []string{"temperature", "max-tokens", "chat", "top_p", "top_k", "min_p", "system"}

// refuses says why a metric of two sides is not comparable, "" where it is.
func (m *metric) refuses(a, b Side, pass string, tasks map[string]bool, pairs []couple) string {
	switch {
	case len(tasks) == 0:
		return "no task was asked of both in the same version"
	case len(pairs) == 0:
		return "no question has it on both sides"
	}
	for _, s := range SettingsThatMatter {
		if s == "chat" {
			continue // the same question in another form: a prompt of its own
		}
		if x, y := a.Run.Settings[s], b.Run.Settings[s]; x != y {
			return fmt.Sprintf("%s differs: %s and %s", s, given(x), given(y))
		}
	}
	if m.name == "accuracy" {
		if judged(pairs) && a.Run.Judge != b.Run.Judge {
			return fmt.Sprintf("the judge differs: %s and %s", given(a.Run.Judge), given(b.Run.Judge))
		}
		return ""
	}
	if pass == "quality" && a.Target.Streams != b.Target.Streams {
		return fmt.Sprintf("the number of streams differs: %d and %d", a.Target.Streams, b.Target.Streams)
	}
	if m.energy {
		return m.refusesEnergy(a, b, pairs)
	}
	return ""
}

func given(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func judged(pairs []couple) bool {
	return slices.ContainsFunc(pairs, func(p couple) bool { return p.a.Judge != nil || p.b.Judge != nil })
}

// gate is the share of the questions that must have energy on both sides.
const gate = 0.95

// refusesEnergy asks that both sides' energy is of one kind, and of nearly all
// questions.
func (m *metric) refusesEnergy(a, b Side, pairs []couple) string {
	want := pairs[0].a.Energy
	for _, p := range pairs {
		for _, e := range []*sample.Energy{p.a.Energy, p.b.Energy} {
			switch {
			case e.Method != want.Method:
				return fmt.Sprintf("energy is %s here and %s there", want.Method, e.Method)
			case e.Basis != want.Basis:
				return fmt.Sprintf("energy is of different things: %q and %q", want.Basis, e.Basis)
			case e.Method == "modelled" && (m.low(p.a) == nil || m.high(p.a) == nil || m.low(p.b) == nil || m.high(p.b) == nil):
				return "a modelled value does not say how sure it is"
			}
		}
	}
	asked := 0
	for i := range a.Samples {
		if s := &a.Samples[i]; s.Target == a.Target.ID && s.Pass == pairs[0].a.Pass && scores(s) {
			asked++
		}
	}
	if float64(len(pairs)) < gate*float64(asked) && len(a.Run.Tasks) == len(b.Run.Tasks) {
		return fmt.Sprintf("only %d of %d questions have it on both sides", len(pairs), asked)
	}
	if a.Target.Model == b.Target.Model && machine(a) != machine(b) && a.Target.Quantization != b.Target.Quantization {
		return fmt.Sprintf("machine and precision differ both: %s on %s, %s on %s", a.Target.Quantization, machine(a), b.Target.Quantization, machine(b))
	}
	return ""
}
