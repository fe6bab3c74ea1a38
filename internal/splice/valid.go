package splice

// maxDepth bounds how deep values may lie within each other here.
const maxDepth = 200

// Plain reports whether b is one JSON value, not nested deeply. It tells what
// encoding/json's Valid tells, in a fraction of its time; of what is nested
// deeper it says no.
func Plain(b []byte) bool {
	i := value(b, space(b, 0), maxDepth)
	return i > 0 && space(b, i) == len(b)
}

// value returns where the value that begins at i ends; 0 where none does.
func value(b []byte, i, depth int) int {
	if i >= len(b) || depth == 0 {
		return 0
	}
	switch c := b[i]; {
	case c == '"':
		return str(b, i)
	case c == '{':
		return nest(b, i, '}', depth)
	case c == '[':
		return nest(b, i, ']', depth)
	case c == '-' || c >= '0' && c <= '9':
		return number(b, i)
	}
	for _, word := range [...]string{"null", "true", "false"} {
		if len(b)-i >= len(word) && string(b[i:i+len(word)]) == word {
			return i + len(word)
		}
	}
	return 0
}

// nest reads an object, or a list, which ends with end.
func nest(b []byte, i int, end byte, depth int) int {
	i = space(b, i+1)
	if i < len(b) && b[i] == end {
		return i + 1
	}
	for i < len(b) {
		if end == '}' {
			if b[i] != '"' {
				return 0
			}
			if i = str(b, i); i == 0 {
				return 0
			}
			if i = space(b, i); i >= len(b) || b[i] != ':' {
				return 0
			}
			i = space(b, i+1)
		}
		if i = value(b, i, depth-1); i == 0 {
			return 0
		}
		if i = space(b, i); i >= len(b) {
			return 0
		}
		if b[i] == end {
			return i + 1
		}
		if b[i] != ',' {
			return 0
		}
		i = space(b, i+1)
	}
	return 0
}

// str returns where the string that begins at i ends.
func str(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return 0
		case c == '\\':
			if i++; i >= len(b) {
				return 0
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(b) {
					return 0
				}
				for _, h := range b[i+1 : i+5] {
					if (h < '0' || h > '9') && (h|' ' < 'a' || h|' ' > 'f') {
						return 0
					}
				}
				i += 4
			default:
				return 0
			}
		}
	}
	return 0
}

// number returns where the number that begins at i ends.
func number(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	from := i
	if i = digits(b, i); i == 0 || b[from] == '0' && i > from+1 {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if i = digits(b, i+1); i == 0 {
			return 0
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digits(b, i)
	}
	return i
}

// digits returns where at least one digit ends.
func digits(b []byte, i int) int {
	from := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	if i == from {
		return 0
	}
	return i
}
