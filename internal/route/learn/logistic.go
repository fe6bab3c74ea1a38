package learn

import "math"

// Logistic is a logistic regression over sparse rows.
type Logistic struct {
	Weights []float32
	Bias    float32
	// squares are the sums of squared gradients that Update's steps shrink by;
	// nil until it is called.
	squares []float32
}

// Margin is the log-odds of a row.
func (l *Logistic) Margin(r Row) float64 { return r.dot(l.Weights) + float64(l.Bias) }

// FitLogistic minimises the mean log-loss of labels from 0 to 1 plus
// penalty/2 × |weights|², by L-BFGS; the bias is free. steps bounds its
// iterations.
func FitLogistic(m Matrix, labels []float32, penalty float64, steps int) *Logistic {
	f := &objective{m: m, labels: labels, penalty: penalty, margins: make([]float64, len(m.Rows))}
	x := make([]float32, m.Width+1)
	mean := 0.0
	for _, y := range labels {
		mean += float64(y)
	}
	mean = min(max(mean/float64(max(1, len(labels))), 1e-3), 1-1e-3)
	x[m.Width] = float32(math.Log(mean / (1 - mean)))
	minimise(f, x, steps)
	return &Logistic{Weights: x[:m.Width:m.Width], Bias: x[m.Width]}
}

// objective is the loss over all weights, the bias last.
type objective struct {
	m       Matrix
	labels  []float32
	penalty float64
	margins []float64
}

// at returns the loss and writes its gradient.
func (o *objective) at(x, gradient []float32) float64 {
	width := o.m.Width
	n := float64(max(1, len(o.m.Rows)))
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
		// log(1 + e^z) − y·z, without overflow.
		loss += (math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) - y*z) / n
		g := (Sigmoid(z) - y) / n
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
	if l.squares == nil {
		l.squares = make([]float32, len(l.Weights)+1)
	}
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
