package task

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"irori/internal/eval/task/rows"
	"irori/internal/llm"
	"irori/internal/tree"
	"irori/internal/tree/form"
)

// Open opens what a task's file names: data beside it, or a file that it
// includes. The path is that of the file, joined to its folder, with slashes.
type Open func(path string) (io.ReadCloser, error)

// Load reads a file of tasks, or all such files in a folder.
func Load(from string) ([]*Task, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no file %s", from).WithHint(hint)
	}
	if !info.IsDir() {
		return loadFile(from, names{})
	}
	var out []*Task
	seen := names{}
	err = filepath.WalkDir(from, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !isTask(p) {
			return err
		}
		tasks, err := loadFile(p, seen)
		out = append(out, tasks...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return nil, llm.Errorf(llm.CodeNotFound, "%s has no file of tasks, .yaml or .yml", from).WithHint(hint)
	}
	return out, nil
}

// isTask tells files of tasks by their names; lm-eval begins those that are
// only included with an underscore.
func isTask(p string) bool {
	ext := strings.ToLower(filepath.Ext(p))
	return (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(filepath.Base(p), "_")
}

func loadFile(p string, seen names) ([]*Task, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, llm.Wrap(llm.CodeNotFound, err, "%s cannot be read", p)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, tree.MaxBytes+1))
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", p)
	}
	return parse(filepath.ToSlash(p), b, func(path string) (io.ReadCloser, error) { return os.Open(filepath.FromSlash(path)) }, seen)
}

// names are where the names of tasks stand.
type names map[string]place

// take refuses a name that another task has.
func (seen names) take(name string, at place) error {
	if first, taken := seen[name]; taken {
		return wrong(at.file, at.line, "key task: %s is the name of the task at %s:%d too", name, first.file, first.line)
	}
	seen[name] = at
	return nil
}

// Parse reads a file of tasks: one task, or a list of them. The name stands in
// errors, and what the file names lies in its folder. Open may be nil for files
// that hold all themselves.
func Parse(name string, data []byte, open Open) ([]*Task, error) {
	return parse(name, data, open, names{})
}

func parse(name string, data []byte, open Open, seen names) ([]*Task, error) {
	if open == nil {
		open = func(string) (io.ReadCloser, error) { return nil, fs.ErrNotExist }
	}
	p := &parser{open: open, left: rows.MaxRows}
	n, err := p.tree(name, data, 0)
	if err != nil {
		return nil, err
	}
	list := []*tree.Node{n}
	if n.Kind == tree.List {
		list = n.Items
	}
	if len(list) == 0 || n.Kind == tree.Nothing {
		return nil, wrong(name, 1, "the file holds no task")
	}
	var out []*Task
	for _, n := range list {
		s, err := specOf(name, n)
		if err != nil {
			return nil, err
		}
		if err := seen.take(s.task.Name, place{file: name, line: s.nameAt.Line}); err != nil {
			return nil, err
		}
		t, err := p.fill(s)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// maxInclude is how deep files include files.
const maxInclude = 5

// parser reads the files of one call.
type parser struct {
	open Open
	// left is how many rows all tasks together may still have.
	left int
}

// tree reads a file with what it includes below its own keys.
func (p *parser) tree(name string, data []byte, depth int) (*tree.Node, error) {
	n, err := tree.Parse(data)
	if e, ok := errors.AsType[*tree.Error](err); ok {
		return nil, wrong(name, e.Line, "%s", e.Msg)
	}
	if err != nil || n.Kind != tree.Keys {
		return n, err
	}
	in := n.Get("include")
	if in == nil {
		return n, nil
	}
	if in.Kind != tree.Text || depth >= maxInclude {
		return nil, wrong(name, in.Line, "key include must be the path of one file, not more than %d deep", maxInclude)
	}
	file := beside(name, in.Text)
	b, err := p.read(file, place{name, in.Line, "include"})
	if err != nil {
		return nil, err
	}
	from, err := p.tree(file, b, depth+1)
	if err != nil {
		return nil, err
	}
	from.From(file)
	if from.Kind != tree.Keys {
		return nil, wrong(name, in.Line, "key include: %s holds %s, not %s", file, from.Kind, tree.Keys)
	}
	for _, pair := range from.Pairs {
		if n.Get(pair.Key) == nil {
			n.Pairs = append(n.Pairs, pair)
		}
	}
	return n, nil
}

// beside is the path of what a file names.
func beside(name, rel string) string {
	if path.IsAbs(rel) || filepath.IsAbs(rel) {
		return rel
	}
	return path.Join(path.Dir(name), filepath.ToSlash(rel))
}

// place is a key of a file.
type place struct {
	file string
	line int
	key  string
}

func (p *parser) read(file string, by place) ([]byte, error) {
	f, err := p.open(file)
	if err != nil {
		return nil, wrong(by.file, by.line, "key %s: %s cannot be opened: %v", by.key, file, cause(err))
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, rows.MaxBytes))
	if err != nil {
		return nil, wrong(by.file, by.line, "key %s: %s cannot be read: %v", by.key, file, cause(err))
	}
	return b, nil
}

func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// fill reads a task's items.
func (p *parser) fill(s *spec) (*Task, error) {
	items, err := p.rows(s, s.data, "items", s.inline)
	if err != nil {
		return nil, err
	}
	examples, err := p.rows(s, s.samplesFrom, "fewshot_config.samples", s.samples)
	if err != nil {
		return nil, err
	}
	return s.build(items, examples)
}

func (p *parser) rows(s *spec, data source, key string, inline []*tree.Node) ([]itemRow, error) {
	var out []itemRow
	for _, n := range inline {
		file := cmp.Or(n.File, s.file)
		raw, err := n.JSON()
		if err != nil {
			return nil, wrong(file, n.Line, "key %s: %v", key, err)
		}
		r, err := rows.New(n.Line, raw)
		if err != nil {
			return nil, wrong(file, n.Line, "key %s must be a list of keys with values, not of %s", key, form.Described(n))
		}
		out = append(out, itemRow{r, file})
	}
	if data.path != "" {
		file, by := beside(s.file, data.path), place{cmp.Or(data.at.File, s.file), data.at.Line, data.key}
		format, packed := rows.Of(file)
		if format == "" {
			return nil, wrong(by.file, by.line, "key %s: %s is of no format that is known; %s", by.key, file, rows.Formats)
		}
		b, err := p.read(file, by)
		if err != nil {
			return nil, err
		}
		list, err := rows.Read(bytes.NewReader(b), rows.Options{Format: format, Packed: packed})
		if e, ok := errors.AsType[*rows.Error](err); ok {
			return nil, wrong(file, e.Line, "%s", e.Msg)
		}
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			out = append(out, itemRow{r, file})
		}
	}
	if p.left -= len(out); p.left < 0 {
		return nil, wrong(s.file, s.top.Line, "key %s: the file's tasks have more than %d items", key, rows.MaxRows)
	}
	return out, nil
}

// AnswerDigest sums what answers to a task's items are compared with, by their
// ids, whatever the items are asked in: two that agree in it differ in their
// prompts at most.
func AnswerDigest(t *Task) string {
	bare := &Task{Output: t.Output}
	for _, it := range t.Items {
		bare.Items = append(bare.Items, Item{ID: it.ID, Scorer: it.Scorer, Mark: it.Mark, Gold: it.Gold, Choices: it.Choices, Checks: it.Checks, Tools: it.Tools, Read: it.Read})
	}
	return Digest(bare)
}

// Digest pins a task: the same sum means the same questions, prompts and
// scorers, in any order. Where the questions come from does not count.
func Digest(t *Task) string {
	var lines []string
	for _, it := range t.Items {
		b, err := json.Marshal(it)
		if err != nil {
			// Raw members of an item that was not loaded may be no JSON.
			b = []byte(it.ID + "\x00" + err.Error())
		}
		lines = append(lines, string(b))
	}
	slices.Sort(lines)
	h := sha256.New()
	_, _ = io.WriteString(h, string(t.Output)+"\n")
	for _, l := range lines {
		_, _ = io.WriteString(h, l+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))
}
