package sched

// Seq is a sequence that wants tokens: a prompt and what was sampled since.
type Seq struct {
	ID uint64
	// Tokens are the prompt and the output so far, all of which must be in
	// the cache before the next one can be sampled.
	Tokens []int32
	// Prompt is how many of Tokens are the prompt.
	Prompt int
	// Key separates caches that must not be shared: the adapter set.
	Key string
	// Cached is how many tokens of the prompt were found in the cache when
	// the sequence first took a slot.
	Cached int
	// Want is the total length that the sequence may reach; it decides the
	// lane.
	Want int

	slot     int
	lane     *Lane
	done     int
	order    uint64
	started  bool
	Preempts int
	// allotted is how many tokens the step being planned holds of it.
	allotted int
	// passed is how many tokens of later prompts were computed while this one
	// waited, and awaited the order of the one prefill that it has waited for
	// because of a shared beginning, 0 for none.
	passed  int
	awaited uint64
}

// Lane returns the lane whose slot the sequence holds, or nil.
func (s *Seq) Lane() *Lane { return s.lane }

// Slot returns the slot that the sequence holds; meaningful only with a Lane.
func (s *Seq) Slot() int { return s.slot }

// Prefilled reports whether all but the newest token is in the cache.
func (s *Seq) Prefilled() bool {
	return s.started && len(s.Tokens)-s.done <= 1 && len(s.Tokens) > s.Prompt
}

// Left is how many tokens are still to be computed before the next sample.
func (s *Seq) Left() int { return len(s.Tokens) - s.done }

func common(a, b []int32) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}
