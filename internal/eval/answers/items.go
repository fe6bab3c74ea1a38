package answers

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/eval/code"
	"irori/internal/llm"
)

// Items are the items of a set of instructions or of programs by their keys.
type Items struct {
	from     string
	of       map[string]instructions
	programs map[string]code.Item
}

// names are what the file of a set is called where it lies, by the task.
var names = map[string][]string{
	"ifeval":      {"mifeval_en_input_data.jsonl", "en_input_data.jsonl", "ifeval_input_data.jsonl", "input_data.jsonl"},
	"m-ifeval-ja": {"mifeval_ja_input_data.jsonl", "ja_input_data.jsonl"},
	"humaneval":   {"HumanEval.jsonl", "humaneval.jsonl", "human-eval.jsonl"},
	"jhumaneval":  {"jhuman-eval.jsonl", "JHumanEval.jsonl", "jhumaneval.jsonl"},
}

// maxSet bounds a set when it is unpacked.
const maxSet = 256 << 20

// Open reads a set: a file of its items (key, instruction_id_list, kwargs; of
// programs task_id, prompt, entry_point, test), or the file of the task in a
// folder. Either may be packed by gzip.
func Open(task, path string) (*Items, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, llm.Wrap(llm.CodeNotFound, err, "the items cannot be read")
	}
	if info.IsDir() {
		found := in(task, path)
		if found == "" {
			return nil, llm.Errorf(llm.CodeNotFound, "%s has no file of the items of %s: %s", path, task, strings.Join(names[task], ", ")).
				WithHint("irori measure score --items FILE")
		}
		path = found
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, llm.Wrap(llm.CodeNotFound, err, "the items cannot be read")
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be unpacked", path)
		}
		r = io.LimitReader(z, maxSet)
	}
	if Programs(task) {
		return readPrograms(path, r)
	}
	return read(path, r)
}

// readPrograms keeps an item by its whole key, and by the number in it.
func readPrograms(path string, r io.Reader) (*Items, error) {
	out := &Items{from: path, programs: map[string]code.Item{}}
	err := eachLine(path, r, func(n int, b []byte) error {
		var l struct {
			ID json.RawMessage `json:"task_id"`
			code.Item
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return malformed(path, n, member(err), "%v", plainly(err))
		}
		if len(l.ID) == 0 {
			return malformed(path, n, "task_id", "is missing")
		}
		if missing := incomplete(l.Item); missing != "" {
			return malformed(path, n, missing, "is missing")
		}
		key := name(l.ID)
		out.programs[key] = l.Item
		out.programs[key[strings.LastIndexByte(key, '/')+1:]] = l.Item
		return nil
	})
	return out, err
}

// Find looks for the set of a task in folders, the first that has it.
func Find(task string, folders ...string) (*Items, error) {
	for _, dir := range folders {
		if found := in(task, dir); found != "" {
			return Open(task, found)
		}
	}
	return nil, nil
}

// Near are the folders that sets lie in by custom: data/eval and
// shared/data/eval, in a folder and in those above it.
func Near(dir string) []string {
	var out []string
	for {
		out = append(out, filepath.Join(dir, "data", "eval"), filepath.Join(dir, "shared", "data", "eval"))
		above := filepath.Dir(dir)
		if above == dir {
			return out
		}
		dir = above
	}
}

func in(task, dir string) string {
	for _, name := range names[task] {
		for _, end := range []string{"", ".gz"} {
			p := filepath.Join(dir, name+end)
			if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
				return p
			}
		}
	}
	return ""
}

func read(path string, r io.Reader) (*Items, error) {
	it := &Items{from: path, of: map[string]instructions{}}
	err := eachLine(path, r, func(n int, b []byte) error {
		var l struct {
			Key json.RawMessage `json:"key"`
			instructions
		}
		if err := json.Unmarshal(b, &l); err != nil {
			return malformed(path, n, member(err), "%v", plainly(err))
		}
		switch {
		case len(l.Key) == 0:
			return malformed(path, n, "key", "is missing")
		case len(l.IDs) == 0:
			return malformed(path, n, "instruction_id_list", "is missing")
		}
		it.of[name(l.Key)] = l.instructions
		return nil
	})
	return it, err
}

// name is a key as text: some write 12, some "12".
func name(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

func (it *Items) find(id json.RawMessage) (instructions, bool) {
	if it == nil {
		return instructions{}, false
	}
	found, ok := it.of[name(id)]
	return found, ok
}

func (it *Items) missing(file string, n int, id json.RawMessage) error {
	if it == nil {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: instruction_id_list: is missing, and no file of the set's items was given", file, n).
			WithHint("irori measure score --items FILE, the set's own input file")
	}
	return malformed(file, n, "id", "no item of %s has the key %s", it.from, id)
}
