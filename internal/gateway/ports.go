package gateway

import (
	"context"

	"irori/internal/llm"
	"irori/internal/store"
)

// Pool gives out loaded models.
type Pool interface {
	// Lease returns a model ready to answer, loading it where needed. The
	// caller must call Done.
	Lease(ctx context.Context, model string) (*Lease, error)
	// Models lists what can be asked for.
	Models(ctx context.Context) ([]ModelEntry, error)
}

// Lease is the right to use a loaded model until Done.
type Lease struct {
	Backend llm.Backend
	// Name is the backend's name, Engine what computes, with its version.
	Name, Engine string
	// Model is the model's own name, Quantization how it is stored.
	Model, Quantization string
	// Local is false for a cloud provider.
	Local bool
	// Reason says why this backend and model answer.
	Reason string
	Done   func()
}

// ModelEntry describes a model that can be asked for.
type ModelEntry struct {
	ID      string
	Created int64
	OwnedBy string
	Loaded  bool
	// State is what a model in memory is doing, in the words of irori ps;
	// empty for others.
	State        string
	Context      int
	Quantization string
}

// Ledger keeps one record per admitted request.
type Ledger interface {
	// Open records an admission. An error means that the request must not
	// be served.
	Open(rec *store.Record) error
	// Close records the end.
	Close(rec *store.Record) error
}

// Account is what a request took.
type Account struct {
	EnergyJ, EnergyLowJ, EnergyHighJ *float64
	Method                           store.EnergyMethod
	Basis                            string
	Cost, CostLow, CostHigh          *float64
	Currency, PriceVersion           string
}

// Meter attributes energy and money to requests.
type Meter interface {
	Begin(id string)
	End(id string) Account
}

// Observer sees finished records: the metrics.
type Observer interface {
	Admitted(rec *store.Record)
	Finished(rec *store.Record)
}
