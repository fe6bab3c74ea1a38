package measure

import (
	"fmt"

	"irori/internal/term"
)

// LoadTable shows people the figures of each rate.
func (s *Summary) LoadTable() *term.Table {
	t := term.NewTable(term.Column{Title: "TARGET"}, term.Column{Title: "RATE", Right: true}, term.Column{Title: "LIMIT", Right: true}, term.Column{Title: "ASKED", Right: true},
		term.Column{Title: "FAILED", Right: true}, term.Column{Title: "GOODPUT", Right: true}, term.Column{Title: "TTFT P95", Right: true},
		term.Column{Title: "ITL P95", Right: true}, term.Column{Title: "TOK/S", Right: true}, term.Column{Title: "J/TOKEN", Right: true})
	for _, f := range s.Loads {
		limit, joules := "", inCell(f.JPerToken, "%.3g")
		if f.PowerLimitW != nil {
			limit = fmt.Sprintf("%g W", *f.PowerLimitW)
		}
		if f.Method == "modelled" && joules != "" {
			joules = "≈" + joules
		}
		t.Row(f.Target, fmt.Sprintf("%g/s", f.Rate), limit, fmt.Sprintf("%d", f.Asked), fmt.Sprintf("%d", f.Failed), fmt.Sprintf("%.2f/s", f.Goodput),
			inCell(f.TTFTP95, "%.2f s"), inCell(f.ITLP95, "%.3f s"), inCell(f.TokensPerS, "%.1f"), joules)
	}
	return t
}

// inCell writes what is known.
func inCell(v *float64, format string) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(format, *v)
}
