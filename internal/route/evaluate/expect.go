package evaluate

import (
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
)

// leastLearnt is how many questions a predictor needs.
const leastLearnt = 200

// Expect chooses how scores are expected: as the log says that they were when it
// was decided, else as a predictor learns from the other requests, else as the
// mean of each side.
func Expect(records []outcome.Record, seed uint64) Fit {
	told, asked := true, len(records) >= leastLearnt
	for _, r := range records {
		told = told && r.WeakChance != nil && r.StrongChance != nil
		asked = asked && r.Question != ""
	}
	switch {
	case told:
		return func([]outcome.Record) func(outcome.Record) (float64, float64) {
			return func(r outcome.Record) (float64, float64) { return *r.WeakChance, *r.StrongChance }
		}
	case asked:
		return func(train []outcome.Record) func(outcome.Record) (float64, float64) {
			m := predict.Train(train, predict.Options{Seed: seed})
			return func(r outcome.Record) (float64, float64) {
				e := m.Predict(r.Question)
				return e.Weak, e.Strong
			}
		}
	}
	return means(quality)
}
