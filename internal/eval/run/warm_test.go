package run

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/eval/sample"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

func TestWarm(t *testing.T) {
	good := func() *Answer {
		n, first, total := 11, .5, 1.5
		return &Answer{Tokens: sample.Tokens{Output: &n}, Latency: sample.Latency{TTFT: &first, Total: &total}}
	}
	gone, broken := llm.Errorf(llm.CodeUnreachable, "gone"), llm.Errorf(llm.CodeBadAnswer, "broken")
	for name, c := range map[string]struct {
		answer           func(n int) error
		requests, failed int
		steady           bool
		code             llm.Code
		took             time.Duration
	}{
		"all answer":        {func(int) error { return nil }, 5, 0, true, "", 5 * time.Second},
		"one in five fails": {func(n int) error { return map[bool]error{true: broken}[n%5 == 0] }, 5, 2, true, "", 7 * time.Second},
		"streams break":     {func(n int) error { return map[bool]error{true: gone}[n%4 == 0] }, 5, 2, true, "", 9 * time.Second},
		"none answers":      {func(int) error { return broken }, 0, 10, false, llm.CodeBadAnswer, 10 * time.Second},
		"nobody is there":   {func(int) error { return gone }, 0, 10, false, llm.CodeUnreachable, 19 * time.Second},
		"left alone for long": {func(int) error {
			return &llm.Error{Code: llm.CodeUnavailable, Message: "later", RetryAfter: 50 * time.Second}
		}, 0, 3, false, llm.CodeUnavailable, 103 * time.Second},
		"a wrong key": {func(int) error { return llm.Errorf(llm.CodeUnauthorized, "who") }, 0, 0, false, llm.CodeUnauthorized, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &scripted{takes: time.Second, answer: func(id string, _ int) (*Answer, error) {
					n, err := strconv.Atoi(id)
					if err == nil {
						err = c.answer(n)
					}
					if err != nil {
						return nil, err
					}
					return good(), nil
				}}
				heard, asking := 0, 0
				w := &Warmer{
					Asker: a, Most: 12, For: time.Minute, Failures: 10, Patience: 2 * time.Minute,
					Job:    func(n int) *Job { return &Job{Item: &task.Item{ID: strconv.Itoa(n)}} },
					Asking: func(int) { asking++ }, Heard: func(*Answer) { heard++ },
				}
				var out sample.WarmUp
				began := time.Now()
				failed, err := w.Warm(t.Context(), &out)
				if out.Requests != c.requests || out.Failed != c.failed || out.Steady != c.steady || time.Since(began) != c.took {
					t.Errorf("%+v in %s, %v", out, time.Since(began), err)
				}
				if (err == nil) != (c.code == "") || err != nil && llm.CodeOf(err) != c.code || (failed == nil) != (c.failed == 0) {
					t.Errorf("%v; passed over %v", err, failed)
				}
				if heard != c.requests || asking < c.requests+c.failed {
					t.Errorf("heard %d, asking %d", heard, asking)
				}
			})
		})
	}
}
