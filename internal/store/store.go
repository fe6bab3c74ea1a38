package store

import (
	"context"
	"errors"
	"iter"
	"time"
)

// The errors of Get and List.
var (
	// ErrNotFound says that no record has that id or prefix.
	ErrNotFound = errors.New("no such record")
	// ErrAmbiguous says that several records share the prefix.
	ErrAmbiguous = errors.New("several records begin like this")
)

// Store keeps finished records. It is safe for concurrent use.
type Store interface {
	// Put keeps records, all or none. A record with a known id replaces the
	// older one, so that a journal can be replayed, except that one with
	// error code "interrupted" never replaces another.
	Put(ctx context.Context, recs []Record) error
	// Get returns the record with this id, or the only one whose id begins
	// like this; ErrNotFound or ErrAmbiguous otherwise.
	Get(ctx context.Context, idOrPrefix string) (Record, error)
	// List yields records that pass the filter; an error ends it.
	List(ctx context.Context, f Filter) iter.Seq2[Record, error]
	// Sums adds up the records that pass the query's filter.
	Sums(ctx context.Context, q SumQuery) ([]Sum, error)
	// Close releases what the store holds.
	Close() error
}

// Filter chooses records. Its zero value passes all, newest first.
type Filter struct {
	// Since is inclusive, Until exclusive; zero is no bound.
	Since, Until time.Time
	// Model is compared with the record's model, not with the requested one.
	Model  string
	Status Status
	// Keys, where there are any, are the keys whose requests pass.
	Keys []string
	// Limit is how many at most; 0 is all.
	Limit int
	// After is the id of the last record already seen: List goes on behind
	// it, and yields ErrNotFound where it is gone.
	After string
	// OldestFirst turns the order round.
	OldestFirst bool
}

// SumQuery says what to add up and by what. Limit, After and OldestFirst of
// the filter are not used.
type SumQuery struct {
	Filter
	// ByModel, ByDay and ByKey give one sum each per model, day and key.
	ByModel, ByDay, ByKey bool
	// Zone is where days begin; nil is UTC.
	Zone *time.Location
}

// Sum is what several records took together. Energy is kept apart by method:
// a measured joule and a modelled one are different things. A sum of which
// no part is known is nil.
type Sum struct {
	// Model, Day ("2006-01-02") and Key are set where the query groups by them.
	Model string `json:"model,omitempty"`
	Day   string `json:"day,omitempty"`
	Key   string `json:"key,omitempty"`

	Requests  int64 `json:"requests"`
	Errors    int64 `json:"errors"`
	Cancelled int64 `json:"cancelled"`

	PromptTokens    *int64 `json:"prompt_tokens,omitempty"`
	CachedTokens    *int64 `json:"cached_tokens,omitempty"`
	OutputTokens    *int64 `json:"output_tokens,omitempty"`
	ReasoningTokens *int64 `json:"reasoning_tokens,omitempty"`

	// Energy has an entry per method that occurs.
	Energy map[EnergyMethod]EnergySum `json:"energy,omitempty"`
	// Cost has an entry per currency.
	Cost map[string]CostSum `json:"cost,omitempty"`
	// Charged is what budgets count, by currency: the cost, or its upper
	// bound where a record has only bounds.
	Charged map[string]float64 `json:"-"`
}

// EnergySum is energy of one method. LowJ and HighJ take the figure itself
// where a record has no interval.
type EnergySum struct {
	Requests int64   `json:"requests"`
	Joules   float64 `json:"energy_j"`
	LowJ     float64 `json:"energy_low_j"`
	HighJ    float64 `json:"energy_high_j"`
}

// CostSum is money in one currency. Low and High take the figure itself where
// a record has no interval.
type CostSum struct {
	Requests int64   `json:"requests"`
	Amount   float64 `json:"cost"`
	Low      float64 `json:"cost_low"`
	High     float64 `json:"cost_high"`
}
