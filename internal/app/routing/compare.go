package routing

import (
	"context"

	"irori/internal/app/routing/said"
	"irori/internal/eval/judge"
	"irori/internal/llm"
	"irori/internal/route/policy"
	"irori/internal/route/shadow"
	"irori/internal/store/routed"
)

// judgeTokens bounds what a judge says of two answers.
const judgeTokens = 256

// compare lets the route's judge say whether a local answer is as good as the
// cloud's, blind and in both orders; nil where the route has none.
func (r *Router) compare(x *policy.Route) shadow.Judge {
	name := x.Shadow.Judge.Name
	if name == "" {
		return nil
	}
	asks := r.asks(x)
	return func(ctx context.Context, req *llm.Request, weak, strong shadow.Answer) (v shadow.Verdict, ok bool, err error) {
		q := &Query{}
		q.Said = said.Read(&q.Asked, []*llm.Request{req}, nil)
		if len(weak.Calls)+len(strong.Calls) > 0 {
			return v, false, nil // calls are compared by what they are
		}
		c := judge.Case{Question: q.Last, Answer: weak.Text, Reference: strong.Text, Language: said.Language(q.Last)}
		most, cold := judgeTokens, float32(0)
		res, err := judge.Of(ctx, name, c, func(ctx context.Context, system, prompt string, try int) (string, error) {
			ask := &llm.Request{ID: req.ID, Messages: []llm.Message{llm.TextMessage(llm.RoleSystem, system), llm.TextMessage(llm.RoleUser, prompt)}, MaxTokens: &most}
			if try == 0 {
				ask.Sampling.Temperature = &cold
			}
			a, use, err := asks(ctx, name, ask, nil)
			if use != (routed.Use{}) {
				v.Used = sum(v.Used, use) // also where a later try fails
			}
			return a.Text, err
		})
		if err != nil {
			return v, false, err
		}
		switch res.State {
		case "right":
			v.Weak = 1
		case "wrong":
			v.Weak = 0
		default:
			return v, false, nil
		}
		return v, true, nil
	}
}

// judging is about what a route's judge takes, asked in both orders: the
// question with both answers, taken to be as long as the one that is known, and
// its instructions; none where there is no judge.
func (r *Router) judging(q *Query, answer *int) routed.Spent {
	name := q.Route.Shadow.Judge.Name
	if name == "" {
		return routed.Spent{}
	}
	const orders, instructions = 2, 256
	prompt, out := q.Tokens+instructions, judgeTokens
	if answer != nil {
		prompt += 2 * *answer
	}
	s := routed.Spent{Requests: 1, Tokens: int64(orders * (prompt + out))}
	if a := r.about(q, name); a.Price != nil {
		if cost, _ := a.Price(prompt, 0, out); cost != nil {
			s.Money = orders * *cost
		}
	}
	return s
}

// sum adds what two requests took; what one of them does not know is not known.
func sum(a, b routed.Use) routed.Use {
	if a == (routed.Use{}) {
		return b
	}
	add := func(x, y *int) *int {
		if x == nil || y == nil {
			return nil
		}
		n := *x + *y
		return &n
	}
	out := routed.Use{PromptTokens: add(a.PromptTokens, b.PromptTokens), OutputTokens: add(a.OutputTokens, b.OutputTokens), Currency: b.Currency}
	if a.Cost != nil && b.Cost != nil {
		c := *a.Cost + *b.Cost
		out.Cost = &c
	}
	return out
}
