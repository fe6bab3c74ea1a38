package gateway

import "strconv"

// CreatedAt reads the seconds out of a request id, whose first 48 bits are the
// time in milliseconds.
func CreatedAt(id string) int64 {
	if len(id) < 12 {
		return 0
	}
	ms, err := strconv.ParseInt(id[:12], 16, 64)
	if err != nil {
		return 0
	}
	return ms / 1000
}
