package ipw

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"irori/internal/lines"
	"irori/internal/llm"
)

// maxLine bounds a record: a problem and the answers of several models.
const maxLine = 64 << 20

// record is one profiling record.
type record struct {
	// at is its place, for messages.
	at      string
	Problem string           `json:"problem"`
	Answer  string           `json:"answer"`
	Subject string           `json:"subject"`
	Dataset object           `json:"dataset_metadata"`
	Answers map[string]any   `json:"model_answers"`
	Metrics map[string]*tree `json:"model_metrics"`
	Turns   json.RawMessage  `json:"turns"`
}

// object is a member that is an object, or one written as text.
type object map[string]any

// UnmarshalJSON takes an object as it is, and as text: tables of some writers
// have no columns of objects.
func (o *object) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		b = []byte(text)
		if text == "" {
			return nil
		}
	}
	return json.Unmarshal(b, (*map[string]any)(o))
}

// tree is what is kept of a model's answer.
type tree struct{ object }

// records reads all records of a file, or of the files in a folder.
func records(path string) ([]record, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no %s", path).WithHint("irori help measure")
	}
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return readFile(path)
	}
	var files []string
	arrow := false
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		switch filepath.Ext(name) {
		case ".jsonl", ".parquet", ".ndjson":
			files = append(files, name)
		case ".arrow":
			arrow = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	if len(files) == 0 {
		what := "it has no file of records (.jsonl, .parquet)"
		if arrow {
			what = "its tables are Arrow files, which are not read: write them as JSON lines with to_json of Hugging Face's datasets"
		}
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s: %s", path, what).WithHint("irori help measure")
	}
	var out []record
	for _, f := range files {
		list, err := readFile(f)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func readFile(path string) ([]record, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if filepath.Ext(path) == ".parquet" {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		return readTable(path, f, info.Size())
	}
	return readLines(path, f)
}

// readLines reads records, a line each.
func readLines(path string, r io.Reader) ([]record, error) {
	in := lines.New(r, maxLine)
	var out []record
	for n, b := range in.All() {
		x, err := one(fmt.Sprintf("%s:%d", path, n), b)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	if n, err := in.Err(); err != nil {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %v", path, n, err)
	}
	return out, nil
}

func one(at string, b []byte) (record, error) {
	x := record{at: at}
	if err := json.Unmarshal(b, &x); err != nil {
		what := err.Error()
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			what = e.Field + ": it cannot be " + e.Value
		}
		return x, llm.Errorf(llm.CodeInvalidRequest, "%s: %s", at, what).WithHint("irori help measure")
	}
	switch {
	case len(x.Turns) > 0:
		return x, llm.Errorf(llm.CodeUnsupported, "%s: turns: traces of conversations are not read, profiling records are", at)
	case x.Metrics == nil:
		return x, llm.Errorf(llm.CodeInvalidRequest, "%s: model_metrics: it is missing", at).WithHint("irori help measure")
	}
	return x, nil
}

// readTable reads records out of Parquet, whose rows become the same JSON.
func readTable(path string, r io.ReaderAt, size int64) (out []record, err error) {
	broken := func(err any) error {
		return llm.Errorf(llm.CodeInvalidRequest, "%s cannot be read: %v", path, err).WithHint("irori help measure")
	}
	// Files of others may be broken in ways that the reader gives up at.
	defer func() {
		if p := recover(); p != nil {
			out, err = nil, broken(p)
		}
	}()
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, broken(err)
	}
	rows := parquet.NewReader(file)
	defer rows.Close()
	for at := 1; ; at++ {
		var row any
		if err := rows.Read(&row); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, broken(err)
		}
		b, err := json.Marshal(row)
		if err != nil {
			return nil, broken(err)
		}
		x, err := one(fmt.Sprintf("%s: row %d", path, at), b)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
}

// UnmarshalJSON lets a model's metrics be null: it was not asked.
func (t *tree) UnmarshalJSON(b []byte) error { return t.object.UnmarshalJSON(b) }

// at finds what lies below some names; the first of several paths that is there.
func (o object) at(paths ...string) any {
	for _, path := range paths {
		var v any = map[string]any(o)
		for name := range strings.SplitSeq(path, ".") {
			m, ok := v.(map[string]any)
			if !ok {
				v = nil
				break
			}
			v = m[name]
		}
		if v != nil {
			return v
		}
	}
	return nil
}

// number is a figure above 0; everything else stands for one that is missing.
func (o object) number(paths ...string) *float64 {
	for _, p := range paths {
		if v, ok := o.at(p).(float64); ok && v > 0 {
			return &v
		}
	}
	return nil
}

// count is a whole number from 0 on.
func (o object) count(paths ...string) *int {
	for _, p := range paths {
		if v, ok := o.at(p).(float64); ok && v >= 0 && v < 1e12 {
			n := int(v)
			return &n
		}
	}
	return nil
}

func (o object) text(paths ...string) string {
	for _, p := range paths {
		switch v := o.at(p).(type) {
		case string:
			if v != "" {
				return v
			}
		case float64:
			return fmt.Sprint(v)
		}
	}
	return ""
}
