package unit

import (
	"testing"
	"time"
)

func TestParseWhen(t *testing.T) {
	zone := time.FixedZone("JST", 9*3600)
	now := time.Date(2026, 4, 2, 12, 0, 0, 0, zone)
	for s, want := range map[string]string{
		"24h": "2026-04-01T12:00:00+09:00", "7d": "2026-03-26T12:00:00+09:00", "90m": "2026-04-02T10:30:00+09:00",
		"2026-04-01": "2026-04-01T00:00:00+09:00", "2026-04-01 09:30": "2026-04-01T09:30:00+09:00", "2026-04-01T00:00:00Z": "2026-04-01T00:00:00Z",
	} {
		got, err := ParseWhen(s, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("ParseWhen(%q) = %v, %v; want %s", s, got, err, want)
		}
	}
	for _, s := range []string{"", "yesterday", "-3h", "-1d", "2026-13-01", "5"} {
		if got, err := ParseWhen(s, now); err == nil {
			t.Errorf("ParseWhen(%q) = %v", s, got)
		}
	}
}
