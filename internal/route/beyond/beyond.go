// Package beyond tells what is believed of questions that are unlike all that a
// predictor was trained on. Topics tell most of a benefit where they are known,
// and of unknown ones nothing: how good a model is at one does not tell how good
// it is at the next. What form tells of difficulty carries over; how much the
// strong model's chances do is learnt by leaving out whole clusters of the
// training.
//
// It knows measures and pictures, and neither texts nor topics.
package beyond

import (
	"irori/internal/route/feature"
	"irori/internal/route/learn"
	"irori/internal/route/predict/table"
)

// Model is what is believed of such questions.
type Model struct {
	// forms are regressions on the measures of form alone, the bias last, one
	// for each side.
	forms [2][]float32
	// strong is how often the strong model was right, and kept how much of
	// what sets its chances apart from that is believed, 0 to 1.
	strong, kept float32
	// near is the mean cosine of a question of the training and the one that
	// is most alike, spread how far that spreads.
	near, spread float32
}

// Example is a question of the training of which both scores are known.
type Example struct {
	// Form is 1 and then the measures, of mean 0 and spread 1.
	Form         []float64
	Weak, Strong float64
	// Count is how often it counts.
	Count float64
}

const (
	// leastKnown is how many outcomes of both sides have to be known: of
	// fewer, clusters are too small to tell.
	leastKnown = 2000
	// clusters is how many clusters there are, few, so that one is about as
	// far from the others as a topic that was never seen; clusterings is how
	// many times they are made, as one is chance.
	clusters, clusterings = 3, 8
	formPenalty           = 300
	// doubted is of how many outcomes it is half believed that less than all of
	// the strong model's chances carries over.
	doubted = 1000
	// A question counts as unlike by half where it is so by
	// farFrom spreads more than those of the training are; steepness is how
	// fast that grows.
	farFrom, steepness = -.3, 3
)

// leastSpread is the least spread of cosines that anything is divided by.
const leastSpread = 1e-6

// Fit learns from questions and their pictures of a size, of which one that is
// most alike another has a cosine of near in the mean, give or take spread. It
// is nil of too few, or where nothing sets them apart.
func Fit(all []Example, pictures []float32, size int, near, spread float32, seed uint64) *Model {
	if len(all) < leastKnown || !(spread > leastSpread) {
		return nil
	}
	m := &Model{near: near, spread: spread}
	sums := learn.NewNormal(len(all[0].Form), 2)
	strong, total := 0.0, 0.0
	for _, e := range all {
		sums.Add(e.Form, e.Count, e.Weak, e.Strong)
		strong += e.Count * e.Strong
		total += e.Count
	}
	for side, w := range sums.Solve(formPenalty) {
		for _, v := range append(w[1:], w[0]) {
			m.forms[side] = append(m.forms[side], float32(min(table.Most, max(-table.Most, v))))
		}
	}
	n := float64(len(all))
	m.strong = float32(min(1, max(0, strong/total)))
	m.kept = float32(1 - n/(n+doubted)*(1-keptOf(all, pictures, size, seed)))
	return m
}

// keptOf regresses the benefit on what either side's regression on form says of
// clusters that it was not fitted on, within each cluster: the strong side's
// share of that, over the weak side's.
func keptOf(all []Example, pictures []float32, size int, seed uint64) float64 {
	var t together
	for round := range uint64(clusterings) {
		at := learn.Clusters(pictures, size, clusters, seed+round)
		sums := learn.NewNormal(len(all[0].Form), 2)
		var each [clusters]*learn.Normal
		for c := range each {
			each[c] = learn.NewNormal(len(all[0].Form), 2)
		}
		for i := range all {
			each[at[i]].Add(all[i].Form, all[i].Count, all[i].Weak, all[i].Strong)
		}
		for _, n := range each {
			sums.Join(n, 1)
		}
		for c, n := range each {
			sums.Join(n, -1)
			weights := sums.Solve(formPenalty)
			sums.Join(n, 1)
			var said [][3]float64
			var often []float64
			for i, e := range all {
				if at[i] != c {
					continue
				}
				s := [3]float64{2: e.Strong - e.Weak}
				for j, v := range e.Form {
					s[0] += v * weights[0][j]
					s[1] += v * weights[1][j]
				}
				said, often = append(said, s), append(often, e.Count)
			}
			t.add(said, often)
		}
	}
	return t.kept()
}

// together are sums of squares and products of what both sides' regressions
// say and the benefit that came.
type together struct{ ww, ws, ss, wb, sb float64 }

// add counts in what was said of a cluster, about its means.
func (t *together) add(said [][3]float64, often []float64) {
	var mean [3]float64
	total := 0.0
	for i, s := range said {
		total += often[i]
		for j, v := range s {
			mean[j] += often[i] * v
		}
	}
	for i, s := range said {
		w, st, b := s[0]-mean[0]/total, s[1]-mean[1]/total, s[2]-mean[2]/total
		t.ww += often[i] * w * w
		t.ws += often[i] * w * st
		t.ss += often[i] * st * st
		t.wb += often[i] * w * b
		t.sb += often[i] * st * b
	}
}

func (t *together) kept() float64 {
	// A little is added, so that two sides that say the same share what there
	// is to explain.
	little := .01 * (t.ww + t.ss)
	ww, ss := t.ww+little, t.ss+little
	weak, strong := -(ss*t.wb-t.ws*t.sb)/(ww*ss-t.ws*t.ws), (ww*t.sb-t.ws*t.wb)/(ww*ss-t.ws*t.ws)
	if !(weak > 0) {
		return 1 // nothing tells that the weak side carries over any better
	}
	return min(1, max(0, strong/weak))
}

// Share is how much a question counts as unlike the training, 0 to 1, where the
// one that is most alike has a cosine.
func (m *Model) Share(nearest float32) float64 {
	return learn.Sigmoid(steepness * (farFrom - float64((nearest-m.near)/m.spread)))
}

// Move gives what is believed of a question in place of what was learnt of it
// and of those that are alike. Its measures have mean 0 and spread 1.
func (m *Model) Move(weak, strong float64, form *[feature.FormSize]float32, nearest float32) (float64, float64) {
	var said [2]float64
	for side, weights := range m.forms {
		sum := weights[len(form)]
		for j, v := range form {
			sum += weights[j] * v
		}
		said[side] = min(1, max(0, float64(sum)))
	}
	far, mean := m.Share(nearest), float64(m.strong)
	return weak + far*(said[0]-weak)/2, strong + far*(mean+float64(m.kept)*((strong+said[1])/2-mean)-strong)
}

// Write writes a model.
func (m *Model) Write(w *table.Writer) {
	for _, weights := range m.forms {
		w.Floats(weights)
	}
	for _, v := range []float32{m.strong, m.kept, m.near, m.spread} {
		w.Float(v)
	}
}

// Read reads what Write wrote.
func Read(r *table.Reader) *Model {
	m := &Model{}
	for side := range m.forms {
		m.forms[side] = r.Floats(feature.FormSize + 1)
	}
	m.strong, m.kept, m.near, m.spread = r.Float(), r.Float(), r.Float(), r.Float()
	if m.strong < 0 || m.strong > 1 || m.kept < 0 || m.kept > 1 || !(m.spread > leastSpread) {
		r.Fail(table.ErrContent)
	}
	return m
}
