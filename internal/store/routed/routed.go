// Package routed holds what was decided of requests that chose between a weak
// (local) and a strong model, and what became of them: one entry a request,
// with labels that say how good either side's answer was.
//
// It has no text but where the owner of a request asked for it to be kept. It
// knows neither how decisions are made nor what is learnt of them, and no
// database: the types here are what both share.
package routed

import (
	"errors"
	"time"
)

// The sides that answer.
const (
	Weak   = "weak"
	Strong = "strong"
)

// When a decision was made: before generation, after the first tokens, or
// after the whole answer.
const (
	Before = "before"
	Prefix = "prefix"
	Answer = "answer"
)

// Treatments of privacy, as decided before anything else. Only what may go
// anywhere is ever shadowed.
const (
	LocalOnly = "local-only"
	Redact    = "redact"
	Any       = "any"
)

// The states of an audit: chosen by chance, both sides known, tried in vain (no
// label), or answered by both and judged by nobody.
const (
	Planned   = "planned"
	Audited   = "audited"
	Failed    = "failed"
	Undecided = "undecided"
)

// Target is one side as a policy names it.
type Target struct {
	Name         string `json:"name"`
	Model        string `json:"model,omitempty"`
	Quantization string `json:"quantization,omitempty"`
	// Template is a hash of what makes the prompt.
	Template string `json:"template,omitempty"`
}

// Use is what one side took. What is not known is nil.
type Use struct {
	PromptTokens *int     `json:"prompt_tokens,omitempty"`
	OutputTokens *int     `json:"output_tokens,omitempty"`
	Cost         *float64 `json:"cost,omitempty"`
	Currency     string   `json:"currency,omitempty"`
	EnergyJ      *float64 `json:"energy_j,omitempty"`
	Seconds      *float64 `json:"seconds,omitempty"`
}

// Entry is one routed request.
type Entry struct {
	// ID is the request's in the ledger, Key the virtual key's name.
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
	Key  string    `json:"key,omitempty"`
	// Route is the policy's name, Version its content's.
	Route   string `json:"route,omitempty"`
	Version string `json:"version,omitempty"`
	Weak    Target `json:"weak"`
	Strong  Target `json:"strong"`
	// Point is when it was decided, Reason why, in words.
	Point    string `json:"point,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Language string `json:"language,omitempty"`
	Group    string `json:"group,omitempty"`
	// Keyless says that it came without any key, where none was demanded.
	Keyless bool `json:"keyless,omitempty"`
	// Privacy is the treatment; an empty one counts as LocalOnly.
	Privacy string `json:"privacy,omitempty"`

	// Predictor is the version of what said PWeak and PStrong; Scorer that of
	// what made Doubt (higher means escalate), the predictor included.
	Predictor string             `json:"predictor,omitempty"`
	Scorer    string             `json:"scorer,omitempty"`
	PWeak     *float64           `json:"p_weak,omitempty"`
	PStrong   *float64           `json:"p_strong,omitempty"`
	Score     *float64           `json:"score,omitempty"`
	Doubt     *float64           `json:"doubt,omitempty"`
	Signals   map[string]float64 `json:"signals,omitempty"`
	// Flaw is what was plainly wrong with the local answer when it was judged.
	Flaw string `json:"flaw,omitempty"`
	// Base is the version of the predictor alone, without what was learnt since,
	// BaseWeak and BaseStrong what it said, also where it decided nothing.
	Base       string   `json:"base,omitempty"`
	BaseWeak   *float64 `json:"base_p_weak,omitempty"`
	BaseStrong *float64 `json:"base_p_strong,omitempty"`
	// Propensity is the probability with which the strong model was asked by
	// choice, an audit not counted; WeakPropensity that of the weak one, 1
	// where the decision came after its answer.
	Propensity     *float64 `json:"propensity,omitempty"`
	WeakPropensity *float64 `json:"w_propensity,omitempty"`
	// Answered is the side whose answer the client got. WeakAsked says that
	// the weak model had answered too, and was passed over.
	Answered  string `json:"answered,omitempty"`
	WeakAsked bool   `json:"weak_asked,omitempty"`
	// Promise names the calibration that the decision stood on, if any.
	Promise string `json:"promise,omitempty"`
	Failure string `json:"failure,omitempty"`

	UsedWeak   Use `json:"used_weak,omitzero"`
	UsedStrong Use `json:"used_strong,omitzero"`

	// Audit is the state of the audit, "" where chance chose none; Share is the
	// probability with which it was to be chosen.
	Audit string   `json:"audit,omitempty"`
	Share *float64 `json:"audit_share,omitempty"`
	// AuditWhy says what a failed audit failed by: an error's code, or a few
	// fixed words, since what servers say may hold the text.
	AuditWhy string `json:"audit_why,omitempty"`
	// Seq numbers what was audited in the order in which that ended.
	Seq int64 `json:"-"`

	// Turn recognises a later request of the same conversation.
	Turn Turn `json:"turn,omitzero"`
	// Features stand for the question, as feature.Vector.Kept writes them.
	Features []byte `json:"-"`
	// Question is the text, only where the owner wants it kept.
	Question string `json:"-"`
}

// Turn is where a request stands in its conversation, in hashes.
type Turn struct {
	// Before is all up to the last turn, Asked that with the last turn.
	Before string `json:"before,omitempty"`
	Asked  string `json:"asked,omitempty"`
	// Answered says that there was an answer of a model before the last turn.
	Answered bool `json:"answered,omitempty"`
	// On is the side that had answered the conversation before, Again why it was
	// decided anew all the same: what the request says of that answer (retry,
	// edit, tool, call), or what became of it (escalated, failover).
	On    string `json:"on,omitempty"`
	Again string `json:"again,omitempty"`
}

// Label says how good one side's answer was.
type Label struct {
	ID   string `json:"id"`
	Side string `json:"side"`
	// Source is who says so; of one source the last word counts.
	Source string  `json:"source"`
	Score  float64 `json:"score"`
	// Weight is how far it is trusted, from 0 to 1.
	Weight float64   `json:"weight"`
	Time   time.Time `json:"time"`
	// By is the key that said it, "" for the owner and for what was observed.
	By      string `json:"by,omitempty"`
	Comment string `json:"comment,omitempty"`
}

// Row is an entry with what was said of it.
type Row struct {
	Entry
	Labels []Label `json:"labels,omitempty"`
}

// Which chooses rows: all that pass every condition that is set.
type Which struct {
	ID, Key string
	// Since is inclusive, Before exclusive.
	Since, Before time.Time
	// After keeps what was audited later than a Seq, in that order; Audited
	// keeps what was audited, judged or not.
	After   int64
	Audited bool
	// Labelled keeps rows with a label.
	Labelled bool
	// Newest keeps so many of the last ones; 0 is all.
	Newest int
	// Lean leaves features and texts out.
	Lean bool
}

// Change is one thing to write; one of its members is set.
type Change struct {
	Entry *Entry
	Label *Label
	Used  *Used
	Audit *Audit
	// Unlabel takes the labels of a source from a request.
	Unlabel *Unlabel
}

// Used is what one side took, known later than the entry.
type Used struct {
	ID, Side string
	Use      Use
}

// Audit is a new state of a request's audit.
type Audit struct {
	ID, State string
	// Why says of a failed one what it failed by.
	Why string
}

// Unlabel names labels to take away.
type Unlabel struct{ ID, Source string }

// Spent is what audits took on one day.
type Spent struct {
	Requests int     `json:"requests"`
	Tokens   int64   `json:"tokens"`
	Money    float64 `json:"money"`
}

// ErrNone says that no such request was routed.
var ErrNone = errors.New("no such request was routed")
