package term

import (
	"io"
	"strings"
)

// Column is a column of a table.
type Column struct {
	Title string
	// Right puts the cells at the right edge, as numbers are read.
	Right bool
	// Shrink lets the column be cut where the terminal is too narrow.
	Shrink bool
	// Min is the least width, for tables that are written row by row.
	Min int
}

// Table lays rows out in columns whose widths are counted in cells, so that
// Japanese stands in line.
type Table struct {
	cols     []Column
	rows     [][]string
	untitled bool
}

// NewTable makes a table without rows.
func NewTable(cols ...Column) *Table { return &Table{cols: cols} }

// Next empties the table and leaves the titles out from now on: what follows
// stands below what was written.
func (t *Table) Next() { t.rows, t.untitled = nil, true }

// Row adds a row; cells that are missing are empty.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(t.cols))
	for i := range row {
		if i < len(cells) {
			row[i] = Line(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

// Len is the number of rows.
func (t *Table) Len() int { return len(t.rows) }

const (
	gap       = 2
	minShrunk = 8
)

// Write prints the titles and the rows. Columns that may shrink are cut until
// the table fits into width cells; 0 is no limit. A column without any value
// is left out.
func (t *Table) Write(w io.Writer, width int) error {
	widths := make([]int, len(t.cols))
	for i, c := range t.cols {
		widths[i] = c.Min
		for _, r := range t.rows {
			widths[i] = max(widths[i], Width(r[i]))
		}
		if widths[i] > 0 || len(t.rows) == 0 {
			widths[i] = max(widths[i], Width(c.Title))
		}
	}
	t.shrink(widths, width)
	var b strings.Builder
	if !t.untitled {
		titles := make([]string, len(t.cols))
		for i, c := range t.cols {
			titles[i] = c.Title
		}
		t.line(&b, titles, widths)
	}
	for _, r := range t.rows {
		t.line(&b, r, widths)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shrink takes cells from the widest column that may give some, one by one.
func (t *Table) shrink(widths []int, limit int) {
	if limit <= 0 {
		return
	}
	total := -gap
	for _, w := range widths {
		if w > 0 {
			total += w + gap
		}
	}
	for ; total > limit; total-- {
		widest := -1
		for i, c := range t.cols {
			if c.Shrink && widths[i] > minShrunk && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func (t *Table) line(b *strings.Builder, row []string, widths []int) {
	var l strings.Builder
	for i, c := range t.cols {
		if widths[i] == 0 {
			continue
		}
		if l.Len() > 0 {
			l.WriteString(strings.Repeat(" ", gap))
		}
		l.WriteString(pad(Truncate(row[i], widths[i]), widths[i], c.Right))
	}
	b.WriteString(strings.TrimRight(l.String(), " "))
	b.WriteByte('\n')
}
