package evaluate

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"irori/internal/route/outcome"
	"irori/internal/route/policy"
)

// A policy file is followed: its rules, its hours, its margin.
func TestARouteIsFollowed(t *testing.T) {
	p, err := policy.Parse("p.yaml", []byte(`routes:
  auto:
    local: irori/local
    cloud: openai/x
    margin: 0.2
    hours: 09:00-18:00 UTC
    rules:
      - when: {contains: confidential}
        use: local
`))
	if err != nil {
		t.Fatal(err)
	}
	ptr := func(v float64) *float64 { return &v }
	at := func(hour int) *time.Time {
		v := time.Date(2026, 3, 2, hour, 0, 0, 0, time.UTC)
		return &v
	}
	rec := func(q string, weak, strong float64, hour int) outcome.Record {
		return outcome.Record{Question: q, WeakChance: ptr(weak), StrongChance: ptr(strong), Time: at(hour)}
	}
	records := []outcome.Record{
		rec("prove it", .2, .9, 12), rec("hello", .8, .9, 12), rec("prove this confidential thing", .2, .9, 12), rec("prove it", .2, .9, 22),
	}
	f, err := Follow(p.Routes[0], records, Knowledge{Success: Told})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1, 0, 0, 0} {
		if got := f.Policy(records[i]).Strong; got != want {
			t.Errorf("request %d: %g, want %g", i, got, want)
		}
	}
}

func TestARouteIsEvaluated(t *testing.T) {
	p, err := policy.Parse("p.yaml", []byte("routes:\n  auto: {local: irori/local, cloud: openai/x, margin: 0.3}\n"))
	if err != nil {
		t.Fatal(err)
	}
	log := records(world{rand.New(rand.NewPCG(5, 5))}.log(1200))
	for i := range log {
		weak, strong := .9-.7**log[i].Doubt, .95-.3**log[i].Doubt
		log[i].WeakChance, log[i].StrongChance = &weak, &strong
	}
	f, err := Follow(p.Routes[0], log, Knowledge{Success: Told})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Of(log, f.Policy, Options{Draws: 100, Fit: Expect(log, 1)})
	// Escalation brings more than .3 where it is harder than .625.
	truth := .625*(.9-.7*.3125) + .375*(.95-.3*.8125)
	if err != nil || r.Local.Low > .625 || r.Local.High < .625 || r.Quality.DoublyRobust.Low > truth || r.Quality.DoublyRobust.High < truth {
		t.Errorf("%+v %v, truth %.3f", r, err, truth)
	}
}

// What was not expected of a request leaves that one out, and no other.
func TestForetold(t *testing.T) {
	told, left, err := Foretold([]outcome.Record{{WeakChance: new(.5), StrongChance: new(.9)}, {ID: "pinned", WeakChance: new(.5)}})
	if len(told) != 1 || left != 1 || err != nil {
		t.Errorf("%d told, %d left, %v", len(told), left, err)
	}
	if _, _, err := Foretold([]outcome.Record{{ID: "pinned", WeakChance: new(.5)}}); err == nil || !strings.Contains(err.Error(), "request pinned does not say") {
		t.Error(err)
	}
}
