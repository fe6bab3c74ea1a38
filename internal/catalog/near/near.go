// Package near tells how unlike two words are, to guess what a mistyped name
// was meant to be.
//
// It knows no names; what counts as near is the caller's.
package near

// Distance is the number of letters to insert, delete or change (Levenshtein),
// over bytes.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return row[len(b)]
}

// Best is the word that is least unlike, "" where none is within the limit.
func Best(word string, of []string, limit int) string {
	best := ""
	for _, w := range of {
		if d := Distance(word, w); d <= limit {
			best, limit = w, d-1
		}
	}
	return best
}
