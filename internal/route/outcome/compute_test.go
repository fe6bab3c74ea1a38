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
