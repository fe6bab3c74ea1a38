package measure

import (
	"context"
	"encoding/json"
	"fmt"

	"irori/internal/eval/code"
	"irori/internal/eval/task"
	"irori/internal/eval/verdict"
)

// ran runs the program in an answer, against the tests among the item's
// checks.
func ran(ctx context.Context, it task.Item, answer string) (verdict.Verdict, error) {
	var asked code.Item
	if err := json.Unmarshal(it.Checks, &asked); err != nil {
		return verdict.Verdict{}, fmt.Errorf("the tests of item %s cannot be read: %w", it.ID, err)
	}
	v, err := code.Judge(ctx, asked, answer)
	out := verdict.Verdict{State: verdict.State(v.State), Why: v.Why}
	if v.Parsed != nil {
		out.Parsed = *v.Parsed
	}
	return out, err
}
