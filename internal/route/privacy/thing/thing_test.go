package thing

import "testing"

func TestKnown(t *testing.T) {
	for phrase, want := range map[string]bool{
		"rio de janeiro": true, "cagayan de oro": true, "calvin klein": true, "hindi": true, "サンタ・マリア": true,
		"Rio de Janeiro": false, "jane doe": false, "janeiro": false, "": false,
	} {
		if got := Known(phrase); got != want {
			t.Errorf("%q: %v", phrase, got)
		}
	}
}
