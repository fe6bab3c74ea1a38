package backend

import "irori/internal/llm"

// Power is what a server says that a model of it can. Nil is not known.
type Power struct {
	// Context is 0 where it is not known.
	Context               int
	Images, Tools, Embeds *bool
}

// Over is p with what another knows better.
func (p Power) Over(q Power) Power {
	if q.Context > 0 {
		p.Context = q.Context
	}
	for _, f := range []struct{ to, from **bool }{{&p.Images, &q.Images}, {&p.Tools, &q.Tools}, {&p.Embeds, &q.Embeds}} {
		if *f.from != nil {
			*f.to = *f.from
		}
	}
	return p
}

// Check refuses a request that holds what a model is known not to take.
func (p Power) Check(u *Upstream, r *llm.Request) error {
	if p.Images == nil || *p.Images {
		return nil
	}
	for _, m := range r.Messages {
		if m.HasImage() {
			return llm.Errorf(llm.CodeUnsupported, "model %s of backend %s takes no images", r.Model, u.Name()).
				WithParam("messages").WithHint("irori ps --json shows what the models can")
		}
	}
	return nil
}
