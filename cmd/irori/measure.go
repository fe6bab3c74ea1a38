package main

import (
	"context"
	"os"

	"irori/internal/eval/answers"
	"irori/internal/eval/stat"
	"irori/internal/term"
	"irori/internal/term/flags"
	"irori/internal/term/verb"
)

type measureOptions struct {
	answers, items  string
	power, requests string
	idle            watts
	task            flags.Choice
	write           bool
	run             *measureRunOptions
	load            *measureLoadOptions
	lang            flags.Choice
	sampler         *samplerOptions
	topics          *topicOptions
}

func measureVerb() *verb.Verb {
	return &verb.Verb{
		Name: "measure", Args: "run|load|tasks|score|check|energy|sampler|replay|topics", Short: "ask models questions and measure what they take, score answers, look into recorded runs",
		Long: `Asking:
  run MODEL… --on NAME     ask models the questions of suites (standard, quick),
                           public sets or your own files; --resume DIR goes on
  load MODEL --rates N[,…] --on NAME   so many questions a second, in time or not
  tasks [NAME|FILE…]       what can be asked, or what is wrong with a file
What came of it:
  replay DIR               every figure again, digit by digit (status 1 where one
                           differs); --write makes the files and reports anew
  compare A B              two targets (DIR or DIR#TARGET), question by question
  merge A B … --out DIR    join runs; import ipw PATH --out DIR takes the records
                           of the intelligence-per-watt harness
From outside:
  score --task TASK --answers FILE   answers that are there (JSONL: id, output,
                           gold; - is standard input). Items of sets are looked for
                           in --items, IRORI_EVAL_DATA, and data/eval here or above
  check FILE               a table's ipw and ipj (CSV: acc, watts, seconds)
  energy --power P --requests R --idle-w W   share a trace out among requests
  sampler                  what the sensors of this machine tell, and what it costs
  topics --in FILE         which group of occupations a request belongs to; --list
                           lists the groups

docs/en/measuring.md tells of each.`,
		Examples: []string{
			"irori measure run smollm2-135m-instruct --on quick --limit 50",
			"irori measure tasks",
			"irori measure tasks questions.jsonl --json",
			"irori measure load smollm2-135m-instruct --on quick --rates 0.5,1,2 --for 60s --ttft-limit 2s --itl-limit 100ms",
			"irori measure score --task gsm8k --answers answers.jsonl",
			"irori measure score --task mgsm-ja --answers - --json < answers.jsonl",
			"irori measure score --task m-ifeval-ja --answers answers.jsonl --items ja_input_data.jsonl --json",
			"irori measure check table.csv",
			"irori measure energy --power power.csv --requests requests.jsonl --idle-w 12",
			"irori measure sampler --for 30s",
			"irori measure replay runs/2026-01-02",
			"irori measure topics --in prompts.jsonl --field prompt --json",
			"irori measure compare runs/2026-01-02#small-q8 runs/2026-01-02#small-q4",
			"irori measure merge runs/desk runs/laptop --out runs/both",
		},
		Flags: func(c *verb.Call) {
			o := &measureOptions{task: flags.Choice{Of: answers.Tasks()}, lang: flags.Choice{Of: []string{"both", "en", "ja"}}}
			c.Opts = o
			c.Flags.Var(&o.task, "task", "`TASK` what the answers are answers to: "+flags.OrList(answers.Tasks()))
			c.Flags.StringVar(&o.answers, "answers", "", "`FILE` the answers, a JSON object a line")
			c.Flags.StringVar(&o.items, "items", "", "`FILE` the items of a set of instructions or programs, or its folder")
			c.Flags.StringVar(&o.power, "power", "", "`FILE` a trace of power or energy")
			c.Flags.StringVar(&o.requests, "requests", "", "`FILE` the requests that ran meanwhile, a JSON object a line")
			c.Flags.Var(&o.idle, "idle-w", "`WATTS` what the machine takes without work")
			c.Flags.Var(&o.lang, "lang", "`LANGUAGE` of a report: both, en or ja")
			c.Flags.BoolVar(&o.write, "write", false, "make the files of a run anew")
			o.run, o.load, o.sampler = measureRunFlags(c), measureLoadFlags(c), samplerFlags(c)
			o.topics = topicFlags(c)
			c.JSONFlag("one object an answer or a row, or for the whole")
		},
		Run: runMeasure,
		Words: func(c *verb.Call) []string {
			if len(c.Args) == 0 {
				return measureWords
			}
			return nil
		},
	}
}

// measureWords are what measure does.
var measureWords = []string{"run", "load", "tasks", "score", "check", "energy", "sampler", "replay", "compare", "merge", "import", "topics"}

func runMeasure(ctx context.Context, c *verb.Call) error {
	if len(c.Args) == 0 {
		return verb.Wrong("irori measure takes "+flags.OrList(measureWords), "irori measure score --task gsm8k --answers FILE")
	}
	o, words := c.Opts.(*measureOptions), c.Args[1:]
	switch c.Args[0] {
	case "run":
		return measureRun(ctx, c, o.run, words)
	case "load":
		return measureLoad(ctx, c, o, words)
	case "tasks":
		return listTasks(c, words)
	case "check":
		if len(words) != 1 {
			return verb.Wrong(sprintf("irori measure check takes one file, not %d words", len(words)), "irori measure check table.csv")
		}
		return checkTable(c, words[0])
	case "replay":
		return replayRun(c, o, words)
	case "compare":
		return compareRuns(c, words)
	case "merge":
		return mergeRuns(c, o, words)
	case "import":
		return importRun(c, o, words)
	case "sampler":
		return sampleSensors(ctx, c, o.sampler, words)
	case "score", "energy", "topics":
		if len(words) > 0 {
			return verb.Wrong(sprintf("irori measure %s takes no word %q", c.Args[0], words[0]), "irori help measure")
		}
		if c.Args[0] == "score" {
			return scoreAnswers(ctx, c, o)
		}
		if c.Args[0] == "topics" {
			return tellTopics(c, o.topics)
		}
		return shareEnergy(c, o)
	}
	return verb.Wrong(sprintf("irori measure cannot %q: it takes %s", c.Args[0], flags.OrList(measureWords)), "irori help measure")
}

// scoreAnswers prints nothing before the whole file was read: a malformed line
// leaves no half of a result.
func scoreAnswers(ctx context.Context, c *verb.Call, o *measureOptions) error {
	switch {
	case o.task.Value == "":
		return verb.Wrong("irori measure score needs --task", "irori measure score --task gsm8k --answers FILE")
	case o.answers == "":
		return verb.Wrong("irori measure score needs --answers", "irori measure score --task "+o.task.Value+" --answers FILE")
	}
	items, err := itemsOf(o)
	if err != nil {
		return err
	}
	name, in, err := input(c, o.answers)
	if err != nil {
		return err
	}
	defer in.Close()
	list, err := answers.Score(ctx, o.task.Value, name, in, items)
	if err != nil {
		return err
	}
	if !c.JSON {
		return tellScores(c, o.task.Value, list)
	}
	for _, s := range list {
		if err := c.PrintJSON(s); err != nil {
			return err
		}
	}
	return nil
}

// itemsOf finds the items of a set of instructions or of programs, nil where there are none.
func itemsOf(o *measureOptions) (*answers.Items, error) {
	switch {
	case !answers.HasItems(o.task.Value) && o.items != "":
		return nil, verb.Wrong("--items goes with the tasks ifeval, m-ifeval-ja, humaneval and jhumaneval", "irori help measure")
	case !answers.HasItems(o.task.Value):
		return nil, nil
	case o.items != "":
		return answers.Open(o.task.Value, o.items)
	}
	var folders []string
	if dir := os.Getenv("IRORI_EVAL_DATA"); dir != "" {
		folders = append(folders, dir)
	}
	if dir, err := os.Getwd(); err == nil {
		folders = append(folders, answers.Near(dir)...)
	}
	return answers.Find(o.task.Value, folders...)
}

// tellScores prints counts for people, each share with its interval.
func tellScores(c *verb.Call, task string, list []answers.Scored) error {
	t := term.NewTable(term.Column{Title: task}, term.Column{Title: "COUNT", Right: true}, term.Column{Title: "OF", Right: true},
		term.Column{Title: "SHARE", Right: true}, term.Column{Title: "95 % INTERVAL"})
	for _, r := range answers.Sums(task, list) {
		share, within := "", ""
		if w, ok := stat.Wilson(r.Count, r.Of, .95); ok {
			share, within = sprintf("%.1f %%", 100*w.Value), sprintf("%.1f to %.1f %%", 100*w.Low, 100*w.High)
		}
		t.Row(r.Name, sprintf("%d", r.Count), sprintf("%d", r.Of), share, within)
	}
	return t.Write(c.Out, columns(c.Out))
}
