package predict

import (
	"bytes"
	"math"
	"testing"
)

func TestQuestionsUnlikeTheTraining(t *testing.T) {
	m := Train(world(2400, 1), Options{Seed: 1, Rounds: 20})
	if m.beyond == nil {
		t.Fatal("nothing is learnt of questions that are unlike the training")
	}
	like, unlike := "Prove that the integral of kettle77 converges", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"
	near, far := m.Explain(like, 3), m.Explain(unlike, 3)
	if *near.Unlike > .5 || *far.Unlike < .9 {
		t.Errorf("%q counts as unlike by %.2f, %q by %.2f", like, *near.Unlike, unlike, *far.Unlike)
	}
	for _, q := range []string{like, unlike} {
		e, learnt := m.Explain(q, 3), Estimate{}
		s := m.scratch()
		r := readers.Get().(*reader)
		m.fill(r.read(&Question{Text: q}), &Question{Text: q}, s)
		learnt = Estimate{Weak: m.learnt(s, 0), Strong: m.learnt(s, 1)}
		if e.Estimate != m.Predict(q) || math.Abs(learnt.Benefit()+e.Past+e.Beyond-e.Benefit()) > 1e-12 {
			t.Errorf("%q: its parts do not add up: %+v", q, e)
		}
	}
	file := saved(t, m)
	back, err := Read(bytes.NewReader(file), Options{})
	if err != nil || back.Predict(unlike) != m.Predict(unlike) || back.Version() != m.Version() {
		t.Errorf("it comes back as another: %v", err)
	}
	// Of few outcomes there is none, and their files are of the format before.
	few := Train(world(300, 1), Options{Seed: 1, Rounds: 5})
	b2 := saved(t, few)
	if few.beyond != nil || order.Uint32(b2[len(magic):]) != fileBefore || order.Uint32(file[len(magic):]) != fileFormat {
		t.Error("of few outcomes it is believed what clusters say")
	}
	if few, err = Read(bytes.NewReader(b2), Options{}); err != nil || few.beyond != nil || few.Explain(unlike, 1).Unlike != nil {
		t.Errorf("a file of the format before: %v", err)
	}
	// One that says that it tells of such questions has to.
	b2[len(magic)] = fileFormat
	if _, err := Read(bytes.NewReader(seal(b2)), Options{}); err == nil {
		t.Error("a file whose last table is missing is read")
	}
	file[len(magic)] = fileBefore
	if _, err := Read(bytes.NewReader(seal(file)), Options{}); err == nil {
		t.Error("a file with a table too many is read")
	}
}
