package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"irori/internal/app"
	"irori/internal/app/asking"
	"irori/internal/eval/load"
	"irori/internal/eval/report"
	"irori/internal/eval/run"
	"irori/internal/eval/run/journal"
	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/eval/topic"
	"irori/internal/llm"
	"irori/internal/sensor/nvml"
	"irori/internal/unit"
)

// Plan is what would be asked.
type Plan struct {
	Run *sample.Run
	// Parts are the targets and passes in their order.
	Parts []Part

	o     Options
	tasks []*task.Task
	// load is set for a plan of loads.
	load *LoadOptions
}

// Part is a pass of a target.
type Part struct {
	Target  *sample.Target
	Pass    string
	Streams int
	Repeats [][]run.Job
	// At is when each is asked under load, nil for a pass that waits for
	// answers; Rate is how many a second, Limit what the GPUs are held to, 0
	// as they are.
	At    []time.Duration
	Rate  float64
	Limit unit.Watts
}

// Jobs counts the questions.
func (p *Part) Jobs() (n int) {
	for _, r := range p.Repeats {
		n += len(r)
	}
	return n
}

// sketch finds what is asked of whom, and not yet how often.
func sketch(ctx context.Context, env *app.Env, o Options) (*Plan, error) {
	tasks, err := Tasks(func() (*app.Env, error) { return env, nil }, o.On)
	if err != nil {
		if o.Resume != "" {
			err = missing(err, o.Resume)
		}
		return nil, err
	}
	seen := map[string]bool{}
	for _, t := range tasks {
		if seen[t.Name] {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "task %s is named twice", t.Name).
				WithHint("name each once; a file of questions is called after itself, and a task file by its key task: rename one of the two")
		}
		seen[t.Name] = true
	}
	all := tasks
	tasks = run.Limit(tasks, o.Limit, o.Seed)
	here := machine()
	list, err := targets(ctx, env, &o, here.ID)
	if err == nil {
		err = stays(o.On, list)
	}
	if err != nil {
		return nil, err
	}
	o.settleTemperature(tasks)
	suite := strings.Join(o.On, ",")
	o.On = placed(o.On)
	p := &Plan{o: o, tasks: tasks}
	refs := run.Refs(tasks)
	for i := range refs {
		if o.Temperature != nil {
			refs[i].Temperature = nil // the run's own holds
		}
	}
	p.Run = &sample.Run{
		Schema: sample.SchemaVersion, Title: o.Title, Command: o.Command, Version: app.Version, Seed: o.Seed, Suite: suite,
		Tasks: refs, Targets: list, Machines: []sample.Machine{here}, Settings: o.settings(), Expected: map[string]int{}, Judge: o.Judge,
		Currency: env.Config.Money.Currency, PerKWh: env.Config.Money.PerKWh,
	}
	p.Run.Notes = leftOut(all, tasks)
	return p, nil
}

// leftOut notes the tasks of which a limit leaves no question.
func leftOut(all, left []*task.Task) (notes []string) {
	for _, t := range all {
		if !slices.ContainsFunc(left, func(o *task.Task) bool { return o.Name == t.Name }) {
			notes = append(notes, fmt.Sprintf("no question of %s is asked: the limit leaves none of its %d", t.Name, len(t.Items)))
		}
	}
	return notes
}

// Make plans a run.
func Make(ctx context.Context, env *app.Env, o Options) (*Plan, error) {
	p, err := sketch(ctx, env, o)
	if err != nil {
		return nil, err
	}
	alone := map[string]bool{}
	for i := range p.Run.Targets {
		t := &p.Run.Targets[i]
		// A target that has one stream anyway tells of latency by itself.
		if o.Latency > 0 && t.Streams > 1 && !alone[t.Model] {
			alone[t.Model] = true
			few := run.Limit(p.tasks, o.Latency, o.Seed+1)
			p.add(Part{Target: t, Pass: run.Latency, Streams: 1, Repeats: [][]run.Job{run.Order(t, run.Latency, 0, few, o.Seed)}})
		}
		q := Part{Target: t, Pass: run.Quality, Streams: t.Streams}
		for r := range o.Repeats {
			q.Repeats = append(q.Repeats, run.Order(t, run.Quality, r, p.tasks, o.Seed))
		}
		p.add(q)
	}
	return p, nil
}

func (p *Plan) add(x Part) {
	p.Run.Expected[x.Target.ID+"/"+x.Pass] = x.Jobs()
	p.Parts = append(p.Parts, x)
}

// Progress is how far a run is.
type Progress struct {
	Target, Pass string
	// Done and Total count the questions of all the run, Asked those that this
	// process asked.
	Done, Total, Asked     int
	Right, Unparsed, Fails int
	Took                   time.Duration
}

func (p *Progress) count(s sample.State) {
	p.Done++
	switch s {
	case sample.Right:
		p.Right++
	case sample.Unparsed:
		p.Unparsed++
	case sample.Failed:
		p.Fails++
	}
}

// Left is about how long the rest takes; ok is false while nobody can tell.
func (p *Progress) Left() (time.Duration, bool) {
	if p.Asked < 3 {
		return 0, false
	}
	return time.Duration(float64(p.Took) / float64(p.Asked) * float64(p.Total-p.Done)), true
}

// Hooks are told what goes on.
type Hooks struct {
	Say      func(format string, args ...any)
	Progress func(Progress)
}

// Summary is what a run came to, in counts.
type Summary struct {
	Dir     string         `json:"dir"`
	ID      string         `json:"id"`
	Samples int            `json:"samples"`
	States  map[string]int `json:"states"`
	Seconds float64        `json:"seconds"`
	Notes   []string       `json:"notes,omitempty"`
	// Files are what was made of the samples.
	Files []string `json:"files"`
	// Loads are the figures of each rate, where there are some.
	Loads []load.Figures `json:"loads,omitempty"`
}

// runner is a run on its way.
type runner struct {
	*Plan
	env     *app.Env
	hooks   Hooks
	j       *journal.Journal
	session *app.Session
	client  *asking.Client
	// began is when the run did, asking when this process began to ask.
	began, asking time.Time
	seen          Progress
	cap           *nvml.Cap
	loads         []load.Figures
}

// Do makes a planned run, or goes on with one.
func Do(ctx context.Context, env *app.Env, p *Plan, hooks Hooks) (out *Summary, err error) {
	r := &runner{Plan: p, env: env, hooks: hooks}
	if err := r.openCap(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.closeCap()) }()
	if err := r.open(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.j.Close()) }()
	first := p.Run.Targets[0]
	local := first.Model
	if first.Backend != "embedded" {
		local = "irori/local"
	}
	hooks.Say("writing to %s", r.j.Dir)
	if r.session, err = env.OpenSession(ctx, local); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.session.Close()) }()
	r.client = asking.New(asking.Options{
		URL: r.session.URL, Key: r.session.Key, Version: app.Version, Temperature: p.o.Temperature, Letters: p.o.Choices == "letter", MaxTokens: p.o.MaxTokens, Seed: p.o.Seed,
		Timeout: 15 * time.Minute,
	})
	defer r.client.Close()
	r.asking = time.Now()
	for _, n := range p.Run.Expected {
		r.seen.Total += n
	}
	for _, s := range r.j.Kept() {
		r.seen.count(s.State)
	}
	if err := r.parts(ctx); err != nil {
		return nil, r.stopped(err)
	}
	r.passedOver()
	p.Run.Ended = time.Now().UTC().Format(time.RFC3339)
	if err := errors.Join(r.j.Write(p.Run), r.j.Finish()); err != nil {
		return nil, err
	}
	if err := r.writeLoads(); err != nil {
		return nil, err
	}
	files, err := report.Write(r.j.Dir)
	if err != nil {
		return nil, err
	}
	out = &Summary{Files: files, Loads: r.loads, Dir: r.j.Dir, ID: p.Run.ID, States: map[string]int{}, Seconds: time.Since(r.asking).Seconds(), Notes: p.Run.Notes}
	for _, s := range r.j.Kept() {
		out.Samples++
		out.States[string(s.State)]++
	}
	return out, nil
}

// passedOver notes what was not asked, and why: nothing else shows that it is
// missing from the figures.
func (r *runner) passedOver() {
	type kind struct{ target, why string }
	n := map[kind]int{}
	for _, s := range r.j.Kept() {
		if s.State == sample.Skipped {
			n[kind{s.Target, s.Why}]++
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(n), func(a, b kind) int { return cmp.Or(cmp.Compare(a.target, b.target), cmp.Compare(a.why, b.why)) }) {
		text := fmt.Sprintf("%d questions were not asked of %s: %s", n[k], k.target, k.why)
		if !slices.Contains(r.Run.Notes, text) {
			r.note("%s", text)
			r.hooks.Say("warning: %s", text)
		}
	}
}

// stopped adds to an end before the end how to go on.
func (r *runner) stopped(err error) error {
	hint := "irori measure run --resume " + r.j.Dir
	if e, ok := errors.AsType[*llm.Error](err); ok && e.Hint != "" && llm.CodeOf(err) != llm.CodeCancelled {
		hint = e.Hint + "; then " + hint
	}
	if errors.Is(err, context.Canceled) || llm.CodeOf(err) == llm.CodeCancelled {
		return llm.Wrap(llm.CodeCancelled, err, "interrupted").WithHint("%s", hint)
	}
	return llm.Wrap(llm.CodeOf(err), err, "").WithHint("%s", hint)
}

// plainName is what a folder's name is made of.
var plainName = regexp.MustCompile(`[^a-z0-9._-]+`)

// open makes the run's folder, or opens it to go on.
func (r *runner) open() (err error) {
	now := time.Now()
	if r.o.Resume != "" {
		var was *sample.Run
		if r.j, was, err = journal.Resume(r.o.Resume); err != nil {
			return err
		}
		if list := changed(was, r.Run); len(list) > 0 {
			return errors.Join(llm.Errorf(llm.CodeInvalidRequest, "the run in %s cannot be gone on with: %s", r.o.Resume, strings.Join(list, "; ")).
				WithHint("irori measure run %s --on %s begins another", strings.Join(r.o.Models, " "), strings.Join(r.o.On, ",")), r.j.Close())
		}
		is := r.Run.Version
		*r.Run = keepTargets(was, r.Run)
		if was.Version != is {
			r.note("gone on with by version %s", is)
		}
		if r.began, err = time.Parse(time.RFC3339, was.Started); err != nil {
			return errors.Join(llm.Wrap(llm.CodeCorrupt, err, "%s: started", r.o.Resume), r.j.Close())
		}
		return nil
	}
	r.began = now
	r.Run.Started = now.UTC().Format(time.RFC3339)
	r.Run.ID = now.Format("20060102-150405")
	name := cmp.Or(r.o.Title, r.Run.Targets[0].Model+"-on-"+r.Run.Suite)
	dir := cmp.Or(r.o.Out, filepath.Join(r.env.Home, "runs", r.Run.ID+"-"+strings.Trim(plainName.ReplaceAllString(strings.ToLower(name), "-"), "-")))
	r.j, err = journal.Create(dir, r.Run)
	return err
}

// keepTargets is a run as it was begun, its targets where the plan points.
func keepTargets(was, is *sample.Run) sample.Run {
	out := *was
	for i := range is.Targets {
		for _, t := range was.Targets {
			if t.ID == is.Targets[i].ID {
				is.Targets[i] = t
			}
		}
	}
	out.Targets = is.Targets
	if out.Settings == nil {
		out.Settings = maps.Clone(is.Settings)
	}
	return out
}

func (r *runner) note(format string, args ...any) {
	r.Run.Notes = append(r.Run.Notes, fmt.Sprintf(format, args...))
}

// parts asks everything: first what is to be known of the machine, then each
// target, warmed up.
func (r *runner) parts(ctx context.Context) error {
	for _, t := range r.tasks {
		// The classifier learns when it is asked first, which takes a second of
		// a core: not while something is measured.
		domain(run.Question(&t.Items[0]), t.Language)
	}
	if err := r.preflight(ctx); err != nil {
		return err
	}
	var warm *sample.Target
	for _, p := range r.Parts {
		if r.complete(p) {
			continue
		}
		if warm != p.Target {
			warm = p.Target
			if err := r.warm(ctx, warm); err != nil {
				return err
			}
		}
		here := &r.Run.Machines[0]
		if here.IdleBeforeW == nil {
			here.IdleBeforeW = r.idle(ctx)
		}
		// What is known by now outlives a crash.
		if err := r.j.Write(r.Run); err != nil {
			return err
		}
		if err := r.part(ctx, p); err != nil {
			return err
		}
	}
	if err := r.judge(ctx); err != nil {
		return err
	}
	if warm != nil {
		r.Run.Machines[0].IdleAfterW = r.idle(ctx)
	}
	return ctx.Err()
}

// complete reports whether nothing of a part is left to be asked.
func (r *runner) complete(p Part) bool {
	for _, jobs := range p.Repeats {
		for i := range jobs {
			if !r.j.Done(jobs[i].Key()) {
				return false
			}
		}
	}
	return true
}

// domain is the occupational group that a question most likely belongs to.
func domain(prompt, _ string) string {
	group, _ := topic.Classify(prompt)
	return group
}

// part asks a pass of a target.
func (r *runner) part(ctx context.Context, p Part) error {
	x := &run.Runner{
		Asker: r.client, Keeper: r.j, Mark: marker{judged: r.o.Judge != ""}.mark, Domain: domain, Began: r.began, Outputs: r.o.KeepOutputs, Patience: patience, Failures: mostFailures,
		Seen: func(s *sample.Sample) {
			r.seen.Target, r.seen.Pass = s.Target, s.Pass
			r.seen.Asked++
			r.seen.Took = time.Since(r.asking)
			r.seen.count(s.State)
			r.hooks.Progress(r.seen)
		},
	}
	if p.At != nil {
		x.Failures = p.Jobs() + 1 // what fails under load is a figure
		return r.underLoad(ctx, x, p)
	}
	for _, jobs := range p.Repeats {
		if err := x.Run(ctx, jobs, p.Streams); err != nil {
			return err
		}
	}
	return nil
}
