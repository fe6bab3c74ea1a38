package method

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Strftime formats t by C's rules in the C locale.
func Strftime(t time.Time, format string) string {
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		c := format[i]
		if c != '%' || i+1 == len(format) {
			b.WriteByte(c)
			continue
		}
		i++
		plain := format[i] == '-' && i+1 < len(format)
		if plain {
			i++
		}
		s, ok := timeField(t, format[i])
		switch {
		case !ok:
			b.WriteByte('%')
			b.WriteByte(format[i])
		case plain && len(s) > 1:
			s = strings.TrimLeft(s[:len(s)-1], "0 ") + s[len(s)-1:]
			fallthrough
		default:
			b.WriteString(s)
		}
	}
	return b.String()
}

// layouts are the fields that Go's own layouts write.
var layouts = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'M': "04", 'S': "05", 'B': "January", 'b': "Jan", 'h': "Jan",
	'A': "Monday", 'a': "Mon", 'y': "06", 'I': "03", 'p': "PM", 'e': "_2", 'F': "2006-01-02", 'T': "15:04:05",
	'R': "15:04", 'D': "01/02/06", 'x': "01/02/06", 'X': "15:04:05", 'c': "Mon Jan _2 15:04:05 2006",
	'r': "03:04:05 PM", 'j': "002",
}

func timeField(t time.Time, c byte) (string, bool) {
	if l, ok := layouts[c]; ok {
		return t.Format(l), true
	}
	day, week := t.YearDay(), int(t.Weekday())
	switch c {
	case '%':
		return "%", true
	case 'n':
		return "\n", true
	case 't':
		return "\t", true
	case 'z', 'Z':
		return "", true // Python's now() has no zone
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000), true
	case 's':
		return strconv.FormatInt(t.Unix(), 10), true
	case 'w':
		return strconv.Itoa(week), true
	case 'u':
		return strconv.Itoa((week+6)%7 + 1), true
	case 'U':
		return fmt.Sprintf("%02d", (day+6-week)/7), true
	case 'W':
		return fmt.Sprintf("%02d", (day+6-(week+6)%7)/7), true
	case 'V', 'G':
		y, w := t.ISOWeek()
		if c == 'G' {
			return strconv.Itoa(y), true
		}
		return fmt.Sprintf("%02d", w), true
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100), true
	case 'k':
		return fmt.Sprintf("%2d", t.Hour()), true
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1), true
	}
	return "", false
}
