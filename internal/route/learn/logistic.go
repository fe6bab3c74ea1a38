package learn

import "math"

// Logistic is a logistic regression over sparse rows.
type Logistic struct {
	Weights []float32
	Bias    float32
	// squares are the sums of squared gradients that Update's steps shrink by,
	// the bias last, and before what the weights and it were without; both are
	// nil until Update is called.
	squares, before []float32
}

// Margin is the log-odds of a row.
func (l *Logistic) Margin(r Row) float64 { return r.dot(l.Weights) + float64(l.Bias) }

// FitLogistic minimises the mean log-loss of labels from 0 to 1 plus
// penalty/2 × |weights|², by L-BFGS; the bias is free. steps bounds its
// iterations. counts say how often a row counts; nil is once each.
func FitLogistic(m Matrix, labels, counts []float32, penalty float64, steps int) *Logistic {
	f := &objective{m: m, labels: labels, counts: counts, penalty: penalty, n: float64(len(labels))}
	x := make([]float32, m.Width+1)
	mean := 0.0
	for _, y := range labels {
		mean += float64(y)
	}
	if counts != nil {
		mean, f.n = 0, 0
		for i, y := range labels {
			mean += float64(y) * float64(counts[i])
			f.n += float64(counts[i])
		}
	}
	if !(f.n > 0) {
		return &Logistic{Weights: x[:m.Width:m.Width]} // nothing is known: even odds
	}
	mean = min(max(mean/f.n, 1e-3), 1-1e-3)
	x[m.Width] = float32(math.Log(mean / (1 - mean)))
	minimise(f, x, steps)
	return &Logistic{Weights: x[:m.Width:m.Width], Bias: x[m.Width]}
}

// objective is the loss over all weights, the bias last.
type objective struct {
	m       Matrix
	labels  []float32
	counts  []float32
	penalty float64
	n       float64 // the sum of counts
}

// at returns the loss and writes its gradient.
func (o *objective) at(x, gradient []float32) float64 {
	width := o.m.Width
	n := o.n
	loss := 0.0
	for i := range gradient[:width] {
		gradient[i] = float32(o.penalty) * x[i]
		loss += float64(x[i]) * float64(x[i])
	}
	loss *= o.penalty / 2
	bias := 0.0
	for i, r := range o.m.Rows {
		z := r.dot(x[:width]) + float64(x[width])
		y := float64(o.labels[i])
		share := 1 / n
		if o.counts != nil {
			share *= float64(o.counts[i])
		}
		// log(1 + e^z) − y·z, without overflow.
		loss += (math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z) * share
		g := (Sigmoid(z) - y) * share
		bias += g
		for j, c := range r.Columns {
			gradient[c] += float32(g) * r.Values[j]
		}
	}
	gradient[width] = float32(bias)
	return loss
}

// minimise walks x down by L-BFGS with a history of eight and a line search
// that halves its step (Nocedal and Wright, Numerical Optimization, ch. 7).
func minimise(f *objective, x []float32, steps int) {
	const history = 8
	n := len(x)
	gradient, next, nextGradient, direction := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	var ss, ys [][]float32
	var rhos []float64
	loss := f.at(x, gradient)
	for range steps {
		copy(direction, gradient)
		alphas := make([]float64, len(ss))
		for i := len(ss) - 1; i >= 0; i-- {
			alphas[i] = rhos[i] * dense(ss[i], direction)
			axpy(-alphas[i], ys[i], direction)
		}
		if k := len(ss); k > 0 {
			scale(1/(rhos[k-1]*dense(ys[k-1], ys[k-1])), direction)
		}
		for i := range ss {
			axpy(alphas[i]-rhos[i]*dense(ys[i], direction), ss[i], direction)
		}
		slope := -dense(gradient, direction)
		if !(slope < 0) {
			return
		}
		step, nextLoss := 1.0, 0.0
		if len(ss) == 0 {
			step = 1 / math.Max(1e-12, math.Sqrt(dense(gradient, gradient)))
		}
		for tries := 0; ; tries++ {
			for i := range x {
				next[i] = x[i] - float32(step)*direction[i]
			}
			nextLoss = f.at(next, nextGradient)
			if nextLoss <= loss+1e-4*step*slope {
				break
			}
			if tries == 20 {
				return
			}
			step /= 2
		}
		s, y := make([]float32, n), make([]float32, n)
		for i := range x {
			s[i], y[i] = next[i]-x[i], nextGradient[i]-gradient[i]
		}
		if sy := dense(s, y); sy > 1e-14 {
			ss, ys, rhos = append(ss, s), append(ys, y), append(rhos, 1/sy)
			if len(ss) > history {
				ss, ys, rhos = ss[1:], ys[1:], rhos[1:]
			}
		}
		done := loss-nextLoss < 1e-7*math.Max(1, math.Abs(loss))
		copy(x, next)
		copy(gradient, nextGradient)
		loss = nextLoss
		if done {
			return
		}
	}
}

func dense(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func axpy(a float64, x, y []float32) {
	for i := range x {
		y[i] += float32(a) * x[i]
	}
}

func scale(a float64, x []float32) {
	for i := range x {
		x[i] *= float32(a)
	}
}

// Update takes one more example into account by a step of AdaGrad, weighted.
func (l *Logistic) Update(r Row, label, weight, rate float64) {
	l.open()
	g := weight * (Sigmoid(l.Margin(r)) - label)
	stepBy := func(at int, gradient float64) float32 {
		l.squares[at] += float32(gradient * gradient)
		return float32(rate * gradient / math.Sqrt(1e-8+float64(l.squares[at])))
	}
	for i, c := range r.Columns {
		if v := float64(r.Values[i]); v != 0 {
			l.Weights[c] -= stepBy(int(c), g*v)
		}
	}
	l.Bias -= stepBy(len(l.Weights), g)
}

func (l *Logistic) open() {
	if l.squares == nil {
		l.squares = make([]float32, len(l.Weights)+1)
		l.before = append(append(make([]float32, 0, len(l.Weights)+1), l.Weights...), l.Bias)
	}
}

// Reset takes back what Update taught.
func (l *Logistic) Reset() {
	if l.squares == nil {
		return
	}
	l.Bias = l.before[copy(l.Weights, l.before)]
	l.squares, l.before = nil, nil
}

// Lesson is what updates did to a weight: what it was before, and the sum of
// its squared gradients. At is the weight's column; the bias comes after the
// last.
type Lesson struct {
	At              int
	Before, Squares float32
}

// Lessons are what updates did, in the order of the columns.
func (l *Logistic) Lessons() []Lesson {
	var out []Lesson
	for i, s := range l.squares {
		if s > 0 {
			out = append(out, Lesson{At: i, Before: l.before[i], Squares: s})
		}
	}
	return out
}

// Recall gives a regression whose weights updates have changed what they did;
// columns that it has not are passed over.
func (l *Logistic) Recall(lessons []Lesson) {
	for _, s := range lessons {
		if s.At < 0 || s.At > len(l.Weights) {
			continue
		}
		l.open()
		l.squares[s.At], l.before[s.At] = s.Squares, s.Before
	}
}
