package sets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"irori/internal/eval/answers"
	"irori/internal/eval/suite"
	"irori/internal/eval/task"
	"irori/internal/eval/task/rows"
	"irori/internal/llm"
)

// Set is a public set that can be asked.
type Set struct {
	// Name is what --on calls it.
	Name     string
	Language string
	Family   string
	Items    int
	Licence  string
	// From is where its file comes from, and Files what that is called; the
	// first is the one to ask for.
	From  string
	Files []string
	// SameAs are sets with the same questions.
	SameAs []string

	// sums are those of the unpacked file, empty where none is known.
	sums    []string
	format  rows.Format
	columns []string
	build   func(s *Set, list []rows.Row, shots []Shot) (*task.Task, error)
	// shots says that worked examples go before plain text.
	shots bool
}

// Shot is a worked example.
type Shot struct{ Q, A string }

// All are the sets that are known, in the order of lists.
func All() []Set {
	const mit = "MIT"
	mgsm := []string{"question", "answer"}
	return []Set{
		{Name: "gsm8k", Language: "en", Family: "arithmetic", Items: 1319, Licence: mit, From: "openai/grade-school-math", SameAs: []string{"mgsm-en", "mgsm-ja"},
			Files: []string{"gsm8k_test.jsonl", "gsm8k.jsonl"}, format: rows.Lines, build: gsm8k, shots: true,
			sums: []string{"3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14"}},
		{Name: "mgsm-en", Language: "en", Family: "arithmetic", Items: 250, Licence: "CC-BY-4.0", From: "google-research/url-nlp", SameAs: []string{"gsm8k", "mgsm-ja"},
			Files: []string{"mgsm_en.tsv"}, format: rows.TSV, columns: mgsm, build: gsm8k, shots: true,
			sums: []string{"50021d0f28cc957edcb44e7806425b1c7fbd648ddcb9e0a8ec689d10e57d40fa"}},
		{Name: "mgsm-ja", Language: "ja", Family: "arithmetic", Items: 250, Licence: "CC-BY-4.0", From: "google-research/url-nlp", SameAs: []string{"gsm8k", "mgsm-en"},
			Files: []string{"mgsm_ja.tsv"}, format: rows.TSV, columns: mgsm, build: gsm8k, shots: true,
			sums: []string{"59a2b50debe77981fd784cb3b2bef1505e3abf2a37116dc9d7a366ab029b4637"}},
		{Name: "svamp", Language: "en", Family: "arithmetic", Items: 1000, Licence: mit, From: "arkilpatel/SVAMP",
			Files: []string{"SVAMP.json", "svamp.json"}, format: rows.JSON, build: svamp, shots: true,
			sums: []string{"5be77703a6d891ae476d7c082787ad361392aa02453b132516cdd5f4e7934e3e"}},
		{Name: "humaneval", Language: "en", Family: "code", Items: 164, Licence: mit, From: "openai/human-eval", SameAs: []string{"jhumaneval"},
			Files: []string{"HumanEval.jsonl"}, format: rows.Lines, build: humaneval,
			sums: []string{"1d49078ba3e2b196b9344535bef34a43021f038fad9561d6ee7c53450609a6a2"}},
		{Name: "jhumaneval", Language: "ja", Family: "code", Items: 164, Licence: mit, From: "KuramitsuLab/jhuman-eval", SameAs: []string{"humaneval"},
			Files: []string{"jhuman-eval.jsonl", "jhumaneval.jsonl"}, format: rows.Lines, build: humaneval,
			sums: []string{"f34de01e08eccef7ff5771ca9141c495de6e8560b9d7f72b0a32ecf92eb636e6"}},
		{Name: "ifeval", Language: "en", Family: "instructions", Items: 541, Licence: "Apache-2.0", From: "lightblue-tech/M-IFEval",
			Files: []string{"mifeval_en_input_data.jsonl", "en_input_data.jsonl", "ifeval_input_data.jsonl", "input_data.jsonl"}, format: rows.Lines, build: ifeval,
			sums: []string{"48a13f6e56fcd38da37fb9a7da78277792643bb96a1b0e60e79405e6a5d10fca"}},
		{Name: "m-ifeval-ja", Language: "ja", Family: "instructions", Items: 172, Licence: "Apache-2.0", From: "lightblue-tech/M-IFEval",
			Files: []string{"mifeval_ja_input_data.jsonl", "ja_input_data.jsonl"}, format: rows.Lines, build: ifeval,
			sums: []string{"d74fbbd10fe512ad0a487e1dc85823ecfb9addcdc08fb9182d68616d6056782e"}},
		{Name: "jcommonsenseqa", Language: "ja", Family: "knowledge", Items: 1119, Licence: "CC-BY-SA-4.0", From: "yahoojapan/JGLUE",
			Files: []string{"jcommonsenseqa-valid-v1.3.json", "valid-v1.3.json", "jcommonsenseqa.json"}, format: rows.JSON, build: jcommonsenseqa,
			sums: []string{"0d8d76f3bfa0d174866939882faccdd01fbc2bcd5a76c43748ba0c40a7b3b8d4"}},
		{Name: "mmlu-pro", Language: "en", Family: "knowledge", Items: 12032, Licence: mit, From: "TIGER-Lab/MMLU-Pro",
			Files: []string{"mmlu_pro_test.jsonl", "mmlu_pro.jsonl", "mmlu-pro.jsonl", "mmlu_pro_test.parquet", "mmlu_pro.parquet", "mmlu-pro.parquet"}, format: rows.Lines, build: mmluPro},
	}
}

// Names are the names of the sets.
func Names() []string {
	var out []string
	for _, s := range All() {
		out = append(out, s.Name)
	}
	return out
}

// hint is what can be typed to see what there is.
const hint = "irori measure tasks"

// Folders are where sets are looked for: the folder that IRORI_EVAL_DATA
// names, and data/eval and shared/data/eval in a folder and those above it.
func Folders(named, dir string) []string {
	var out []string
	if named != "" {
		out = append(out, named)
	}
	if dir != "" {
		out = append(out, answers.Near(dir)...)
	}
	return out
}

// Path finds a set's file in folders, "" where none has it.
func (s *Set) Path(folders []string) string {
	for _, dir := range folders {
		for _, name := range s.Files {
			for _, end := range []string{"", ".gz"} {
				p := filepath.Join(dir, name+end)
				if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
					return p
				}
			}
		}
	}
	return ""
}

// Load makes the task of a set that lies in one of some folders. A file that
// is not the known one is refused: a figure under the set's name would be one
// of something else.
func (s *Set) Load(folders []string) (*task.Task, error) {
	p := s.Path(folders)
	if p == "" {
		dir := "data/eval"
		if len(folders) > 0 {
			dir = folders[0]
		}
		return nil, llm.Errorf(llm.CodeNotFound, "the set %s is not on this machine: its file %s is that of %s", s.Name, s.Files[0], s.From).
			WithHint("put it into %s, or set IRORI_EVAL_DATA to the folder where it is", dir)
	}
	return s.load(p, folders, true)
}

// from makes the task of a set out of a file that a person names: it is taken
// as it is, and says in its source that it is not the known file.
func (s *Set) from(p string, folders []string) (*task.Task, error) { return s.load(p, folders, false) }

func (s *Set) load(p string, folders []string, known bool) (*task.Task, error) {
	b, err := unpacked(p)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	hash := hex.EncodeToString(sum[:])
	is := slices.Contains(s.sums, hash)
	if known && !is && len(s.sums) > 0 {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s is not the known file of %s: its sha256 is %s…, not %s…", p, s.Name, hash[:12], s.sums[0][:12]).
			WithHint("to take it as it is, name it: --on %s=%s", s.Name, p)
	}
	format := s.format
	if f, _ := rows.Of(p); f != "" && (s.columns == nil || f == rows.Parquet) {
		format = f
	}
	list, err := rows.Read(bytes.NewReader(b), rows.Options{Format: format, Columns: s.columns})
	if err != nil {
		return nil, at(p, err)
	}
	var shots []Shot
	if s.shots {
		if shots, err = examples(s.Language, folders); err != nil {
			return nil, err
		}
	}
	t, err := s.build(s, list, shots)
	if err != nil {
		return nil, at(p, err)
	}
	if len(t.Items) == 0 {
		return nil, at(p, &rows.Error{Line: 1, Msg: "has no items"})
	}
	t.Name, t.Language, t.Family, t.Licence, t.SameAs, t.Version = s.Name, s.Language, s.Family, s.Licence, s.SameAs, "1"
	t.Source = s.From
	if !is {
		t.Source += ", a file of one's own, sha256 " + hash
	}
	return t, nil
}

// unpacked reads a file, unpacked where it is packed.
func unpacked(p string) ([]byte, error) {
	f, err := os.Open(p)
	if err != nil {
		return nil, llm.Errorf(llm.CodeNotFound, "there is no file %s", p).WithHint(hint)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(strings.ToLower(p), ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be unpacked", p)
		}
		r = z
	}
	b, err := io.ReadAll(io.LimitReader(r, rows.MaxBytes+1))
	if err != nil {
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s cannot be read", p)
	}
	if len(b) > rows.MaxBytes {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s has more than %d MiB", p, rows.MaxBytes>>20)
	}
	return b, nil
}

// at names the file of an error about a row.
func at(p string, err error) error {
	if e, ok := errors.AsType[*rows.Error](err); ok {
		return llm.Errorf(llm.CodeInvalidRequest, "%s:%d: %s", p, e.Line, e.Msg).WithHint(hint)
	}
	return err
}

func fault(r rows.Row, format string, args ...any) error {
	return &rows.Error{Line: r.Line, Msg: fmt.Sprintf(format, args...)}
}

// Load makes the tasks of what --on names: a suite of our own, a public set, a
// set with a file of one's own (NAME=PATH), a file or a folder of tasks, or a
// table of one's own questions.
func Load(name string, folders []string) ([]*task.Task, error) {
	if suite.Known(name) {
		return suite.Load(name)
	}
	set, p, given := strings.Cut(name, "=")
	if i := slices.IndexFunc(All(), func(s Set) bool { return s.Name == set }); i >= 0 {
		s := All()[i]
		if given {
			return single(s.from(p, folders))
		}
		return single(s.Load(folders))
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, llm.Errorf(llm.CodeNotFound, "%q is no suite, set or file of tasks%s", name, near(name)).WithHint(hint)
	}
	if f, _ := rows.Of(name); f != "" && !info.IsDir() {
		return single(Own(name))
	}
	return task.Load(name)
}

// Built reports whether a name is that of a suite or a set: a file of the same
// name is not meant.
func Built(name string) bool {
	return suite.Known(name) || slices.ContainsFunc(All(), func(s Set) bool { return s.Name == name })
}

func single(t *task.Task, err error) ([]*task.Task, error) {
	if err != nil {
		return nil, err
	}
	return []*task.Task{t}, nil
}

// near tells of names that are written alike.
func near(name string) string {
	plain := strings.NewReplacer("-", "", "_", "")
	for _, n := range append(Names(), suite.Names()...) {
		if strings.EqualFold(plain.Replace(n), plain.Replace(name)) {
			return "; did you mean " + n + "?"
		}
	}
	return ""
}
