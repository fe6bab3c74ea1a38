package evaluate

import "irori/internal/route/outcome"

// Drawn are the records that a policy can be judged by, each as it counts. left
// counts those in which chance had no part, scored those of which a score was
// drawn.
func Drawn(records []outcome.Record) (out []outcome.Record, left, scored int) {
	for _, r := range records {
		r, ok := r.Drawn()
		if !ok {
			left++
			continue
		}
		if r.Weak != nil || r.Strong != nil {
			scored++
		}
		out = append(out, r)
	}
	return out, left, scored
}
