package policy

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/tree/form"
)

// Hours are a part of the day on some days of the week, in a zone.
type Hours struct {
	// From and To are minutes from midnight; a To before From is on the next
	// day.
	From, To int
	// Days are those on which it begins, by time.Weekday.
	Days [7]bool
	Zone *time.Location
}

var weekdays = map[string]time.Weekday{
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday, "thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
	"日": time.Sunday, "月": time.Monday, "火": time.Tuesday, "水": time.Wednesday, "木": time.Thursday, "金": time.Friday, "土": time.Saturday,
}

// Hold reports whether a time is within any of the hours.
func Hold(of []Hours, t time.Time) bool {
	for _, h := range of {
		if h.holds(t) {
			return true
		}
	}
	return false
}

// meet reports whether there is a time at which some of one and some of the other
// hold. It looks at a year, whose clocks are put forward and back, at each time
// at which any begins: what two have in common begins with one of them.
func meet(a, b []Hours) bool {
	for _, h := range slices.Concat(a, b) {
		for day := range 366 {
			if t := time.Date(2026, 1, 1+day, 0, h.From, 0, 0, h.Zone); Hold(a, t) && Hold(b, t) {
				return true
			}
		}
	}
	return false
}

func (h Hours) holds(t time.Time) bool {
	t = t.In(h.Zone)
	at, day := t.Hour()*60+t.Minute(), t.Weekday()
	if h.From < h.To {
		return h.Days[day] && h.From <= at && at < h.To
	}
	return h.Days[day] && at >= h.From || h.Days[(day+6)%7] && at < h.To
}

// hours are texts such as "09:00-18:00", "mon-fri 22:00-07:00" or
// "土,日 10:00-16:00 Asia/Tokyo", one or a list.
func hours(f *form.Form, key string) []Hours {
	var out []Hours
	for _, s := range f.Texts(key) {
		h, why := parseHours(s)
		if why != "" {
			f.Fail(f.Get(key).Line, "key %s%s: %s", f.At, key, why)
		}
		out = append(out, h)
	}
	return out
}

func parseHours(s string) (h Hours, why string) {
	h.Zone = time.Local
	const want = `; write it like "mon-fri 09:00-18:00 Asia/Tokyo"`
	span, days := "", ""
	for _, word := range strings.Fields(s) {
		switch {
		case strings.Contains(word, ":"):
			if span != "" {
				return h, strconv.Quote(s) + " has two spans" + want
			}
			span = word
		case strings.Contains(word, "/") || word == "UTC":
			zone, err := time.LoadLocation(word)
			if err != nil {
				return h, strconv.Quote(word) + " is no time zone" + want
			}
			h.Zone = zone
		case days != "":
			return h, strconv.Quote(s) + " names days twice" + want
		default:
			days = word
		}
	}
	from, to, ok := strings.Cut(span, "-")
	a, okA := minute(from)
	b, okB := minute(to)
	if !ok || !okA || !okB || a == 24*60 {
		return h, strconv.Quote(s) + " has no span of hours" + want
	}
	if a == b {
		return h, strconv.Quote(s) + " is no time at all, so the cloud could never be asked" + want
	}
	h.From, h.To = a, b
	if days == "" {
		h.Days = [7]bool{true, true, true, true, true, true, true}
		return h, ""
	}
	for part := range strings.SplitSeq(days, ",") {
		first, last, spans := strings.Cut(strings.ToLower(part), "-")
		d, ok := weekdays[first]
		e, okLast := weekdays[last]
		if !ok || spans && !okLast {
			return h, strconv.Quote(part) + " is no day of the week" + want
		}
		if !spans {
			e = d
		}
		for ; ; d = (d + 1) % 7 {
			h.Days[d] = true
			if d == e {
				break
			}
		}
	}
	return h, ""
}

// minute reads HH:MM; 24:00 is the day's end.
func minute(s string) (int, bool) {
	hh, mm, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, err := strconv.Atoi(hh)
	m, err2 := strconv.Atoi(mm)
	if !ok || err != nil || err2 != nil || len(mm) != 2 || h < 0 || m < 0 || m > 59 || h > 24 || h == 24 && m > 0 {
		return 0, false
	}
	return h*60 + m, true
}
