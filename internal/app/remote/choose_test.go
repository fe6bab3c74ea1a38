package remote

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"irori/internal/fakellm"
	"irori/internal/gateway"
	"irori/internal/llm"
)

// asked is a gateway's request with headers, as far as a Set sees it.
func asked(t *testing.T, set *Set, name string, header map[string]string, reqs ...*llm.Request) *gateway.Lease {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	l, err := set.Lease(gateway.Asking(r, "chat", reqs), name)
	if err != nil || l == nil {
		t.Fatal(l, err)
	}
	return l
}

// TestPool checks that a pool's model goes to one of its servers that has it,
// that conversations stay with theirs, by header or by what they begin with,
// and that those of a server that is gone move.
func TestPool(t *testing.T) {
	servers := map[string]*httptest.Server{}
	var specs []Spec
	for _, n := range []string{"one", "two", "three"} {
		servers[n] = httptest.NewServer(fakellm.New(fakellm.Defaults()))
		defer servers[n].Close()
		specs = append(specs, Spec{Name: n, Kind: "openai", URL: servers[n].URL, Pool: "farm"})
	}
	set := New(specs, Queue{})
	defer set.Close(0)
	const name = "farm/fake-model"
	for _, h := range []string{"session-id", "X-Claude-Code-Session-Id", "x-session-affinity"} {
		first := asked(t, set, name, map[string]string{h: "s1"})
		// It is busy with that one; others would be free.
		for range 3 {
			l := asked(t, set, name, map[string]string{h: "s1"})
			if l.Name != first.Name || l.Model != "fake-model" || !strings.HasPrefix(l.Reason, "local: the one of the pool") {
				t.Errorf("%s: %s, then %s: %s", h, first.Name, l.Name, l.Reason)
			}
			l.Done()
		}
		if other := asked(t, set, name, map[string]string{h: "s2"}); other.Name == first.Name {
			t.Errorf("%s: another conversation goes to the busy one", h)
		} else {
			other.Done()
		}
		first.Done()
	}
	turn := func(more ...llm.Message) *llm.Request {
		return &llm.Request{Messages: append([]llm.Message{llm.TextMessage(llm.RoleSystem, "s"), llm.TextMessage(llm.RoleUser, "u")}, more...)}
	}
	first := asked(t, set, name, nil, turn())
	again := asked(t, set, name, nil, turn(llm.TextMessage(llm.RoleAssistant, "a"), llm.TextMessage(llm.RoleUser, "b")))
	if again.Name != first.Name {
		t.Errorf("a second turn goes to %s, the first went to %s", again.Name, first.Name)
	}
	first.Done()
	again.Done()
	gone := first.Name
	servers[gone].Close()
	for range 5 {
		if l := asked(t, set, name, nil, turn()); l.Name == gone {
			// Whoever is sent there finds out; nobody else is after a few.
			for _, err := range l.Backend.Generate(t.Context(), turn()) {
				if err != nil && llm.CodeOf(err) != llm.CodeUnreachable && llm.CodeOf(err) != llm.CodeUnavailable {
					t.Errorf("%v", err)
				}
			}
			l.Done()
		} else {
			l.Done()
		}
	}
	moved := asked(t, set, name, nil, turn())
	if moved.Name == gone {
		t.Error("a conversation stays with a server that is gone")
	}
	moved.Done()
	list := set.Models(context.Background())
	n := 0
	for _, m := range list {
		if m.ID == name && m.Loaded {
			n++
		}
	}
	if n != 1 {
		t.Errorf("the pool's model is listed %d times: %+v", n, list)
	}
	for _, x := range set.servers {
		if x.load.Load() != 0 {
			t.Errorf("%s has %d requests", x.spec.Name, x.load.Load())
		}
	}
}

// TestLimit checks that a server gets as many requests at once as it may, that
// the rest wait, and what is shown of that.
func TestLimit(t *testing.T) {
	set := New([]Spec{{Name: "up", Kind: "openai", URL: "http://127.0.0.1:1", MaxConcurrent: 2}}, Queue{Length: 1})
	defer set.Close(0)
	a, b := asked(t, set, "up/m", nil), asked(t, set, "up/m", nil)
	third := make(chan *gateway.Lease)
	go func() {
		l, err := set.Lease(t.Context(), "up/m")
		if err != nil {
			t.Error(err)
		}
		third <- l
	}()
	for set.waiting()["up"][""] == 0 {
	}
	if _, err := set.Lease(t.Context(), "up/m"); llm.CodeOf(err) != llm.CodeOverloaded {
		t.Errorf("a full queue takes one more: %v", err)
	}
	if l, err := set.Lease(gateway.Visiting(t.Context()), "up/m"); err != nil {
		t.Errorf("a visit waits: %v", err)
	} else {
		l.Done()
	}
	st := set.Status(t.Context())[0]
	if st.Running != 2 || st.Limit != 2 || st.Waiting[""] != 1 {
		t.Errorf("%+v", st)
	}
	a.Done()
	c := <-third
	if c.Waited == nil || *c.Waited <= 0 {
		t.Errorf("waited %v", c.Waited)
	}
	b.Done()
	c.Done()
}
