package shield

import (
	"irori/internal/llm"
	"irori/internal/route/privacy/mask"
)

// stretch is what an answer is saying: a kind of event of a choice, and of a
// call.
type stretch struct {
	kind   llm.EventType
	choice int
	call   int
}

// answer puts values back into an answer.
type answer struct {
	conv  *mask.Conversation
	json  bool // text is JSON, too
	yield func(llm.Event, error) bool
	// now is the stretch that each choice is in, held what it holds back.
	now   map[int]stretch
	held  map[int]*mask.Stream
	probs map[int][]llm.TokenLogprob
	order []int
	over  bool
}

func newAnswer(c *mask.Conversation, json bool, yield func(llm.Event, error) bool) *answer {
	return &answer{conv: c, json: json, yield: yield, now: map[int]stretch{}, held: map[int]*mask.Stream{}, probs: map[int][]llm.TokenLogprob{}}
}

// event takes the next event and reports whether more is wanted.
func (a *answer) event(e llm.Event, err error) bool {
	if err != nil {
		return a.rest() && a.say(e, err)
	}
	switch e.Type {
	case llm.EventText, llm.EventReasoning, llm.EventToolCall:
		return a.piece(e)
	case llm.EventFinish:
		e.StopSequence = a.conv.Restore(e.StopSequence)
		return a.flush(e.Choice) && a.say(e, nil)
	case llm.EventUsage:
		return a.rest() && a.say(e, nil)
	}
	return a.say(e, nil)
}

// piece takes a piece of an answer. Of what may be the beginning of a token
// nothing is said until it is known.
func (a *answer) piece(e llm.Event) bool {
	at := stretch{e.Type, e.Choice, e.ToolCall.Index}
	if a.now[e.Choice] != at {
		if !a.flush(e.Choice) {
			return false
		}
		if _, ok := a.held[e.Choice]; !ok {
			a.order = append(a.order, e.Choice)
		}
		a.now[e.Choice] = at
		a.held[e.Choice] = a.conv.Stream(e.Type == llm.EventToolCall || e.Type == llm.EventText && a.json)
	}
	said := e.Text
	if e.Type == llm.EventToolCall {
		said = e.ToolCall.Arguments
	}
	out := a.held[e.Choice].Write(said)
	a.probs[e.Choice] = append(a.probs[e.Choice], e.Logprobs...)
	bare := e.Signature == "" && e.Redacted == "" && e.ToolCall.Name == "" && e.ToolCall.ID == ""
	if out == "" && said != "" && bare {
		return true
	}
	if e.Signature != "" || e.Redacted != "" {
		out += a.held[e.Choice].End() // the stretch ends here
	}
	if e.Type == llm.EventToolCall {
		e.ToolCall.Arguments = out
	} else {
		e.Text = out
	}
	e.Logprobs, a.probs[e.Choice] = a.probs[e.Choice], nil
	return a.say(e, nil)
}

// flush says what a choice holds back.
func (a *answer) flush(choice int) bool {
	s := a.held[choice]
	if s == nil {
		return true
	}
	at := a.now[choice]
	delete(a.now, choice)
	a.held[choice] = nil
	out := s.End()
	if out == "" && len(a.probs[choice]) == 0 {
		return true
	}
	e := llm.Event{Type: at.kind, Choice: choice, Logprobs: a.probs[choice]}
	a.probs[choice] = nil
	if at.kind == llm.EventToolCall {
		e.ToolCall = llm.ToolCallDelta{Index: at.call, Arguments: out}
	} else {
		e.Text = out
	}
	return a.say(e, nil)
}

// rest says all that is held back.
func (a *answer) rest() bool {
	for _, c := range a.order {
		if !a.flush(c) {
			return false
		}
	}
	return !a.over
}

func (a *answer) say(e llm.Event, err error) bool {
	if !a.over {
		a.over = !a.yield(e, err)
	}
	return !a.over
}
