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

// Computes are WeakCompute and StrongCompute of records that go together: where
// some tell how many tokens were read and others do not, those that do not have
// none.
func Computes(records []Record) (weak, strong func(Record) *float64) {
	told := false
	for _, r := range records {
		told = told || r.WeakFlops == nil && r.WeakPromptTokens != nil || r.StrongFlops == nil && r.StrongPromptTokens != nil
	}
	if !told {
		return Record.WeakCompute, Record.StrongCompute
	}
	return func(r Record) *float64 {
			if r.WeakFlops == nil && r.WeakPromptTokens == nil {
				return nil
			}
			return r.WeakCompute()
		}, func(r Record) *float64 {
			if r.StrongFlops == nil && r.StrongPromptTokens == nil {
				return nil
			}
			return r.StrongCompute()
		}
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
