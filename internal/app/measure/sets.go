package measure

import (
	"os"

	"irori/internal/eval/sets"
	"irori/internal/eval/task"
)

// load finds the tasks of suites, sets and files.
func load(names []string) ([]*task.Task, error) {
	wd, err := os.Getwd()
	if err != nil {
		wd = ""
	}
	folders := sets.Folders(os.Getenv("IRORI_EVAL_DATA"), wd)
	var out []*task.Task
	for _, name := range names {
		list, err := sets.Load(name, folders)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}
