package sample

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Candidate is a token that may be drawn.
type Candidate struct {
	ID    int32
	Logit float32
	p     float64
}

// Constraint restricts what may be drawn next.
type Constraint interface {
	// Allows reports whether token may come next.
	Allows(token int32) bool
	// Mask sets the logit of every forbidden token to -Inf.
	Mask(logits []float32)
	// Accept advances by a token that was allowed.
	Accept(token int32)
}

// Sampler draws the tokens of one sequence. It is not safe for concurrent
// use.
type Sampler struct {
	p    Params
	rng  *rand.Rand
	hist []int32
	dry  dry
	cand []Candidate
	// counts holds how often a token stands in the penalty window.
	counts map[int32]int
	window int
	// mu is Mirostat's bound on the surprise of the next token, in bits.
	mu float64
}

// New makes a sampler. piece gives the text of a token, for DRY's sequence
// breakers.
func New(p Params, piece func(int32) string) *Sampler {
	s := &Sampler{p: p, rng: rand.New(rand.NewPCG(uint64(p.Seed), 0x49726f7269)), mu: 2 * p.MirostatTau}
	if p.RepeatPenalty != 1 || p.Presence != 0 || p.Frequency != 0 {
		s.window = p.RepeatLastN
		s.counts = map[int32]int{}
	}
	if p.DRYMultiplier > 0 {
		s.dry = dry{breakers: p.DRYBreakers, piece: piece, known: map[int32]bool{}}
	}
	return s
}

// Accept records a token of the prompt or of the answer.
func (s *Sampler) Accept(token int32) {
	if s.counts == nil && s.dry.known == nil {
		return
	}
	s.hist = append(s.hist, token)
	if s.counts == nil {
		return
	}
	s.counts[token]++
	if n := len(s.hist); s.window >= 0 && n > s.window {
		old := s.hist[n-1-s.window]
		if s.counts[old]--; s.counts[old] <= 0 {
			delete(s.counts, old)
		}
	}
}

// None is what Sample returns where no token can follow.
const None int32 = -1

// Sample draws the next token. It changes logits in place. c may be nil.
func (s *Sampler) Sample(logits []float32, c Constraint) int32 {
	s.adjust(logits)
	mu := s.mu
	token := s.draw(logits)
	// Testing one token is a thousand times cheaper than masking them all,
	// and most drawn tokens are allowed.
	if c != nil && !c.Allows(token) {
		s.mu = mu
		c.Mask(logits)
		token = s.draw(logits)
	}
	if math.IsInf(float64(logits[token]), -1) {
		return None
	}
	return token
}

// adjust applies what touches single tokens: bias and penalties.
func (s *Sampler) adjust(logits []float32) {
	for id, b := range s.p.Bias {
		if id >= 0 && int(id) < len(logits) {
			logits[id] += b
		}
	}
	for id, n := range s.counts {
		if n <= 0 || int(id) >= len(logits) {
			continue
		}
		l := float64(logits[id])
		if l > 0 {
			l /= s.p.RepeatPenalty
		} else {
			l *= s.p.RepeatPenalty
		}
		l -= float64(n)*s.p.Frequency + s.p.Presence
		logits[id] = float32(l)
	}
	if s.dry.known != nil {
		s.dry.apply(logits, s.hist, s.p)
	}
}

// draw picks from adjusted logits.
func (s *Sampler) draw(logits []float32) int32 {
	if s.p.Temperature+s.p.DynatempRange <= 0 || s.p.TopK == 1 && s.p.Mirostat == 0 {
		return Argmax(logits)
	}
	if s.p.Mirostat != 0 {
		return s.mirostat(logits)
	}
	if s.p.TopNSigma > 0 {
		topNSigma(logits, s.p.TopNSigma)
	}
	cand := s.collect(logits)
	if len(cand) == 0 {
		return Argmax(logits)
	}
	softmax(cand, 1)
	if s.p.TypicalP < 1 {
		cand = typical(cand, s.p.TypicalP)
	}
	if s.p.TopP < 1 && s.p.TypicalP >= 1 {
		cand = topP(cand, s.p.TopP)
	} else if s.p.TopP < 1 {
		sortDescending(cand)
		cand = topP(cand, s.p.TopP)
	}
	if s.p.MinP > 0 {
		cand = minP(cand, s.p.MinP)
	}
	cand = s.xtc(cand)
	softmax(cand, s.temperature(cand))
	return s.pick(cand).ID
}

// pick draws one by the probabilities.
func (s *Sampler) pick(cand []Candidate) Candidate {
	u := s.rng.Float64()
	for _, c := range cand {
		if u -= c.p; u < 0 {
			return c
		}
	}
	return cand[0]
}

// Argmax returns the id of the largest logit, the first on ties.
func Argmax(logits []float32) int32 {
	best, at, i := float32(math.Inf(-1)), 0, 0
	for ; i+8 <= len(logits); i += 8 {
		b := logits[i : i+8 : i+8]
		if b[0] <= best && b[1] <= best && b[2] <= best && b[3] <= best && b[4] <= best && b[5] <= best && b[6] <= best && b[7] <= best {
			continue
		}
		for j, v := range b {
			if v > best {
				best, at = v, i+j
			}
		}
	}
	for ; i < len(logits); i++ {
		if logits[i] > best {
			best, at = logits[i], i
		}
	}
	return int32(at)
}

// collect returns the candidates, best first: the top k, or where k is off
// all whose share of the mass can be told from nothing.
func (s *Sampler) collect(logits []float32) []Candidate {
	k := s.p.TopK
	if k <= 0 || k >= len(logits) {
		return s.within(logits)
	}
	if k > 1024 {
		all := s.within(logits)
		sortDescending(all)
		return all[:min(k, len(all))]
	}
	s.cand = best(s.cand[:0], logits, k)
	return s.cand
}

// best keeps the k largest logits with a heap whose smallest entry is the
// threshold of the scan. Nearly all logits are below it, so eight at a time
// are passed over.
func best(heap []Candidate, logits []float32, k int) []Candidate {
	if k <= 0 {
		return heap
	}
	i := 0
	for ; i < len(logits) && len(heap) < k; i++ {
		if v := logits[i]; !math.IsInf(float64(v), -1) {
			heap = append(heap, Candidate{ID: int32(i), Logit: v})
			up(heap, len(heap)-1)
		}
	}
	if len(heap) == k {
		low := heap[0].Logit
		for ; i+8 <= len(logits); i += 8 {
			b := logits[i : i+8 : i+8]
			if b[0] <= low && b[1] <= low && b[2] <= low && b[3] <= low && b[4] <= low && b[5] <= low && b[6] <= low && b[7] <= low {
				continue
			}
			low = replace(heap, b, i)
		}
		replace(heap, logits[i:], i)
	}
	sortDescending(heap)
	return heap
}

// replace puts those of block that beat the heap's smallest entry in its
// place, and returns what is the smallest then.
func replace(heap []Candidate, block []float32, at int) float32 {
	for j, v := range block {
		if v > heap[0].Logit {
			heap[0] = Candidate{ID: int32(at + j), Logit: v}
			down(heap)
		}
	}
	return heap[0].Logit
}

func up(h []Candidate, i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].Logit <= h[i].Logit {
			return
		}
		h[parent], h[i] = h[i], h[parent]
		i = parent
	}
}

func down(h []Candidate) {
	for i := 0; ; {
		small, l, r := i, 2*i+1, 2*i+2
		if l < len(h) && h[l].Logit < h[small].Logit {
			small = l
		}
		if r < len(h) && h[r].Logit < h[small].Logit {
			small = r
		}
		if small == i {
			return
		}
		h[small], h[i] = h[i], h[small]
		i = small
	}
}

// tailCut bounds what within leaves out: e^-24 of the best token's
// probability each, together below 1e-5 for any vocabulary in use.
const tailCut = 24

func (s *Sampler) within(logits []float32) []Candidate {
	top := logits[Argmax(logits)]
	low := top - float32(tailCut*max(1, s.p.Temperature+s.p.DynatempRange))
	s.cand = s.cand[:0]
	for i, v := range logits {
		if v >= low && !math.IsInf(float64(v), -1) {
			s.cand = append(s.cand, Candidate{ID: int32(i), Logit: v})
		}
	}
	return s.cand
}

func sortDescending(c []Candidate) {
	slices.SortFunc(c, func(a, b Candidate) int {
		switch {
		case a.Logit > b.Logit:
			return -1
		case a.Logit < b.Logit:
			return 1
		}
		return int(a.ID - b.ID)
	})
}

// softmax sets the probabilities of c, whose first entry need not be the
// largest, at a temperature.
func softmax(c []Candidate, temperature float64) {
	top := math.Inf(-1)
	for _, x := range c {
		top = max(top, float64(x.Logit))
	}
	sum := 0.0
	for i := range c {
		c[i].p = math.Exp((float64(c[i].Logit) - top) / temperature)
		sum += c[i].p
	}
	for i := range c {
		c[i].p /= sum
	}
}

// topP keeps the fewest best candidates whose mass reaches p. Only as many
// are put in order as that takes: the best 64, then four times as many.
func topP(c []Candidate, p float64) []Candidate {
	for k := 64; ; k *= 4 {
		if k >= len(c) {
			sortDescending(c)
			k = len(c)
		} else {
			front(c, k)
		}
		sum := 0.0
		for i := range c[:k] {
			if sum += c[i].p; sum >= p {
				return c[:i+1]
			}
		}
		if k == len(c) {
			return c
		}
	}
}

// front moves the k likeliest candidates to the front, in order: a heap of
// them whose least is what the others are compared with.
func front(c []Candidate, k int) {
	for i := range k {
		up(c[:k], i)
	}
	for i := k; i < len(c); i++ {
		if c[i].Logit > c[0].Logit {
			c[0], c[i] = c[i], c[0]
			down(c[:k])
		}
	}
	sortDescending(c[:k])
}

// minP keeps the candidates with at least p of the best one's probability.
func minP(c []Candidate, p float64) []Candidate {
	top := 0.0
	for _, x := range c {
		top = max(top, x.p)
	}
	return slices.DeleteFunc(c, func(x Candidate) bool { return x.p < p*top })
}

// typical keeps the candidates whose surprise is nearest the entropy, up to a
// mass of p (Meister et al. 2022, arXiv:2202.00666).
func typical(c []Candidate, p float64) []Candidate {
	mass, h := 0.0, 0.0
	for _, x := range c {
		mass += x.p
		if x.p > 0 {
			h -= x.p * math.Log(x.p)
		}
	}
	slices.SortStableFunc(c, func(a, b Candidate) int {
		da, db := math.Abs(-math.Log(a.p)-h), math.Abs(-math.Log(b.p)-h)
		switch {
		case da < db:
			return -1
		case da > db:
			return 1
		}
		return 0
	})
	sum := 0.0
	for i := range c {
		if sum += c[i].p; sum >= p*mass {
			return c[:i+1]
		}
	}
	return c
}
