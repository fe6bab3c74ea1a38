package app

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"irori/internal/app/found"
	"irori/internal/app/keyring"
	"irori/internal/app/remote"
	"irori/internal/app/running"
	"irori/internal/app/shelf"
	"irori/internal/backend/embedded"
	"irori/internal/gateway"
	"irori/internal/gateway/oai"
	"irori/internal/llm"
	"irori/internal/power"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

// Status is what a server is doing.
type Status struct {
	URL     string    `json:"url"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Started time.Time `json:"started"`
	Energy  string    `json:"energy"`
	// Metered says that energy is measured here; IdleW is the power without
	// work, as it was measured at IdleAt.
	Metered bool      `json:"metered,omitempty"`
	IdleW   *float64  `json:"idle_w,omitempty"`
	IdleAt  time.Time `json:"idle_at,omitzero"`
	// LedgerFault says why nothing is served: requests cannot be recorded.
	LedgerFault string        `json:"ledger_fault,omitempty"`
	Models      []ModelStatus `json:"models"`
	// Backends are the other servers of the settings.
	Backends []remote.Status `json:"backends,omitempty"`
	// Found are engines of this machine that are no backends.
	Found []found.Engine `json:"found,omitempty"`
}

// ModelStatus is a model in memory.
type ModelStatus struct {
	Model        string `json:"model"`
	State        string `json:"state"`
	PID          int    `json:"pid,omitempty"`
	Quantization string `json:"quantization,omitempty"`
	Engine       string `json:"engine,omitempty"`
	Placement    string `json:"placement,omitempty"`
	Context      int    `json:"context,omitempty"`
	Parallel     int    `json:"parallel,omitempty"`
	Requests     int    `json:"requests"`
	// Places is how many requests may be in service, Waiting how many wait, by
	// key; those without one have the empty name.
	Places  int            `json:"places,omitempty"`
	Waiting map[string]int `json:"waiting,omitempty"`
	// MemoryBytes is what it takes of the memory for models.
	MemoryBytes int64     `json:"memory_bytes,omitempty"`
	Crashes     int       `json:"crashes"`
	FileBytes   int64     `json:"file_bytes,omitempty"`
	Since       time.Time `json:"since,omitzero"`
	Fault       string    `json:"fault,omitempty"`
	Default     bool      `json:"default"`
}

// routes are the endpoints that belong to no dialect.
func (s *server) routes() []gateway.Route {
	owner := func(f func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
		return func(w http.ResponseWriter, r *http.Request) error {
			if subtle.ConstantTimeCompare([]byte(r.Header.Get(running.Header)), []byte(s.run.Token)) != 1 {
				return llm.Errorf(llm.CodeForbidden, "only the owner of the home folder may do this")
			}
			return f(w, r)
		}
	}
	return []gateway.Route{
		{Pattern: "GET /healthz", Handle: s.health, Fail: oai.Fail, Open: true},
		{Pattern: "GET /metrics", Handle: s.metrics, Fail: oai.Fail, Manage: true},
		{Pattern: "GET /irori/v1/status", Handle: owner(s.status), Fail: oai.Fail, Open: true},
		{Pattern: "POST /irori/v1/stop", Handle: owner(s.askStop), Fail: oai.Fail, Open: true},
		{Pattern: "POST /irori/v1/unload", Handle: owner(s.unload), Fail: oai.Fail, Open: true},
		{Pattern: "POST /irori/v1/forget", Handle: owner(s.forgetAnswers), Fail: oai.Fail, Open: true},
		{Pattern: "POST /irori/v1/keys/renew", Handle: owner(s.renewKeys), Fail: oai.Fail, Open: true},
	}
}

// health says whether requests can be served: 200, or 503 with the reason.
func (s *server) health(w http.ResponseWriter, _ *http.Request) error {
	if err := s.ledger.Healthy(); err != nil {
		return llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger cannot be written").WithHint("irori doctor")
	}
	gateway.WriteJSON(w, http.StatusOK, []byte(`{"status":"ok"}`))
	return nil
}

func (s *server) metrics(w http.ResponseWriter, r *http.Request) error {
	s.ledger.metrics.Handler().ServeHTTP(w, r)
	return nil
}

func (s *server) status(w http.ResponseWriter, r *http.Request) error {
	st := Status{URL: s.run.URL, PID: s.run.PID, Version: Version, Started: s.run.Started, Energy: s.accounts.how(), Models: []ModelStatus{}}
	if err := s.ledger.Healthy(); err != nil {
		st.LedgerFault = err.Error()
	}
	method, _ := s.accounts.attribution.Basis()
	st.Metered = method == power.Measured
	if w, at, ok := s.accounts.attribution.Resting(); ok {
		st.IdleW, st.IdleAt = &w, at.UTC()
	}
	for _, it := range s.models.pool.List() {
		m := ModelStatus{Model: it.Name, State: "loading", Default: it.Name == s.run.Model, Places: it.Places, Waiting: it.Waiting, MemoryBytes: it.Bytes}
		if !it.Ready && !it.Loading {
			m.State = "waiting"
		}
		if it.Ready {
			b := it.Model.Status()
			m.State, m.PID, m.Engine, m.Placement = string(b.State), b.PID, b.Hello.Engine, b.Ready.Placement
			m.Context, m.Parallel, m.Requests, m.Crashes = b.Ready.Context, b.Ready.Parallel, b.InFlight, b.Crashes
			m.Quantization, m.FileBytes, m.Since = it.Model.quant, it.Model.bytes, it.Model.since.UTC()
			if b.Fault != nil {
				m.Fault = b.Fault.Error()
			}
		}
		st.Models = append(st.Models, m)
	}
	st.Backends, st.Found = s.models.remote.Status(r.Context()), s.env.found(r.Context())
	b, err := json.Marshal(st)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, b)
	return nil
}

func (s *server) askStop(w http.ResponseWriter, _ *http.Request) error {
	gateway.WriteJSON(w, http.StatusOK, []byte(`{"stopping":true}`))
	s.stop()
	return nil
}

// forgetAnswers drops what is in memory to be answered again.
func (s *server) forgetAnswers(w http.ResponseWriter, _ *http.Request) error {
	if s.again != nil {
		s.again.Forget()
	}
	gateway.WriteJSON(w, http.StatusOK, []byte(`{"forgotten":true}`))
	return nil
}

// renewKeys reads the keys again.
func (s *server) renewKeys(w http.ResponseWriter, _ *http.Request) error {
	if err := keyring.New(s.env.Home).Renew(s.guard); err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, []byte(`{"renewed":true}`))
	return nil
}

// unloaded is the answer to an unload.
type unloaded struct {
	Unloaded bool `json:"unloaded"`
	// Lifted says that the model was quarantined.
	Lifted bool `json:"quarantine_lifted,omitempty"`
}

func (s *server) unload(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query().Get("model")
	if s.models.remote.Lift(asked) {
		gateway.WriteJSON(w, http.StatusOK, []byte(`{"unloaded":true,"quarantine_lifted":true}`))
		return nil
	}
	name, _, err := s.models.canonical(asked)
	if err != nil {
		// A model that was removed from the disk, or whose files changed, has
		// its name in memory only.
		name = asked
	}
	out := unloaded{Unloaded: true, Lifted: s.models.inMemory()[name].State == string(embedded.StateQuarantined)}
	if !s.models.pool.Unload(name, s.opts.Grace) {
		// Whatever is the matter with it elsewhere, here is nothing to give up.
		return llm.Errorf(llm.CodeNotFound, "model %q is not in memory", shelf.Short(name)).WithHint("irori ps")
	}
	b, err := json.Marshal(out)
	if err != nil {
		return err
	}
	gateway.WriteJSON(w, http.StatusOK, b)
	return nil
}
