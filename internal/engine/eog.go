package engine

import "math"

// findEOG lists the end tokens. Asking for a whole vocabulary takes some
// milliseconds, so it is done once, for the first request that needs it.
func (e *Engine) findEOG() {
	e.eogOnce.Do(func() {
		for t := range int32(e.model.NVocab) {
			if e.model.IsEOG(t) {
				e.eogTokens = append(e.eogTokens, t)
			}
		}
	})
}

// banEOG makes the end tokens impossible, for requests that ignore them.
func (e *Engine) banEOG(logits []float32) {
	for _, t := range e.eogTokens {
		logits[t] = float32(math.Inf(-1))
	}
}
