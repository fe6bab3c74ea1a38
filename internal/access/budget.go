package access

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"irori/internal/unit"
)

// Window is a calendar span in which a budget may be spent; the next one
// begins with nothing spent.
type Window string

// The windows. Weeks begin on Monday; total never ends.
const (
	Hour  Window = "hour"
	Day   Window = "day"
	Week  Window = "week"
	Month Window = "month"
	Year  Window = "year"
	Total Window = "total"
)

// Windows are all windows, the shortest first.
var Windows = []Window{Hour, Day, Week, Month, Year, Total}

// Start is when the window that holds t began, in t's zone; zero for Total.
func (w Window) Start(t time.Time) time.Time {
	y, m, d := t.Date()
	at := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, t.Location()) }
	switch w {
	case Hour:
		// By the clock's minutes, so that an hour that a change of clocks
		// repeats is two hours.
		return t.Truncate(time.Second).Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second)
	case Day:
		return at(y, m, d, 0)
	case Week:
		return at(y, m, d-(int(t.Weekday())+6)%7, 0)
	case Month:
		return at(y, m, 1, 0)
	case Year:
		return at(y, 1, 1, 0)
	}
	return time.Time{}
}

// End is when the window that holds t ends; zero for Total.
func (w Window) End(t time.Time) time.Time {
	s := w.Start(t)
	switch w {
	case Hour:
		return s.Add(time.Hour)
	case Day:
		return s.AddDate(0, 0, 1)
	case Week:
		return s.AddDate(0, 0, 7)
	case Month:
		return s.AddDate(0, 1, 0)
	case Year:
		return s.AddDate(1, 0, 0)
	}
	return time.Time{}
}

// The units of budgets that are not money; money has its currency's code.
const (
	UnitTokens = "tokens"
	UnitJoules = "J"
)

// Budget is how much may be spent in each window.
type Budget struct {
	Amount float64 `json:"amount"`
	// Unit is tokens (of prompts and answers), J, or a currency's code.
	Unit string `json:"unit"`
	Per  Window `json:"per"`
}

// Money reports whether the budget is one of money.
func (b Budget) Money() bool { return b.Unit != UnitTokens && b.Unit != UnitJoules }

// Shown formats an amount in the budget's unit.
func (b Budget) Shown(v float64) string {
	switch b.Unit {
	case UnitTokens:
		return fmt.Sprintf("%.0f tokens", v)
	case UnitJoules:
		return unit.Joules(v).String()
	}
	return unit.FormatMoney(v, b.Unit)
}

// String is the budget as ParseBudget reads it, in words for people.
func (b Budget) String() string {
	switch b.Per {
	case Total:
		return b.Shown(b.Amount) + " in total"
	case Hour:
		return b.Shown(b.Amount) + " an hour"
	}
	return b.Shown(b.Amount) + " a " + string(b.Per)
}

// ParseBudget reads "500JPY/month", "$5/day", "200k tokens/hour",
// "2kWh/week" or "¥3000/total".
func ParseBudget(s string) (Budget, error) {
	amount, per, ok := strings.Cut(s, "/")
	b := Budget{Per: Window(strings.ToLower(strings.TrimSpace(per)))}
	if !ok || !slices.Contains(Windows, b.Per) {
		return b, fmt.Errorf("%q does not end in /hour, /day, /week, /month, /year or /total", s)
	}
	if n, err := unit.ParseCount(amount, "token"); err == nil {
		b.Amount, b.Unit = float64(n), UnitTokens
		return b, nil
	}
	if j, err := unit.ParseJoules(amount); err == nil {
		b.Amount, b.Unit = float64(j), UnitJoules
		return b, nil
	}
	v, currency, err := unit.ParseMoney(amount)
	if err != nil {
		return b, fmt.Errorf("%q is no amount of money (500JPY), tokens (200k tokens) or energy (2kWh)", strings.TrimSpace(amount))
	}
	b.Amount, b.Unit = v, currency
	return b, nil
}
