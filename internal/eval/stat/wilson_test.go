package stat

import "testing"

// TestWilsonHoldsItsValue: the value lies in its interval, to the last digit.
func TestWilsonHoldsItsValue(t *testing.T) {
	for n := 1; n <= 400; n++ {
		for _, k := range []int{0, n / 2, n} {
			i, ok := Wilson(k, n, 0.95)
			if !ok || i.Low > i.Value || i.High < i.Value || k == 0 && i.Low != 0 || k == n && i.High != 1 {
				t.Errorf("%d of %d: %+v", k, n, i)
			}
		}
	}
}
