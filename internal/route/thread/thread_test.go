package thread

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/route/privacy"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// talk is a conversation under a system text, its user and an assistant in turns.
func talk(said ...string) *llm.Request {
	r := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleSystem, "be kind")}}
	for i, s := range said {
		r.Messages = append(r.Messages, llm.TextMessage([]llm.Role{llm.RoleUser, llm.RoleAssistant}[i%2], s))
	}
	return r
}

func TestWhereAConversationIs(t *testing.T) {
	now := noon
	m := New(func() time.Time { return now })
	find := func(what, key, want string, said ...string) {
		t.Helper()
		if on := m.Find(m.Place(key, "", talk(said...))); on.Target != want {
			t.Errorf("%s: %+v, want %q", what, on, want)
		}
	}
	m.Answered(m.Place("k", "", talk("why?")), On{"weak", "a", ""})
	find("the same question", "k", "", "why?")
	find("the next turn", "k", "a", "why?", "so", "and?")
	find("somebody else's", "other", "", "why?", "so", "and?")
	find("another beginning", "k", "", "how?", "so", "and?")
	find("a turn that nobody saw", "k", "a", "why?", "so", "and?", "yes", "really?")
	m.Answered(m.Place("k", "", talk("why?", "so", "and?")), On{"strong", "c", ""})
	find("the last answer counts", "k", "c", "why?", "so", "and?", "yes", "really?")
	find("gone back", "k", "a", "why?", "so", "but?")
	now = noon.Add(memory + time.Second)
	find("long after", "k", "", "why?", "so", "and?")
	if on := m.Find(Place{}); on != (On{}) {
		t.Errorf("nowhere: %+v", on)
	}
	m.Answered(Place{}, On{"weak", "a", ""})
	if len(m.sides.of) != 2 {
		t.Errorf("%d are known", len(m.sides.of))
	}
	if s := fmt.Sprintf("%+v %+v", m.sides, m.Place("k", "himitsu", talk("himitsu", "x", "y"))); strings.Contains(s, "himitsu") || strings.Contains(s, "why") {
		t.Error(s)
	}
}

func TestWhatWasPrivateStaysSo(t *testing.T) {
	now := noon
	m := New(func() time.Time { return now })
	is := func(what string, want privacy.Level, session string, said ...string) {
		t.Helper()
		if l := m.Level(m.Place("k", session, talk(said...))); l != want {
			t.Errorf("%s: %q, want %q", what, l, want)
		}
	}
	m.Private(m.Place("k", "", talk("why?")), privacy.LevelRedact)
	is("the next turn", privacy.LevelRedact, "", "why?", "so", "and?")
	m.Private(m.Place("k", "", talk("why?", "so", "and?")), privacy.LevelLocal)
	is("stricter now", privacy.LevelLocal, "", "why?", "so", "and?", "yes", "really?")
	m.Private(m.Place("k", "", talk("why?", "so", "and?")), privacy.LevelRedact)
	is("and no milder again", privacy.LevelLocal, "", "why?", "so", "and?", "yes", "really?")
	is("one that begins so", "", "", "why?")
	is("another", "", "", "how?", "so", "and?")
	m.Private(m.Place("k", "s", talk("x")), privacy.LevelLocal)
	is("its session", privacy.LevelLocal, "s", "y")
	is("no session", "", "", "y")
	now = noon.Add(guard + time.Second)
	is("long after", "", "s", "y")
}

// What was private for words that stand over the conversation is so without them,
// and by those alone nothing is.
func TestPrivateWithoutItsSystemText(t *testing.T) {
	under := func(r *llm.Request, over ...llm.Message) *llm.Request {
		r.Messages = append(over, r.Messages[1:]...)
		return r
	}
	system, developer := llm.TextMessage(llm.RoleSystem, "a secret"), llm.TextMessage(llm.RoleDeveloper, "a secret")
	for _, over := range [][]llm.Message{{system}, {developer}, {system, developer}} {
		m := New(func() time.Time { return noon })
		m.Private(m.Place("k", "", under(talk("hi"), over...)), privacy.LevelLocal)
		for _, then := range [][]llm.Message{nil, {system}, {llm.TextMessage(llm.RoleSystem, "another")}, {system, system}} {
			if l := m.Level(m.Place("k", "", under(talk("hi", "A", "and?"), then...))); l != privacy.LevelLocal {
				t.Errorf("%v, then %v: %q", over, then, l)
			}
		}
		middle := talk("hi", "A", "and?")
		middle.Messages[0], middle.Messages[1] = middle.Messages[1], developer
		if l := m.Level(m.Place("k", "", middle)); l != privacy.LevelLocal {
			t.Errorf("%v, then between: %q", over, l)
		}
		if l := m.Level(m.Place("k", "", under(talk("bye", "A", "and?"), over...))); l != "" {
			t.Errorf("another under the same: %q", l)
		}
		if l := m.Level(m.Place("other", "", under(talk("hi", "A", "and?"), over...))); l != "" {
			t.Errorf("somebody else's: %q", l)
		}
	}
	m := New(func() time.Time { return noon })
	m.Private(m.Place("k", "", under(talk("hi"), system)), privacy.LevelLocal)
	hi := llm.TextMessage(llm.RoleUser, "hi")
	if l := m.Level(m.Place("k", "", under(talk(), hi, llm.TextMessage(llm.RoleUser, "are you there?")))); l != privacy.LevelLocal {
		t.Errorf("without an answer: %q", l)
	}
	if l := m.Level(m.Place("k", "", under(talk(), system, hi))); l != "" {
		t.Errorf("one that begins so: %q", l)
	}
	m = New(func() time.Time { return noon })
	m.Private(m.Place("k", "", under(talk(), system)), privacy.LevelLocal)
	for _, then := range []*llm.Request{under(talk(), llm.TextMessage(llm.RoleAssistant, "A"), llm.TextMessage(llm.RoleUser, "hi")), under(talk("hi", "A", "and?"))} {
		if l := m.Level(m.Place("k", "", then)); l != "" {
			t.Errorf("what began with nothing is every conversation: %q", l)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	m := New(func() time.Time { return noon })
	for i := range 2*guarded + 10 {
		p := Place{asked: uint64(i + 1), told: uint64(i + 1)}
		m.Answered(p, On{Side: "weak"})
		m.Private(p, privacy.LevelLocal)
	}
	if len(m.sides.of) > remembered || len(m.sides.order) > remembered || len(m.levels.of) > guarded || len(m.levels.order) > guarded {
		t.Errorf("%d and %d, %d and %d", len(m.sides.of), len(m.sides.order), len(m.levels.of), len(m.levels.order))
	}
	last := Place{asked: 1, before: []uint64{2*guarded + 10}, earlier: []uint64{2*guarded + 10}}
	if m.Find(last).Side != "weak" || m.Level(last) != privacy.LevelLocal {
		t.Error("the last one is forgotten")
	}
}

func BenchmarkPlace(b *testing.B) {
	r := talk(strings.Repeat("The kettle boils over the hearth. ", 60), "yes", "and then?")
	m := New(time.Now)
	for b.Loop() {
		p := m.Place("k", "", r)
		m.Find(p)
		m.Level(p)
	}
}
