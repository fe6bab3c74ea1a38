package remote

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"irori/internal/backend"
	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/telemetry"
)

// FirstName is the first model of the first server of the owner's own that
// answers, as BACKEND/MODEL; "" where none does. What a route calls a cloud is
// passed over.
func (s *Set) FirstName() string { return s.first(true, true) }

func (s *Set) first(local, uncalled bool) string {
	for _, x := range s.servers {
		x.mu.Lock()
		fault, models := x.fault, x.models
		x.mu.Unlock()
		if x.local != local || fault != nil {
			continue
		}
		for _, m := range models {
			if _, called := s.called(x, m.ID); !called || !uncalled {
				return x.spec.Name + "/" + m.ID
			}
		}
	}
	return ""
}

// First leases what stands for the local model where no model is here; nil
// where no server is the owner's own. It is never what a route calls a cloud.
func (s *Set) First(ctx context.Context) (*gateway.Lease, error) {
	if !slices.ContainsFunc(s.servers, func(x *Server) bool { return x.local }) {
		return nil, nil
	}
	name := s.FirstName()
	if name == "" {
		s.probeAll(ctx)
		name = s.FirstName()
	}
	if name == "" && s.first(true, false) != "" {
		return nil, llm.Errorf(llm.CodeUnavailable, "no model is here, and the routes call all that the local backends have a cloud").WithHint("irori up MODEL")
	}
	if name == "" {
		return nil, llm.Errorf(llm.CodeUnavailable, "no model is here, and no local backend has one now").WithHint("irori ps")
	}
	l, err := s.Lease(ctx, name)
	if l != nil {
		l.Reason = "local: the first model of backend " + l.Name
	}
	return l, err
}

// Default asks all servers, and names the model that stands for all: the first
// of a server of the owner's own, else of another, else what a route calls a
// cloud; "" where none answers.
func (s *Set) Default(ctx context.Context) string {
	s.probeAll(ctx)
	return cmp.Or(s.FirstName(), s.first(false, false), s.first(true, false))
}

// Placement says where requests are computed if not here.
func (s *Set) Placement() string {
	var all []string
	for _, x := range s.servers {
		all = append(all, x.spec.Name+" ("+x.spec.Kind+" at "+x.spec.URL+")")
	}
	return "other servers: " + strings.Join(all, ", ")
}

// Models lists the models of all servers that have answered once.
func (s *Set) Models(ctx context.Context) []gateway.ModelEntry {
	s.probeAll(ctx)
	var out []gateway.ModelEntry
	for _, x := range s.servers {
		x.mu.Lock()
		for _, m := range x.models {
			state := x.state()
			out = append(out, gateway.ModelEntry{
				ID: x.spec.Name + "/" + m.ID, Created: m.Created, OwnedBy: x.spec.Name, Loaded: state == string(backend.StateReady), State: state, Context: m.Context,
				Remote: remoteModel(x.spec.Name, m),
			})
		}
		x.mu.Unlock()
	}
	return append(out, s.groupModels()...)
}

func remoteModel(backend string, m Model) *gateway.RemoteModel {
	return &gateway.RemoteModel{Backend: backend, Model: m.ID, Images: m.Power.Images, Tools: m.Power.Tools, Embeds: m.Power.Embeds}
}

// Status is what a server is doing.
type Status struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	URL    string   `json:"url"`
	Route  string   `json:"route"`
	State  string   `json:"state"`
	Models []string `json:"models"`
	// Details are what is known of the models beyond their names.
	Details []Detail `json:"details,omitempty"`
	Priced  bool     `json:"priced"`
	Fault   string   `json:"fault,omitempty"`
	// Asked is when it was asked last how it is.
	Asked time.Time `json:"asked,omitzero"`
	// PID and Crashes are those of a server that is started from here.
	PID     int `json:"pid,omitempty"`
	Crashes int `json:"crashes,omitempty"`
	// Pool is the group that it belongs to. Running counts the requests in
	// service, Limit how many may be, Waiting those that wait, by key.
	Pool    string         `json:"pool,omitempty"`
	Running int            `json:"running"`
	Limit   int            `json:"max_concurrent,omitempty"`
	Waiting map[string]int `json:"waiting,omitempty"`
}

// Detail is what a server says of a model; what it does not say is absent.
type Detail struct {
	Model      string `json:"model"`
	Context    int    `json:"context,omitempty"`
	Images     *bool  `json:"images,omitempty"`
	Tools      *bool  `json:"tools,omitempty"`
	Embeddings *bool  `json:"embeddings,omitempty"`
}

// Status describes all servers.
func (s *Set) Status(ctx context.Context) []Status {
	s.probeAll(ctx)
	var out []Status
	waiting := s.waiting()
	for _, x := range s.servers {
		x.mu.Lock()
		st := Status{Name: x.spec.Name, Kind: x.spec.Kind, URL: x.spec.URL, Route: "cloud", State: x.state(), Models: []string{}, Priced: len(x.spec.Prices) > 0, Asked: x.asked.UTC()}
		if x.local {
			st.Route = "local"
		}
		st.Pool, st.Limit, st.Waiting, st.Running = x.spec.Pool, x.spec.MaxConcurrent, waiting[x.spec.Name], int(x.load.Load())
		for _, n := range st.Waiting {
			st.Running = max(st.Running-n, 0)
		}
		for _, m := range x.models {
			st.Models = append(st.Models, m.ID)
			if d := (Detail{m.ID, m.Context, m.Power.Images, m.Power.Tools, m.Power.Embeds}); d != (Detail{Model: m.ID}) {
				st.Details = append(st.Details, d)
			}
		}
		if x.fault != nil {
			st.Fault = x.fault.Error()
		}
		if x.child != nil {
			c := x.child.Status()
			if st.PID, st.Crashes = c.PID, c.Crashes; c.Fault != nil && st.State != stateReady {
				st.Fault = c.Fault.Error()
			}
		}
		x.mu.Unlock()
		out = append(out, st)
	}
	return out
}

// Up says of each server whether requests go to it, as it was when it was asked
// last.
func (s *Set) Up() map[string]bool {
	out := map[string]bool{}
	for _, x := range s.servers {
		x.mu.Lock()
		out[x.spec.Name] = x.state() == string(backend.StateReady)
		x.mu.Unlock()
	}
	return out
}

// Lists reports whether a server said that it has a model, or the settings give
// the model a price. It asks nobody.
func (s *Set) Lists(server, model string) bool {
	for _, x := range s.servers {
		if x.spec.Name != server {
			continue
		}
		if _, priced := x.spec.Prices[model]; priced && model != "*" {
			return true
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		return slices.ContainsFunc(x.models, func(m Model) bool { return m.ID == model })
	}
	return false
}

// Queues are what waits for the servers with a limit, and is with them.
func (s *Set) Queues() (out []telemetry.Queue) {
	if s.places == nil {
		return nil
	}
	for _, it := range s.places.List() {
		out = append(out, telemetry.Queue{Target: it.Name, Waiting: it.Waits, InService: it.Users})
	}
	return out
}

// Refused counts the requests that found the queue of a server full, or waited
// too long.
func (s *Set) Refused() int {
	if s.places == nil {
		return 0
	}
	return s.places.Counts().Refused
}

// waiting is how many wait for each server with a limit, by key.
func (s *Set) waiting() map[string]map[string]int {
	out := map[string]map[string]int{}
	if s.places != nil {
		for _, it := range s.places.List() {
			out[it.Name] = it.Waiting
		}
	}
	return out
}
