package unit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseWhen reads a time: a span back from now ("24h", "7d", "90m"), a day
// ("2026-04-01", where it begins here) or RFC 3339.
func ParseWhen(s string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	for _, form := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05", time.DateTime} {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, nil
		}
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is no time; write 24h, 7d, 2026-04-01 or 2026-04-01T09:00:00+09:00", s)
	}
	return t, nil
}
