package remote

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/route/shield"
)

// Instead leases what answers in place of a lease that failed: the named ones
// in turn. Only who is named gets the request, so what is local goes to the
// cloud only where the settings say its name. nil where nobody is named.
func (s *Set) Instead(ctx context.Context, model string, names []string) func(context.Context, *llm.Error) *gateway.Lease {
	return s.instead(s.terms(ctx, false), model, names)
}

// instead is Instead by the terms of the request, which hold for all that may
// answer it.
func (s *Set) instead(t shield.Terms, model string, names []string) func(context.Context, *llm.Error) *gateway.Lease {
	if len(names) == 0 {
		return nil
	}
	return func(ctx context.Context, failed *llm.Error) *gateway.Lease {
		for i, name := range names {
			l := s.stand(ctx, t, name, model, fmt.Sprintf("failover (%s)", failed.Code))
			if l != nil {
				l.Next = s.instead(t, model, names[i+1:])
				return l
			}
		}
		return nil
	}
}

// stand leases one that is named to stand in; nil where it cannot now.
func (s *Set) stand(ctx context.Context, t shield.Terms, name, model, reason string) *gateway.Lease {
	who, own, named := strings.Cut(name, "/")
	i := slices.IndexFunc(s.servers, func(x *Server) bool { return x.spec.Name == who })
	if i >= 0 {
		if named {
			model = own
		}
		if s.servers[i].down() {
			return nil
		}
		l, err := s.lease(ctx, t, s.servers[i], model, reason)
		if err != nil {
			return nil // as below
		}
		return l
	}
	if s.Local == nil {
		return nil
	}
	l, err := s.Local(ctx, name)
	if err != nil {
		return nil // the next may do; the first one's error is told
	}
	l.Reason = "local: " + reason
	return l
}
