package ipw

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"irori/internal/eval/figure"
	"irori/internal/eval/sample"
	"irori/internal/llm"
)

func read(t *testing.T, path string) (sample.Run, []sample.Sample, []Flag) {
	t.Helper()
	run, samples, flags, err := Read(path, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	return run, samples, flags
}

// write puts records into a file of their own.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// The records were written for this test, in the shape of the harness's.
func TestRecords(t *testing.T) {
	run, samples, flags := read(t, "testdata/records.jsonl")
	if len(samples) != 7 || len(run.Targets) != 2 || len(run.Tasks) != 1 || run.Tasks[0].Items != 5 || run.Expected["qwen3:8b/quality"] != 5 {
		t.Fatalf("%d samples, %+v, %+v", len(samples), run.Targets, run.Tasks)
	}
	of := map[string]sample.Sample{}
	for _, s := range samples {
		of[s.Target+" "+s.Item] = s
	}
	// Ten joules in two seconds are five watts, whatever the telemetry's mean.
	if s := of["qwen3:8b 1"]; s.State != sample.Right || s.Energy.Full != 10 || *s.Energy.Power != 5 || s.Energy.Basis != "gpu" || *s.Latency.TTFT != 0.2 || *s.Tokens.Output != 5 || s.Domain != "legal" || s.Family != "law" {
		t.Errorf("%+v %+v", s, s.Energy)
	}
	// When it was asked, and beside how many, the records do not say.
	b, err := json.Marshal(samples[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"start_s"`, `"time"`, `"in_flight"`} {
		if strings.Contains(string(b), name) {
			t.Errorf("%s is there: %s", name, b)
		}
	}
	result := figure.Of(run, samples)
	if f, ok := result.Group("qwen3:8b", "quality", "all", "").Get("tokens_per_s"); !ok || f.Absent != figure.AbsentNone {
		t.Errorf("%+v", f)
	}
	// −1 is no joule, no second and no token.
	if s := of["qwen3:8b 2"]; s.State != sample.Wrong || s.Energy != nil || s.Latency.Total != nil || s.Latency.TTFT != nil || s.Tokens.Prompt != nil || s.Tokens.Output != nil {
		t.Errorf("%+v", s)
	}
	// No answer is no answer, and what it took counts.
	if s := of["qwen3:8b 3"]; s.State != sample.Failed || s.Energy == nil || s.Energy.Full != 20 {
		t.Errorf("%+v", s)
	}
	// A judge that said nothing.
	if s := of["qwen3:8b 4"]; s.State != sample.JudgeUnparsed {
		t.Errorf("%+v", s)
	}
	// The chip as a whole, where both of its figures are there; else its GPU.
	if s := of["m4 1"]; s.Energy.Basis != "soc" || s.Energy.Full != 240 || *s.Energy.Power != 8 {
		t.Errorf("%+v", s.Energy)
	}
	if s := of["m4 2"]; s.Energy.Basis != "gpu" || s.Energy.Full != 0.06 || math.Abs(*s.Energy.Power-0.002) > 1e-12 {
		t.Errorf("%+v", s.Energy)
	}
	// A card of its own keeps its own figures.
	if s := of["qwen3:8b 5"]; s.Energy.Basis != "gpu" || s.Energy.Full != 100 {
		t.Errorf("%+v", s.Energy)
	}
	var wrong []string
	for _, f := range flags {
		wrong = append(wrong, filepath.Base(f.Where)+" "+f.Model+" "+f.Figure)
	}
	if d := cmp.Diff([]string{"records.jsonl:3 qwen3:8b ipj", "records.jsonl:5 qwen3:8b ipw", "records.jsonl:5 qwen3:8b ipj"}, wrong); d != "" {
		t.Errorf("%s\n%+v", d, flags)
	}
	if !strings.Contains(strings.Join(run.Notes, "\n"), "3 rows contradict themselves") {
		t.Errorf("%v", run.Notes)
	}
}

func TestUnscored(t *testing.T) {
	run, samples, _ := read(t, write(t, "r.jsonl", `{"problem":"p","answer":"a","model_answers":{"m":"x"},"model_metrics":{"m":{"lm_correctness":false}}}`+"\n"))
	if samples[0].State != sample.Wrong || !strings.Contains(strings.Join(run.Notes, "\n"), "nobody has scored") {
		t.Errorf("%+v %v", samples[0], run.Notes)
	}
}

func TestParquet(t *testing.T) {
	type stats struct {
		Avg *float64 `parquet:"avg,optional"`
	}
	type metrics struct {
		Energy struct {
			Joules *float64 `parquet:"per_query_joules,optional"`
		} `parquet:"energy_metrics"`
		Latency struct {
			Total *float64 `parquet:"total_query_seconds,optional"`
		} `parquet:"latency_metrics"`
		Power struct {
			GPU struct {
				Watts stats `parquet:"per_query_watts"`
			} `parquet:"gpu"`
		} `parquet:"power_metrics"`
		Right bool `parquet:"lm_correctness"`
	}
	type row struct {
		Problem string `parquet:"problem"`
		Answer  string `parquet:"answer"`
		Subject string `parquet:"subject"`
		Dataset string `parquet:"dataset_metadata"`
		Answers struct {
			M string `parquet:"m"`
		} `parquet:"model_answers"`
		Metrics struct {
			M metrics `parquet:"m"`
		} `parquet:"model_metrics"`
	}
	var r row
	ten, two, five := 10.0, 2.0, 5.0
	r.Problem, r.Answer, r.Dataset, r.Answers.M = "p", "a", `{"id":"q7","dataset_name":"mmlu"}`, "x"
	r.Metrics.M.Energy.Joules, r.Metrics.M.Latency.Total, r.Metrics.M.Power.GPU.Watts.Avg, r.Metrics.M.Right = &ten, &two, &five, true
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{r, r}); err != nil {
		t.Fatal(err)
	}
	_, samples, flags := read(t, write(t, "r.parquet", b.String()))
	if len(samples) != 2 || len(flags) != 0 || samples[0].Item != "q7" || samples[1].Item != "q7-2" || samples[0].Task != "mmlu" || samples[0].Energy == nil || samples[0].Energy.Full != 10 || samples[0].State != sample.Right {
		t.Errorf("%+v %v", samples, flags)
	}
	if _, _, _, err := Read(write(t, "r.parquet", b.String()[:b.Len()/2]), nil); llm.CodeOf(err) != llm.CodeInvalidRequest {
		t.Errorf("%v", err)
	}
}

func TestMalformed(t *testing.T) {
	for text, want := range map[string]string{
		"{":                                    "r.jsonl:1: unexpected end",
		"\n" + `{"problem":7}`:                 "r.jsonl:2: problem: it cannot be number",
		`{"problem":"p"}`:                      "r.jsonl:1: model_metrics: it is missing",
		`{"turns":[{}],"model_metrics":{}}`:    "r.jsonl:1: turns: traces",
		"":                                     "has no record",
		`{"problem":"p","model_metrics":"{x"}`: "r.jsonl:1",
	} {
		if _, _, _, err := Read(write(t, "r.jsonl", text), nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, _, err := Read(filepath.Dir(write(t, "data.arrow", "")), nil); err == nil || !strings.Contains(err.Error(), "Arrow") {
		t.Errorf("%v", err)
	}
	if _, _, _, err := Read("nowhere", nil); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("%v", err)
	}
}

// FuzzLines: whatever stands in a file, it is read or named.
func FuzzLines(f *testing.F) {
	b, err := os.ReadFile("testdata/records.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"model_metrics":{"m":null},"dataset_metadata":"{}"}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := readLines("f", strings.NewReader(text))
		if err != nil {
			return
		}
		m := &maker{seen: map[string]int{}, targets: map[string]bool{}, machines: map[string]string{}, tasks: map[string]*questions{}}
		m.run.Expected = map[string]int{}
		for i := range list {
			m.record(&list[i])
		}
		m.finish()
		for _, s := range m.samples {
			if s.Energy != nil && s.Energy.Full < 0 || s.State == "" {
				t.Fatalf("%+v", s)
			}
		}
	})
}
