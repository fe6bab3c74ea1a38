package topic

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// settings are what cross-validation chose.
type settings struct {
	rounds     int
	rate       float64        // of learning
	decay      float64        // pull of weights to zero
	termWeight float64        // of a term as an example
	hint       float64        // of terms found, beside pieces
	blend      [kinds]float64 // of each sort of piece
	least      int            // examples that a piece must stand in
	bayes      float64        // of the complement beside the regression
	warm       float64        // above 1: less sure
}

// constant is what every text has: groups differ in how common they are.
const constant = .3

// count is a piece of a text by its number, and how much it weighs.
type count struct {
	at    int32
	value float64
}

// model is a trained classifier of one language: multinomial logistic
// regression over pieces, and over what terms hint at.
type model struct {
	of      *tongue
	set     settings
	lexicon lexicon
	number  map[piece]int32
	rarity  []float64
	weights [][]float64 // a row a piece, a column a group
}

// train learns a language's sentences.
func train(of *tongue, set settings, sentences, terms []example) *model {
	m := &model{of: of, set: set, lexicon: lexicon{groups: map[string][]int{}}, number: map[piece]int32{}}
	for _, t := range terms {
		k := of.key(fold(t.text))
		if k != "" && !slices.Contains(m.lexicon.groups[k], t.group) {
			m.lexicon.groups[k] = append(m.lexicon.groups[k], t.group)
			m.lexicon.most = max(m.lexicon.most, len(strings.Fields(k)))
			if of == nihongo {
				m.lexicon.most = max(m.lexicon.most, len([]rune(k)))
			}
		}
	}
	all := slices.Concat(sentences, terms)
	xs := m.enumerate(all)
	m.descend(all, xs, len(sentences))
	for i, row := range m.complement(all, xs, len(sentences)) {
		for g, w := range row {
			m.weights[i][g] += set.bayes * w
		}
	}
	return m
}

// enumerate numbers the pieces that stand in enough examples, behind the
// groups' own hints, and counts those of each example.
func (m *model) enumerate(all []example) [][]count {
	numbers := map[piece]int32{}
	in := make([]int, 0, 1<<16) // examples that have a piece
	texts, seen := make([]string, len(all)), make([][]int32, len(all))
	var pieces []piece
	for i, e := range all {
		texts[i] = fold(e.text)
		m.of.cut(texts[i], func(p piece) {
			n, ok := numbers[p]
			if !ok {
				n = int32(len(pieces))
				numbers[p] = n
				pieces, in = append(pieces, p), append(in, 0)
			}
			if !slices.Contains(seen[i], n) {
				in[n]++
			}
			seen[i] = append(seen[i], n)
		})
	}
	m.rarity = make([]float64, len(groups))
	kept, sort := make([]int32, len(pieces)), make([]kind, len(groups))
	for n, p := range pieces {
		kept[n] = -1
		if in[n] >= m.set.least {
			kept[n] = int32(len(m.rarity))
			m.number[p] = kept[n]
			m.rarity, sort = append(m.rarity, math.Log(float64(1+len(all))/float64(in[n]))), append(sort, p.kind)
		}
	}
	xs := make([][]count, len(all))
	for i := range all {
		var lists [kinds][]int32
		for _, n := range seen[i] {
			if k := kept[n]; k >= 0 {
				lists[sort[k]] = append(lists[sort[k]], k)
			}
		}
		xs[i] = append(m.weigh(lists), m.hints(texts[i])...)
	}
	return xs
}

// counts weighs a text's pieces and hints.
func (m *model) counts(s string) []count {
	var lists [kinds][]int32
	m.of.cut(s, func(p piece) {
		if n, ok := m.number[p]; ok {
			lists[p.kind] = append(lists[p.kind], n)
		}
	})
	return append(m.weigh(lists), m.hints(s)...)
}

// weigh counts pieces. Each sort is as long as its blend, whatever the length
// of the text.
func (m *model) weigh(lists [kinds][]int32) []count {
	var out []count
	for k, list := range lists {
		slices.Sort(list)
		sum, from := 0.0, len(out)
		for i := 0; i < len(list); {
			j := i
			for j < len(list) && list[j] == list[i] {
				j++
			}
			v := (1 + math.Log(float64(j-i))) * m.rarity[list[i]]
			sum += v * v
			out = append(out, count{list[i], v})
			i = j
		}
		for i := from; i < len(out); i++ {
			out[i].value *= m.set.blend[k] / math.Sqrt(sum)
		}
	}
	return out
}

// hints says which groups the terms of a text belong to.
func (m *model) hints(s string) []count {
	found := make([]float64, len(groups))
	m.of.find(m.lexicon, s, func(in []int) {
		for _, g := range in {
			found[g] += 1 / float64(len(in))
		}
	})
	var out []count
	for g, v := range found {
		if v > 0 {
			out = append(out, count{int32(g), m.set.hint * math.Log1p(v)})
		}
	}
	return out
}

// descend learns by stochastic gradients whose steps shrink with what a piece's
// weights have already moved.
func (m *model) descend(all []example, xs [][]count, sentences int) {
	n := len(groups)
	m.weights = make([][]float64, len(m.rarity)+1)
	for i := range m.weights {
		m.weights[i] = make([]float64, n)
	}
	moved := make([]float64, len(m.weights))
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	dice := rand.New(rand.NewPCG(1, 2))
	score := make([]float64, n)
	bias := len(m.rarity)
	for range m.set.rounds {
		dice.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			x, weight := append(xs[i], count{int32(bias), constant}), 1.0
			if i >= sentences {
				weight = m.set.termWeight
			}
			if weight == 0 {
				continue
			}
			m.linear(x, score)
			soften(score, 1)
			score[all[i].group]--
			total := 0.0
			for g := range score {
				score[g] *= weight
				total += score[g] * score[g]
			}
			for _, c := range x {
				moved[c.at] += total * c.value * c.value
				step := m.set.rate / math.Sqrt(1e-8+moved[c.at])
				w, keep, by := m.weights[c.at], 1-step*m.set.decay, step*c.value
				for g, s := range score {
					w[g] = w[g]*keep - by*s
				}
			}
		}
	}
}

// linear adds up the weights of what a text has.
func (m *model) linear(x []count, score []float64) {
	clear(score)
	for _, c := range x {
		for g, w := range m.weights[c.at] {
			score[g] += w * c.value
		}
	}
}

// complement weighs pieces by how rare they are in all other groups' examples
// (complement naive Bayes). Beside the regression it helps with pieces that
// stand in one or two examples.
func (m *model) complement(all []example, xs [][]count, sentences int) [][]float64 {
	n := len(groups)
	sums := make([][]float64, len(m.rarity))
	for i := range sums {
		sums[i] = make([]float64, n)
	}
	total := make([]float64, n)
	for i, e := range all {
		weight := 1.0
		if i >= sentences {
			weight = m.set.termWeight
		}
		for _, c := range xs[i] {
			sums[c.at][e.group] += weight * c.value
			total[e.group] += weight * c.value
		}
	}
	whole := 0.0
	for _, t := range total {
		whole += t
	}
	const smooth = .1
	for _, row := range sums {
		mass := 0.0
		for _, v := range row {
			mass += v
		}
		for g := range row {
			rest := math.Log((mass - row[g] + smooth) / (whole - total[g] + smooth*float64(len(sums))))
			row[g] = -rest
		}
		mean := 0.0
		for _, v := range row {
			mean += v / float64(n)
		}
		for g := range row {
			row[g] -= mean
		}
	}
	return sums
}

// probabilities says how likely each group is.
func (m *model) probabilities(text string) []float64 {
	score := make([]float64, len(groups))
	m.linear(append(m.counts(fold(text)), count{int32(len(m.rarity)), constant}), score)
	soften(score, m.set.warm)
	return score
}

// soften turns scores into probabilities.
func soften(score []float64, warm float64) {
	top := slices.Max(score)
	sum := 0.0
	for i, s := range score {
		score[i] = math.Exp((s - top) / warm)
		sum += score[i]
	}
	for i := range score {
		score[i] /= sum
	}
}
