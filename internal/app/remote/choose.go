package remote

import (
	"context"
	"slices"
	"time"

	"irori/internal/backend"
	"irori/internal/gateway"
	"irori/internal/pool"
	"irori/internal/pool/affinity"
)

// Queue says how requests wait for servers that have a limit.
type Queue struct {
	// Length bounds how many wait for one, Wait for how long; 0 as in
	// pool.Options.
	Length int
	Wait   time.Duration
}

// place is a server as a pool of places sees it: always there.
type place struct{ x *Server }

// Close does nothing: the server is somebody else's.
func (place) Close(time.Duration) {}

// Dead is never so; who is unreachable answers so.
func (place) Dead() bool { return false }

// newPlaces makes the queue before servers with a limit, nil where none has.
func (s *Set) newPlaces(q Queue) *pool.Pool[place] {
	if !slices.ContainsFunc(s.servers, func(x *Server) bool { return x.spec.MaxConcurrent > 0 }) {
		return nil
	}
	return pool.New(pool.Options[place]{
		Load: func(_ context.Context, name string) (place, error) {
			i := slices.IndexFunc(s.servers, func(x *Server) bool { return x.spec.Name == name })
			return place{s.servers[i]}, nil
		},
		Shape: func(p place) pool.Shape { return pool.Shape{Places: p.x.spec.MaxConcurrent} },
		Max:   -1, Turn: q.Wait, Length: q.Length,
	})
}

// enter waits for a place of a server, where it has a limit; leave gives it
// back.
func (s *Set) enter(ctx context.Context, x *Server) (waited *time.Duration, leave func(), err error) {
	c := gateway.CallerOf(ctx)
	x.load.Add(1)
	out := func() { x.load.Add(-1) }
	if x.spec.MaxConcurrent <= 0 || c.Visit {
		return nil, out, nil
	}
	use, err := s.places.Lease(ctx, pool.Want{Name: x.spec.Name, Key: c.Key, Priority: c.Priority})
	if err != nil {
		out()
		return nil, nil, err
	}
	return &use.Waited, func() { out(); use.Done() }, nil
}

// choose picks a server of a group for a request, names those that may stand in
// for it, and says why that one.
func (s *Set) choose(ctx context.Context, group []*Server, model string) (x *Server, instead []string, why string) {
	var able []*Server
	for _, x := range group {
		if x.has(model) {
			able = append(able, x)
		}
	}
	if len(able) == 0 {
		able = group // it says itself that it has no such model
	}
	if len(able) == 1 {
		return able[0], able[0].spec.Failover, "the only one of the pool with the model"
	}
	c := gateway.CallerOf(ctx)
	key := c.Session
	for _, r := range c.Requests {
		if key != "" {
			break
		}
		key = affinity.Prefix(r)
	}
	if key != "" {
		// Keys of others are other conversations, whatever they are called.
		key = c.Key + "\x00" + model + "\x00" + key
	}
	from := make([]affinity.Target, len(able))
	for i, x := range able {
		from[i] = affinity.Target{Name: x.spec.Name, Load: int(x.load.Load()), Down: x.down() || x.up.State() != backend.StateReady}
	}
	i, kept := s.talks.Choose(key, from)
	for j, t := range from {
		if j != i && !t.Down {
			instead = append(instead, t.Name)
		}
	}
	instead = append(instead, able[i].spec.Failover...)
	if kept {
		return able[i], instead, "the one of the pool that has the conversation"
	}
	return able[i], instead, "the least busy of the pool"
}

// has reports whether a server has a model, or may have it.
func (x *Server) has(model string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.models) == 0 || slices.ContainsFunc(x.models, func(m Model) bool { return m.ID == model })
}

// groupModels are the models of groups, each once.
func (s *Set) groupModels() []gateway.ModelEntry {
	var out []gateway.ModelEntry
	for _, x := range s.servers {
		if x.spec.Pool == "" {
			continue
		}
		x.mu.Lock()
		for _, m := range x.models {
			e := gateway.ModelEntry{ID: x.spec.Pool + "/" + m.ID, Created: m.Created, OwnedBy: x.spec.Pool, Context: m.Context, Remote: remoteModel(x.spec.Pool, m)}
			e.State = x.state()
			e.Loaded = e.State == string(backend.StateReady)
			i := slices.IndexFunc(out, func(o gateway.ModelEntry) bool { return o.ID == e.ID })
			switch {
			case i < 0:
				out = append(out, e)
			case e.Loaded && !out[i].Loaded:
				out[i] = e
			}
		}
		x.mu.Unlock()
	}
	return out
}

// serversOf finds the servers that a name before the slash stands for: one, or
// those of a group.
func (s *Set) serversOf(who string) (out []*Server) {
	for _, x := range s.servers {
		if x.spec.Name == who {
			return []*Server{x}
		}
		if x.spec.Pool == who && who != "" {
			out = append(out, x)
		}
	}
	return out
}
