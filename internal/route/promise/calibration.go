// Package promise keeps calibrations: thresholds of doubt with what they stand
// on, for one model, template, score, decision point and language each.
//
// They are made anew as audited answers come in, watched by an alarm that
// outlives restarts, and dropped when it rings. It knows neither how a doubt
// is made nor who acts on it.
package promise

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/route/calibrate"
	"irori/internal/route/whole"
	"irori/internal/store/routed"
)

// Pooled is the language of a calibration over all of them.
const Pooled = "*"

// Of is what a calibration holds for. What differs in any of it is another
// thing altogether.
type Of struct {
	Model        string `json:"model"`
	Quantization string `json:"quantization"`
	// Template is a hash of what makes the prompt, Scorer the version of what
	// makes the doubt.
	Template string `json:"template"`
	Scorer   string `json:"scorer"`
	Point    string `json:"point"`
	Language string `json:"language"`
}

// OfEntry is what an entry would be calibrated as.
func OfEntry(e *routed.Entry) Of {
	model := e.Weak.Model
	if model == "" {
		model = e.Weak.Name
	}
	return Of{Model: model, Quantization: e.Weak.Quantization, Template: e.Weak.Template, Scorer: e.Scorer, Point: e.Point, Language: e.Language}
}

// Calibration is a threshold with what it stands on.
type Calibration struct {
	Format int `json:"irori_calibration"`
	Of
	Alpha float64 `json:"alpha"`
	Delta float64 `json:"delta"`
	// Promised says that there is a threshold; N answers were audited, so many
	// lie within it and so many of these are wrong.
	Promised  bool     `json:"promised"`
	Threshold *float64 `json:"threshold,omitempty"`
	N         int      `json:"n"`
	Accepted  int      `json:"accepted"`
	Errors    int      `json:"errors"`
	// Need is about how many more labels would make a promise; Far says that
	// even the least doubtful are wrong more often than Alpha, so that none
	// would if answers stay as they are.
	Need   int       `json:"need_labels,omitempty"`
	Far    bool      `json:"out_of_reach,omitempty"`
	Method string    `json:"method"`
	Date   time.Time `json:"date"`
	Watch  Watch     `json:"watch,omitzero"`
	// Given says that it came from a file, and not from this home's answers.
	Given bool `json:"given,omitempty"`
	// Checksum is there in files only: what was changed in one is seen, other
	// than by somebody who means to deceive.
	Checksum string `json:"checksum,omitempty"`
}

// Watch is what became of a promise since it was made.
type Watch struct {
	// Wealth is the alarm's evidence against it, Bets the part of it that is
	// at stake, Seen and Wrong the audited answers within the threshold.
	Wealth float64 `json:"wealth,omitempty"`
	Bets   float64 `json:"bets,omitempty"`
	Seen   int     `json:"seen,omitempty"`
	Wrong  int     `json:"wrong,omitempty"`
	// Rung is when the alarm rang: nothing is promised until there are enough
	// answers that were audited after From.
	Rung *time.Time `json:"rung,omitempty"`
	From int64      `json:"from,omitempty"`
	// Fresh counts the labels since it was made.
	Fresh int `json:"fresh,omitempty"`
}

const (
	format = 1
	// maxFile bounds a calibration's file.
	maxFile = 1 << 20
	// Method is how promises are made.
	Method = "learn-then-test"
	hint   = "irori route calibrate --in audited.jsonl --score doubt --alpha 0.1 --save FILE writes one"
)

// New is a calibration out of a bound.
func New(of Of, b calibrate.Bound, now time.Time) *Calibration {
	c := &Calibration{
		Format: format, Of: of, Alpha: b.Alpha, Delta: b.Delta, Promised: b.Promised, N: b.N, Accepted: b.Accepted, Errors: b.Errors,
		Need: b.Need, Far: b.Far, Method: Method, Date: now.UTC().Truncate(time.Second),
	}
	if b.Promised {
		c.Threshold = new(b.Threshold)
	}
	return c
}

// Bound is what it promises, as it was found.
func (c *Calibration) Bound() calibrate.Bound {
	b := calibrate.Bound{Promised: c.Promised, Accepted: c.Accepted, Errors: c.Errors, Need: c.Need, Far: c.Far, Alpha: c.Alpha, Delta: c.Delta, N: c.N}
	if c.Threshold != nil {
		b.Threshold = *c.Threshold
	}
	return b
}

// sum is the checksum of all that its file holds, in whatever order and
// spacing. A member that is added must be absent where it says nothing, or
// files that were written before cannot be read any more.
func (c *Calibration) sum() (string, error) {
	b, err := json.Marshal(c.plain())
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(h[:]), nil
}

// plain is what of it belongs into a file, without the checksum.
func (c *Calibration) plain() Calibration {
	plain := *c
	plain.Watch, plain.Given, plain.Checksum = Watch{}, false, ""
	return plain
}

// Stands reports whether answers may be accepted by it.
func (c *Calibration) Stands() bool { return c.Promised && c.Watch.Rung == nil && c.Threshold != nil }

// For says what a calibration alone allows of a request at a level: what it
// promises, where it is of the same and promises as much.
func (c *Calibration) For(of Of, l Level) Standing {
	switch err := c.Fits(of); {
	case err != nil:
		return Standing{Why: err.Error(), Calibration: c}
	case !c.Stands() || c.Alpha > l.Alpha || c.Delta > l.Delta:
		return Standing{Why: "the calibration does not promise as much", Need: c.Left(), Calibration: c}
	}
	return Standing{Promised: true, Threshold: *c.Threshold, How: "own", Calibration: c}
}

// Left is about how many more audited answers are wanted, less those that came
// since it was made; 0 where no number is said.
func (c *Calibration) Left() int {
	if c.Need == 0 {
		return 0
	}
	return Audits(max(1, c.Need-c.Watch.Fresh))
}

// Local is the share of the calibration's answers that it accepts.
func (c *Calibration) Local() float64 {
	if c.N == 0 {
		return 0
	}
	return float64(c.Accepted) / float64(c.N)
}

// Fits refuses what it was not calibrated on, and names both.
func (c *Calibration) Fits(of Of) error {
	var apart []string
	for _, m := range []struct{ name, for_, here string }{
		{"model", c.Model, of.Model}, {"quantization", c.Quantization, of.Quantization}, {"template", c.Template, of.Template},
		{"score version", c.Scorer, of.Scorer}, {"decision point", c.Point, of.Point}, {"language", c.Language, of.Language},
	} {
		if m.for_ != m.here && !(m.name == "language" && c.Language == Pooled) {
			apart = append(apart, fmt.Sprintf("the %s %s, here it is %s", m.name, shown(m.for_), shown(m.here)))
		}
	}
	if len(apart) == 0 {
		return nil
	}
	return llm.Errorf(llm.CodeInvalidRequest, "the calibration is for %s: what holds for one says nothing of the other", strings.Join(apart, "; for ")).
		WithHint("calibrate anew: irori help route")
}

func shown(s string) string {
	if s == "" {
		return "(not said)"
	}
	return fmt.Sprintf("%q", s)
}

// check says what is wrong with a calibration from outside.
func (c *Calibration) check() error {
	share := func(name string, v float64) error {
		if !(v > 0 && v < 1) {
			return fmt.Errorf("%s must be between 0 and 1, not %g", name, v)
		}
		return nil
	}
	switch {
	case c.Format != format:
		return fmt.Errorf("it is no calibration of this version: irori_calibration is %d, not %d", c.Format, format)
	case c.Method != Method:
		return fmt.Errorf("method is %q, not %q", c.Method, Method)
	case c.Errors < 0 || c.Accepted < c.Errors || c.N < c.Accepted:
		return fmt.Errorf("errors (%d), accepted (%d) and n (%d) do not go together", c.Errors, c.Accepted, c.N)
	case c.Promised != (c.Threshold != nil):
		return errors.New("promised and threshold do not go together")
	case c.Threshold != nil && (math.IsNaN(*c.Threshold) || math.IsInf(*c.Threshold, 0)):
		return errors.New("threshold is no number")
	case c.Model == "" || c.Point == "":
		return errors.New("model and point must be named")
	}
	if err := errors.Join(share("alpha", c.Alpha), share("delta", c.Delta)); err != nil {
		return err
	}
	if c.Promised && calibrate.BinomialTail(c.Errors, c.Accepted, c.Alpha) > c.Delta/calibrate.Walks {
		return fmt.Errorf("%d wrong of %d accepted do not carry alpha = %g with delta = %g", c.Errors, c.Accepted, c.Alpha, c.Delta)
	}
	return nil
}

// Parse reads a calibration; name is the file's, for errors. What it says of
// its watch is not taken over.
func Parse(name string, b []byte) (*Calibration, error) {
	fail := func(err error) error {
		return llm.Errorf(llm.CodeInvalidRequest, "%s: %v", name, err).
			WithHint(hint)
	}
	if len(b) > maxFile {
		return nil, fail(errors.New("it is too large for a calibration"))
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	c := &Calibration{}
	if err := d.Decode(c); err != nil {
		return nil, fail(err)
	}
	if err := c.check(); err != nil {
		return nil, fail(err)
	}
	sum, err := c.sum()
	switch {
	case err != nil:
		return nil, fail(err)
	case c.Checksum == "":
		return nil, fail(errors.New("checksum is missing: whether it was changed since it was made cannot be known"))
	case c.Checksum != sum:
		return nil, fail(errors.New("checksum is not that of the other members: it was changed after it was made"))
	}
	*c = c.plain()
	c.Given = true
	return c, nil
}

// Load reads a calibration's file and refuses it where it is of something else.
func Load(file string, of Of) (*Calibration, error) {
	c, err := Read(file)
	if err == nil {
		if err = c.Fits(of); err != nil {
			e, _ := errors.AsType[*llm.Error](err)
			return nil, llm.Errorf(e.Code, "%s: %s", file, e.Message).WithHint("%s", e.Hint)
		}
	}
	return c, err
}

// Read reads a calibration's file.
func Read(file string) (*Calibration, error) {
	st, err := os.Stat(file)
	if err == nil && st.Size() > maxFile {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s: it is too large for a calibration", file).WithHint(hint)
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no file %s", file).WithHint("ls -l %s", filepath.Dir(file))
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", file).WithHint("ls -ld %s", file)
	}
	return Parse(file, b)
}

// Write writes a calibration's file, whole or not at all.
func (c *Calibration) Write(file string) error {
	sum, err := c.sum()
	if err != nil {
		return err
	}
	plain := c.plain()
	plain.Checksum = sum
	b, err := json.MarshalIndent(plain, "", "  ")
	if err != nil {
		return err
	}
	return whole.Write(file, append(b, '\n'))
}

// Held reports whether an audited request is for calibrating: half of them, by
// their ids. Nothing may be trained on those.
func Held(id string) bool { return chance("held", id) < .5 }

// chance is a number from 0 to 1 that hangs on an id alone.
func chance(what, id string) float64 {
	h := fnv.New64a()
	// A hash takes everything.
	_, _ = h.Write([]byte(what + "\x00" + id))
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	return float64(x>>11) / (1 << 53)
}
