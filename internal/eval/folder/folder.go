package folder

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/eval/sample"
	"irori/internal/llm"
)

// The files of a run.
const (
	RunFile     = "run.json"
	SamplesFile = "samples.jsonl"
	FiguresFile = "figures.json"
	ParquetFile = "samples.parquet"
	HTMLFile    = "report.html"
	TextFile    = "report.md"
)

// maxLine bounds a line of samples: an answer of a long context fits.
const maxLine = 64 << 20

// Read reads a run and its samples. A last line that was cut off while it was
// written is passed over.
func Read(dir string) (sample.Run, []sample.Sample, error) {
	run, err := ReadRun(dir)
	if err != nil {
		return run, nil, err
	}
	path := filepath.Join(dir, SamplesFile)
	f, err := open(path)
	if err != nil {
		return run, nil, err
	}
	defer f.Close()
	samples, err := Samples(path, f)
	if err != nil {
		return run, nil, err
	}
	return run, samples, belong(path, run, samples)
}

// ReadRun reads what a run says of itself.
func ReadRun(dir string) (run sample.Run, err error) {
	path := filepath.Join(dir, RunFile)
	f, err := open(path)
	if err != nil {
		return run, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLine))
	if err != nil {
		return run, err
	}
	if err := json.Unmarshal(b, &run); err != nil {
		return run, malformed(path, line(b, err), err)
	}
	if run.Schema < 1 || run.Schema > sample.SchemaVersion {
		return run, malformed(path, 1, fmt.Errorf("schema_version: %d is not known here, up to %d is", run.Schema, sample.SchemaVersion))
	}
	return run, nil
}

func open(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "%s is not there: %s is no folder of a run", filepath.Base(path), filepath.Dir(path)).
			WithHint("irori help measure")
	}
	return f, err
}

// Samples reads samples, a line each. The name is for errors.
func Samples(name string, r io.Reader) ([]sample.Sample, error) {
	in := bufio.NewReaderSize(r, 1<<20)
	var out []sample.Sample
	for at := 1; ; at++ {
		text, err := in.ReadBytes('\n')
		cut := errors.Is(err, io.EOF)
		if err != nil && !cut {
			return nil, err
		}
		if len(text) > maxLine {
			return nil, malformed(name, at, errors.New("the line is too long"))
		}
		if len(bytes.TrimSpace(text)) > 0 {
			var s sample.Sample
			switch err := json.Unmarshal(text, &s); {
			case err != nil && cut:
				// Whoever wrote it was stopped within the line.
			case err != nil:
				return nil, malformed(name, at, err)
			default:
				if err := sane(&s); err != nil {
					return nil, malformed(name, at, err)
				}
				out = append(out, s)
			}
		}
		if cut {
			return out, nil
		}
	}
}

// sane refuses what no sample can be: figures that stand for want of a better
// one must not come into a mean.
func sane(s *sample.Sample) error {
	if s.Schema < 1 || s.Schema > sample.SchemaVersion {
		return fmt.Errorf("schema_version: %d is not known here, up to %d is", s.Schema, sample.SchemaVersion)
	}
	for _, m := range []struct{ name, value string }{{"target", s.Target}, {"pass", s.Pass}, {"task", s.Task}, {"query_id", s.Item}, {"state", string(s.State)}} {
		if m.value == "" {
			return fmt.Errorf("%s: it is missing", m.name)
		}
	}
	figures := []struct {
		name  string
		value *float64
	}{{"ttft_s", s.Latency.TTFT}, {"total_s", s.Latency.Total}, {"queue_s", s.Latency.Queue}, {"nll_sum", s.NLL}, {"cost", s.Cost}}
	if e := s.Energy; e != nil {
		figures = append(figures, []struct {
			name  string
			value *float64
		}{{"energy_j", &e.Full}, {"energy_low_j", e.Low}, {"energy_high_j", e.High}, {"power_w", e.Power}, {"power_low_w", e.PowerLow}, {"power_high_w", e.PowerHi}}...)
	}
	for _, f := range figures {
		if f.value != nil && *f.value < 0 {
			return fmt.Errorf("%s: %g is below 0; what is not known is left out", f.name, *f.value)
		}
	}
	for _, f := range []struct {
		name  string
		value *int
	}{{"prompt", s.Tokens.Prompt}, {"output", s.Tokens.Output}, {"characters", s.Tokens.Characters}, {"nll_tokens", s.NLLTokens}, {"nll_bytes", s.NLLBytes}} {
		if f.value != nil && *f.value < 0 {
			return fmt.Errorf("%s: %d is below 0; what is not known is left out", f.name, *f.value)
		}
	}
	return nil
}

// belong checks that the samples are those of the run, each once.
func belong(path string, run sample.Run, samples []sample.Sample) error {
	known := map[string]bool{}
	for _, t := range run.Targets {
		known[t.ID] = true
	}
	type key struct {
		target, pass, task, item string
		repeat                   int
	}
	seen := map[key]bool{}
	for i, s := range samples {
		if !known[s.Target] {
			return malformed(path, i+1, fmt.Errorf("target: %s does not have %q", RunFile, s.Target))
		}
		k := key{s.Target, s.Pass, s.Task, s.Item, s.Repeat}
		if seen[k] && !strings.HasPrefix(s.Pass, "load-") {
			return malformed(path, i+1, fmt.Errorf("query_id: %q of %s was asked before in this pass", s.Item, s.Task))
		}
		seen[k] = true
	}
	return nil
}

// Write puts a file into the folder in one step: who reads sees the old one or
// the new one.
func Write(dir, name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(dir, "."+name+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Chmod(0o644)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}

// WriteJSON puts an object into the folder, laid out for people too.
func WriteJSON(dir, name string, v any) error {
	return Write(dir, name, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		return e.Encode(v)
	})
}

// WriteSamples puts samples into the folder.
func WriteSamples(dir string, samples []sample.Sample) error {
	return Write(dir, SamplesFile, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for i := range samples {
			if err := e.Encode(&samples[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// line finds where in a text its reading failed.
func line(b []byte, err error) int {
	at := int64(0)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = e.Offset
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = e.Offset
	}
	return 1 + bytes.Count(b[:min(at, int64(len(b)))], []byte("\n"))
}

// malformed is an error at a place of a file.
func malformed(path string, line int, err error) error {
	what := err.Error()
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what = fmt.Sprintf("%s: it cannot be %s", e.Field, e.Value)
	}
	return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", path, line, what).WithHint("irori help measure")
}
