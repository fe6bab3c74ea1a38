package worker

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/llm"
)

func step() *Step {
	return &Step{
		Start: 1_700_000_000_000_000_000, Nanos: 5_000_000, Decode: 4_900_000, CPU: 9_000_000,
		Works: []Work{{ID: 1, Prefill: 64}, {ID: 1 << 40, Decode: 1}},
		Events: []Event{
			{ID: 1, Event: llm.Event{Type: llm.EventText, Choice: 2, Text: "日本\x00\n", Logprobs: []llm.TokenLogprob{{ID: 3, Text: "日", Bytes: []byte("日"), Logprob: -0.5}}}},
			{ID: 2, Event: llm.Event{Type: llm.EventToolCall, ToolCall: llm.ToolCallDelta{Index: 1, ID: "call_x", Name: "f", Arguments: `{"a":`}}},
			{ID: 3, Event: llm.Event{Type: llm.EventFinish, Finish: llm.FinishLength, StopSequence: "END"}},
			{ID: 4, Done: true, Event: llm.Event{Type: llm.EventUsage, Usage: &llm.Usage{PromptTokens: llm.IntPtr(0), Source: llm.UsageBackend}, Timings: &llm.Timings{Queue: 7}}},
			{ID: 5, Done: true, Err: &Failure{Code: llm.CodeInternal, Message: "no", Hint: "h", Param: "p"}},
		},
	}
}

func TestStepTravelsWhole(t *testing.T) {
	b, err := step().Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	var got Step
	if err := got.Parse(b); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(step(), &got); d != "" {
		t.Error(d)
	}
	for n := range len(b) {
		if err := new(Step).Parse(b[:n]); err == nil {
			t.Errorf("a step cut at %d of %d bytes passes", n, len(b))
		}
	}
	if err := got.Parse(append(b, 0)); err == nil {
		t.Error("bytes behind the step pass")
	}
}

func TestFramesTravelWhole(t *testing.T) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	big := bytes.Repeat([]byte("x"), 3<<20)
	for _, body := range [][]byte{nil, []byte("{}"), big, []byte("after")} {
		if err := w.Write(KindNote, body); err != nil {
			t.Fatal(err)
		}
	}
	r := NewReader(&buf)
	for _, want := range [][]byte{nil, []byte("{}"), big, []byte("after")} {
		k, body, err := r.Read()
		if err != nil || k != KindNote || !bytes.Equal(body, want) {
			t.Fatalf("kind %d, %d bytes of %d, %v", k, len(body), len(want), err)
		}
	}
	if _, _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

func TestGarbageOnThePipeIsAnError(t *testing.T) {
	for name, b := range map[string][]byte{
		"a length beyond the limit": {0xff, 0xff, 0xff, 0xff, 1},
		"cut in the body":           {10, 0, 0, 0, 1, 'x'},
	} {
		if _, _, err := NewReader(bytes.NewReader(b)).Read(); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzStep(f *testing.F) {
	b, err := step().Append(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var s Step
		if s.Parse(b) != nil {
			return
		}
		if _, err := s.Append(nil); err != nil {
			t.Error(err)
		}
	})
}
