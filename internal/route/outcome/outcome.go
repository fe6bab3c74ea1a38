package outcome

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"irori/internal/lines"
	"irori/internal/llm"
)

// maxLine bounds a record.
const maxLine = 16 << 20

// Record is one question with the scores that two models got for it, each from
// 0 (wrong) to 1 (right). What is not known is nil: a router sees only what its
// own decision or an audit revealed.
type Record struct {
	Question string   `json:"q,omitempty"`
	Weak     *float64 `json:"w,omitempty"`
	Strong   *float64 `json:"s,omitempty"`
	// Group is a category or a cluster, for leave-groups-out splits only: it is
	// never a feature.
	Group string `json:"g,omitempty"`

	// ID is the request's in the ledger, Route the policy that decided and its
	// version, Predictor the version of what it asked.
	ID        string     `json:"id,omitempty"`
	Time      *time.Time `json:"time,omitempty"`
	Language  string     `json:"language,omitempty"`
	Route     string     `json:"route,omitempty"`
	Predictor string     `json:"predictor,omitempty"`
	// Point is when it was decided: before, prefix or answer. Template is what
	// made the local model's prompt.
	Point     string `json:"point,omitempty"`
	Template  string `json:"template,omitempty"`
	WeakModel string `json:"w_model,omitempty"`
	// Quantization is the local model's, Scorer the version of what made the
	// doubt.
	Quantization string `json:"w_quantization,omitempty"`
	Scorer       string `json:"scorer,omitempty"`
	StrongModel  string `json:"s_model,omitempty"`
	// Answered says whose answer the client got: w or s. Audited records are
	// those where chance had the other side asked too: on them alone promises
	// are calibrated.
	Answered string `json:"answered,omitempty"`
	Audited  bool   `json:"audited,omitempty"`
	// Unjudged says of an audit that chance chose and that told no score what
	// became of it: undecided (both answered, and nobody could judge), failed, or
	// planned (it waits, or the server stopped).
	Unjudged string `json:"unjudged,omitempty"`

	// WeakSource and StrongSource say where a score is from (feedback, test,
	// schema, retry, edit, shadow_judge, verifier), Weight how far it is
	// trusted, from 0 to 1; absent is wholly.
	WeakSource   string   `json:"w_source,omitempty"`
	StrongSource string   `json:"s_source,omitempty"`
	WeakWeight   *float64 `json:"w_weight,omitempty"`
	StrongWeight *float64 `json:"s_weight,omitempty"`

	// WeakChance and StrongChance are what the predictor said, Doubt what the
	// cascade said of the local answer, Signals what that was made of.
	WeakChance   *float64           `json:"p_weak,omitempty"`
	StrongChance *float64           `json:"p_strong,omitempty"`
	Doubt        *float64           `json:"doubt,omitempty"`
	Signals      map[string]float64 `json:"signals,omitempty"`
	// Flaw is what was plainly wrong with the local answer when it was judged.
	Flaw string `json:"flaw,omitempty"`
	// Features stand for a question that is not kept: those who extract them
	// know what is in there.
	Features json.RawMessage `json:"features,omitempty"`

	// Propensity is the probability with which S, the strong model's score,
	// was to be revealed, by choosing that model or by an audit;
	// WeakPropensity that of W. Where answers are judged in audits alone, both
	// are the audit's. Absent, the latter is 1 where it is decided after the
	// weak model's answer, and else 1 − Propensity. Scores from people, whom
	// nothing draws, have none.
	Propensity     *float64 `json:"propensity,omitempty"`
	WeakPropensity *float64 `json:"w_propensity,omitempty"`
	// ChoiceChance is the probability with which the strong model was asked by
	// choice, AuditChance that of an audit, in which alone both answers are
	// judged: where either is there, see Drawn.
	ChoiceChance *float64 `json:"p_choice,omitempty"`
	AuditChance  *float64 `json:"p_audit,omitempty"`

	// WeakTokens and StrongTokens count the tokens of the answers, PromptTokens
	// those of what was read, Params the parameters that work on a token, Cost,
	// Energy and Flops what either side took: figures that need them are absent
	// without.
	WeakTokens         *float64 `json:"w_tokens,omitempty"`
	StrongTokens       *float64 `json:"s_tokens,omitempty"`
	WeakPromptTokens   *float64 `json:"w_prompt_tokens,omitempty"`
	StrongPromptTokens *float64 `json:"s_prompt_tokens,omitempty"`
	WeakParams         *float64 `json:"w_params,omitempty"`
	StrongParams       *float64 `json:"s_params,omitempty"`
	WeakCost           *float64 `json:"w_cost,omitempty"`
	StrongCost         *float64 `json:"s_cost,omitempty"`
	WeakJoules         *float64 `json:"w_energy_j,omitempty"`
	StrongJoules       *float64 `json:"s_energy_j,omitempty"`
	WeakFlops          *float64 `json:"w_flops,omitempty"`
	StrongFlops        *float64 `json:"s_flops,omitempty"`

	// Line is where the record stands in its file, from 1.
	Line int `json:"-"`
	// WeakSure says of a record that was Drawn that the weak model was asked
	// for certain, an audit or not.
	WeakSure bool `json:"-"`
}

// Need says which members a reader cannot do without.
type Need int

// The needs: the question alone, the scores of both models too, or neither: a
// log holds scores that were revealed, and questions where they may be kept.
// Replayed needs what Scores does of lines that are not a log's.
const (
	Questions Need = iota
	Scores
	Logged
	Replayed
	// Trained is Logged, of lines that each tell their question.
	Trained
)

// Hint shows people what a line is.
const Hint = `a line is an object such as {"q": "…", "w": 0, "s": 1}`

// Read reads JSON Lines, packed by gzip or not. Members that are not known are
// passed over, empty lines too. An error names the file, the line and the
// member.
func Read(file string, r io.Reader, need Need) ([]Record, error) {
	in := lines.New(lines.Unpacked(r), maxLine)
	var out []Record
	ids, once := map[string]int{}, need == Logged
	for n, line := range in.All() {
		rec, why := parse(line, need)
		if first, again := ids[rec.ID]; again && once && why == "" {
			why = fmt.Sprintf("id is %.64q, which line %d has: a request counts once", rec.ID, first)
		}
		if rec.ID != "" {
			ids[rec.ID] = n
		}
		if why != "" {
			return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", file, n, why).WithHint(Hint)
		}
		rec.Line = n
		out = append(out, rec)
	}
	if n, err := in.Err(); err != nil {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", file, n, err).WithHint(Hint)
	}
	return out, nil
}

// core are the members that every file of outcomes may have. A wrong one is an
// error anywhere; what else a log holds is checked where a log is read, and
// elsewhere passed over: others have members of the same names.
type core struct {
	Question     *string  `json:"q"`
	Weak         *float64 `json:"w"`
	Strong       *float64 `json:"s"`
	Group        string   `json:"g"`
	WeakTokens   *float64 `json:"w_tokens"`
	StrongTokens *float64 `json:"s_tokens"`
	WeakCost     *float64 `json:"w_cost"`
	StrongCost   *float64 `json:"s_cost"`
	WeakJoules   *float64 `json:"w_energy_j"`
	StrongJoules *float64 `json:"s_energy_j"`
	Propensity   *float64 `json:"propensity"`
}

func (c core) record() Record {
	r := Record{
		Weak: c.Weak, Strong: c.Strong, Group: c.Group, WeakTokens: c.WeakTokens, StrongTokens: c.StrongTokens, WeakCost: c.WeakCost,
		StrongCost: c.StrongCost, WeakJoules: c.WeakJoules, StrongJoules: c.StrongJoules, Propensity: c.Propensity,
	}
	if c.Question != nil {
		r.Question = *c.Question
	}
	return r
}

// parse reads a line; why says what is wrong with it.
func parse(line []byte, need Need) (rec Record, why string) {
	var c core
	if why = Damaged(line); why != "" {
		return rec, why
	}
	if line, why = own(line, need); why != "" {
		return rec, why
	}
	if need == Questions {
		return question(line)
	}
	if err := json.Unmarshal(line, &c); err != nil {
		return rec, misfit(err)
	}
	rec = c.record()
	asked := need == Trained
	if asked {
		need = Logged
	}
	if need == Replayed {
		need = Scores
		if why = weighed(line); why != "" {
			return rec, why
		}
		var l struct {
			Answered  string `json:"answered"`
			WeakModel string `json:"w_model"`
		}
		// Others have members of the same names: theirs are not a log's.
		if json.Unmarshal(line, &l) == nil && (l.Answered != "" || l.WeakModel != "") {
			need = Logged
		}
	}
	switch {
	case c.Question == nil && need != Logged:
		return rec, "q, the question, is missing"
	case need == Scores && c.Weak == nil:
		return rec, "w, the score of a model from 0 to 1, is missing"
	case need == Scores && c.Strong == nil:
		return rec, "s, the score of a model from 0 to 1, is missing"
	}
	if why = rec.wrong(); why != "" {
		return rec, why
	}
	var whole Record
	err := json.Unmarshal(line, &whole)
	if err == nil {
		why = whole.wrong()
	} else {
		why = misfit(err)
	}
	switch {
	case why == "" && asked && whole.Question == "" && len(whole.Features) == 0:
		return whole, "q, the question, is missing, and so are features in its place"
	case why == "" && asked && whole.impossible() != "":
		return whole, whole.impossible()
	case why == "":
		return whole, ""
	case need == Logged:
		return whole, why
	}
	return rec, ""
}

// weighed says what of how a line counts, and when it was, cannot be: a replay
// weighs and orders by that, whoever wrote it.
func weighed(line []byte) string {
	var l struct {
		Time           *time.Time `json:"time"`
		WeakWeight     *float64   `json:"w_weight"`
		StrongWeight   *float64   `json:"s_weight"`
		WeakPropensity *float64   `json:"w_propensity"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return misfit(err)
	}
	r := Record{WeakWeight: l.WeakWeight, StrongWeight: l.StrongWeight, WeakPropensity: l.WeakPropensity}
	return r.wrong()
}

// question reads a line of which the question alone is wanted: whatever else is
// there is another's, and need not be what outcomes have.
func question(line []byte) (rec Record, why string) {
	var c struct {
		Question *string `json:"q"`
	}
	switch err := json.Unmarshal(line, &c); {
	case err != nil:
		return rec, misfit(err)
	case c.Question == nil:
		return rec, "q, the question, is missing"
	}
	var whole Record
	if json.Unmarshal(line, &whole) == nil && whole.wrong() == "" {
		return whole, ""
	}
	return Record{Question: *c.Question}, ""
}

// wrong says which member cannot be as it is.
func (r *Record) wrong() string {
	for _, m := range r.shares() {
		if m.value != nil && !(*m.value >= 0 && *m.value <= 1) {
			return fmt.Sprintf("%s must be from 0 to 1, not %g", m.name, *m.value)
		}
	}
	for _, m := range r.amounts() {
		if m.value != nil && !(*m.value >= 0 && !math.IsInf(*m.value, 0)) {
			return fmt.Sprintf("%s must not be negative, as %g is", m.name, *m.value)
		}
	}
	switch {
	case r.Answered != "" && r.Answered != "w" && r.Answered != "s":
		return fmt.Sprintf("answered must be w or s, not %q", r.Answered)
	case r.Unjudged != "" && !slices.Contains([]string{"undecided", "failed", "planned"}, r.Unjudged):
		return fmt.Sprintf("unjudged must be undecided, failed or planned, not %q", r.Unjudged)
	case r.Unjudged != "" && r.Audited:
		return "audited is true, and unjudged says that nobody judged it"
	case r.Point != "" && r.Point != "before" && !r.After():
		return fmt.Sprintf("point must be before, prefix or answer, not %q", r.Point)
	}
	return ""
}

// impossible says which score is there that could not have been revealed.
func (r *Record) impossible() string {
	weak, strong, ok := r.Asked()
	switch {
	case !ok || r.ChoiceChance != nil || r.AuditChance != nil: // a ledger's: who answers may stand in for another
	case r.Strong != nil && strong == 0:
		return "propensity is 0, and s is there: it was revealed with probability 0"
	case r.Weak != nil && weak == 0:
		return "the propensity of w is 0, and w is there: it was revealed with probability 0"
	}
	return ""
}

// After reports whether it was decided when the local model had begun to
// answer.
func (r Record) After() bool { return r.Point == "prefix" || r.Point == "answer" }

// Asked are the probabilities with which either side's score was to be
// revealed; ok is false where they were not recorded.
func (r Record) Asked() (weak, strong float64, ok bool) {
	switch {
	case r.Propensity == nil:
		return 0, 0, false
	case r.WeakPropensity != nil:
		return *r.WeakPropensity, *r.Propensity, true
	case r.After():
		return 1, *r.Propensity, true
	}
	return 1 - *r.Propensity, *r.Propensity, true
}

// member is a figure with the name it has in a file.
type member struct {
	name  string
	value *float64
}

// shares are the members from 0 to 1.
func (r *Record) shares() []member {
	return []member{
		{"w", r.Weak}, {"s", r.Strong}, {"propensity", r.Propensity}, {"w_propensity", r.WeakPropensity},
		{"w_weight", r.WeakWeight}, {"s_weight", r.StrongWeight}, {"p_weak", r.WeakChance}, {"p_strong", r.StrongChance},
		{"p_choice", r.ChoiceChance}, {"p_audit", r.AuditChance},
	}
}

// amounts are the members that cannot be negative.
func (r *Record) amounts() []member {
	return []member{
		{"w_tokens", r.WeakTokens}, {"s_tokens", r.StrongTokens}, {"w_prompt_tokens", r.WeakPromptTokens}, {"s_prompt_tokens", r.StrongPromptTokens},
		{"w_params", r.WeakParams}, {"s_params", r.StrongParams}, {"w_cost", r.WeakCost}, {"s_cost", r.StrongCost},
		{"w_energy_j", r.WeakJoules}, {"s_energy_j", r.StrongJoules}, {"w_flops", r.WeakFlops}, {"s_flops", r.StrongFlops},
	}
}

// misfit says in words what a decoder found.
func misfit(err error) string {
	if t, ok := err.(*json.UnmarshalTypeError); ok {
		if t.Field == "" {
			return "an object is wanted, not " + t.Value
		}
		return fmt.Sprintf("%s cannot be %s", t.Field, t.Value)
	}
	if t, ok := err.(*time.ParseError); ok {
		return fmt.Sprintf("time must be as 2026-04-01T12:00:00Z, not %.40q", strings.Trim(t.Value, `"`))
	}
	return err.Error()
}
