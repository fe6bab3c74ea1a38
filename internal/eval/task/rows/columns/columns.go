package columns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// Limits bound a table.
type Limits struct {
	Rows int
	// Bytes bounds the rows as JSON, which repeats what a file packs.
	Bytes int
}

// leaf is a column.
type leaf struct {
	// path are the keys that lead to it, without the groups that only make a
	// list of it.
	path []string
	list bool
	// full is the level at which a value is there, and item one of a list.
	full int
}

// Read calls each with every row as a JSON object, and its number from 1.
func Read(b []byte, most Limits, each func(n int, raw json.RawMessage) error) (err error) {
	// The reader is somebody else's and meets what it was not made for.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("cannot be read as Parquet")
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return fmt.Errorf("cannot be read as Parquet: %w", err)
	}
	if f.NumRows() > int64(most.Rows) {
		return fmt.Errorf("there are more than %d rows", most.Rows)
	}
	leaves := leavesOf(f.Schema())
	n, left := 0, most.Bytes
	for _, g := range f.RowGroups() {
		err := group(g, func(row parquet.Row) error {
			raw, err := object(row, leaves)
			if err != nil {
				return err
			}
			if left -= len(raw); left < 0 {
				return fmt.Errorf("has more than %d MiB", most.Bytes>>20)
			}
			if n++; n > most.Rows {
				return fmt.Errorf("there are more than %d rows", most.Rows)
			}
			return each(n, raw)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// group reads the rows of one group.
func group(g parquet.RowGroup, each func(parquet.Row) error) error {
	r := g.Rows()
	defer r.Close()
	batch := make([]parquet.Row, 64)
	for {
		n, err := r.ReadRows(batch)
		for _, row := range batch[:n] {
			if err := each(row); err != nil {
				return err
			}
		}
		if n == 0 || err != nil {
			if err == nil || errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("cannot be read as Parquet: %w", err)
		}
	}
}

// leavesOf are the columns in the file's order; those in lists of lists stay
// empty.
func leavesOf(s *parquet.Schema) []leaf {
	var out []leaf
	for _, path := range s.Columns() {
		c, ok := s.Lookup(path...)
		if !ok || c.MaxRepetitionLevel > 1 {
			out = append(out, leaf{})
			continue
		}
		l := leaf{path: path, list: c.MaxRepetitionLevel == 1, full: c.MaxDefinitionLevel}
		// options.list.element is options.
		if n := len(path); l.list && n > 2 && slices.Contains([]string{"list", "bag", "array"}, path[n-2]) {
			l.path = path[:n-2]
		}
		out = append(out, l)
	}
	return out
}

// object is a row as JSON.
func object(row parquet.Row, leaves []leaf) (json.RawMessage, error) {
	m := map[string]any{}
	row.Range(func(i int, values []parquet.Value) bool {
		if i >= len(leaves) || leaves[i].path == nil || len(values) == 0 {
			return true
		}
		l := leaves[i]
		v, ok := scalar(values[0])
		if l.list {
			v, ok = list(values, l.full)
		}
		if ok {
			put(m, l.path, v)
		}
		return true
	})
	return json.Marshal(m)
}

func list(values []parquet.Value, full int) (any, bool) {
	out := []any{}
	for _, v := range values {
		if v.IsNull() && v.DefinitionLevel() < full {
			if len(values) == 1 {
				break // a list of nothing
			}
			out = append(out, nil)
			continue
		}
		s, ok := scalar(v)
		if !ok {
			return nil, false
		}
		out = append(out, s)
	}
	return out, true
}

func put(m map[string]any, path []string, v any) {
	for _, k := range path[:len(path)-1] {
		below, ok := m[k].(map[string]any)
		if !ok {
			below = map[string]any{}
			m[k] = below
		}
		m = below
	}
	m[path[len(path)-1]] = v
}

// scalar is a value that JSON can hold.
func scalar(v parquet.Value) (any, bool) {
	if v.IsNull() {
		return nil, true
	}
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean(), true
	case parquet.Int32:
		return v.Int32(), true
	case parquet.Int64:
		return v.Int64(), true
	case parquet.Float:
		// As its own digits write it, and not as those of a wider number.
		return json.Number(strconv.FormatFloat(float64(v.Float()), 'g', -1, 32)), !math.IsNaN(float64(v.Float())) && !math.IsInf(float64(v.Float()), 0)
	case parquet.Double:
		return v.Double(), !math.IsNaN(v.Double()) && !math.IsInf(v.Double(), 0)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		if b := v.ByteArray(); utf8.Valid(b) {
			return string(b), true
		}
	}
	return nil, false
}
