package affinity

import (
	"fmt"
	"testing"

	"irori/internal/llm"
)

func three() []Target { return []Target{{Name: "a"}, {Name: "b"}, {Name: "c"}} }

// TestConversationsStay checks that a conversation stays where it is however
// busy that is, moves where its server is down, and stays there then.
func TestConversationsStay(t *testing.T) {
	var table Table
	from := three()
	from[0].Load, from[1].Load = 3, 3
	i, kept := table.Choose("x", from)
	if i != 2 || kept {
		t.Fatalf("the least busy is c: %d %v", i, kept)
	}
	from[2].Load = 9
	if i, kept := table.Choose("x", from); i != 2 || !kept {
		t.Errorf("it left for %d", i)
	}
	from[2].Down, from[0].Load = true, 1
	if i, kept := table.Choose("x", from); i != 0 || kept {
		t.Errorf("its server is down, and it is with %d", i)
	}
	from[2].Down, from[0].Load = false, 20
	if i, kept := table.Choose("x", from); i != 0 || !kept {
		t.Errorf("it moved again, to %d", i)
	}
	if i, _ := table.Choose("", from); i != 1 {
		t.Errorf("without a key: %d", i)
	}
	if i, _ := table.Choose("x", nil); i != -1 {
		t.Errorf("of none: %d", i)
	}
	from[0].Down, from[1].Down, from[2].Down = true, true, true
	if i, _ := table.Choose("y", from); i < 0 {
		t.Error("where all are down, one of them has to say so")
	}
}

// TestSpread checks that keys spread evenly where all are equally busy, that
// what is forgotten is chosen again the same, and that the memory is bounded.
func TestSpread(t *testing.T) {
	var table, again Table
	count := map[int]int{}
	for k := range 3 * most {
		key := fmt.Sprint("session-", k)
		i, _ := table.Choose(key, three())
		count[i]++
		if j, _ := again.Choose(key, three()); i != j {
			t.Fatalf("%s is with %d and then with %d", key, i, j)
		}
	}
	for i := range 3 {
		if count[i] < most*9/10 || count[i] > most*11/10 {
			t.Errorf("%v", count)
		}
	}
	if len(table.known) != most || table.used.Len() != most {
		t.Errorf("%d are remembered", len(table.known))
	}
}

func conversation(system string, turns ...string) *llm.Request {
	r := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleSystem, system)}, Tools: []llm.Tool{{Name: "edit"}}}
	for i, t := range turns {
		role := llm.RoleUser
		if i%2 == 1 {
			role = llm.RoleAssistant
		}
		r.Messages = append(r.Messages, llm.TextMessage(role, t))
	}
	return r
}

// TestPrefix checks what makes a conversation: not its length, nor the line
// that an agent changes with each request.
func TestPrefix(t *testing.T) {
	first := Prefix(conversation("x-anthropic-billing-header: cc_version=1.abc; cch=123;\nyou are an agent", "hello"))
	second := Prefix(conversation("x-anthropic-billing-header: cc_version=1.abc; cch=999;\nyou are an agent", "hello", "hi", "edit the file"))
	if first != second || first == "" {
		t.Errorf("two turns of one conversation: %s, %s", first, second)
	}
	moved := conversation("you are an agent", "hello")
	moved.Messages[1].ToolCallID, moved.Messages[1].Name = "id-2", ""
	if Prefix(moved) != first {
		t.Error("the billing line or an id is part of the key")
	}
	for name, other := range map[string]*llm.Request{
		"another question": conversation("you are an agent", "good day"), "another system": conversation("you are a poet", "hello"),
	} {
		if Prefix(other) == first {
			t.Errorf("%s has the same key", name)
		}
	}
	if Prefix(&llm.Request{}) != "" {
		t.Error("nothing has a key")
	}
}
