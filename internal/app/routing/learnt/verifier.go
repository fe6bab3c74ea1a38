package learnt

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"time"

	"irori/internal/route/doubt"
	"irori/internal/route/doubt/vote"
	"irori/internal/route/log"
	"irori/internal/route/promise"
	"irori/internal/store/routed"
)

// Asked is a local model that is asked whether its own answers hold.
type Asked struct {
	Model        string `json:"model"`
	Quantization string `json:"quantization,omitempty"`
	Template     string `json:"template,omitempty"`
}

// Heard is what its verdicts were worth on audited answers.
type Heard struct {
	Asked
	// Right and Wrong count the audited answers that it was asked about.
	Right int `json:"right"`
	Wrong int `json:"wrong"`
	// On says that its verdicts count; Matrix is what they count by, of so many
	// answers, and Version its name.
	On      bool        `json:"on"`
	Matrix  vote.Matrix `json:"matrix"`
	Of      int         `json:"of,omitempty"`
	Version string      `json:"version,omitempty"`
	Epoch   string      `json:"epoch,omitempty"`
	Date    time.Time   `json:"date"`
}

// LeastHeard is how many audited answers of either kind a verdict needs to
// count.
const LeastHeard = 20

// listen counts what verifiers said of answers that were audited, those that
// promises are calibrated on left out. What they count by moves when the answers
// have doubled, and not while a promise stands on it.
func (l *Learner) listen(ctx context.Context, heard map[Asked]*Heard, epoch string, values map[string][]byte) error {
	type tally struct {
		matrix       vote.Matrix
		right, wrong int
	}
	of := map[Asked]*tally{}
	rows, err := log.Learnable(l.o.Store.Rows(ctx, routed.Which{Audited: true, Newest: window, Lean: true}), perKey, l.o.Keyed, promise.Held)
	if err != nil {
		return err
	}
	for _, r := range rows {
		yes, ok := r.Signals[doubt.VerifierYes]
		best := log.Best(r, routed.Weak)
		if !ok || best == nil || r.Audit != routed.Audited || !(yes >= 0 && yes <= 1) {
			continue
		}
		a := Asked{r.Weak.Model, r.Weak.Quantization, r.Weak.Template}
		if of[a] == nil {
			of[a] = &tally{}
		}
		right := best.Score >= .5
		of[a].matrix.Learn(yes, right)
		if right {
			of[a].right++
		} else {
			of[a].wrong++
		}
	}
	for a, h := range heard {
		if h.Epoch != epoch {
			delete(heard, a)
			values[keptHeard+a.name()] = nil
		}
	}
	for a, n := range of {
		h := &Heard{Asked: a, Epoch: epoch}
		if old := heard[a]; old != nil {
			*h = *old
		}
		h.Right, h.Wrong, h.Date = n.right, n.wrong, l.o.Now().UTC().Truncate(time.Second)
		if all := n.right + n.wrong; min(n.right, n.wrong) >= LeastHeard && all >= 2*h.Of && !l.o.Stands(scored(h.Version)) {
			h.On, h.Matrix, h.Of = true, n.matrix, all
			b, err := json.Marshal(n.matrix)
			if err != nil {
				return err
			}
			h.Version = hashed(b)
		}
		heard[a] = h
		b, err := json.Marshal(h)
		if err != nil {
			return err
		}
		values[keptHeard+a.name()] = b
	}
	return nil
}

// scored is what the name of a score has in it that a matrix made.
func scored(version string) string {
	if version == "" {
		version = "0"
	}
	return "+verifier:" + version
}

// Scored is what the name of a score has in it where a verifier was heard.
func (h *Heard) Scored() string {
	if h == nil || !h.On {
		return scored("")
	}
	return scored(h.Version)
}

// Likelihood is the probability that an answer is right by its verdict alone,
// where either was as likely before: one half where nothing is known of the
// verifier.
func (h *Heard) Likelihood(yes float64) float64 {
	if h == nil || !h.On || math.IsNaN(yes) {
		return .5
	}
	return h.Matrix.Posterior(.5, yes)
}

// hashed names what a value says, in eight hexadecimal digits.
func hashed(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:4])
}

func (a Asked) name() string {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err) // three strings
	}
	return string(b)
}
