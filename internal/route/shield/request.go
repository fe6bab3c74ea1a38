package shield

import (
	"context"
	"encoding/json"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/privacy"
	"irori/internal/route/privacy/mask"
)

// request is a request of which nothing private leaves, and what puts the
// values back, nil where nothing was masked: then it is req itself.
func (g *guarded) request(ctx context.Context, req *llm.Request) (*llm.Request, *mask.Conversation, error) {
	var out *llm.Request
	conv, err := g.read(ctx, func(e editor) (err error) {
		out, err = g.walk(e, req)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	if conv == nil {
		return req, nil, nil
	}
	// The words of the client would take along what is masked here.
	out.Relay = nil
	return out, conv, nil
}

// walk takes every text of a request through an editor. Numbers, the model's name,
// and what is signed by a provider and opaque to all others, stay as they are.
func (g *guarded) walk(e editor, req *llm.Request) (*llm.Request, error) {
	r := *req
	if r.PromptTokens != nil {
		return nil, &unreadable{"token ids"}
	}
	e.take(served, g.named(r.Model))
	r.Prompt, r.User = e.take(prose, r.Prompt), e.take(id, r.User)
	r.Messages = make([]llm.Message, len(req.Messages))
	if req.Messages == nil {
		r.Messages = nil
	}
	for i := range req.Messages {
		if err := g.message(e, &r.Messages[i], req.Messages[i]); err != nil {
			return nil, err
		}
	}
	r.Tools = append([]llm.Tool(nil), req.Tools...)
	for i := range r.Tools {
		t := &r.Tools[i]
		t.Name, t.Description = e.take(fixed, t.Name), e.take(prose, t.Description)
		t.Parameters, t.Raw = raw(e, t.Parameters), raw(e, t.Raw)
	}
	r.ToolChoice.Name = e.take(fixed, r.ToolChoice.Name)
	r.Format.Schema, r.Format.Grammar = raw(e, r.Format.Schema), e.take(fixed, r.Format.Grammar)
	if req.TemplateArgs != nil {
		r.TemplateArgs = make(map[string]json.RawMessage, len(req.TemplateArgs))
		for name, v := range req.TemplateArgs {
			r.TemplateArgs[e.take(fixed, name)] = raw(e, v)
		}
	}
	e.take(fixed, req.Effort)
	r.Stop = make([]string, len(req.Stop))
	for i, s := range req.Stop {
		r.Stop[i] = e.take(prose, s)
	}
	for _, a := range req.Adapters {
		e.take(fixed, a.Name)
	}
	r.Sampling.DRYBreakers = append([]string(nil), req.Sampling.DRYBreakers...)
	for i, s := range r.Sampling.DRYBreakers {
		r.Sampling.DRYBreakers[i] = e.take(prose, s)
	}
	if req.Relay != nil {
		e.relay(req)
	}
	return &r, nil
}

func (g *guarded) message(e editor, to *llm.Message, m llm.Message) error {
	*to = m
	to.Parts = append([]llm.Part(nil), m.Parts...)
	var texts []string
	for _, p := range m.Parts {
		if p.Type == llm.PartText {
			texts = append(texts, p.Text)
		}
	}
	e.joined(texts)
	for i := range to.Parts {
		switch p := &to.Parts[i]; p.Type {
		case llm.PartText:
			p.Text = e.take(prose, p.Text)
		default:
			if g.terms.Shield == nil || g.terms.Shield.o.Images != privacy.Any {
				return &unreadable{"pictures"}
			}
			if !strings.HasPrefix(p.URL, "data:") {
				e.take(fixed, p.URL)
			}
		}
	}
	to.Reasoning, to.ToolCallID = e.take(prose, m.Reasoning), e.take(id, m.ToolCallID)
	to.Thoughts = append([]llm.Thought(nil), m.Thoughts...)
	for i := range to.Thoughts {
		t := &to.Thoughts[i]
		t.Text, t.Signature, t.Redacted = e.take(prose, t.Text), e.take(sealed, t.Signature), e.take(sealed, t.Redacted)
	}
	to.ToolCalls = append([]llm.ToolCall(nil), m.ToolCalls...)
	for i := range to.ToolCalls {
		c := &to.ToolCalls[i]
		c.ID, c.Name, c.Arguments = e.take(id, c.ID), e.take(fixed, c.Name), e.take(inJSON, c.Arguments)
	}
	if m.Role == llm.RoleTool {
		to.Name = e.take(fixed, m.Name)
	} else {
		to.Name = e.take(called, m.Name)
	}
	return nil
}

func raw(e editor, b json.RawMessage) json.RawMessage {
	if b == nil {
		return nil
	}
	return json.RawMessage(e.take(inJSON, string(b)))
}
