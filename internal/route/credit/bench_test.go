package credit

import (
	"fmt"
	"testing"

	"irori/internal/store/routed"
)

// A step looks back on so many requests, and words are weighed in each.
func BenchmarkWeigh(b *testing.B) {
	var rows []*routed.Row
	for i := range 5000 {
		q := fmt.Sprintf("What is %d plus %d, and how would you explain the %d steps of it to somebody who has never seen a sum before?", i, 3*i, i%7)
		if i%2 == 0 {
			rows = append(rows, labelled(i, "anna", q, audited(1)))
		} else {
			rows = append(rows, labelled(i, fmt.Sprint("key", i%3), q, says(fmt.Sprint("key", i%3), 0)))
		}
	}
	for b.Loop() {
		Weigh(rows, true)
	}
}
