package outcome

import "testing"

func TestArithmeticIsGivenOrFollows(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		r    Record
		want *float64
	}{
		{Record{WeakParams: v(8), WeakTokens: v(10), WeakPromptTokens: v(5)}, v(240)},
		{Record{WeakParams: v(8), WeakTokens: v(10)}, v(160)},
		{Record{WeakFlops: v(7), WeakParams: v(8), WeakTokens: v(10)}, v(7)},
		{Record{WeakTokens: v(10)}, nil},
		{Record{WeakParams: v(8)}, nil},
	} {
		got := c.r.WeakCompute()
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%+v: %v, want %v", c.r, got, c.want)
		}
		if c.r.StrongCompute() != nil {
			t.Error("nothing is known of the strong model")
		}
	}
}

// A sum over some answers with what they read and some without is of nothing.
func TestArithmeticOfSome(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	whole := Record{WeakParams: v(8), WeakTokens: v(10), WeakPromptTokens: v(5), StrongFlops: v(7)}
	part := Record{WeakParams: v(8), WeakTokens: v(10), StrongFlops: v(7)}
	weak, strong := Computes([]Record{whole, part})
	if *weak(whole) != 240 || weak(part) != nil || *strong(part) != 7 {
		t.Errorf("%v %v %v", weak(whole), weak(part), strong(part))
	}
	if weak, _ = Computes([]Record{part, part}); *weak(part) != 160 {
		t.Errorf("%v", weak(part))
	}
}
