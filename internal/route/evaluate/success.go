package evaluate

import (
	"slices"

	"irori/internal/route/outcome"
)

// Success says how likely the weak and the strong model answer a request well;
// ok is false where it is not known.
type Success func(r outcome.Record) (weak, strong float64, ok bool)

// Told is what the log says was expected.
func Told(r outcome.Record) (weak, strong float64, ok bool) {
	if r.WeakChance == nil || r.StrongChance == nil {
		return 0, 0, false
	}
	return *r.WeakChance, *r.StrongChance, true
}

// Foretold are the records that say what was expected of both models: of others
// it is not known what a policy would do. left counts those; where none says it,
// that is an error.
func Foretold(records []outcome.Record) (told []outcome.Record, left int, err error) {
	missing := ""
	for i, r := range records {
		if _, _, ok := Told(r); ok {
			told = append(told, r)
		} else if missing == "" {
			missing = of(r, i)
		}
	}
	if len(told) == 0 && missing != "" {
		return nil, 0, refuse("%s does not say what was expected: p_weak or p_strong is missing", missing).
			WithHint("--train FILE learns a predictor from outcomes, --model FILE takes a trained one")
	}
	return told, len(records) - len(told), nil
}

// Expected reports whether any record says what was expected of both models.
func Expected(records []outcome.Record) bool {
	return slices.ContainsFunc(records, func(r outcome.Record) bool { _, _, ok := Told(r); return ok })
}
