package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/body"
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
	// Hidden says that Model only stands for what was asked for, which holds
	// something private: no record has that.
	Hidden bool
	// Dialect is that of a Relay which passes there, empty for none.
	Dialect string
	// Local is false for a cloud provider; Here says that another program on
	// this machine computes.
	Local, Here bool
	// Currency is that of what a request will cost, "" where there is no
	// price; Metered says that its energy will be known.
	Currency string
	Metered  bool
	// Reason says why this backend and model answer; Note, where set, what was
	// done to the request before it left. Privacy is how strict that was.
	Reason, Privacy string
	Note            func() string
	// Policy names the route and the version of the policy that chose, Score is
	// what escalation was expected to bring; empty where nothing chose.
	Policy string
	Score  *float64
	// Held, where set, says how long the answer was held back to be judged.
	Held func() time.Duration
	// Ended, where set, is given the request's record once it is complete. It
	// must not make anybody wait.
	Ended func(*store.Record)
	// Account, where set, says what a request took by what was counted, in
	// place of the machine's meter: nil counts are not known.
	Account func(*llm.Usage) Account
	// Waited is how long the lease was waited for, nil where nothing is known
	// of that.
	Waited *time.Duration
	// Next, where set, gives what answers in place of this lease, which failed
	// with an error before any of its answer was relayed; nil where nothing is
	// left.
	Next func(context.Context, *llm.Error) *Lease
	Done func()
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
	// Remote is set where another server has the model.
	Remote *RemoteModel
}

// RemoteModel says where a model of another server is, and what it takes: nil
// is not known.
type RemoteModel struct {
	Backend, Model        string
	Images, Tools, Embeds *bool
}

// Ledger keeps one record per admitted request.
type Ledger interface {
	// Open records an admission. An error means that the request must not
	// be served.
	Open(rec *store.Record) error
	// Close records the end.
	Close(rec *store.Record) error
}

// Keeper keeps the bodies of requests. It must not make an answer wait.
type Keeper interface {
	Keep(*body.Body)
}

// Account is what a request took.
type Account struct {
	EnergyJ, EnergyLowJ, EnergyHighJ *float64
	// ActiveJ is without idle power; PrefillJ and DecodeJ are parts of EnergyJ.
	ActiveJ, PrefillJ, DecodeJ *float64
	// PowerW is the whole device's; PowerLowW and PowerHighW bound a modelled
	// one. Coverage is the part of the time that meters saw.
	PowerW, PowerLowW, PowerHighW, Coverage *float64
	Method                                  store.EnergyMethod
	Basis                                   string
	Cost, CostLow, CostHigh                 *float64
	Currency, PriceVersion                  string
}

// pay adds the money of another account at the same price. The sum has the
// bounds that both have.
func (a *Account) pay(b Account) {
	low, high := cmp.Or(b.Cost, b.CostLow), cmp.Or(b.Cost, b.CostHigh)
	if low == nil {
		return
	}
	if a.Cost != nil && b.Cost != nil {
		sum := *a.Cost + *b.Cost
		a.Cost = &sum
		return
	}
	sum := func(x, y *float64) *float64 {
		if x == nil || y == nil {
			return nil
		}
		return new(*x + *y)
	}
	a.CostHigh = sum(cmp.Or(a.Cost, a.CostHigh), high)
	// What is known of one is the least of both.
	a.CostLow = cmp.Or(sum(cmp.Or(a.Cost, a.CostLow), low), low)
	a.Cost, a.Currency, a.PriceVersion = nil, b.Currency, b.PriceVersion
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

// Library knows the models on disk, for dialects that manage them. Names are
// those that Pool.Lease takes.
type Library interface {
	// Stored lists them.
	Stored() ([]StoredModel, error)
	// Describe says all that is known of one: its Card is not nil.
	Describe(name string) (*StoredModel, error)
}

// StoredModel is a model on disk. What is not known is empty.
type StoredModel struct {
	Name     string
	Modified time.Time
	Bytes    int64
	// Digest is that of its first file, sha256:HEX.
	Digest string
	// Parent is the model that it was created from, where it has no files of
	// its own.
	Parent, Family, Quantization string
	Parameters                   uint64
	Context, Embedding           int
	Card                         *ModelCard
}

// ModelCard is what takes time to find out about a model.
type ModelCard struct {
	License, Template, System string
	// Defaults are sampling options in Ollama's words.
	Defaults json.RawMessage
	Messages []llm.Message
	// Facts are what the model's file says, by the names of its keys.
	Facts map[string]any
	// Chat, Tools, Thinking and Embeds say what it is made for.
	Chat, Tools, Thinking, Embeds bool
}

// Memory knows the loaded models.
type Memory interface {
	// Loaded lists them.
	Loaded() []LoadedModel
	// Keep says how long a model stays after its last use; nil leaves that to
	// the server. It is given up at once by 0.
	Keep(name string, idle *time.Duration)
}

// LoadedModel is a model in memory.
type LoadedModel struct {
	StoredModel
	// Expires is when it is given up if nobody uses it; zero where it stays.
	Expires time.Time
}

// Shelf changes what is on disk.
type Shelf interface {
	// Pull brings a model; progress is called now and then.
	Pull(ctx context.Context, name string, progress func(PullStep)) error
	// Copy gives a model a second name, Delete takes a name away.
	Copy(from, to string) error
	Delete(name string) error
	// Create gives a model another name with defaults of its own.
	Create(m Created) error
}

// PullStep is how far a pull is. Total is 0 where it is not known.
type PullStep struct {
	Phase, File, Digest string
	Done, Total         int64
}

// Created is a name that stands for a model with defaults: what requests leave
// open comes from it.
type Created struct {
	Name    string          `json:"name"`
	From    string          `json:"from"`
	System  string          `json:"system,omitempty"`
	License string          `json:"license,omitempty"`
	Options json.RawMessage `json:"options,omitempty"`
	// Messages stand in front of every conversation.
	Messages []llm.Message `json:"messages,omitempty"`
	// Adapters act where a request names none.
	Adapters []llm.Adapter `json:"adapters,omitempty"`
	Made     time.Time     `json:"made"`
}
