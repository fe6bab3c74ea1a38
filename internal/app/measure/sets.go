package measure

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"irori/internal/eval/answers"
	"irori/internal/eval/suite"
	"irori/internal/eval/task"
	"irori/internal/llm"
)

// load finds the tasks of suites, sets and files.
func load(names []string) ([]*task.Task, error) {
	var out []*task.Task
	for _, name := range names {
		switch name {
		case "mgsm-ja", "mgsm-en":
			t, err := mgsm(name)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		default:
			list, err := one(name)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
	}
	return out, nil
}

// one finds the tasks of a suite, or of a file or folder.
func one(name string) ([]*task.Task, error) {
	if slices.Contains(suite.Names(), name) {
		return suite.Load(name)
	}
	if _, err := os.Stat(name); err == nil {
		return task.Load(name)
	}
	return nil, llm.Errorf(llm.CodeNotFound, "%q is no suite, set or file of tasks", name).
		WithHint("irori measure run MODEL --on quick; the suites are %s", strings.Join(suite.Names(), ", "))
}

func mgsm(name string) (*task.Task, error) {
	lang := strings.TrimPrefix(name, "mgsm-")
	dirs := []string{os.Getenv("IRORI_EVAL_DATA")}
	if wd, err := os.Getwd(); err == nil {
		dirs = append(dirs, answers.Near(wd)...)
	}
	for _, d := range dirs {
		f, err := os.Open(filepath.Join(d, "mgsm_"+lang+".tsv"))
		if err != nil {
			continue
		}
		defer f.Close()
		t := &task.Task{Name: name, Version: "1", Family: "arithmetic", Language: lang, Output: task.GenerateUntil, Licence: "CC-BY-4.0", Source: "mgsm"}
		s := bufio.NewScanner(f)
		for n := 1; s.Scan(); n++ {
			q, gold, _ := strings.Cut(s.Text(), "\t")
			ask := "\n\nThe answer is "
			if lang == "ja" {
				ask = "\n\n答えは"
			}
			raw, err := json.Marshal(gold)
			if err != nil {
				return nil, err
			}
			t.Items = append(t.Items, task.Item{
				ID: strconv.Itoa(n), Scorer: task.ByMark, Mark: name, Turns: []task.Turn{{Role: "user", Content: q}}, Plain: q + ask, Gold: raw,
				MaxTokens: 100,
			})
		}
		return t, s.Err()
	}
	return nil, llm.Errorf(llm.CodeNotFound, "the set %s is not here", name).WithHint("set IRORI_EVAL_DATA to the folder with mgsm_%s.tsv", lang)
}
