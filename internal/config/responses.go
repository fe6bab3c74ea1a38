package config

import "time"

// Responses says what is kept of the answers of OpenAI's Responses API.
type Responses struct {
	// Keep is how long one stays that a client asked to be kept; 0 keeps none.
	Keep string `yaml:"keep"`
}

// keepResponses is how long they stay where nothing was set, as at the vendor.
const keepResponses = 30 * 24 * time.Hour

// For is how long answers are kept.
func (r Responses) For() time.Duration {
	switch r.Keep {
	case "":
		return keepResponses
	case "0":
		return 0
	}
	// Check has refused what cannot be read.
	d, _ := duration(r.Keep)
	return d
}

func (r Responses) check() error {
	if r.Keep == "0" {
		return nil
	}
	if _, err := duration(r.Keep); err != nil {
		return wrongly([]string{"responses", "keep"}, "is %q; write it like 720h, or 0 to keep none", r.Keep)
	}
	return nil
}
