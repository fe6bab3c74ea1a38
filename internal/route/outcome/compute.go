package outcome

// WeakCompute is the arithmetic that the weak model's answer took: as it was
// given, or two operations for each token and each parameter that works on it.
// Nil where neither is known.
func (r Record) WeakCompute() *float64 {
	return compute(r.WeakFlops, r.WeakParams, r.WeakPromptTokens, r.WeakTokens)
}

// StrongCompute is that of the strong model's.
func (r Record) StrongCompute() *float64 {
	return compute(r.StrongFlops, r.StrongParams, r.StrongPromptTokens, r.StrongTokens)
}

func compute(given, params, read, written *float64) *float64 {
	if given != nil {
		return given
	}
	if params == nil || written == nil {
		return nil
	}
	tokens := *written
	if read != nil {
		tokens += *read
	}
	v := 2 * *params * tokens
	return &v
}
