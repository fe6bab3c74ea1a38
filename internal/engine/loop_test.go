package engine

import (
	"testing"

	"irori/internal/engine/sched"
	"irori/internal/llm"
)

// noCache is a cache whose content nobody looks at.
type noCache struct{}

func (noCache) Remove(int, int) bool { return true }
func (noCache) Copy(int, int)        {}

func TestARequestForManyChoicesLetsOthersIn(t *testing.T) {
	e := &Engine{runs: map[uint64]*run{}, lanes: []*lane{{Lane: sched.NewLane(4, 64, noCache{})}}}
	add := func(id string, n int, output int) {
		j := &job{req: &llm.Request{ID: id}}
		for range n {
			e.nextRun++
			r := &run{job: j, outputs: output}
			r.seq.ID, r.seq.Tokens, r.seq.Prompt, r.seq.Want = e.nextRun, []int32{int32(e.nextRun)}, 1, 8
			e.runs[e.nextRun] = r
			e.queue = append(e.queue, r)
		}
	}
	add("many", 1000, 0)
	for range 3 {
		if !e.lanes[0].Place(&e.queue[0].seq) {
			t.Fatal("no slot")
		}
		e.queue[0].lane, e.queue = e.lanes[0], e.queue[1:]
	}
	add("one", 1, 0)
	add("two", 2, 0)
	add("taken off", 1, 5)
	e.takeTurns()
	var got []string
	for _, r := range e.queue[:4] {
		got = append(got, r.job.req.ID)
	}
	if got[0] != "taken off" || got[1] != "one" || got[2] != "two" || got[3] != "two" {
		t.Errorf("the queue begins with %v", got)
	}
	if e.queue[4].seq.ID != 4 {
		t.Error("the choices of a request are out of order")
	}
}
