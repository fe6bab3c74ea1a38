package promise

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"irori/internal/route/calibrate"
	"irori/internal/route/log"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// memory is a Store for simulations.
type memory struct {
	rows []*routed.Row
	kept map[string][]byte
}

func (m *memory) Rows(_ context.Context, w routed.Which) iter.Seq2[*routed.Row, error] {
	return func(yield func(*routed.Row, error) bool) {
		from := int(w.After)
		if w.Newest > 0 {
			from = max(from, len(m.rows)-w.Newest)
		}
		for _, r := range m.rows[from:] {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func (m *memory) Kept(_ context.Context, prefix string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for k, v := range m.kept {
		if strings.HasPrefix(k, prefix) {
			out[k] = v
		}
	}
	return out, nil
}

func (m *memory) Keep(_ context.Context, v map[string][]byte) error {
	for k, b := range v {
		if m.kept[k] = b; b == nil {
			delete(m.kept, k)
		}
	}
	return nil
}

var small = Of{Model: "small", Template: "t1", Scorer: "s1", Point: routed.Answer, Language: "en"}

func audited(id string, of Of, doubt float64, wrong bool) *routed.Row {
	score := 1.0
	if wrong {
		score = 0
	}
	return &routed.Row{
		Entry: routed.Entry{
			ID: id, Time: noon, Weak: routed.Target{Model: of.Model, Template: of.Template, Quantization: of.Quantization}, Scorer: of.Scorer, Point: of.Point,
			Language: of.Language, Doubt: &doubt, Answered: routed.Weak, Audit: routed.Audited, Share: new(.5),
		},
		Labels: []routed.Label{{ID: id, Side: routed.Weak, Source: log.ShadowJudge, Score: score, Weight: .7}},
	}
}

// stream adds audited answers to a memory, and lets a Keeper see each tenth.
func (m *memory) stream(t *testing.T, k *Keeper, rng *rand.Rand, n int, of Of, wrong func(u float64) float64) {
	t.Helper()
	for i := range n {
		u := rng.Float64()
		r := audited(fmt.Sprintf("%x", rng.Uint64()), of, u, rng.Float64() < wrong(u))
		m.rows = append(m.rows, r)
		r.Seq = int64(len(m.rows))
		if i%10 == 9 || i == n-1 {
			if err := k.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func begin(t *testing.T, s Store, every int) *Keeper {
	t.Helper()
	k, err := Open(t.Context(), Options{Store: s, Every: every, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	k.Want(tenth)
	return k
}

var tenth = Level{.1, .1}

// In the life of a promise that is made anew again and again, the alarm rings
// wrongly, and the promise is broken, no more often than was said.
func TestPromisesInALife(t *testing.T) {
	const runs = 60
	rung, broken, late, back := 0, 0, 0, 0
	for run := range runs {
		rng := rand.New(rand.NewPCG(uint64(run), 3))
		m := &memory{kept: map[string][]byte{}}
		k := begin(t, m, 200)
		quiet := func(u float64) float64 { return .6 * u * u } // within u: .2 u²
		m.stream(t, k, rng, 2000, small, quiet)
		s := k.For(small, tenth)
		switch {
		case s.Calibration.Watch.Rung != nil:
			rung++
			continue
		case !s.Promised:
			t.Fatalf("run %d: nothing is promised: %s, %+v", run, s.Why, s.Calibration)
		case .2*s.Threshold*s.Threshold > .1:
			broken++
		}
		// Then the answers get worse.
		m.stream(t, k, rng, 300, small, func(float64) float64 { return .4 })
		if s = k.For(small, tenth); s.Promised {
			late++
			continue
		}
		if s.Calibration.Watch.Rung == nil || s.Need <= 0 || !strings.Contains(s.Why, "alarm") {
			t.Fatalf("run %d: %+v %+v", run, s, s.Calibration)
		}
		m.stream(t, k, rng, 2500, small, quiet)
		if k.For(small, tenth).Promised {
			back++
		}
	}
	limit := int(runs * (.1 + 3*math.Sqrt(.1*.9/runs)))
	t.Logf("of %d lives: %d false alarms, %d promises broken, %d alarms late, %d promises made again", runs, rung, broken, late, back)
	if rung > limit || broken > limit {
		t.Errorf("of %d: %d false alarms, %d promises broken; δ = .1", runs, rung, broken)
	}
	if late > 2 || back < (runs-rung)*3/4 {
		t.Errorf("of %d: %d alarms did not ring, %d promises were made again", runs, late, back)
	}
}

func TestLanguagesStandAlone(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 100)
	ja, other, never := small, small, small
	ja.Language, other.Language, never.Model = "ja", "de", "large"
	for range 150 {
		m.stream(t, k, rng, 20, small, func(u float64) float64 { return .1 * u })
		m.stream(t, k, rng, 3, ja, func(float64) float64 { return .3 })
	}
	en, pooled := k.For(small, tenth), k.For(other, tenth)
	if !en.Promised || en.How != "own" {
		t.Fatalf("%+v", en)
	}
	if s := k.For(ja, tenth); s.Promised {
		t.Errorf("Japanese answers are accepted by the mix: %+v", s)
	}
	if !pooled.Promised || pooled.How != "pooled" || pooled.Threshold > en.Threshold || pooled.Calibration.Language != Pooled {
		t.Errorf("%+v", pooled)
	}
	if s := k.For(never, tenth); s.Promised || s.Need < 100 || s.Why != "no answer was audited yet" {
		t.Errorf("%+v", s)
	}
	if s := k.For(small, Level{.01, .1}); s.Promised {
		t.Errorf("what was not asked for is promised: %+v", s)
	}
	if list := k.Status(); len(list) != 3 || list[0].Language != Pooled || list[0].Local() <= 0 {
		t.Errorf("%+v", list)
	}
	if err := k.Reset(t.Context()); err != nil || len(k.Status()) != 0 || k.For(small, tenth).Promised {
		t.Errorf("after a reset: %v %+v", err, k.Status())
	}
}

// Half of the audited answers are not calibrated on: they are for training.
func TestHalfIsHeldOut(t *testing.T) {
	n := 0
	for i := range 10_000 {
		if Held(fmt.Sprintf("%032x", i)) {
			n++
		}
	}
	if n < 4800 || n > 5200 {
		t.Errorf("%d of 10,000", n)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 50)
	m.stream(t, k, rng, 1000, small, func(float64) float64 { return 0 })
	if c := k.For(small, tenth).Calibration; c == nil || c.N > 520 || c.N < 400 {
		t.Errorf("%+v", c)
	}
}

func TestSharesAreMadeAlike(t *testing.T) {
	var points []calibrate.Point
	var shares []float64
	var names []string
	for i := range 4000 {
		points, names = append(points, calibrate.Point{Doubt: float64(i)}), append(names, fmt.Sprint("n", i))
		shares = append(shares, []float64{.1, .2}[i%2])
	}
	got := alike(points, shares, names)
	// All of those with .1 and half of those with .2.
	high := 0
	for _, p := range got {
		high += int(p.Doubt) % 2
	}
	if low := len(got) - high; low != 2000 || high < 900 || high > 1100 {
		t.Errorf("%d with .1, %d with .2", low, high)
	}
	// One that was very rare costs the others nothing.
	shares[0] = .0001
	if got := alike(points, shares, names); len(got) < 2800 {
		t.Errorf("%d are left", len(got))
	}
}

func TestStateOutlivesRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.db")
	db, err := sqlite.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rng := rand.New(rand.NewPCG(9, 9))
	add := func(n int, wrong float64) {
		t.Helper()
		var changes []routed.Change
		for range n {
			r := audited(fmt.Sprintf("%x", rng.Uint64()), small, rng.Float64(), rng.Float64() < wrong)
			changes = append(changes, routed.Change{Entry: &r.Entry}, routed.Change{Label: &r.Labels[0]}, routed.Change{Audit: &routed.Audit{ID: r.ID, State: routed.Audited}})
		}
		if err := db.Write(t.Context(), changes); err != nil {
			t.Fatal(err)
		}
	}
	add(900, .005)
	k := begin(t, db, 100)
	step := func(k *Keeper) *Calibration {
		t.Helper()
		if err := k.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		return k.For(small, tenth).Calibration
	}
	if c := step(k); !c.Stands() {
		t.Fatalf("%+v", c)
	} else if c.Local() < .8 {
		t.Errorf("%+v", c)
	}
	add(20, .2)
	first := step(k).Watch
	if again := step(k).Watch; again != first || first.Seen < 12 {
		t.Errorf("answers count twice: %+v, then %+v", first, again)
	}
	// One that was killed goes on where it was, without being told what to
	// promise.
	k2, err := Open(t.Context(), Options{Store: db, Every: 100})
	if err != nil {
		t.Fatal(err)
	}
	if s := k2.For(small, tenth); !s.Promised || s.Calibration.Watch != first {
		t.Errorf("%+v", s.Calibration)
	}
	add(40, 1)
	if c := step(k2); c.Watch.Rung == nil {
		t.Fatalf("%+v", c)
	}
	// The other sees it with its next step, as it would what a command did.
	if c := step(k); c.Stands() {
		t.Errorf("%+v", c)
	}
	if err := k.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c := step(k2); c.Stands() || c.N != 0 {
		t.Errorf("%+v", c)
	}
}

func given(t *testing.T) *Calibration {
	t.Helper()
	rng := rand.New(rand.NewPCG(2, 2))
	var points []calibrate.Point
	for range 500 {
		u := rng.Float64()
		e := 0.0
		if rng.Float64() < .1*u {
			e = 1
		}
		points = append(points, calibrate.Point{Doubt: u, Error: e})
	}
	c := New(small, calibrate.LearnThenTest(points, .1, .1), noon)
	if !c.Promised {
		t.Fatalf("%+v", c)
	}
	return c
}

func TestFilesOfOthersAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.json")
	if err := given(t).Write(file); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(file, small); err != nil || !c.Stands() || !c.Given {
		t.Fatalf("%+v %v", c, err)
	}
	for name, change := range map[string]func(*Of){
		`the model "small", here it is "big"`:              func(o *Of) { o.Model = "big" },
		`the template "t1", here it is "t2"`:               func(o *Of) { o.Template = "t2" },
		`the score version "s1", here it is (not said)`:    func(o *Of) { o.Scorer = "" },
		`the decision point "answer", here it is "before"`: func(o *Of) { o.Point = "before" },
		`the quantization (not said), here it is "Q4_K_M"`: func(o *Of) { o.Quantization = "Q4_K_M" },
		`the language "en", here it is "ja"`:               func(o *Of) { o.Language = "ja" },
	} {
		of := small
		change(&of)
		if _, err := Load(file, of); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "c.json") {
			t.Errorf("%s: %v", name, err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(m map[string]any){
		"errors (9)":         func(m map[string]any) { m["errors"], m["accepted"] = 9, 8 },
		"do not carry alpha": func(m map[string]any) { m["errors"] = m["accepted"] },
		"alpha must be":      func(m map[string]any) { m["alpha"] = 1.5 },
		"do not go together": func(m map[string]any) { m["promised"] = false },
		"irori_calibration":  func(m map[string]any) { m["irori_calibration"] = 7 },
		"model and point":    func(m map[string]any) { m["model"] = "" },
		"unknown field":      func(m map[string]any) { m["lambda"] = 3 },
		"method":             func(m map[string]any) { m["method"] = "hope" },
		// What goes together and was changed all the same.
		"it was changed after":   func(m map[string]any) { m["threshold"] = .999 },
		"not that of the other":  func(m map[string]any) { m["n"] = 5000 },
		"after it was made":      func(m map[string]any) { m["delta"] = .2 },
		"that of the other memb": func(m map[string]any) { m["language"] = Pooled },
		"checksum is missing":    func(m map[string]any) { delete(m, "checksum") },
	} {
		m := map[string]any{}
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		bad, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse("f", bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// What is still wanted goes down as answers are audited, before a calibration
// is made anew of them and after its alarm rang.
func TestWhatIsWantedGoesDown(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 50)
	rng := rand.New(rand.NewPCG(2, 5))
	none := k.For(small, tenth)
	m.stream(t, k, rng, 40, small, func(float64) float64 { return 0 })
	few := k.For(small, tenth)
	if held := few.Calibration.Watch.Fresh; held == 0 || few.Need != none.Need-Audits(held) || few.Why != "too few answers were audited yet" {
		t.Errorf("%+v, then %+v %+v", none, few, few.Calibration)
	}
	m.stream(t, k, rng, 1000, small, func(float64) float64 { return 0 })
	if s := k.For(small, tenth); !s.Promised || s.Calibration.Left() != 0 {
		t.Fatalf("%+v", s)
	}
	for k.For(small, tenth).Promised {
		m.stream(t, k, rng, 1, small, func(float64) float64 { return 1 })
	}
	if s := k.For(small, tenth); s.Need != none.Need || s.Calibration.Watch.Rung == nil {
		t.Errorf("after the alarm %d are wanted, not %d", s.Need, none.Need)
	}
	m.stream(t, k, rng, 30, small, func(float64) float64 { return 1 })
	if s := k.For(small, tenth); s.Need >= none.Need || s.Need < none.Need-60 {
		t.Errorf("after 30 more %d are wanted, not fewer than %d", s.Need, none.Need)
	}
}

// Other spacing and order say the same, and a home keeps no checksum.
func TestFilesMayBeLaidOutAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.json")
	if err := given(t).Write(file); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(m); err != nil { // by name, without spaces
		t.Fatal(err)
	}
	c, err := Parse("f", b)
	if err != nil || !c.Stands() || c.Checksum != "" {
		t.Fatalf("%+v %v", c, err)
	}
	if err := c.Write(file); err != nil {
		t.Fatal(err)
	}
	if again, err := Read(file); err != nil || *again.Threshold != *c.Threshold {
		t.Errorf("%+v %v", again, err)
	}
}

// A promise from a file stands until the alarm rings, and is watched.
func TestGivenPromises(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 50)
	if err := k.Put(t.Context(), given(t)); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(2, 8))
	m.stream(t, k, rng, 130, small, func(float64) float64 { return .1 })
	if s := k.For(small, tenth); !s.Promised || !s.Calibration.Given && s.Calibration.N < 50 || s.Calibration.Watch.Seen < 50 {
		t.Errorf("%+v %+v", s, s.Calibration)
	}
	m.stream(t, k, rng, 100, small, func(float64) float64 { return .9 })
	if s := k.For(small, tenth); s.Promised || s.Calibration.Watch.Rung == nil {
		t.Errorf("%+v %+v", s, s.Calibration)
	}
	// What was changed by hand promises nothing.
	for name := range maps.Keys(m.kept) {
		if strings.HasPrefix(name, prefix) {
			m.kept[name] = []byte(`{"irori_calibration":1,"promised":true,"threshold":9}`)
		}
	}
	k = begin(t, m, 50)
	if s := k.For(small, tenth); s.Promised || len(k.Status()) != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRunsBesideRequests(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	rng := rand.New(rand.NewPCG(1, 8))
	fill := begin(t, &memory{kept: map[string][]byte{}}, 1<<30)
	m.stream(t, fill, rng, 600, small, func(float64) float64 { return 0 })
	k := begin(t, m, 50)
	k.Run()
	for range 5 {
		k.Wake()
		k.For(small, tenth)
	}
	k.Close()
	if err := k.Step(t.Context()); err != nil || !k.For(small, tenth).Promised {
		t.Errorf("%v %+v", err, k.For(small, tenth))
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"irori_calibration":1,"model":"m","point":"answer","alpha":0.1,"delta":0.1,"promised":true,"threshold":0.5,"n":100,"accepted":60,"errors":0,"method":"learn-then-test","date":"2026-05-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Parse("f", b)
		if err == nil && c.Stands() && !(c.Errors <= c.Accepted && c.Accepted <= c.N && !math.IsNaN(*c.Threshold)) {
			t.Errorf("%+v", c)
		}
	})
}

// After the alarm, what was audited before it carries nothing.
func TestOldAnswersCarryNothingAfterTheAlarm(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 50)
	rng := rand.New(rand.NewPCG(6, 8))
	m.stream(t, k, rng, 1000, small, func(float64) float64 { return 0 })
	m.stream(t, k, rng, 40, small, func(float64) float64 { return 1 })
	if s := k.For(small, tenth); s.Promised {
		t.Fatalf("%+v", s)
	}
	m.stream(t, k, rng, 110, small, func(float64) float64 { return 0 })
	if s := k.For(small, tenth); s.Promised || s.Calibration.N == 0 || s.Calibration.N > 100 {
		t.Errorf("%+v %+v", s, s.Calibration)
	}
	m.stream(t, k, rng, 900, small, func(float64) float64 { return 0 })
	if s := k.For(small, tenth); !s.Promised || s.Calibration.Watch.Rung != nil {
		t.Errorf("%+v %+v", s, s.Calibration)
	}
}

// Who has no calibration of its own is accepted no more than the strictest.
func TestTheMixIsAsStrictAsTheStrictest(t *testing.T) {
	m := &memory{kept: map[string][]byte{}}
	k := begin(t, m, 100)
	rng := rand.New(rand.NewPCG(6, 9))
	ja, de := small, small
	ja.Language, de.Language = "ja", "de"
	for range 150 {
		m.stream(t, k, rng, 20, small, func(float64) float64 { return 0 })
		m.stream(t, k, rng, 4, ja, func(u float64) float64 {
			if u > .5 {
				return .6
			}
			return 0
		})
	}
	own, mix := k.For(ja, tenth), k.For(de, tenth)
	if !own.Promised || own.Threshold > .8 || !mix.Promised || mix.How != "pooled" || mix.Threshold != own.Threshold || *mix.Calibration.Threshold < .9 {
		t.Errorf("%+v %+v", own, mix)
	}
}
