package engine

import (
	"errors"
	"runtime"
	"slices"
	"time"

	"irori/internal/engine/crew"
	"irori/internal/engine/ffi"
	"irori/internal/engine/sched"
	"irori/internal/llm"
	"irori/internal/worker"
)

// The messages of the loop, besides laneMade.
type (
	// arrived is a request that has been prepared.
	arrived struct{ job *job }
	// refused is a request that could not be.
	refused struct {
		id  uint64
		err error
	}
	cancelled struct{ id uint64 }
	// ping is answered between two steps: a worker that answers is alive.
	ping struct{ id uint64 }
	// closing ends the loop once nothing runs.
	closing struct{}
)

// loop runs until the parent closes the worker and nothing is left to do. It
// keeps its thread, so that the library always decodes from the same one.
func (e *Engine) loop() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		if !e.busy() {
			if e.closing {
				return nil
			}
			e.clock.rest()
			e.handle(<-e.inbox)
			e.reportIdle()
		}
		for more := true; more; {
			select {
			case m := <-e.inbox:
				e.handle(m)
			default:
				more = false
			}
		}
		e.place()
		e.clock.begin(&e.step)
		if !e.stepLanes() {
			e.waitForLane()
		}
		if err := e.flush(); err != nil {
			return err
		}
	}
}

// busy reports whether any sequence runs or waits.
func (e *Engine) busy() bool {
	if len(e.queue) > 0 || len(e.step.Events) > 0 {
		return true
	}
	for _, l := range e.lanes {
		if l.Active() > 0 {
			return true
		}
	}
	return false
}

// waitForLane blocks when all that is left waits for a lane being made.
func (e *Engine) waitForLane() {
	if len(e.queue) == 0 || len(e.step.Events) > 0 {
		return
	}
	for _, l := range e.lanes {
		if l.Active() > 0 {
			return
		}
	}
	e.handle(<-e.inbox)
}

func (e *Engine) handle(m any) {
	switch m := m.(type) {
	case arrived:
		e.admit(m.job)
	case refused:
		e.step.Events = append(e.step.Events, worker.Event{ID: m.id, Err: worker.Fail(m.err), Done: true})
		delete(e.jobs, m.id)
	case cancelled:
		e.cancel(m.id)
	case ping:
		// The parent tells a hung step from a long one by this answer; a
		// pipe that is gone ends the loop at the next flush.
		if err := e.out.WriteJSON(worker.KindReply, worker.Reply{ID: m.id}); err != nil {
			e.closing = true
		}
	case laneMade:
		e.joined(m)
	case closing:
		e.closing = true
	}
}

// admit queues the choices of a prepared request.
func (e *Engine) admit(j *job) {
	if j.cancelled {
		e.finishJob(j)
		return
	}
	e.jobs[j.id] = j
	for _, r := range j.runs {
		e.nextRun++
		r.seq.ID = e.nextRun
		e.runs[r.seq.ID] = r
	}
	e.answerAtOnce(j)
	for _, r := range j.runs {
		if !r.done {
			e.queue = append(e.queue, r)
		}
	}
}

// cancel ends a request at once; what it computed stays reusable.
func (e *Engine) cancel(id uint64) {
	j := e.jobs[id]
	if j == nil {
		return
	}
	j.cancelled = true
	for _, r := range j.runs {
		e.retire(r)
	}
	e.queue = without(e.queue, func(r *run) bool { return r.job == j })
	e.finishJob(j)
}

func without(list []*run, drop func(*run) bool) []*run {
	kept := list[:0]
	for _, r := range list {
		if !drop(r) {
			kept = append(kept, r)
		}
	}
	clear(list[len(kept):])
	return kept
}

// place gives waiting sequences slots within a lane: a long one that waits for
// its lane does not hold the short ones up.
func (e *Engine) place() {
	if len(e.queue) == 0 {
		return
	}
	e.takeTurns()
	blocked := map[*lane]bool{}
	e.queue = without(e.queue, func(r *run) bool {
		l := e.laneFor(r.seq.Want)
		if l == nil || blocked[l] || l.crowded && l.Active() > 0 {
			return false
		}
		if !l.Place(&r.seq) {
			// A sequence that waits for another's prefill lets others by.
			blocked[l] = l.Active() == l.Slots()
			return false
		}
		r.lane = l
		e.started(r)
		return true
	})
}

// takeTurns puts the queue in order where a slot is free: the request with the
// fewest sequences running comes first, then first come first served. One that
// asks for a thousand choices must not hold up one that asks for one. A
// sequence that was taken off its slot goes on before all others.
func (e *Engine) takeTurns() {
	free := slices.ContainsFunc(e.lanes, func(l *lane) bool { return l.Active() < l.Slots() })
	if first := e.queue[0].job.req.ID; !free || !slices.ContainsFunc(e.queue, func(r *run) bool { return r.job.req.ID != first }) {
		return
	}
	share := map[string]int{}
	for _, r := range e.runs {
		if r.lane != nil {
			share[r.job.req.ID]++
		}
	}
	for _, r := range e.queue {
		r.turn = -1
		if r.outputs == 0 {
			r.turn = share[r.job.req.ID]
			share[r.job.req.ID]++
		}
	}
	slices.SortStableFunc(e.queue, func(a, b *run) int { return a.turn - b.turn })
}

// stepLanes computes one batch in each lane with work.
func (e *Engine) stepLanes() bool {
	worked := false
	decoding := e.decoding()
	for _, l := range e.lanes {
		l.keys = l.Keys(l.keys)
		if len(l.keys) == 0 {
			continue
		}
		l.turn++
		key := l.keys[l.turn%len(l.keys)]
		worked = e.stepLane(l, key, decoding) || worked
	}
	return worked
}

// decoding reports whether any sequence is past its prompt.
func (e *Engine) decoding() bool {
	for _, j := range e.jobs {
		for _, r := range j.runs {
			if r.lane != nil && r.outputs > 0 {
				return true
			}
		}
	}
	return false
}

func (e *Engine) stepLane(l *lane, key string, decoding bool) bool {
	if err := e.setAdapters(l, key); err != nil {
		e.failKey(l, key, err)
		return true
	}
	chunk := 0
	pos, least := l.Depth(key)
	if least > 0 {
		chunk = e.pacer.Chunk(decoding, pos, least)
	}
	for {
		l.Next(&l.plan, key, chunk, e.batch)
		if len(l.plan.Entries) == 0 {
			return false
		}
		l.entries = l.entries[:0]
		for _, x := range l.plan.Entries {
			l.entries = append(l.entries, ffi.Entry{Token: x.Token, Pos: x.Pos, Seq: x.Slot, Output: x.Output})
		}
		if l.threads != e.crew.Now() {
			l.threads = e.crew.Now()
			l.ctx.SetThreads(l.threads)
		}
		began := time.Now()
		err := l.ctx.Decode(l.entries)
		if errors.Is(err, ffi.ErrCacheFull) {
			if e.relieve(l) {
				continue
			}
			e.failPlan(l, llm.Errorf(llm.CodeContextLength, "the cache of %d tokens is full and nothing can be evicted", l.ctx.Ctx))
			return true
		}
		if err != nil {
			e.failPlan(l, llm.Wrap(llm.CodeInternal, err, "decode"))
			return true
		}
		if l.plan.Prefill > 0 && !hasOutput(&l.plan) {
			// Nothing reads this step's results, so without this the next
			// step would be charged for it on a device that runs behind.
			l.ctx.Synchronize()
		}
		took := time.Since(began)
		e.step.Decode += int64(took)
		e.pacer.Observe(l.plan.Prefill, l.plan.Decode, pos, took)
		l.Commit(&l.plan)
		e.account(&l.plan)
		e.sampleAll(l)
		return true
	}
}

// muster lets the crew see a step that has ended. Beside a device that
// computes, threads that rest say nothing of others.
func (e *Engine) muster() {
	if e.offloads {
		return
	}
	st := crew.Step{Wall: time.Duration(e.step.Nanos), CPU: time.Duration(e.step.CPU)}
	for _, w := range e.step.Works {
		st.Sequences += w.Decode
		if w.Prefill > 0 {
			st.Sequences = -1
			break
		}
	}
	before := e.crew.Now()
	if now := e.crew.Observe(st, e.clock.last); now < before && before == e.threads {
		e.note(-4, "other programs take the processor: %d threads instead of %d for a while", now, before)
	}
}

func hasOutput(p *sched.Plan) bool {
	for _, s := range p.Shares {
		if s.At >= 0 {
			return true
		}
	}
	return false
}

// account records each request's part in the step.
func (e *Engine) account(p *sched.Plan) {
	for _, s := range p.Shares {
		w := worker.Work{ID: e.jobID(s.Seq)}
		if s.Prefill {
			w.Prefill = s.Tokens
		} else {
			w.Decode = s.Tokens
		}
		e.step.Works = append(e.step.Works, w)
	}
}

// relieve makes room in a full cache; a preempted sequence goes to the front
// of the queue and begins again with what it has.
func (e *Engine) relieve(l *lane) bool {
	s, ok := l.Relieve()
	if !ok {
		return false
	}
	if s != nil {
		r := e.runOf(s)
		r.lane = nil
		l.crowded = true
		e.queue = append([]*run{r}, e.queue...)
	}
	return true
}

// sampleAll draws the next token of every sequence of the step whose tokens
// are all computed.
func (e *Engine) sampleAll(l *lane) {
	for _, sh := range l.plan.Shares {
		if sh.At < 0 {
			continue
		}
		r := e.runOf(sh.Seq)
		logits := l.ctx.Logits(sh.At)
		if logits == nil {
			e.failRun(r, llm.Errorf(llm.CodeInternal, "the library gave no logits"))
			continue
		}
		e.advance(r, logits)
	}
}

// failPlan ends every request of the step with an error; their cache content
// is in doubt.
func (e *Engine) failPlan(l *lane, err error) {
	for _, sh := range l.plan.Shares {
		l.Drop(sh.Seq)
		e.failRun(e.runOf(sh.Seq), err)
	}
}

func (e *Engine) failKey(l *lane, key string, err error) {
	for _, s := range l.Running() {
		if s.Key == key {
			e.failRun(e.runOf(s), err)
		}
	}
}

// failTooLong ends the queued requests that no lane can hold any more.
func (e *Engine) failTooLong() {
	for _, r := range append([]*run(nil), e.queue...) {
		if r.seq.Want > e.layout.Main.Length {
			e.failRun(r, llm.Errorf(llm.CodeDoesNotFit, "there is not enough free memory for a sequence of %d tokens", r.seq.Want))
		}
	}
}

// flush sends what the step produced as one frame.
func (e *Engine) flush() error {
	if len(e.step.Events) == 0 && len(e.step.Works) == 0 {
		return nil
	}
	e.clock.end(&e.step)
	if len(e.step.Works) > 0 {
		e.muster()
	}
	b, err := e.step.Append(e.frame[:0])
	if err != nil {
		return err
	}
	e.frame = b
	e.step.Events, e.step.Works, e.step.Decode = e.step.Events[:0], e.step.Works[:0], 0
	return e.out.Write(worker.KindStep, b)
}

// idleReport is the least processor time worth a frame of its own.
const idleReport = int64(time.Millisecond)

// reportIdle sends the processor time that passed while no request ran, such
// as making a cache, so that it is not charged to the next request.
func (e *Engine) reportIdle() {
	cpu := cpuSince()
	if cpu < idleReport {
		return
	}
	s := worker.Step{Start: time.Now().UnixNano(), CPU: cpu}
	b, err := s.Append(nil)
	if err == nil {
		err = e.out.Write(worker.KindStep, b)
	}
	if err != nil {
		e.closing = true
	}
}

// reportBeside sends the work of a batch that was computed beside the loop.
func (e *Engine) reportBeside(id uint64, began time.Time, tokens int) error {
	st := worker.Step{Start: began.UnixNano(), Nanos: int64(time.Since(began)), CPU: cpuSince()}
	st.Decode, st.Works = st.Nanos, []worker.Work{{ID: id, Prefill: tokens}}
	b, err := st.Append(nil)
	if err != nil {
		return err
	}
	return e.out.Write(worker.KindStep, b)
}

// note sends a line to the parent's log.
func (e *Engine) note(level int, format string, args ...any) {
	note(e.out, level, format, args...)
}
