package rows

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"irori/internal/eval/task/rows/columns"
	"irori/internal/lines"
)

// The bounds of a table.
const (
	MaxBytes = 256 << 20
	MaxRows  = 1 << 18
	maxLine  = 32 << 20
)

// Row is a row with the values of its fields.
type Row struct {
	Line int
	// Raw is the row as a JSON object.
	Raw    json.RawMessage
	Fields map[string]json.RawMessage
}

// New makes a row of a JSON object.
func New(line int, raw json.RawMessage) (Row, error) {
	r := Row{Line: line, Raw: raw}
	if err := json.Unmarshal(raw, &r.Fields); err != nil {
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			err = errors.New("is not a JSON object")
		}
		return r, err
	}
	if r.Fields == nil {
		return r, errors.New("is not a JSON object")
	}
	return r, nil
}

// Has reports whether a field is there and not null.
func (r Row) Has(field string) bool {
	v, ok := r.Fields[field]
	return ok && string(v) != "null"
}

// Text returns a field that is a text.
func (r Row) Text(field string) (string, error) {
	if !r.Has(field) {
		return "", fmt.Errorf("%s is missing", field)
	}
	var s string
	if json.Unmarshal(r.Fields[field], &s) != nil {
		return "", fmt.Errorf("%s is not a text", field)
	}
	return s, nil
}

// Error is what is wrong with a row.
type Error struct {
	Line int
	Msg  string
}

// Error returns the sentence without the file's name.
func (e *Error) Error() string { return e.Msg }

func fault(line int, format string, args ...any) error {
	return &Error{line, fmt.Sprintf(format, args...)}
}

// Format is how a table is written.
type Format string

// The formats. JSON is an array, an object with one array in it, or lines in
// spite of the name.
const (
	Lines Format = "jsonl"
	JSON  Format = "json"
	TSV   Format = "tsv"
	CSV   Format = "csv"
	// Parquet is how public sets are handed out. Rows stand in no lines: they
	// are counted from 1.
	Parquet Format = "parquet"
)

// Formats says how files are named by what is in them.
const Formats = "name it .jsonl, .json, .tsv, .csv or .parquet, each also with .gz"

// Of tells a file's format by its name, and whether it is packed; the format is
// empty where the name says nothing.
func Of(name string) (f Format, packed bool) {
	name = strings.ToLower(path.Base(strings.ReplaceAll(name, `\`, "/")))
	name, packed = strings.CutSuffix(name, ".gz")
	switch path.Ext(name) {
	case ".jsonl", ".ndjson":
		return Lines, packed
	case ".json":
		return JSON, packed
	case ".tsv":
		return TSV, packed
	case ".csv":
		return CSV, packed
	case ".parquet":
		return Parquet, packed
	}
	return "", packed
}

// Options say how to read.
type Options struct {
	Format Format
	Packed bool
	// Columns name the columns of a table whose first line does not.
	Columns []string
}

// Read reads all rows. Errors about a row are of the type *Error.
func Read(r io.Reader, o Options) ([]Row, error) {
	if o.Packed {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fault(1, "cannot be unpacked: %v", err)
		}
		r = z
	}
	l := &io.LimitedReader{R: r, N: MaxBytes + 1}
	b := bufio.NewReader(l)
	if mark, err := b.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		_, _ = b.Discard(3)
	}
	var out []Row
	var err error
	switch o.Format {
	case Lines:
		out, err = objects(b)
	case JSON:
		out, err = array(b)
	case TSV, CSV:
		out, err = table(b, o)
	case Parquet:
		out, err = packs(b)
	default:
		return nil, fault(1, "is of no format that is known; %s", Formats)
	}
	if l.N <= 0 {
		return nil, fault(1, "has more than %d MiB", MaxBytes>>20)
	}
	return out, err
}

// objects reads a JSON object a line.
func objects(r io.Reader) ([]Row, error) {
	in := lines.New(r, maxLine)
	var out []Row
	for n, b := range in.All() {
		if !utf8.Valid(b) {
			return nil, fault(n, "is not UTF-8")
		}
		row, err := New(n, bytes.Clone(b))
		if err != nil {
			return nil, fault(n, "%v", err)
		}
		if out = append(out, row); len(out) > MaxRows {
			return nil, fault(n, "there are more than %d rows", MaxRows)
		}
	}
	if n, err := in.Err(); err != nil {
		return nil, fault(n, "%v", err)
	}
	return out, nil
}

func unpacked(err error, line int) error {
	if err == nil {
		return nil
	}
	return fault(line, "cannot be read: %v", err)
}

// array reads a JSON array of objects, or an object in which one member is
// such an array.
func array(r io.Reader) ([]Row, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, unpacked(err, 1)
	}
	if !utf8.Valid(b) {
		return nil, fault(1, "is not UTF-8")
	}
	from := 0
	switch t := bytes.TrimLeft(b, " \t\r\n"); {
	case len(t) == 0:
		return nil, nil
	case t[0] == '{':
		if !json.Valid(b) {
			return objects(bytes.NewReader(b))
		}
		var members map[string]json.RawMessage
		_ = json.Unmarshal(b, &members) // it is valid, and an object
		var lists []json.RawMessage
		for _, v := range members {
			if len(v) > 0 && v[0] == '[' && bytes.HasPrefix(bytes.TrimLeft(v[1:], " \t\r\n"), []byte("{")) {
				lists = append(lists, v)
			}
		}
		if len(lists) != 1 {
			return objects(bytes.NewReader(b)) // one row, if it is on one line
		}
		from = bytes.Index(b, lists[0])
	}
	d := json.NewDecoder(bytes.NewReader(b[from:]))
	line, seen := 1+bytes.Count(b[:from], []byte("\n")), from
	at := func() int {
		// The decoder stands behind a value; what follows are a comma and blanks.
		to := from + int(d.InputOffset())
		for to < len(b) && strings.IndexByte(" \t\r\n,", b[to]) >= 0 {
			to++
		}
		line += bytes.Count(b[seen:to], []byte("\n"))
		seen = to
		return line
	}
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, fault(at(), "is not an array of objects")
	}
	var out []Row
	for d.More() {
		n := at()
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, fault(n, "%v", ended(err))
		}
		row, err := New(n, raw)
		if err != nil {
			return nil, fault(n, "%v", err)
		}
		if out = append(out, row); len(out) > MaxRows {
			return nil, fault(n, "there are more than %d rows", MaxRows)
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, fault(at(), "%v", ended(err))
	}
	return out, nil
}

// ended says plainly that a file stops in the middle.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the file ends within the array")
	}
	return err
}

// packs reads the rows of a file in Parquet.
func packs(r io.Reader) ([]Row, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, unpacked(err, 1)
	}
	if len(b) > MaxBytes {
		return nil, nil // Read says so
	}
	var out []Row
	err = columns.Read(b, columns.Limits{Rows: MaxRows, Bytes: MaxBytes}, func(n int, raw json.RawMessage) error {
		row, err := New(n, raw)
		out = append(out, row)
		return err
	})
	if err != nil {
		return nil, fault(len(out)+1, "%v", err)
	}
	return out, nil
}

func table(r io.Reader, o Options) ([]Row, error) {
	if o.Format == TSV {
		// Tables apart by tabs have quotes as they are in the text.
		return tabbed(r, o)
	}
	c := csv.NewReader(r)
	c.FieldsPerRecord = -1
	names := o.Columns
	var out []Row
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			line := 1
			if p, ok := errors.AsType[*csv.ParseError](err); ok {
				line, err = p.Line, p.Err
			}
			return nil, fault(line, "%v", err)
		}
		line, _ := c.FieldPos(0)
		if names == nil {
			names = rec
			continue
		}
		if out, err = record(out, line, names, rec); err != nil {
			return nil, err
		}
	}
}

func tabbed(r io.Reader, o Options) ([]Row, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), maxLine)
	names := o.Columns
	var out []Row
	for n := 1; s.Scan(); n++ {
		text := strings.TrimSuffix(s.Text(), "\r")
		if strings.TrimSpace(text) == "" {
			continue
		}
		rec := strings.Split(text, "\t")
		if names == nil {
			names = rec
			continue
		}
		var err error
		if out, err = record(out, n, names, rec); err != nil {
			return nil, err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return nil, fault(len(out)+1, "a line has more than %d MiB", maxLine>>20)
	}
	return out, unpacked(s.Err(), len(out)+1)
}

// record makes a row of texts.
func record(out []Row, line int, names, rec []string) ([]Row, error) {
	if len(rec) != len(names) {
		return nil, fault(line, "has %d columns, not %d", len(rec), len(names))
	}
	m := map[string]string{}
	for i, name := range names {
		if !utf8.ValidString(rec[i]) {
			return nil, fault(line, "is not UTF-8")
		}
		m[strings.TrimSpace(name)] = rec[i]
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fault(line, "%v", err)
	}
	row, err := New(line, raw)
	if err != nil {
		return nil, fault(line, "%v", err)
	}
	if out = append(out, row); len(out) > MaxRows {
		return nil, fault(line, "there are more than %d rows", MaxRows)
	}
	return out, nil
}
