package worker

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"irori/internal/llm"
)

// Step is what one decode step did and gave: the work of each request, for
// attribution of time and energy, and the events it produced.
type Step struct {
	// Start is the wall clock at the step's begin and Nanos its length, in
	// nanoseconds; both are taken on the worker's monotonic clock.
	Start, Nanos int64
	// Decode is the part of Nanos inside the library's decode.
	Decode int64
	// CPU is the processor time of the whole worker since the last step's
	// end, in nanoseconds.
	CPU    int64
	Works  []Work
	Events []Event
}

// Work is one request's part in a step.
type Work struct {
	ID      uint64
	Prefill int
	Decode  int
}

// Event is an event of one request, or its failure, or its end.
type Event struct {
	ID    uint64
	Event llm.Event
	// Err, when not nil, ends the request.
	Err *Failure
	// Done marks the last event of a request.
	Done bool
}

const (
	flagErr  = 1 << 0
	flagDone = 1 << 1
	flagRich = 1 << 2
)

// rich holds what few events carry; it travels as JSON.
type rich struct {
	Logprobs     []llm.TokenLogprob `json:",omitempty"`
	Usage        *llm.Usage         `json:",omitempty"`
	Timings      *llm.Timings       `json:",omitempty"`
	StopSequence string             `json:",omitempty"`
	Err          *Failure           `json:",omitempty"`
}

// Append appends the binary form of s to dst.
func (s *Step) Append(dst []byte) ([]byte, error) {
	dst = binary.AppendVarint(dst, s.Start)
	dst = binary.AppendVarint(dst, s.Nanos)
	dst = binary.AppendVarint(dst, s.Decode)
	dst = binary.AppendVarint(dst, s.CPU)
	dst = binary.AppendUvarint(dst, uint64(len(s.Works)))
	for _, w := range s.Works {
		dst = binary.AppendUvarint(dst, w.ID)
		dst = binary.AppendUvarint(dst, uint64(w.Prefill))
		dst = binary.AppendUvarint(dst, uint64(w.Decode))
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.Events)))
	for i := range s.Events {
		var err error
		if dst, err = s.Events[i].append(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (e *Event) append(dst []byte) ([]byte, error) {
	ev := &e.Event
	var flags byte
	if e.Err != nil {
		flags |= flagErr
	}
	if e.Done {
		flags |= flagDone
	}
	needsRich := e.Err != nil || ev.Logprobs != nil || ev.Usage != nil || ev.Timings != nil || ev.StopSequence != ""
	if needsRich {
		flags |= flagRich
	}
	dst = binary.AppendUvarint(dst, e.ID)
	dst = append(dst, flags, byte(ev.Type))
	dst = binary.AppendUvarint(dst, uint64(ev.Choice))
	dst = appendString(dst, ev.Text)
	switch ev.Type {
	case llm.EventToolCall:
		dst = binary.AppendUvarint(dst, uint64(ev.ToolCall.Index))
		dst = appendString(dst, ev.ToolCall.ID)
		dst = appendString(dst, ev.ToolCall.Name)
		dst = appendString(dst, ev.ToolCall.Arguments)
	case llm.EventFinish:
		dst = appendString(dst, string(ev.Finish))
	}
	if needsRich {
		b, err := json.Marshal(rich{ev.Logprobs, ev.Usage, ev.Timings, ev.StopSequence, e.Err})
		if err != nil {
			return nil, fmt.Errorf("encode an event: %w", err)
		}
		dst = appendString(dst, string(b))
	}
	return dst, nil
}

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// errStep says that a step frame is malformed.
var errStep = errors.New("a malformed step frame")

// cursor reads the binary form; the first failure sticks.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.bad, c.b = true, nil
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	v := c.b[0]
	c.b = c.b[1:]
	return v
}

func (c *cursor) string() string {
	n := c.uvarint()
	if n > uint64(len(c.b)) {
		c.bad, c.b = true, nil
		return ""
	}
	s := string(c.b[:n])
	c.b = c.b[n:]
	return s
}

// Parse reads the binary form into s, reusing its slices.
func (s *Step) Parse(b []byte) error {
	c := &cursor{b: b}
	s.Start, s.Nanos, s.Decode, s.CPU = c.varint(), c.varint(), c.varint(), c.varint()
	s.Works, s.Events = s.Works[:0], s.Events[:0]
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		s.Works = append(s.Works, Work{ID: c.uvarint(), Prefill: int(c.uvarint()), Decode: int(c.uvarint())})
	}
	for n := c.uvarint(); n > 0 && !c.bad; n-- {
		e, err := c.event()
		if err != nil {
			return err
		}
		s.Events = append(s.Events, e)
	}
	if c.bad || len(c.b) > 0 {
		return errStep
	}
	return nil
}

func (c *cursor) event() (Event, error) {
	e := Event{ID: c.uvarint()}
	flags := c.byte()
	ev := &e.Event
	ev.Type = llm.EventType(c.byte())
	ev.Choice = int(c.uvarint())
	ev.Text = c.string()
	switch ev.Type {
	case llm.EventToolCall:
		ev.ToolCall = llm.ToolCallDelta{Index: int(c.uvarint()), ID: c.string(), Name: c.string(), Arguments: c.string()}
	case llm.EventFinish:
		ev.Finish = llm.FinishReason(c.string())
	}
	e.Done = flags&flagDone != 0
	if flags&flagRich != 0 {
		var r rich
		if err := json.Unmarshal([]byte(c.string()), &r); err != nil {
			return e, fmt.Errorf("%w: %w", errStep, err)
		}
		ev.Logprobs, ev.Usage, ev.Timings, ev.StopSequence, e.Err = r.Logprobs, r.Usage, r.Timings, r.StopSequence, r.Err
	}
	return e, nil
}
