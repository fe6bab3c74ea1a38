// Package train fits the weights of package tagger to marked texts.
//
// It knows chains of features with their labels, and nothing of texts.
package train

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"irori/internal/route/privacy/tagger"
)

// Chain is a sequence of tokens: their features and what each is.
type Chain struct {
	Features [][]uint32
	Gold     []tagger.Label
}

// Options of the fit.
type Options struct {
	Rows   int     // places for features in the model, a power of two
	Least  int     // features that are seen less often are left out
	Epochs int     // passes over the chains
	Rate   float64 // of AdaGrad
	Decay  float64 // what weights lose in an epoch, as a share of them
	Drop   float64 // the share of features that a pass leaves out
	Seed   uint64
	Shut   []uint32 // what the gate keeps out
}

const (
	labels = int(tagger.Labels)
	never  = float32(-1e4)
)

type field struct {
	o          Options
	ids        map[uint32]int32  // the features that are kept
	w, g       [][labels]float32 // weights, and the squares of their gradients
	next, nexg [labels + 1][labels]float32
}

// Fit maximises the likelihood of the labels given the features, by stochastic
// gradients with AdaGrad's steps (Lafferty et al. 2001; Duchi et al. 2011). The
// same chains, options and seed give the same model.
func Fit(chains []Chain, o Options) *tagger.Model {
	f := &field{o: o, ids: map[uint32]int32{}}
	seen := map[uint32]int32{}
	for _, c := range chains {
		for _, fs := range c.Features {
			for _, x := range fs {
				seen[x]++
			}
		}
	}
	kept := make([][][]int32, len(chains))
	for k, c := range chains {
		kept[k] = make([][]int32, len(c.Features))
		for i, fs := range c.Features {
			for _, x := range fs {
				if int(seen[x]) < o.Least {
					continue
				}
				id, ok := f.ids[x]
				if !ok {
					id = int32(len(f.ids))
					f.ids[x] = id
				}
				kept[k][i] = append(kept[k][i], id)
			}
		}
	}
	f.w, f.g = make([][labels]float32, len(f.ids)), make([][labels]float32, len(f.ids))
	order := make([]int, len(chains))
	for i := range order {
		order[i] = i
	}
	rnd := rand.New(rand.NewPCG(o.Seed, 1))
	for range o.Epochs {
		rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, k := range order {
			f.step(&chains[k], kept[k], rnd)
		}
		keep := float32(1 - o.Decay)
		for i := range f.w {
			for l := range labels {
				f.w[i][l] *= keep
			}
		}
	}
	return f.packed()
}

// allowed reports whether a label may stand behind another; the last is the
// beginning of a chain.
func allowed(from, to int) bool {
	return to != int(tagger.Inside) || from == int(tagger.Begin) || from == int(tagger.Inside)
}

func (f *field) transition(from, to int) float32 {
	if !allowed(from, to) {
		return never
	}
	return f.next[from][to]
}

func logSum(v [labels]float64) float64 {
	m := max(v[0], v[1], v[2])
	s := 0.0
	for _, x := range v {
		s += math.Exp(x - m)
	}
	return m + math.Log(s)
}

// step moves the weights along the gradient of one chain.
func (f *field) step(c *Chain, features [][]int32, rnd *rand.Rand) {
	n := len(c.Gold)
	kept := make([][]int32, n)
	scale := float32(1 / (1 - f.o.Drop))
	s := make([][labels]float64, n)
	for i, fs := range features {
		for _, x := range fs {
			if f.o.Drop > 0 && rnd.Float64() < f.o.Drop {
				continue
			}
			kept[i] = append(kept[i], x)
			for l := range labels {
				s[i][l] += float64(f.w[x][l] * scale)
			}
		}
	}
	forward, backward := make([][labels]float64, n), make([][labels]float64, n)
	for l := range labels {
		forward[0][l] = s[0][l] + float64(f.transition(labels, l))
	}
	for i := 1; i < n; i++ {
		for l := range labels {
			var v [labels]float64
			for k := range labels {
				v[k] = forward[i-1][k] + float64(f.transition(k, l))
			}
			forward[i][l] = logSum(v) + s[i][l]
		}
	}
	for i := n - 2; i >= 0; i-- {
		for k := range labels {
			var v [labels]float64
			for l := range labels {
				v[l] = float64(f.transition(k, l)) + s[i+1][l] + backward[i+1][l]
			}
			backward[i][k] = logSum(v)
		}
	}
	all := logSum(forward[n-1])
	for i := range n {
		var d [labels]float32
		for l := range labels {
			d[l] = -float32(math.Exp(forward[i][l] + backward[i][l] - all))
			if int(c.Gold[i]) == l {
				d[l]++
			}
		}
		for _, x := range kept[i] {
			for l := range labels {
				f.move(&f.w[x][l], &f.g[x][l], d[l]*scale)
			}
		}
	}
	f.stepNext(c, s, forward, backward, all)
}

// stepNext moves what a label says for the next.
func (f *field) stepNext(c *Chain, s, forward, backward [][labels]float64, all float64) {
	var d [labels + 1][labels]float32
	for l := range labels {
		if allowed(labels, l) {
			d[labels][l] -= float32(math.Exp(forward[0][l] + backward[0][l] - all))
		}
	}
	d[labels][c.Gold[0]]++
	for i := 1; i < len(c.Gold); i++ {
		for k := range labels {
			for l := range labels {
				if allowed(k, l) {
					d[k][l] -= float32(math.Exp(forward[i-1][k] + float64(f.next[k][l]) + s[i][l] + backward[i][l] - all))
				}
			}
		}
		d[c.Gold[i-1]][c.Gold[i]]++
	}
	for k := range d {
		for l := range labels {
			if allowed(k, l) {
				f.move(&f.next[k][l], &f.nexg[k][l], d[k][l])
			}
		}
	}
}

// move is one of AdaGrad's steps.
func (f *field) move(w, g *float32, d float32) {
	if d > -1e-6 && d < 1e-6 {
		return
	}
	*g += d * d
	*w += float32(f.o.Rate) * d / float32(math.Sqrt(float64(*g)+1e-4))
}

// packed rounds the weights to steps of which 127 reach the largest, and keeps
// the largest where there is no room for all.
func (f *field) packed() *tagger.Model {
	type feature struct {
		hash          uint32
		begin, inside float32
	}
	var all []feature
	for h, id := range f.ids {
		w := f.w[id]
		all = append(all, feature{h, w[tagger.Begin] - w[tagger.Outside], w[tagger.Inside] - w[tagger.Outside]})
	}
	size := func(x feature) float32 { return max(x.begin, -x.begin, x.inside, -x.inside) }
	slices.SortFunc(all, func(a, b feature) int { return cmp.Or(cmp.Compare(size(b), size(a)), cmp.Compare(a.hash, b.hash)) })
	all = all[:min(len(all), f.o.Rows*3/4)]
	m := &tagger.Model{Rows: make([]tagger.Row, f.o.Rows), Step: size(all[0]) / 127}
	for _, x := range f.o.Shut {
		m.Shut(x)
	}
	for _, x := range all {
		b, i := int8(math.Round(float64(x.begin/m.Step))), int8(math.Round(float64(x.inside/m.Step)))
		if b != 0 || i != 0 {
			m.Put(x.hash, b, i)
		}
	}
	for k := range labels + 1 {
		for l := range labels {
			m.Next[k][l] = f.transition(k, l)
		}
	}
	return m
}
